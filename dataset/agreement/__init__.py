"""How far coders agree, and what is decided where they do not."""
