"""A package of any size: documents, events, claims and quotes with their places, for benchmarks.

    python tests/benchmarks/packages.py FOLDER [--documents 1000] [--coded-events 3000] [--seed 2019]

Each document is one or two reports that are told after the one in `tests/coded`, each with places,
days and numbers of its own, and with further people who claim something. The seed is fixed: the same
arguments give the same bytes. `eventbook check` finds no error in the package. With 1,000 documents
it has about 7,000 events, 16,000 claims and 220,000 rows of evidence.

With coded events, the first documents also have codings filed by two coders, who differ in known
shares of events and values, and the decisions of an adjudication from which the tables follow.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from codings import write_codings
from made_tables import Row, Tables, in_order, table_text

CODED = Path(__file__).resolve().parents[1] / "coded"
SEED = 2019
DAY = date(2020, 5, 5)
"""The day of the report in `tests/coded`; days move by weeks, so that names of days stay right."""
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
SYLLABLES = ("Ka", "Ma", "Ta", "Sa", "Ra", "Ba", "lid", "rin", "zeh", "mut", "qan", "far")
TOWNS = 400
CLAIMS = 10
"""How many further claims a report has, at most."""
GROUPS = 30

SETTINGS = """\
[project]
name = "{name}"
version = "1.0.0"

[tool.eventbook]
book = "eventbook"
title = "{name}: made events"
description = "Made for measuring: nothing in it happened."
licenses = [{{ name = "CC0-1.0", title = "CC0 1.0", path = "https://creativecommons.org/publicdomain/zero/1.0/" }}]
contributors = [{{ title = "The makers", roles = ["author"] }}]
released = 2026-11-24
keywords = ["made"]
explorer = true
"""


@dataclass
class Made:
    """What was made so far: rows by table, texts by file, and the last number of each series."""

    tables: Tables
    texts: dict[str, str] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def number(self, series: str) -> int:
        """Return the next number of a series."""
        self.last[series] = self.last.get(series, 0) + 1
        return self.last[series]


def make(folder: Path, documents: int, coded_events: int = 0, seed: int = SEED) -> None:
    """Write a package into a new folder.

    Args:
        folder: the package.
        documents: how many it has.
        coded_events: how many of its events two coders filed, or a few more; 0 for no codings.
        seed: of what is drawn by chance.

    Raises:
        ValueError: the package has fewer events than are to be coded.
    """
    chance = random.Random(seed)
    template = {path.stem: _read(path) for path in sorted((CODED / "tables").glob("*.csv"))}
    headers = {path.stem: _header(path) for path in sorted((CODED / "tables").glob("*.csv"))}
    text = (CODED / "DOC-0001.txt").read_text(encoding="utf-8")
    made = Made({name: [] for name in template})
    made.tables["locations"] = list(_towns(chance, template["locations"][0]))
    made.tables["actors"] = [*template["actors"], *_groups(template["actors"])]
    for number in range(1, documents + 1):
        _document(made, chance, template, text, number)
    tables = folder / "seeds" / "tables"
    tables.mkdir(parents=True)
    (folder / "seeds" / "documents").mkdir()
    (folder / "pyproject.toml").write_text(SETTINGS.format(name=folder.name), encoding="utf-8")
    for name, rows in made.tables.items():
        written = table_text(headers[name], in_order(name, rows))
        (tables / f"{name}.csv").write_bytes(written.encode())
    for name, written in made.texts.items():
        (folder / "seeds" / "documents" / name).write_bytes(written.encode())
    if coded_events:
        write_codings(folder, made.tables, headers, coded_events)


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream))


def _towns(chance: random.Random, like: Row) -> Iterable[Row]:
    names: set[str] = set()
    while len(names) < TOWNS:
        names.add("".join(chance.choices(SYLLABLES[:6], k=1) + chance.choices(SYLLABLES[6:], k=3)))
    for name in sorted(names):
        where = {
            "latitude": f"{chance.uniform(33.2, 36.8):.4f}",
            "longitude": f"{chance.uniform(36.0, 40.5):.4f}",
        }
        yield (
            like
            | {"location_id": name.lower(), "location": name, "admin1": f"{name[:2]} Governorate"}
            | where
        )


def _groups(actors: list[Row]) -> Iterable[Row]:
    (rebels,) = (row for row in actors if row["actor_id"] == "syria-rebels")
    for number in range(1, GROUPS + 1):
        yield rebels | {
            "actor_id": f"syria-rebels-{number:02}",
            "actor": f"Rebel brigade {number}",
            "part_of_id": "syria-rebels",
            "aliases": "",
        }


def _document(made: Made, chance: random.Random, template: Tables, text: str, number: int) -> None:
    """Add one document with its rows."""
    document = f"DOC-{number:04}"
    day = DAY + timedelta(weeks=chance.randint(-60, 60))
    parts: list[str] = []
    for report in range(1 + (chance.random() < 0.4)):
        parts.append(_report(made, chance, template, text, Place(document, day, parts, report)))
    whole = "\n\n".join(parts) + "\n"
    file = f"{document}.txt"
    made.texts[file] = whole
    (row,) = template["documents"]
    made.tables["documents"].append(
        row
        | {"document_id": document, "file": file, "title": whole.partition("\n")[0]}
        | {"sha256": sha256(whole.encode()).hexdigest(), "date_start": day.isoformat()}
        | dict.fromkeys(("date_words", "date_end", "date_best", "date_basis"), "")
    )


@dataclass(frozen=True)
class Place:
    """Where a report is: its document, the day of that, and the parts before it."""

    document: str
    day: date
    before: list[str]
    number: int

    @property
    def start(self) -> int:
        """How many characters come before it."""
        return sum(len(part) + 2 for part in self.before)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs come before it."""
        return sum(part.count("\n\n") + 1 for part in self.before)


