"""What frictionless and pandera object to in a folder of published files.

Also a process of its own, for folders that strangers made: `opinions FOLDER BOOK BYTES PARENT`, the
last the number of the process that starts it. The last line that it prints is a JSON list of pairs,
rule and message.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, load
from ..cycles import look_seldom_for_cycles
from ..reading.typed import days_of_midnights
from .pandera import CompiledRows, as_polars_tables, schema_of_rows
from .profile import profile_problems

PR_SET_PDEATHSIG = 1
"""In Linux the request to be sent a signal when the parent ends."""


def pandera_opinion(book: Book, folder: Path) -> list[str]:
    """What the pandera schemas of both backends object to in a folder's Parquet files.

    Returns:
        What one backend, pandas before polars, objects to in the first table that it rejects; none
        if all pass.
    """
    import pandas as pd
    from pandera.errors import SchemaError, SchemaErrors

    frames: dict[str, Any] = {
        name: days_of_midnights(pl.read_parquet(folder / f"dataset/{name}.parquet"))
        for name in book.tables
    }
    others = as_polars_tables(book, frames)
    of_polars: list[str] = []
    for name, frame in frames.items():
        table, path = book.tables[name], folder / f"dataset/{name}.parquet"
        rows = CompiledRows(book, table, others)
        try:
            schema_of_rows(book, table, "pandas", rows).validate(pd.read_parquet(path), lazy=True)
        except (SchemaError, SchemaErrors) as error:
            return [f"pandera (pandas) objects to {name}:\n{error.failure_cases}"]
        plain = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
        try:
            schema_of_rows(book, table, "polars", rows).validate(plain, lazy=True)
        except (SchemaError, SchemaErrors) as error:
            of_polars.append(f"pandera (polars) objects to {name}:\n{error.failure_cases}")
    return of_polars[:1]


def frictionless_opinion(folder: Path, trusted: bool = True) -> list[str]:
    """What frictionless and the 2.0 profile object to in the package of a folder.

    `trusted` lets the descriptor name files that are not below it.
    """
    from frictionless import FrictionlessException, system
    from frictionless import Package as Frictionless

    text = (folder / "datapackage.json").read_text(encoding="utf-8")
    if problems := profile_problems(json.loads(text)):
        return problems
    try:
        with system.use_context(trusted=trusted):
            report = Frictionless(str(folder / "datapackage.json")).validate()
    except FrictionlessException as error:
        return [str(error.error.message)]
    return [f"{name}: {note}" for name, note in report.flatten(["name", "message"]) if note]


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it ends, even if that is killed.

    Args:
        parent: the number of the process that started this one.
    """
    if sys.platform == "linux":
        import ctypes

        # By the system: a pattern that never ends lets no thread of Python run.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        return
    import threading

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(folder: Path, book: str, memory: int) -> list[tuple[str, str]]:
    """What both object to; `memory` is the limit in bytes."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):  # a system without such limits
        pass
    found = [("frictionless", message) for message in frictionless_opinion(folder, trusted=False)]
    found += [("pandera", message[:2000]) for message in pandera_opinion(load(book), folder)]
    return found


if __name__ == "__main__":
    end_with_parent(int(sys.argv[4]))
    look_seldom_for_cycles()
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
