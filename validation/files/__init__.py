"""Writing files whole or not at all, and their hashes; it never looks at what is in them."""
