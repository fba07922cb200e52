"""How long polars' allocator keeps memory that was freed, before the system gets it back.

A stream takes and frees the same few hundred megabytes over and over. polars has jemalloc give them
back after half a second, and then each page is fetched and cleared anew.
"""

from __future__ import annotations

import os

SETTING, KEPT = "_RJEM_MALLOC_CONF", "dirty_decay_ms:10000"


def keep_freed_memory() -> None:
    """Keep it for ten seconds; only before polars is imported, and not where it is set already."""
    os.environ.setdefault(SETTING, KEPT)
