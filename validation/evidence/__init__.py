"""Whether the words are in the documents, and where; reads no table files."""
