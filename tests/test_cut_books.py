"""Parts cut out of a copy of the shipped book: what is left works, or says in a line what it lacks."""

from __future__ import annotations

import json
import re
import shutil
import traceback

import pytest
from conftest import ROOT, Sheet, copied, invoke
from ruamel.yaml import YAML

from eventbook.codebook.loader import forget
from eventbook.validation.coding.typed_rows import completed_rows
from eventbook.validation.evidence.documents import Document

CUTS = {
    "claims": {"claims"},
    "fatalities": {r"events\.(acled_)?fatalities.*"},
    "sub-types": {r"events\.(sub_event|disorder)_type"},
    "types": {r"events\.((sub_)?event|disorder)_type"},
    "sides": {r"events\.(actor|assoc|inter)\d?.*", "participants"},
    "places": {
        r"events\.(location|admin|latitude|longitude|country|iso3|(acled_)?geo_|(ucdp_)?where_).*",
        "locations",
    },
    "kinds": {r"events\.(record_kind|part_of|restates)"},
    "documents": {"documents", "quotes", "evidence", "passed_over"},
    "evidence": {"quotes", "evidence", "passed_over"},
    "passed over": {"passed_over"},
    "participants": {"participants"},
    "tombstones": {"retired"},
}
"""The tables, and the `table.column`s, that a part is made of, as regular expressions."""
CUTS["all of them"] = set().union(*CUTS.values())

PLAIN = YAML(typ="safe")


