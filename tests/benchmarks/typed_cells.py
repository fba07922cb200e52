"""Count the cells that people type in a folder of tables: all that are filled but what fmt fills.

python tests/benchmarks/typed_cells.py seeds/tables
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

FILLED_IN = {"paragraph", "start", "end"}
"""Where a quote is in its document is found by a program, and so is the document itself."""


def typed_cells(path: Path) -> int:
    """Return the number of cells of a table that somebody typed."""
    filled = FILLED_IN if path.stem in ("evidence", "quotes") else set[str]()
    filled = filled | ({"document_id"} if path.stem in ("quotes", "claims") else set[str]())
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return sum(bool(cell) and name not in filled for row in rows for name, cell in row.items())


def main() -> None:
    """Print the number of each table of the folder, and their sum."""
    counts = {path.stem: typed_cells(path) for path in sorted(Path(sys.argv[1]).glob("*.csv"))}
    for name, count in counts.items():
        print(f"{count:6,}  {name}")
    print(f"{sum(counts.values()):6,}  in all")


if __name__ == "__main__":
    main()
