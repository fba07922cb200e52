"""Two codings of a made package, and the decisions between them, which give its tables.

What the coders typed are the package's own tables with changes: either of them misses some units,
codes some that are none, and has other values in some cells. The second coder has ids of its own.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from made_tables import KEYS, Row, Tables, in_order, table_text

CODERS = ("a", "b")
SHARED = ("actors", "locations")
OWNERS = {"events": "event_ids", "claims": "claim_ids"}
"""The columns of a quote with the ids of the units that it is for."""
OTHER_VALUE, MISSED, TOO_MANY = 0.2, 0.1, 0.1
"""The share of the units of some kinds of which a coder has another value, misses, or doubles."""
FILED_ON, DECIDED_ON = "2026-11-24", "2026-11-25"
CODEBOOK = "eventbook 2.0.0"
REASON = "As the words say."
DECISION = (
    *("decision_id", "document_id", "first_coder", "second_coder", "unit", "first_id"),
    *("second_id", "final_id", "variable", "first_value", "first_quote", "second_value"),
    *("second_quote", "decision", "value", "quote", "because", "reason"),
    *("decided_by", "decided_on"),
)


@dataclass
class Coding:
    """How the typing of a coder differs from the package's tables, by the ids of units.

    `ids` are the coder's own ids of the units.
    """

    values: dict[str, Row] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    doubled: dict[str, Row] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def units(self, table: str, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the coder's rows of a table of units, with final ids."""
        key = KEYS[table]
        for row in rows:
            if row[key] not in self.missed:
                yield row | self.values.get(row[key], {})
            if row[key] in self.doubled:
                yield self.doubled[row[key]]

    def quotes(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the coder's quotes, with final ids."""
        for row in rows:
            owners = {column: _ids(row[column]) for column in OWNERS.values()}
            kept = {c: [i for i in ids if i not in self.missed] for c, ids in owners.items()}
            if any(kept.values()) or not any(owners.values()):
                yield row | {column: "; ".join(ids) for column, ids in kept.items()}
            for one in owners["event_ids"]:
                if one in self.doubled:
                    yield row | {"event_ids": self.doubled[one]["event_id"]}

    def passed_over(self, quotes: Iterable[Row]) -> Iterator[Row]:
        """Yield a row for each paragraph from which the coder has nothing."""
        left: dict[tuple[str, str], bool] = {}
        for row in quotes:
            owners = {one for column in OWNERS.values() for one in _ids(row[column])}
            if owners:
                place = row["document_id"], row["paragraph"]
                left[place] = left.get(place, True) and owners <= self.missed
        for (document, paragraph), missed in left.items():
            if missed:
                yield {
                    **{"document_id": document, "paragraph": paragraph, "quote": ""},
                    **{"reason": "background", "because": "No act, and nothing new."},
                }

    def own(self, row: Row) -> Row:
        """Return a row with the coder's own ids."""
        names = (*OWNERS.values(), "event_id", "claim_id")
        return row | {
            name: "; ".join(self.ids[one] for one in _ids(row[name]))
            for name in names
            if row.get(name)
        }


def _ids(cell: str) -> list[str]:
    return cell.split("; ") if cell else []


def write_codings(folder: Path, tables: Tables, headers: dict[str, list[str]], events: int) -> None:
    """Write two codings of the first documents, and all decisions between them.

    Args:
        folder: the package.
        tables: its tables.
        headers: the columns of each table.
        events: how many events of the package are in these documents, or a few more: a document is
            coded whole.

    Raises:
        ValueError: the package has fewer events.
    """
    documents = _first_documents(tables["events"], events)
    coded = {
        name: in_order(name, (row for row in rows if row.get("document_id") in documents))
        for name, rows in tables.items()
    }
    codings = Coding(), Coding()
    decisions = list(_differ(random.Random(events), codings, coded))
    for coding, renamed in zip(codings, (False, True), strict=True):
        coding.ids = _own_ids(coding, coded, renamed)
    for coder, coding in zip(CODERS, codings, strict=True):
        typed = {name: tables[name] for name in SHARED} | {"documents": coded["documents"]}
        typed |= {n: list(map(coding.own, coding.units(n, coded[n]))) for n in OWNERS}
        typed["quotes"] = list(map(coding.own, coding.quotes(coded["quotes"])))
        typed["passed_over"] = [*coded["passed_over"], *coding.passed_over(coded["quotes"])]
        files = {f"{n}.csv": table_text(headers[n], in_order(n, rows)) for n, rows in typed.items()}
        files["coding.yaml"] = _record(list(documents), files)
        filed = folder / "seeds" / "codings" / coder
        filed.mkdir(parents=True)
        for name, text in files.items():
            (filed / name).write_bytes(text.encode())
    rows = [_numbered(n, decision, codings) for n, decision in enumerate(decisions, 1)]
    text = table_text(DECISION, sorted(rows, key=lambda row: row["decision_id"]))
    (folder / "seeds" / "adjudication.csv").write_bytes(text.encode())


def _first_documents(events: Iterable[Row], count: int) -> dict[str, None]:
    """Return the first documents that have a number of events.

    Raises:
        ValueError: there are fewer events.
    """
    chosen: dict[str, None] = {}
    found = 0
    for document, number in sorted(Counter(row["document_id"] for row in events).items()):
        if found >= count:
            break
        chosen[document] = None
        found += number
    if found < count:
        raise ValueError(f"{count:,} coded events, and the package has {found:,}: more --documents")
    return chosen


@dataclass(frozen=True)
class Other:
    """Another value of a cell of a unit, and the words for the right one and for this one."""

    column: str
    value: str
    right_words: str
    words: str


def _differ(
    chance: random.Random, codings: Sequence[Coding], coded: Tables
) -> Iterator[dict[str, str]]:
    """Make the coders differ, and yield the decisions, with final ids."""
    words = _words_by_unit(coded["quotes"])
    for table in OWNERS:
        for row in coded[table]:
            unit = row[KEYS[table]]
            at = chance.randrange(2)
            share = chance.random()
            other = _other_value(table, row, words[unit])
            base = {"document_id": row["document_id"], "unit": table}
            summary = _summary(table, row)
            values = [summary, summary]
            if _may_be_missed(row) and share < MISSED:
                codings[at].missed.add(unit)
                values[at] = ""
                yield base | _sides(unit, values, "keep") | {"final_id": unit}
                continue
            changed = other is not None and share < OTHER_VALUE
            if other is not None and changed:
                codings[at].values[unit] = {other.column: other.value}
                values[at] = _summary(table, row | {other.column: other.value})
            yield base | _sides(unit, values, "one") | {"final_id": unit}
            if other is not None and changed:
                values, quotes = [row[other.column]] * 2, [other.right_words] * 2
                values[at], quotes[at] = other.value, other.words
                yield (
                    base
                    | _sides(unit, values, "second" if at == 0 else "first")
                    | {"variable": other.column, "reason": REASON}
                    | {"first_quote": quotes[0], "second_quote": quotes[1]}
                )
            if row.get("sub_event_type") == "Appeal or demand" and share > 1 - TOO_MANY:
                double = row | {"event_id": f"{unit[:9]}9{unit[9:]}"}
                double |= {"sub_event_type": "Consultation"}
                codings[at].doubled[unit] = double
                values = ["", ""]
                values[at] = _summary(table, double)
                yield base | _sides(double["event_id"], values, "drop") | {"reason": REASON}


def _words_by_unit(quotes: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in quotes:
        for column in OWNERS.values():
            for one in _ids(row[column]):
                found[one].append(row)
    return found


def _may_be_missed(row: Row) -> bool:
    """Return whether nothing else is about a unit."""
    return row.get("sub_event_type") == "Consultation" or _is_of_an_officer(row)


def _is_of_an_officer(row: Row) -> bool:
    return row.get("statement", "").startswith("An army ")


def _other_value(table: str, row: Row, quotes: Sequence[Row]) -> Other | None:
    """Return how a unit may be coded otherwise; None if only as it is."""

    def words(column: str) -> str:
        named = [q["quote"] for q in quotes if column in q["variables"].split("; ")]
        rest = [q["quote"] for q in quotes if not q["variables"]]
        return " | ".join(named or rest)

    if table == "claims":
        act = {"denies": "disputes", "asserts": "attributes"}[row["act"]]
        return Other("act", act, words("act"), words("act"))
    if row["sub_event_type"] == "Appeal or demand":
        earlier = (date.fromisoformat(row["date_end"]) - timedelta(1)).isoformat()
        return Other("date_end", earlier, words("date_end"), words("date_end"))
    if row["source_ids"]:
        return Other("source_ids", "", words("source_ids"), "")
    if row["sub_event_type"] == "Armed clash":
        brigade = "syria-rebels-01" if row["actor1_id"] == "syria-rebels" else "syria-rebels"
        return Other("actor1_id", brigade, words("actor1_id"), words("actor1_id"))
    return None


def _summary(table: str, row: Row) -> str:
    """Return what a decision on a unit shows of it."""
    if table == "claims":
        return f"{row['claimant_id']}; {row['act']}; reported"
    days = f"{row['date_start']}; {row['date_end'] or row['date_start']}"
    basis = "relative" if row["date_words"] else "inferred"
    return (
        f"{row['sub_event_type']}; {row['actor1_id']}; {days}; {row['fatalities_status']}; "
        f"incident; false; {basis}"
    )


def _sides(unit: str, values: Sequence[str], decision: str) -> Row:
    """Return a decision on a unit of both coders, or of the one who has a value of it."""
    alone = decision in ("keep", "drop")
    return {
        "first_id": unit if values[0] or not alone else "",
        "second_id": unit if values[1] or not alone else "",
        **{"first_value": values[0], "second_value": values[1], "decision": decision},
    }


def _own_ids(coding: Coding, coded: Tables, renamed: bool) -> dict[str, str]:
    """Return a coder's ids by the final ones: these, or numbers anew in each year."""
    ids: dict[str, str] = {}
    last: dict[str, int] = defaultdict(int)
    for table in OWNERS:
        for row in coding.units(table, coded[table]):
            unit = row[KEYS[table]]
            series, digits = (unit[:10], 3) if table == "claims" else (unit[:9], 4)
            last[series] += 1
            ids[unit] = f"{series}{last[series]:0{digits}}" if renamed else unit
    return ids


def _numbered(number: int, decision: Row, codings: Sequence[Coding]) -> Row:
    """Return a decision with its id, who decided, and the coders' own ids."""
    sides = zip(("first_id", "second_id"), codings, strict=True)
    own = {name: coding.ids[decision[name]] for name, coding in sides if decision[name]}
    signed = {"decided_by": "adjudicator", "decided_on": DECIDED_ON}
    of = {"decision_id": f"D{number:04}", "first_coder": CODERS[0], "second_coder": CODERS[1]}
    return decision | own | signed | of


def _record(documents: Sequence[str], files: dict[str, str]) -> str:
    """Return the record of one filing."""
    lines = [
        "# What was filed, and the hashes of the files; `eventbook import` writes this.",
        "filings:",
        f"  - filed: {FILED_ON}",
        f"    codebook: {CODEBOOK}",
        f"    documents: [{', '.join(documents)}]",
        "sha256:",
    ]
    lines += [f"  {n}: '{sha256(files[n].encode()).hexdigest()}'" for n in sorted(files)]
    return "\n".join(lines) + "\n"
