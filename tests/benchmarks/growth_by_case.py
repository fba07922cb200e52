"""How work grows with its input: each case at n and at ten times n, in processor seconds and memory.

    python tests/benchmarks/growth_by_case.py [CASE ...] [--most 11]

A case makes a package with n of one thing, and does one thing with it. Each run is a process of its
own, which first does the same with very little, so that what is loaded and compiled once is not
counted. The growth is that of the seconds; ten is linear. A case is marked whose growth is more than
`--most`, if it takes more than a second. The exit status is 1 if one is.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import packages

Row = dict[str, str]
LITTLE = 3
SECONDS_BEFORE_STOP = 280
EVENT = "SYR-2020-0001"


@dataclass(frozen=True)
class Case:
    """What is made of n things in a package, what is done then, and how large n is."""

    make: Callable[[Path, int], Any]
    act: Callable[[Path, Any], None]
    n: int


def table(folder: Path, name: str, change: Callable[[list[Row]], Iterable[Row]]) -> None:
    """Change the rows of a hand-coded table."""
    path = folder / f"seeds/tables/{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows, names = list(reader), list(reader.fieldnames or ())
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(change(rows))


def package(folder: Path) -> Any:
    """Return the package in a folder."""
    from eventbook.validation.package.package import Package

    return Package(folder)


def check(folder: Path, _: Any) -> None:
    """Check the package."""
    package(folder).check()


def fmt(folder: Path, _: Any) -> None:
    """Format the package."""
    from eventbook.dataset.desk.fmt import format_package

    format_package(package(folder))


def chain_of_events(folder: Path, n: int) -> None:
    """Each event is part of the next one."""

    def chained(rows: list[Row]) -> Iterable[Row]:
        (first, *_) = rows
        yield from rows
        ids = [f"SYR-2021-{number:06}" for number in range(n + 1)]
        for here, above in pairwise(ids):
            yield first | {"event_id": here, "part_of": above, "date_start": "2021-05-03"}

    table(folder, "events", chained)


def chain_of_actors(folder: Path, n: int) -> None:
    """Each actor is part of the next one, and the last one of the first."""

    def chained(rows: list[Row]) -> Iterable[Row]:
        yield from rows
        for number in range(n):
            yield rows[0] | {
                "actor_id": f"actor-{number}",
                "actor": f"Actor {number}",
                "part_of_id": f"actor-{(number + 1) % n}",
                "aliases": f"The {number}; Number {number}",
            }

    table(folder, "actors", chained)


def words(number: int) -> str:
    """Return words that no other paragraph has."""
    return f"On day {number} the rebels shelled the town of Hama {number * 7919 % 1000003} times"


def document(folder: Path, paragraphs: Iterable[str], between: str = "\n\n") -> None:
    """Give the package's only document further paragraphs."""
    path = folder / "seeds/documents/DOC-0001.txt"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_bytes((between.join([text, *paragraphs]) + "\n").encode())
    digest = sha256(path.read_bytes()).hexdigest()
    table(folder, "documents", lambda rows: [row | {"sha256": digest} for row in rows])


def quoted(rows: list[Row], quotes: Iterable[str], **more: str) -> Iterable[Row]:
    """Yield quotes of one event, without their places."""
    yield from rows
    for quote in quotes:
        yield {
            "event_ids": EVENT,
            "document_id": "DOC-0001",
            "variables": "fatalities_low",
            "quote": quote,
        } | more


def long_document(folder: Path, n: int) -> None:
    """A paragraph in each place, and a quote of it that has yet to be placed."""
    document(folder, (f"{words(k)}. {'It went on and on. ' * 25}" for k in range(n)))
    table(folder, "quotes", lambda rows: quoted(rows, map(words, range(n))))


def placed_document(folder: Path, n: int) -> None:
    """The same, with the places of the quotes."""
    long_document(folder, n)
    fmt(folder, None)


def moved_quotes(folder: Path, n: int) -> None:
    """The same, with wrong places."""
    placed_document(folder, n)
    table(
        folder,
        "quotes",
        lambda rows: (row | {"start": "1", "end": str(n * 400 + 500)} for row in rows),
    )


def strange_quotes(folder: Path, n: int) -> None:
    """The same, with quotes that differ by a capital."""
    long_document(folder, n)
    table(folder, "quotes", lambda rows: (row | {"quote": row["quote"].upper()} for row in rows))


def same_quotes(folder: Path, n: int) -> None:
    """The same words in each paragraph, of which the coder says the number."""
    document(folder, ["The army denied it."] * n)

    def rows_of(rows: list[Row]) -> Iterable[Row]:
        yield from rows
        for number in range(n):
            yield from quoted([], ["The army denied it."], paragraph=str(9 + number))

    table(folder, "quotes", rows_of)


