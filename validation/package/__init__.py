"""A package on disk: where it is and what it holds; writes no files."""
