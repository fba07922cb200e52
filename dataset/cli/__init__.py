"""The command line, one module for each family of verbs; it never holds logic of its own."""