def passed_paragraphs(folder: Path, n: int) -> None:
    """The same words are passed over in each paragraph."""
    document(folder, ["Read more. Subscribe."] * n)
    some = {"document_id": "DOC-0001", "reason": "background", "because": "No act."}
    table(
        folder,
        "passed_over",
        lambda rows: [
            *rows,
            *(some | {"paragraph": str(9 + k), "quote": "Read more."} for k in range(n)),
        ],
    )


def composed(folder: Path, n: int) -> None:
    """A document of decomposed letters with CRLF, and quotes as they are displayed."""
    line = "Re\u0301union a\u0300 E\u0301vreux\r\n"
    document(folder, (f"{words(k)}.\r\n{line * 10}" for k in range(n)), "\r\n\r\n")
    table(
        folder,
        "quotes",
        lambda rows: quoted(rows, (f"{words(k)}.\nR\u00e9union" for k in range(n))),
    )


def new_file(line: str, end: str) -> Callable[[Path, int], Path]:
    """Return what makes a file of n lines."""

    def make(folder: Path, n: int) -> Path:
        path = folder.parent / "report.txt"
        path.write_text("A headline\n\n" + f"{line}{end}" * n, encoding="utf-8")
        return path

    return make


def new_document(folder: Path, path: Path) -> None:
    """Add a document."""
    from eventbook.dataset.desk.new_document import About, add_document, headline, read_new

    found = package(folder)
    _, text = read_new(found, path)
    day = "2020-05-03"
    title = headline(text, found.book)
    about = About(title, None, "en", day, day, day, "stated", "A headline", rights="unknown")
    add_document(found, path, about).summary()


def new_event(folder: Path, _: Any) -> None:
    """Add an event."""
    from eventbook.dataset.desk.new_row import NewRow, add_row

    values = {"sub_event_type": "Peaceful protest", "actor1_id": "syria-rebels"}
    fields = {"country": "SYR", "year": "2020"}
    add_row(package(folder), "events", NewRow(values, {}, "DOC-0001", fields))


def new_actor(folder: Path, _: Any) -> None:
    """Add an actor."""
    from eventbook.dataset.desk.new_row import NewRow, add_row

    values = {"actor": "Fishermen", "iso3": "SYR", "inter": "6", "reference": "DOC-0001"}
    add_row(package(folder), "actors", NewRow(values, {}))


def many_events(folder: Path, n: int) -> None:
    """Events without quotes."""

    def more(rows: list[Row]) -> Iterable[Row]:
        yield from rows
        yield from (rows[0] | {"event_id": f"SYR-2020-{k:06}"} for k in range(10, n + 10))

    table(folder, "events", more)


def claims_of_one(folder: Path, n: int) -> None:
    """Claims about one event."""

    def more(rows: list[Row]) -> Iterable[Row]:
        yield from rows
        yield from (rows[-1] | {"claim_id": f"SYR-2020-C{k:06}"} for k in range(10, n + 10))

    table(folder, "claims", more)


def quotes_of_one(folder: Path, n: int) -> None:
    """Quotes of one event, all of which are in one paragraph."""
    document(folder, [" ".join(f"{words(k)}." for k in range(n))])
    table(folder, "quotes", lambda rows: quoted(rows, map(words, range(n))))


def members(folder: Path, n: int) -> None:
    """An actor that has all others as members."""
    chain_of_actors(folder, n)
    listed = "; ".join(f"actor-{k}" for k in range(n))
    table(
        folder,
        "actors",
        lambda rows: [
            row | {"part_of_id": "", "member_ids": listed if row is rows[0] else ""} for row in rows
        ],
    )


def wrong_codes(folder: Path, n: int) -> None:
    """Events of which each has another wrong code, actor and place."""
    many_events(folder, n)
    chain_of_actors(folder, n)
    table(
        folder,
        "events",
        lambda rows: (
            row
            | {
                "sub_event_type": f"Armed clash {k}",
                "actor1_id": f"actr-{k}",
                "location_id": f"h{k}",
            }
            for k, row in enumerate(rows)
        ),
    )


def retired(folder: Path, n: int) -> None:
    """Events that were withdrawn, each in favour of the next."""
    some = {"retired_on": "2020-06-01", "retirement_reason": "duplicate", "explanation": "Twice."}
    table(
        folder,
        "retired",
        lambda rows: [
            *rows,
            *(
                some | {"event_id": f"SYR-2019-{k:06}", "successor_id": f"SYR-2019-{k + 1:06}"}
                for k in range(n)
            ),
        ],
    )


