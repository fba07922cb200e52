"""Thirty coders who type at once: how long saving and checking take, and whether a change is lost.

Each coder changes a row of her own draft, waits a little as people do, and has the document checked
after every change, as the page does. Afterwards every draft is read from disk and compared with what
its coder was told is saved.

    python tests/benchmarks/desk_load.py [CODERS [SECONDS]]
"""

from __future__ import annotations

import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from running_desk import RunningDesk

PAUSE = 0.5
"""Seconds between two changes of one coder, on average: a quick typist moves on twice a second."""


def main(coders: int = 30, seconds: float = 30.0) -> None:
    """Print the figures as one line of JSON; fail if a change is lost or mixed up."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "demo"
        command = [sys.executable, "-m", "eventbook", "new", "package", str(root), "--yes"]
        subprocess.run(command, check=True, capture_output=True)
        names = [f"coder-{number}" for number in range(coders)]
        desk = RunningDesk(root, *(word for name in names for word in ("--coder", name)))
        try:
            hands = [Hand(desk, name, number) for number, name in enumerate(names)]
            end = time.monotonic() + seconds
            work = [part for hand in hands for part in (hand.type_on, hand.see_checks)]
            threads = [threading.Thread(target=part, args=(end,)) for part in work]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            desk.kill()
        lost = sum(hand.lost(root) for hand in hands)
    saves = sorted(t for hand in hands for t in hand.saves)
    checks = sorted(t for hand in hands for t in hand.checks)
    figures = {
        "coders": coders,
        "saves": len(saves),
        "save_median_ms": round(statistics.median(saves) * 1000, 1),
        "save_95_per_cent_ms": round(saves[int(len(saves) * 0.95)] * 1000, 1),
        "save_slowest_ms": round(saves[-1] * 1000, 1),
        "checks": len(checks),
        "check_median_ms": round(statistics.median(checks) * 1000, 1),
        "lost_or_mixed": lost,
    }
    print(json.dumps(figures))
    sys.exit(1 if lost else 0)


class Hand:
    """One coder: types, and remembers what was said to be saved."""

    def __init__(self, desk: RunningDesk, name: str, number: int):
        self.visitor = desk.enter(name)
        self.opened = self.visitor.document()
        self.name, self.chance = name, random.Random(number)
        self.saves: list[float] = []
        self.checks: list[float] = []
        self.saved: dict[str, str] | None = None

    def type_on(self, end: float) -> None:
        """Change a row again and again until the end."""
        revision, number = self.opened["revision"], 0
        row: dict[str, str] | None = None
        while time.monotonic() < end:
            number += 1
            new = {
                "event_id": "ISL-2024-0001",
                "document_id": "DOC-0001",
                "sub_event_type": "Peaceful protest",
                "notes": f"{self.name} typed this as number {number}",
            }
            begin = time.perf_counter()
            removed = [] if row is None else [row]
            reply = self.visitor.change("events", removed, [new], revision)
            self.saves.append(time.perf_counter() - begin)
            assert reply.status == 200, reply.body
            row = self.saved = new
            revision = reply.json["revision"]
            time.sleep(self.chance.uniform(0, 2 * PAUSE))

    def see_checks(self, end: float) -> None:
        """Have what is there checked, again and again until the end, as the page does meanwhile."""
        while time.monotonic() < end:
            if self.saved is None:
                time.sleep(0.01)
                continue
            tables = {**self.opened["tables"], "events": [self.saved]}
            begin = time.perf_counter()
            reply = self.visitor.ask("check", {"document": "DOC-0001", "tables": tables})
            assert reply.status == 200, reply.body
            self.checks.append(time.perf_counter() - begin)
            time.sleep(self.chance.uniform(0, 2 * PAUSE))

    def lost(self, root: Path) -> int:
        """Return 1 if the draft is not what the coder was told is saved."""
        with (root / f"drafts/{self.name}/events.csv").open(encoding="utf-8", newline="") as file:
            rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(file)]
        return int(rows != [self.saved])


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]), *(float(word) for word in sys.argv[2:3]))
