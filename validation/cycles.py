"""How often Python looks for objects that only refer to each other, in processes of our own.

A command makes very many objects that stay until it ends: modules, a book, tables. To look for
cycles among them takes a tenth of its time, and frees next to nothing. A library never changes this:
the process is its user's.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 100_000
"""After how many new objects it looks among them; Python's own is 700 or 2,000."""

YOUNGER = 30
"""After how many looks among younger objects it looks among older ones, too; Python's own is 10."""


def look_seldom_for_cycles() -> None:
    """Look for cycles seldom in this process. For entry points only, as it is for the whole process."""
    gc.set_threshold(NEW_OBJECTS, YOUNGER, YOUNGER)