def corrections(folder: Path, n: int) -> None:
    """A correction of each of many events."""
    many_events(folder, n)
    entry = (
        "- table: events\n  row: SYR-2020-{k:06}\n  column: fatalities_low\n  old: '3'\n  new: '4'\n"
        "  reason: A later report.\n  who: A. Coder\n  when: 2020-06-01\n"
    )
    (folder / "seeds/corrections.yaml").write_text(
        "".join(entry.format(k=k) for k in range(10, n + 10)), encoding="utf-8"
    )


def documents(folder: Path, n: int) -> None:
    """More documents, each with events, claims and quotes."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    packages.make(folder, n)


def unplaced_documents(folder: Path, n: int) -> None:
    """The same without the places of quotes."""
    documents(folder, n)
    none = dict.fromkeys(("paragraph", "start", "end"), "")
    table(folder, "quotes", lambda rows: [row | none for row in rows])


def json_codings(folder: Path, n: int) -> None:
    """Codings as JSON of many documents, each with events, claims and an actor of its own."""
    documents(folder, n)
    (folder / "codings").mkdir()
    for number in range(1, n + 1):
        events = [
            {
                "event_id": f"e{k}",
                "sub_event_type": "Armed clash",
                "actor1_id": f"Brigade {number}",
                "actor2_id": "The army",
                "date_start": {"value": "2020-05-03", "quotes": ["on Sunday"]},
                "location_id": "hama",
            }
            for k in range(8)
        ]
        claims = [
            {"claim_id": f"c{k}", "claimant_id": "The army", "act": "denies", "event_id": f"e{k}"}
            for k in range(8)
        ]
        actors = [{"actor": f"Brigade {number}", "iso3": "SYR", "inter": 2}]
        coding = {"document": f"DOC-{number:04}", "events": events, "claims": claims}
        path = folder / f"codings/{number:04}.json"
        path.write_text(json.dumps(coding | {"actors": actors}), encoding="utf-8")


def check_codings(folder: Path, _: Any) -> None:
    """Check the codings together."""
    from eventbook.validation.coding.json_coding import check_json

    check_json(sorted((folder / "codings").iterdir()), package(folder).book, folder)


def own_book(folder: Path) -> Path:
    """Give the package a codebook of its own."""
    from shutil import copytree

    import eventbook

    books = Path(eventbook.__file__).resolve().parents[2] / "codebook/books/eventbook"
    return Path(copytree(books, folder / "codebook/books/eventbook"))


def many_codes(folder: Path, n: int) -> None:
    """A book with a long list of codes."""
    path = own_book(folder) / "codes/target_type.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        first, *_ = csv.DictReader(stream)
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(first), lineterminator="\n")
        (key, label, *_) = first
        writer.writerows(first | {key: f"kind_{k}", label: f"Kind {k}"} for k in range(n))


def many_variables(folder: Path, n: int) -> None:
    """A book with many variables of events."""
    path = own_book(folder) / "book.yaml"
    text = path.read_text(encoding="utf-8")
    names = [f"count_{k}" for k in range(n)]
    made = "".join(
        f"  {name}:\n    type: integer\n    title: Count {name}\n    description: A number.\n"
        f"    missing: Not counted.\n    example: 1\n    constraints:\n      minimum: 0\n"
        for name in names
    )
    text = text.replace("\n  part_of:\n", f"\n{made}  part_of:\n", 1)
    assert made in text
    text, times = re.subn(
        r"(?m)^(    variables:(?:\n      - \w+)*\n      - part_of\n)",
        lambda found: found[1] + "".join(f"      - {name}\n" for name in names),
        text,
        count=1,
    )
    if not times:
        text = text.replace(
            "      - part_of\n", "      - part_of\n" + "".join(f"      - {n}\n" for n in names), 1
        )
    path.write_text(text, encoding="utf-8")


def look_up(folder: Path, _: Any) -> None:
    """Look a word up in the codebook."""
    from eventbook.codebook.look_up import look_up as looked_up
    from eventbook.codebook.look_up import nearest_name

    looked_up(package(folder).book, "number")
    nearest_name(package(folder).book, "nmber of dead")


def command(*args: str) -> Callable[[Path, Any], None]:
    """Return what runs a command in the package."""

    def act(folder: Path, _: Any) -> None:
        from eventbook.dataset.cli.main import app

        with redirect_stdout(StringIO()):
            try:
                app(["-C", str(folder), *args], standalone_mode=False)
            except SystemExit as end:
                assert end.code in (0, 1, None), end.code

    return act


def workbook(folder: Path, _: Any) -> None:
    """Make a workbook of all documents, and check it."""
    path = folder.parent / "anna.xlsx"
    path.unlink(missing_ok=True)
    command("workbook", "--coder", "anna", str(path))(folder, _)
    command("check", str(path))(folder, _)


def desk(folder: Path, _: Any) -> None:
    """Open the list and one document at the desk, and check it."""
    from eventbook.dataset.webdesk import checking, coding
    from eventbook.dataset.webdesk.draft import Draft

    draft = Draft(package(folder), "anna")
    coding.list_documents(draft)
    opened = coding.open_document(draft, "DOC-0001")
    checking._BENCH[:] = [checking.Bench(draft.package)]
    checking.check_rows("DOC-0001", {**draft.tables(), **opened["tables"]})


CASES: dict[str, Case] = {
    "chain-of-events": Case(chain_of_events, check, 2_000),
    "chain-of-actors": Case(chain_of_actors, check, 4_000),
    "document-check": Case(placed_document, check, 4_000),
    "document-fmt": Case(long_document, fmt, 4_000),
    "document-composed-fmt": Case(composed, fmt, 2_000),
    "quotes-moved": Case(moved_quotes, check, 2_000),
    "quotes-in-capitals": Case(strange_quotes, fmt, 2_000),
    "quotes-the-same": Case(same_quotes, fmt, 2_000),
    "words-passed-over": Case(passed_paragraphs, check, 2_000),
    "documents-fmt": Case(unplaced_documents, fmt, 30),
    "documents-check": Case(documents, check, 30),
    "new-document-line": Case(
        new_file("Forty more people said the same things. ", ""), new_document, 60_000
    ),
    "new-document-lines": Case(new_file("Forty more people said so.", "\n"), new_document, 60_000),
    "new-document-paragraphs": Case(new_file("Forty people.", "\n\n"), new_document, 40_000),
    "new-event": Case(many_events, new_event, 3_000),
    "new-actor": Case(chain_of_actors, new_actor, 4_000),
    "claims-of-one-event": Case(claims_of_one, check, 2_000),
    "quotes-of-one-event": Case(quotes_of_one, check, 2_000),
    "members-of-one-actor": Case(members, check, 1_000),
    "wrong-codes": Case(wrong_codes, check, 1_500),
    "retired": Case(retired, check, 4_000),
    "corrections": Case(corrections, check, 600),
    "codes": Case(many_codes, check, 500),
    "codes-look-up": Case(many_codes, look_up, 500),
    "variables": Case(many_variables, check, 200),
    "variables-look-up": Case(many_variables, look_up, 200),
    "workbook-of-document": Case(placed_document, workbook, 1_000),
    "workbook-of-actors": Case(chain_of_actors, workbook, 1_000),
    "desk-of-document": Case(placed_document, desk, 2_000),
    "desk-of-documents": Case(documents, desk, 30),
    "codings-as-json": Case(json_codings, check_codings, 15),
    "explore": Case(placed_document, command("explore"), 1_000),
    "export": Case(documents, command("publish"), 20),
}


def run(name: str, n: int) -> None:
    """Run a case in this process, and print its seconds and the most megabytes."""
    case = CASES[name]
    with TemporaryDirectory() as folder:
        for number in (LITTLE, n):
            where = Path(folder) / str(number) / "package"
            where.mkdir(parents=True)
            documents(where, 1)
            made = case.make(where, number)
            begin = _seconds()
            case.act(where, made)
            taken = _seconds() - begin
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": taken, "megabytes": most}))


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(name: str, n: int) -> dict[str, float] | None:
    """Return what a run took in a process of its own; None if it was stopped or failed."""
    args = [sys.executable, __file__, name, "--run", str(n)]
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=SECONDS_BEFORE_STOP)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Measure the cases that the command line names."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("cases", nargs="*", help=", ".join(CASES))
    asked.add_argument("--most", type=float, default=11)
    asked.add_argument("--run", type=int)
    given = asked.parse_args()
    if given.run:
        run(given.cases[0], given.run)
        return 0
    print(f"{'case':26} {'n':>7} {'s':>7} {'10 n: s':>8} {'growth':>7} {'MB':>5} {'10 n: MB':>8}")
    worst = 0
    for name in given.cases or CASES:
        n = CASES[name].n
        small, large = measured(name, n), measured(name, n * 10)
        if small is None or large is None:
            print(f"{name:26} {n:7,} stopped or failed", flush=True)
            worst = 1
            continue
        growth = large["seconds"] / max(small["seconds"], 0.01)
        over = growth > given.most and large["seconds"] > 1
        worst |= over
        print(
            f"{name:26} {n:7,} {small['seconds']:7.2f} {large['seconds']:8.2f} {growth:7.1f} "
            f"{small['megabytes']:5.0f} {large['megabytes']:8.0f}{'  more' if over else ''}",
            flush=True,
        )
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
