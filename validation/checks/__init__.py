"""What the book becomes: constraints, rules and keys as expressions; runs nothing."""