class Cut:
    """The book of a package without some parts, and without all that needs them."""

    def __init__(self, root, parts):
        self.folder = root / "codebook/books/eventbook"
        self.parts = [re.compile(part) for part in parts]
        self.book = self.read("book")
        self.tables = self.book["tables"]
        self.before = {name: set(self.columns(name)) for name in self.tables}
        for table in [name for name in self.tables if self.is_cut(name)]:
            del self.tables[table]
        while any([self.without_dead_columns(table) for table in self.tables]):
            pass
        for table, spec in self.tables.items():
            self.without_dead_references(table, spec)
        self.without_unused()
        self.without_guide()
        self.write("book", self.book)
        rules = self.read("rules")
        self.write("rules", {name: rule for name, rule in rules.items() if self.is_whole(rule)})
        for name in ("guide", "crosswalks"):
            shutil.rmtree(self.folder / name)
        forget()

    def without_guide(self):
        """Drop what names pages or sections of the guide, which is cut, too."""
        for word in ("toolPages", "lessNeeded"):
            self.book.pop(word, None)
        inside = [e for t in self.tables.values() for e in t["variables"] if isinstance(e, dict)]
        for variable in (
            *self.book["variables"].values(),
            *(v for e in inside for v in e.values()),
        ):
            variable.pop("guide", None)

    def read(self, name):
        return PLAIN.load((self.folder / f"{name}.yaml").read_text(encoding="utf-8"))

    def write(self, name, content):
        with (self.folder / f"{name}.yaml").open("w", encoding="utf-8") as stream:
            PLAIN.dump(content, stream)

    def is_cut(self, name):
        return any(part.fullmatch(name) for part in self.parts)

    def columns(self, table):
        entries = self.tables[table]["variables"]
        return {e if isinstance(e, str) else next(iter(e)): e for e in entries}

    def spec(self, table, column):
        entry = self.columns(table)[column]
        more = {} if isinstance(entry, str) else entry[column]
        return {**self.book["variables"][column], **more}

    def lost(self, table, text):
        """The columns that a text of SQL names and that are cut, in the table or where keys lead."""
        words = set(re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'|\.\w+", "", text)))
        lost = (words & self.before[table]) - set(self.columns(table))
        keys = {k["field"]: k["table"] for k in self.tables[table].get("foreignKeys", ())}
        for key, field in re.findall(r"(\w+)\.(\w+)", text):
            if field == "quote" and "evidence" not in self.tables:
                lost.add(f"{key}.{field}")
            to = keys.get(key)
            if to in self.tables and field in self.before[to] - set(self.columns(to)):
                lost.add(f"{key}.{field}")
        return lost

    def without_dead_columns(self, table):
        """Drop what is cut, points nowhere, or is derived from such; return whether there was any."""
        spec = self.tables[table]
        to = {k["field"]: k["table"] for k in spec.get("foreignKeys", []) if not k.get("absent")}

        def is_dead(column):
            what = self.spec(table, column).get("derived") or {}
            if column in ("evidence_id", "quote_id"):
                return False
            return (
                self.is_cut(f"{table}.{column}")
                or to.get(column, table) not in self.tables
                or self.lost(table, f"{what.get('sql', '')} {' '.join(what.get('days', ()))}")
            )

        columns = self.columns(table)
        spec["variables"] = [entry for name, entry in columns.items() if not is_dead(name)]
        return len(spec["variables"]) < len(columns)

    def without_dead_references(self, table, spec):
        left = set(self.columns(table))
        spec["foreignKeys"] = [
            k
            for k in spec.get("foreignKeys", [])
            if k["field"] in left and k["table"] in self.tables
        ]
        for word in ("acyclic", "featured", "form"):
            spec[word] = [name for name in spec.get(word, []) if name in left]
        if spread := (spec.get("derived") or {}).get("spread"):
            spec["derived"]["spread"] = [part for part in spread if part["into"] in left]
        spec["matching"] = {
            k: v
            for k, v in spec.get("matching", {}).items()
            if k not in self.before[table] or k in left
        }
        spec["roles"] = {
            k: v for k, r in spec.get("roles", {}).items() if (v := self.role(r, left)) is not None
        }
        for word in ("matching", "roles"):
            if not spec[word]:
                del spec[word]
        for index, (name, entry) in enumerate(self.columns(table).items()):
            more = {} if isinstance(entry, str) else dict(entry[name])
            what = self.spec(table, name)
            if what.get("evidence") and "evidence" not in self.tables:
                more["evidence"] = False
            default = (what.get("default") or {}).get("sql", "")
            named = set(re.findall(r"'(\w+)'", default)) & self.before["events"]
            if self.lost(table, default) or named - set(self.columns("events")):
                more["default"] = None
            if name == "quote_id" and "claim_ids" not in left:
                more["derived"] = {
                    "sql": what["derived"]["sql"].replace("COALESCE(claim_ids, '') || ", "")
                }
            if name == "evidence_id":
                kept = [k for k in ("event_id", "claim_id", "document_id") if k in left]
                more["derived"] = {
                    "sql": what["derived"]["sql"].replace(
                        "event_id, claim_id, document_id", ", ".join(kept)
                    )
                }
            if more:
                spec["variables"][index] = {name: more}

    def role(self, role, left):
        """A role with the columns that are left; None if it cannot be without the others."""
        if isinstance(role, str):
            return role if role in left else None
        if isinstance(role, list):
            return [r for one in role if (r := self.role(one, left)) is not None] or None
        kept = {k: r for k, v in role.items() if (r := self.role(v, left)) is not None}
        needed = {"start", "end", "latitude", "longitude", "low", "actor", "claimant", "document"}
        return None if needed & (set(role) - set(kept)) else kept or None

    def is_whole(self, rule):
        if rule["on"] not in self.tables:
            return rule["on"].startswith("every text")
        examples = [*([rule["bad"]] if isinstance(rule["bad"], dict) else rule["bad"])]
        examples += [rule["good"]] if isinstance(rule["good"], dict) else rule["good"]
        words = " ".join([rule["violates"], rule["column"], *(n for e in examples for n in e)])
        return not self.lost(rule["on"], words)

    def without_unused(self):
        for variable in self.book["variables"].values():
            if variable.get("codes", "").startswith("variables of"):
                listed = [t for t in re.findall(r"\w+", variable["codes"]) if t in self.tables]
                variable["codes"] = f"variables of {' and '.join(listed)}"
                variable["example"] = "date_start"
        used = {column for table in self.tables for column in self.columns(table)}
        self.book["variables"] = {n: v for n, v in self.book["variables"].items() if n in used}
        lists = {self.spec(t, c).get("codes") for t in self.tables for c in self.columns(t)}
        for name in [n for n in self.book["codes"] if n not in lists]:
            del self.book["codes"][name]
            (self.folder / f"codes/{name}.csv").unlink()


def cut_package(folder, part):
    """A copy of the package without a part, in its book and in its tables."""
    package = copied(folder / "package", own_book=True)
    sheets = {path.stem: Sheet(package, path.stem) for path in seeds(package)}
    # What follows by default from a part that is cut has to be typed.
    whole = completed_rows(package.book, {name: sheet.rows for name, sheet in sheets.items()})
    for name, sheet in sheets.items():
        sheet.header = [variable.name for variable in package.book.tables[name].coded]
        sheet.rows = [{c: row.get(c) or "" for c in sheet.header} for row in whole[name]]
    cut = Cut(package.root, CUTS[part])
    for path in seeds(package):
        if path.stem in cut.tables:
            sheet = sheets[path.stem]
            sheet.header = [c for c in sheet.header if c in cut.columns(path.stem)]
        else:
            del sheets[path.stem]
            path.unlink()
    if claims := sheets.get("claims"):
        known = ("", *cut.columns("events"))
        claims.rows = [row for row in claims.rows if row["about_variable"] in known]
    if quotes := sheets.get("quotes"):
        quotes.rows = [left for row in quotes.rows if (left := with_values(row, sheets))]
    if "passed_over" in sheets:
        account_for_all(package.root, sheets)
    for sheet in sheets.values():
        sheet.rows = [{c: row[c] for c in sheet.header} for row in sheet.rows]
        sheet.save()
    return package.root


def seeds(package):
    """The files of the hand-coded tables."""
    return sorted((package.root / "seeds/tables").iterdir())


def with_values(row, sheets):
    """A quote with the rows and values that are left of those that it carries; None without any."""
    left, known = dict(row), set()
    for ids, key, table in (
        ("event_ids", "event_id", "events"),
        ("claim_ids", "claim_id", "claims"),
    ):
        if row[ids]:
            sheet = sheets.get(table)
            owners = [r[key] for r in sheet.rows] if sheet else []
            left[ids] = "; ".join(owner for owner in row[ids].split("; ") if owner in owners)
            known |= set(sheet.header) if left[ids] else set()
    if not row["event_ids"] and not row["claim_ids"]:
        known = set(sheets["documents"].header)
    left["variables"] = "; ".join(name for name in row["variables"].split("; ") if name in known)
    # Without variables a quote carries whatever no other quote of its rows does.
    return left if left["variables"] or (known and not row["variables"]) else None


def account_for_all(root, sheets):
    """Say of each paragraph that lost its evidence why nothing is coded from it."""
    text = Document.of((root / "seeds/documents/DOC-0001.txt").read_bytes())
    quotes, passed = sheets["quotes"], sheets["passed_over"]
    of_rows = [row for row in quotes.rows if row["event_ids"] or row["claim_ids"]]
    used = {row["paragraph"] for row in (*of_rows, *passed.rows)}
    for number in range(1, len(text.paragraphs) + 1):
        if str(number) not in used:
            passed.rows.append(
                {"document_id": "DOC-0001", "paragraph": str(number)}
                | {
                    "quote": "",
                    "reason": "background",
                    "because": "What it says is cut out of the book.",
                }
            )


VERBS = {
    "check": ("check",),
    "check of a file": ("check", "seeds/tables/events.csv"),
    "check of the book": ("check", "--book", "codebook/books/eventbook"),
    "codebook": ("codebook", "event_id"),
    "schema of a coding": ("codebook", "--format", "json-schema"),
    "instructions": ("codebook", "--format", "instructions", "--document", "DOC-0001"),
    "short instructions": ("codebook", "--format", "instructions", "--length", "40000"),
    "requests": ("codebook", "--format", "requests"),
    "publish": ("publish",),
    "publish --check": ("publish", "--check"),
    "verify": ("verify", "."),
    "diff": ("diff", "dataset/events.csv", "seeds/tables/events.csv"),
    "load": ("load", "sqlite:///base.sqlite"),
    "explore": ("explore", "page.html"),
    "explore of a file": ("explore", "dataset/events.csv", "file.html"),
    "figure": ("explore", "--figure", "figure.png"),
    "convert": ("convert", "dataset/events.csv", "events.parquet"),
    "convert to ACLED": ("convert", "dataset/events.csv", "acled.csv", "--to", "acled"),
    "compare": ("compare", "dataset/events.csv", "dataset/events.parquet"),
    "fmt": ("fmt",),
    "workbook": ("workbook", "rows.xlsx"),
    "blank workbook": ("workbook", "blank.xlsx", "--coder", "anna"),
    "check of a workbook": ("check", "rows.xlsx"),
    "import": ("import", "rows.xlsx", "--coder", "anna"),
    "import of tables": ("import", "seeds/tables", "--coder", "bert"),
    "agree": ("agree", "anna", "bert"),
    "adjudicate": ("adjudicate", "anna", "bert", "--by", "eva"),
    "check of what was decided": ("check",),
}
"""What is run in this order in the package that is left, and what each is."""
MUST_WORK = {
    "check",
    "check of a file",
    "check of the book",
    "codebook",
    "publish",
    "publish --check",
    "verify",
    "load",
    "explore",
    "convert",
    "fmt",
    "check of what was decided",
}
"""The verbs that need nothing but tables."""
ONCE = {"publish --check", "verify"}
"""What makes or examines again all that `publish` did: tried without all parts is enough."""


@pytest.mark.slow
@pytest.mark.parametrize("part", CUTS)
def test_every_verb_works_without_a_part_of_the_book(tmp_path, part):
    """Who codes no claims and has no deaths got Python's words for it."""
    root = cut_package(tmp_path, part)
    done = invoke("check", "--book", "codebook/books/eventbook", cwd=root)
    assert done.returncode == 0, done.stdout
    wrong = []
    for verb, words in VERBS.items():
        if verb in ONCE and part != "all of them":
            continue
        try:
            done = invoke(*words, cwd=root)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong.append(f"{verb}: {error!r:.150} in {place.filename}:{place.lineno}")
            continue
        said = (done.stdout + done.stderr).strip()
        if (done.returncode == 2 and (verb in MUST_WORK or "\n" in said)) or (
            verb in MUST_WORK and done.returncode
        ):
            wrong.append(f"{verb}: {said}")
    assert not wrong, "\n".join(wrong)
    report = json.loads(invoke("check", "--format", "json", cwd=root).stdout)
    assert all("the book has no" in lack for lack in report["unchecked"])


@pytest.mark.slow
@pytest.mark.parametrize("part", [p for p in CUTS if "evidence" not in CUTS[p]])
def test_a_false_quote_is_found_without_a_part_of_the_book(tmp_path, part):
    """Without the table of paragraphs that were passed over no quote was looked at."""
    root = cut_package(tmp_path, part)
    path = root / "seeds/tables/quotes.csv"
    text = path.read_text(encoding="utf-8")
    assert "Since April 28" in text
    path.write_text(text.replace("Since April 28", "Since April 29"))
    with (root / "seeds/documents/DOC-0001.txt").open("a", encoding="utf-8") as stream:
        stream.write("And more.\n")
    found = json.loads(invoke("check", "--format", "json", cwd=root).stdout)["findings"]
    assert "document-hash" in {finding["rule"] for finding in found}
    shutil.copy(ROOT / "seeds/documents/DOC-0001.txt", root / "seeds/documents/DOC-0001.txt")
    found = json.loads(invoke("check", "--format", "json", cwd=root).stdout)["findings"]
    assert "quote-found" in {finding["rule"] for finding in found}
