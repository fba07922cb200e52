"""What a coder needs who has only text in and text out: instructions, an example, requests.

It never calls anybody: what comes of a request is filed like any other coding.
"""

from __future__ import annotations

from .coder_text import Instructions, instructions, instructions_on
from .coding_requests import as_lines, coding_requests
from .given import Given, given_by
from .worked_example import example_coding

__all__ = [
    "Given",
    "Instructions",
    "as_lines",
    "coding_requests",
    "example_coding",
    "given_by",
    "instructions",
    "instructions_on",
]
