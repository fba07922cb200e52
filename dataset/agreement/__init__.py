"""How far coders agree, by unit and by variable; it never decides between them."""
