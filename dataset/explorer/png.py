"""Draw a Vega-Lite drawing as PNG.

This module is also a program, which reads a drawing as JSON and writes the PNG. The library that
draws keeps its memory until the process ends, and a publication needs it for its tables.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from ...validation.errors import InputError, one_line

SCALE = 2
"""Pixels of the picture for each of the drawing, across and down."""


def to_png(drawing: dict[str, Any]) -> bytes:
    """Return a drawing as PNG.

    Raises:
        InputError: it cannot be drawn.
    """
    # -P: else Python would import modules from the current folder.
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__],
        input=json.dumps(drawing).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        why = one_line(said) or f"the process ended with status {done.returncode}"
        raise InputError(f"the figure cannot be drawn: {why}")
    return done.stdout


def draw() -> None:
    """Draw what comes from standard input; if that fails, the reason is a line of standard error."""
    import vl_convert

    try:
        drawn = vl_convert.vegalite_to_png(sys.stdin.read(), scale=SCALE)
    except ValueError as error:
        sys.exit(one_line(str(error).partition("\n    at ")[0]))  # without the calls of its script
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    draw()