def _report(made: Made, chance: random.Random, template: Tables, text: str, place: Place) -> str:
    """Add the rows of one report, and return its text."""
    towns = chance.sample(made.tables["locations"], 2)
    killed = chance.randrange(len(NUMBERS))
    group = chance.randrange(GROUPS + 1)
    year = place.day.year
    names = {
        "Hama": towns[0]["location"],
        "Homs": towns[1]["location"],
        "hama": towns[0]["location_id"],
        "homs": towns[1]["location_id"],
        "three": NUMBERS[killed],
        "Tuesday 5 May 2020": _spelled(place.day),
        "DOC-0001": place.document,
    }
    if group:
        names["syria-rebels"] = f"syria-rebels-{group:02}"
    for row in template["events"]:
        serial = made.number(f"events {year}")
        names[row["event_id"]] = f"SYR-{year}-{serial:04}"
    for row in template["claims"]:
        names[row["claim_id"]] = f"SYR-{year}-C{made.number(f'claims {year}'):03}"
    pattern = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))

    def said(words: str) -> str:
        return pattern.sub(lambda found: names[found.group()], words)

    paragraphs = said(text.rstrip("\n")).split("\n\n")
    shift = place.day - DAY
    for name in ("events", "claims"):
        for row in template[name]:
            new = {column: said(value) for column, value in row.items()}
            for column in ("date_start", "date_end", "date_best"):
                if new.get(column):
                    new[column] = (date.fromisoformat(new[column]) + shift).isoformat()
            for column in ("fatalities_low", "fatalities_civilians"):
                if new.get(column):
                    new[column] = str(killed + 2)
            made.tables[name].append(new)
    quotes = [
        {column: said(value) for column, value in row.items()}
        for row in template["quotes"]
        if row["variables"] != "date_start; date_end; date_best" or place.number == 0
    ]
    first = names["SYR-2020-0001"]
    for _ in range(chance.randint(CLAIMS - 1, CLAIMS + 1)):
        quotes += _claim(made, chance, template, paragraphs, first, names["SYR-2020-C002"])
    written = "\n\n".join(paragraphs)
    starts = [0]
    for paragraph in paragraphs:
        starts.append(starts[-1] + len(paragraph) + 2)
    for quote in quotes:
        here = int(quote["paragraph"])
        found = written.index(quote["quote"], starts[here - 1])
        assert found < starts[here], quote
        made.tables["quotes"].append(
            quote
            | {"paragraph": str(place.paragraphs + here), "start": str(place.start + found)}
            | {"end": str(place.start + found + len(quote["quote"]))}
        )
    for row in template["passed_over"]:
        new = {column: said(value) for column, value in row.items()}
        if place.number and new["paragraph"] == "2":
            new["because"] = "The day of writing, again."
        made.tables["passed_over"].append(
            new | {"paragraph": str(place.paragraphs + int(new["paragraph"]))}
        )
    return written


def _claim(
    made: Made,
    chance: random.Random,
    template: Tables,
    paragraphs: list[str],
    event: str,
    like: str,
) -> list[Row]:
    """Add a claim in a paragraph of its own, and return its quotes."""
    year = event.split("-")[1]
    key = f"SYR-{year}-C{made.number(f'claims {year}'):03}"
    (row,) = (row for row in made.tables["claims"] if row["claim_id"] == like)
    rank = chance.choice(("captain", "major", "colonel", "general"))
    words = f"An army {rank} in sector {made.number('sectors')} said that it struck terrorists only"
    paragraphs.append(f"{words}.")
    made.tables["claims"].append(row | {"claim_id": key, "statement": f"{words}."})
    (quote,) = (q for q in template["quotes"] if q["variables"] == "claimant_id; event_id; speech")
    at = str(len(paragraphs))
    mine = {"claim_ids": key, "document_id": row["document_id"], "paragraph": at}
    return [
        quote | mine | {"quote": words},
        quote | mine | {"quote": "struck terrorists only", "variables": "", "because": ""},
        quote
        | mine
        | {"quote": "struck terrorists", "variables": "about_variable", "because": "Whom."},
    ]


def _spelled(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def main() -> None:
    """Make the package that the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("--documents", type=int, default=1000)
    words.add_argument("--coded-events", type=int, default=0)
    words.add_argument("--seed", type=int, default=SEED)
    asked = words.parse_args()
    make(asked.folder, asked.documents, asked.coded_events, asked.seed)


if __name__ == "__main__":
    main()
