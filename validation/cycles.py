"""How often Python looks for objects that only refer to each other, in processes of our own.

A command makes very many objects that stay until it ends: modules, a book, tables. Looking for cycles
among them takes time and frees next to nothing. Only entry points change this: whoever imports
eventbook has a process of their own.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 100_000
"""After how many new objects Python looks among them; it does so much more often by itself."""

YOUNGER = 30
"""After how many looks among younger objects it looks among older ones, too."""


def look_seldom_for_cycles() -> None:
    """Have Python look for cycles seldom, in the whole process."""
    gc.set_threshold(NEW_OBJECTS, YOUNGER, YOUNGER)
