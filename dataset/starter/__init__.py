"""A new package from a template; it never overwrites a folder."""
