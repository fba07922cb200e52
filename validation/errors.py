"""Errors for input that cannot be used. A module of its own, so that importing it is cheap."""

from ..codebook.printable import printable_line

LONGEST = 200


class InputError(Exception):
    """The input cannot be used: missing, of the wrong kind, or permission denied.

    Each argument is a line of the message. What it quotes of the input may hold anything: it is
    made printable here, whoever raises the error.
    """

    def __str__(self) -> str:
        return "\n".join(map(printable_line, self.args))


def one_line(error: object) -> str:
    """Return an error's text on one line, cut at 200 characters."""
    return printable_line(" ".join(str(error).split()))[:LONGEST]
