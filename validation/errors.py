"""Errors for input that cannot be used. A module of its own, so that importing it is cheap."""

LONGEST = 200


class InputError(Exception):
    """The input cannot be used: missing, of the wrong kind, or permission denied."""


def one_line(error: object) -> str:
    """Return an error's text on one line, cut at 200 characters."""
    return " ".join(str(error).split())[:LONGEST]
