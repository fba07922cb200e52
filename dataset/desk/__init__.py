"""The coder's desk: what people start from and work with."""
