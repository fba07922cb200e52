"""Whether quotations occur in their documents, and where; it never judges a coded value."""
