"""The command line: one module a family of verbs; holds no logic of its own."""
