"""Books that are hostile or wrong, and what loading them must say: the file, the line, the fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .harness import Fault

BOOK = """\
name: small
title: A small book
version: 1.0.0
description: Three columns.
codes:
  colour:
    title: Colour
    description: Colours.
variables:
  id: {title: Id, description: The id., type: string, example: a-1, constraints: {required: true, pattern: "[a-z]+-[0-9]+"}}
  day: {title: Day, description: The day., type: date, example: 2019-05-01}
  number: {title: Number, description: A number., type: number, example: 1.5}
  count: {title: Count, description: How many., type: integer, example: 3}
  notes: {title: Notes, description: Words., type: string, example: some words}
  colour: {title: Colour, description: The colour., type: string, example: red, codes: colour}
tables:
  things:
    title: Things
    description: Things.
    variables: [id, day, number, count, notes, colour]
    primaryKey: [id]
"""
CODES = "code,label,definition,include,exclude,deprecated\nred,Red,The colour red.,,,\n"
ROWS = "id,day,number,count,notes,colour\na-1,2019-05-01,1.5,3,some words,red\na-2,2019-05-02,2.5,4,more,red\n"


def rule(sql: str, name: str = "a-rule") -> str:
    """A rule with this condition; its examples are as good as can be."""
    return (
        f"{name}:\n  on: things\n  severity: error\n  says: Something is wrong.\n  why: It is.\n"
        f"  column: notes\n  violates: >-\n    {sql}\n"
        "  bad:\n    - {notes: x, number: 1.0, count: 9, day: 2019-05-01, id: a-1}\n"
        "  good:\n    - {notes: y, number: 1.0, count: 1, day: 2019-05-01, id: a-1}\n"
    )


def book(
    change: Callable[[str], str] = lambda text: text,
    rules: str = "{}\n",
    codes: str | None = CODES,
    rows: str = ROWS,
    verb: tuple[str, ...] = ("check", "rows.csv", "--book", "book"),
):
    """A small book, changed, and a file that is checked by it."""

    def make(folder: Path) -> list[str]:
        (folder / "book" / "codes").mkdir(parents=True)
        (folder / "book" / "book.yaml").write_text(change(BOOK), encoding="utf-8")
        (folder / "book" / "rules.yaml").write_text(rules, encoding="utf-8")
        if codes is not None:
            (folder / "book" / "codes" / "colour.csv").write_text(codes, encoding="utf-8")
        (folder / "rows.csv").write_text(rows, encoding="utf-8")
        return list(verb)

    return make


def with_rule(sql: str, name: str = "a-rule"):
    return book(rules=rule(sql, name))


def replaced(old: str, new: str):
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return change


def laughs(deep: int = 9) -> str:
    """Lists of lists of lists by aliases: a few hundred bytes that repeat into a billion words."""
    lines = ["l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for n in range(1, deep):
        lines.append(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]")
    return "\n".join(lines) + "\n"


def pattern(text: str, example: str = "some words"):
    return book(
        replaced(
            "example: some words}",
            f"example: {example!r}, constraints: {{pattern: '{text}'}}}}",
        )
    )


def borrowed(text: str) -> str:
    return text.replace("    title: Colour\n    description: Colours.\n", "    from: book\n", 1)


BAD = (2,)
RULES = "rules.yaml"

SQL = [
    ("a sub-query", "(SELECT count(*) FROM things) > 0"),
    ("a file that is read", "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0"),
    ("EXISTS", "EXISTS (SELECT 1)"),
    ("a count of rows", "COUNT(*) > 99"),
    ("a sum over rows", "SUM(count) > 99"),
    ("a window", "ROW_NUMBER() OVER (ORDER BY id) > 1"),
    ("a list", "ARRAY_AGG(notes) = notes"),
    ("a number for a condition", "5"),
    ("a text for a condition", "'text'"),
    ("an array for a condition", "[1, 2, 3]"),
    ("all columns", "COLUMNS('.*') > 5"),
    ("an interval", "INTERVAL '1 day' > day"),
    ("a form of days", "STRFTIME(day, '%Q') = 'x'"),
    ("a text of two gigabytes", "LPAD(notes, 2000000000, 'x') = 'y'"),
    ("a text repeated two billion times", "REPEAT(notes, 2000000000) = 'y'"),
    ("a text as a number", "CAST(notes AS INTEGER) > 5"),
    ("a look-ahead", "notes ~ '(?=x)'"),
    ("an open bracket in a pattern", "notes ~ '['"),
    ("arithmetic on text", "id + 1 > 2"),
    ("the length of a number", "LENGTH(number) > 1"),
    ("a day against a text", "day < 'x'"),
    ("an integer against a text", "count = 'x'"),
    ("a column that is not there", "notez = 'x'"),
    ("a function that is not there", "FROBNICATE(notes) = 'x'"),
    ("an open parenthesis", "(notes = 'x'"),
    ("nothing", "''"),
    ("two statements", "notes = 'x'; DROP TABLE things"),
    ("a comment that hides the rest", "notes = 'x' -- AND"),
    ("a parameter", "notes = ?"),
    ("a random number", "RANDOM() > 0.5"),
    ("a pattern of another engine", "REGEXP_LIKE(notes, '(.)\\1')"),
]

GUARDS = {
    "a sub-query",
    "a text repeated two billion times",
    "a random number",
    "a function that is not there",
    "an open parenthesis",
    "two statements",
    "a parameter",
}
"""Those that were refused before the lines were written."""

FAULTS = [
    *(
        Fault(f"rule: {what}", with_rule(sql), BAD, (RULES, "a-rule"), guard=what in GUARDS)
        for what, sql in SQL
    ),
    Fault(
        "rule: thousands of conditions",
        with_rule(" OR ".join(["notes = 'x'"] * 5000)),
        BAD,
        shows=(RULES, "a-rule"),
    ),
    Fault(
        "rule: thousands of parentheses",
        with_rule("(" * 3000 + "notes = 'x'" + ")" * 3000),
        BAD,
        shows=(RULES,),
        guard=True,
    ),
    Fault(
        "rule: a million NOTs",
        with_rule("NOT " * 1_000_000 + "notes = 'x'"),
        BAD,
        shows=(RULES,),
        guard=True,
    ),
    Fault(
        "rule on a table that is not there",
        book(rules=rule("notes = 'x'").replace("on: things", "on: thingz")),
        BAD,
        shows=(RULES, "thingz"),
    ),
    Fault(
        "rule whose bad example is good",
        with_rule("notes = 'never'"),
        BAD,
        shows=(RULES, "a-rule", "bad"),
    ),
    Fault(
        "rule whose good example is bad",
        with_rule("notes IN ('x', 'y')"),
        BAD,
        shows=(RULES, "a-rule", "good"),
    ),
    Fault(
        "rule with a name of two lines",
        book(rules='"x\\n::error file=README.md,line=1::pwned\\n::stop-commands::zz": {}\n'),
        BAD,
        hides=("\n::error", "\n::stop-commands"),
    ),
    Fault(
        "rule with an escape in its name",
        book(rules='"x\\x1b]52;c;Y3VybA==\\x07": {}\n'),
        BAD,
    ),
    Fault(
        "billion laughs at the top of a book",
        book(lambda text: laughs() + text),
        BAD,
        shows=("book.yaml",),
        seconds=20,
    ),
    Fault(
        "billion laughs in a code list",
        book(lambda text: laughs() + text.replace("title: Colour\n", "title: *l8\n", 1)),
        BAD,
        shows=("book.yaml",),
        seconds=20,
    ),
    Fault("billion laughs in the rules", book(rules=laughs()), BAD, shows=(RULES,), seconds=20),
    Fault(
        "billion laughs as an example",
        book(rules=laughs() + rule("notes = 'x'").replace("{notes: x,", "{notes: *l8,")),
        BAD,
        shows=(RULES,),
        seconds=20,
    ),
    Fault(
        "10 MB of YAML in small pieces",
        book(lambda text: text + "".join(f"x{n}: [a, b, c]\n" for n in range(600_000))),
        BAD,
        shows=("book.yaml",),
        seconds=20,
    ),
    Fault(
        "YAML nested without end",
        book(lambda text: text + "deep: " + "[" * 50_000),
        BAD,
        shows=("book.yaml",),
        seconds=20,
    ),
    Fault(
        "YAML that makes an object",
        book(lambda text: text + "x: !!python/object/apply:os.system [id]\n"),
        BAD,
        shows=("book.yaml",),
        guard=True,
    ),
    Fault(
        "book of two documents",
        book(lambda text: text + "---\nname: b\n"),
        BAD,
        shows=("book.yaml",),
        guard=True,
    ),
    Fault(
        "book that is a list",
        book(lambda text: "- a\n- b\n"),
        BAD,
        shows=("book.yaml",),
        guard=True,
    ),
    Fault("book that is empty", book(lambda text: ""), BAD, shows=("book.yaml",), guard=True),
    Fault(
        "book with a NUL",
        book(lambda text: text + "x: a\0b\n"),
        BAD,
        shows=("book.yaml",),
        guard=True,
    ),
    Fault(
        "code list borrowed from its own book",
        book(borrowed, codes=None),
        BAD,
        shows=("book.yaml", "colour"),
        seconds=20,
    ),
    Fault(
        "pattern that never ends on its own example",
        pattern("(a+)+$", "a" * 40 + "!"),
        BAD,
        shows=("book.yaml", "notes"),
        seconds=20,
    ),
    Fault("pattern with a look-ahead", pattern("(?=x)y|s.*"), BAD, shows=("book.yaml", "notes")),
    Fault(
        "pattern with a back reference", pattern(r"(.)\1*|s.*"), BAD, shows=("book.yaml", "notes")
    ),
    Fault("pattern too large", pattern("(?:.{1000}){1000}|s.*"), BAD, shows=("book.yaml", "notes")),
    Fault("pattern that is none", pattern("[a"), BAD, shows=("book.yaml", "notes")),
    Fault(
        "pattern on a number",
        book(replaced("example: 1.5}", "example: 1.5, constraints: {pattern: '1.*'}}")),
        BAD,
        shows=("book.yaml", "number"),
    ),
    Fault(
        "longest text on a number",
        book(replaced("example: 3}", "example: 3, constraints: {maxLength: 3}}")),
        BAD,
        shows=("book.yaml", "count"),
    ),
    Fault(
        "limit of a text",
        book(replaced("example: some words}", "example: some words, constraints: {minimum: 3}}")),
        BAD,
        shows=("book.yaml", "notes"),
    ),
    Fault(
        "type that is none",
        book(replaced("type: number", "type: float")),
        BAD,
        shows=("book.yaml", "number"),
        guard=True,
    ),
    Fault(
        "key misspelled",
        book(replaced("primaryKey", "primarykey")),
        BAD,
        shows=("book.yaml", "primaryKey"),
    ),
    Fault(
        "constraint misspelled",
        book(replaced("required: true", "requird: true")),
        BAD,
        shows=("book.yaml", "required"),
        guard=True,
    ),
    Fault(
        "variable twice in a table",
        book(replaced("[id, day,", "[id, id, day,")),
        BAD,
        shows=("book.yaml", "id"),
    ),
    Fault(
        "code list with a byte order mark",
        book(codes="\ufeff" + CODES),
        (0, 1, 2),
        shows=(),
        guard=True,
    ),
    Fault(
        "code list with semicolons",
        book(codes=CODES.replace(",", ";")),
        BAD,
        shows=("colour.csv",),
        guard=True,
    ),
    Fault("code list that is gone", book(codes=None), BAD, shows=("colour.csv",), guard=True),
    Fault(
        "code list with a NUL",
        book(codes=CODES + "a\0,b,c,,,\n"),
        BAD,
        shows=("colour.csv",),
        guard=True,
    ),
    Fault(
        "derived column of a column that is not there",
        book(replaced("example: 3}", "example: 3, derived: {sql: nothing + 1}}")),
        BAD,
        shows=("book.yaml", "count"),
    ),
    Fault(
        "derived columns that need each other",
        book(
            lambda text: replaced("example: 3}", "example: 3, derived: {sql: number + 1}}")(
                replaced("example: 1.5}", "example: 1.5, derived: {sql: count + 1}}")(text)
            )
        ),
        BAD,
        shows=("book.yaml",),
    ),
    Fault(
        "table named like a pattern",
        book(
            replaced("  things:", "  zz[1]:"),
            verb=("check", "rows.csv", "--book", "book", "--table", "zz[1]"),
        ),
        BAD,
        shows=("book.yaml", "zz[1]"),
    ),
    Fault(
        "table named like a path",
        book(replaced("  things:", "  ../../x:")),
        BAD,
        shows=("book.yaml",),
    ),
    Fault(
        "variable named like markup",
        book(
            lambda text: text.replace("  notes:", '  "a\\nb":').replace(
                "notes, colour", '"a\\nb", colour'
            )
        ),
        BAD,
        shows=("book.yaml",),
    ),
    Fault(
        "book that is a number",
        book(verb=("check", "rows.csv", "--book", "5")),
        BAD,
        shows=("5: no such book",),
        guard=True,
    ),
    Fault(
        "book that is a file",
        lambda f: [(f / "b").write_text("x") and "check", "x.csv", "--book", "b"],
        BAD,
        shows=("b",),
        guard=True,
    ),
]
