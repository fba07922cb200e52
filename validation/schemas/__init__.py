"""The book as schemas of other libraries, and their opinions; writes no files."""
