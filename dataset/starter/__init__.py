"""A new package from a template."""
