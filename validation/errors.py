"""What cannot be done at all; in a module of its own, so that it costs nothing to know it."""


class InputError(Exception):
    """The input cannot be had: no such file, a folder, no right to read it."""
