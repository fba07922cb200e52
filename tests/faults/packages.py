"""Packages and releases that a stranger made or that were damaged, and what each verb must say."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from eventbook.dataset.releases.release import described_parts

from .books import laughs
from .files import limited, one_line_bomb, remove_current
from .harness import Fault

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md")
RELEASED = ("datapackage.json", "CITATION.cff", "CHANGELOG.md")
Change = Callable[[Path], None]


def package(folder: Path, traced: bool = False) -> None:
    """A copy of our hand-made files."""
    for name in COPIED:
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    shutil.copytree(ROOT / "codebook" / "books", folder / "codebook" / "books")
    if not traced:
        shutil.rmtree(folder / "seeds" / "codings")
        (folder / "seeds" / "adjudication.csv").unlink()
    # Drawing the page takes seconds and changes nothing here.
    edit("pyproject.toml", "explorer = true", "explorer = false")(folder)


def changed(*changes: Change, verb: tuple[str, ...] = ("check",), traced: bool = False):
    """A copy of our package, changed, and a verb in it."""

    def make(folder: Path) -> list[str]:
        package(folder, traced)
        for change in changes:
            change(folder)
        return list(verb)

    return make


def edit(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, old
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def append(name: str, text: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return change


def cell(table: str, column: str, value: str, row: int = 0) -> Change:
    """Another value in a cell of a hand-coded table."""

    def change(folder: Path) -> None:
        path = folder / "seeds" / "tables" / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        rows[row][column] = value
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    return change


def document(file: str, data: bytes | None = None) -> Change:
    """A document that is another file, with the hash of what is there."""

    def change(folder: Path) -> None:
        cell("documents", "file", file)(folder)
        if data is not None:
            cell("documents", "sha256", hashlib.sha256(data).hexdigest())(folder)

    return change


def secret(folder: Path) -> None:
    """A file of this user's outside the package."""
    (folder.parent / "secret.txt").write_text("the words of a secret letter\n")


def document_elsewhere(folder: Path) -> None:
    secret(folder)
    document(str(folder.parent / "secret.txt"), b"the words of a secret letter\n")(folder)


def document_above(folder: Path) -> None:
    secret(folder)
    document("../../../secret.txt", b"the words of a secret letter\n")(folder)


def document_linked(folder: Path) -> None:
    secret(folder)
    (folder / "seeds" / "documents" / "link.txt").symlink_to(folder.parent / "secret.txt")
    document("link.txt", b"the words of a secret letter\n")(folder)


def document_pipe(folder: Path) -> None:
    os.mkfifo(folder / "seeds" / "documents" / "pipe.txt")
    document("pipe.txt")(folder)


def journal(content: str | bytes) -> Change:
    """A journal of files to put in place, as an earlier version kept it in the package."""

    def change(folder: Path) -> None:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        (folder / ".eventbook-journal.json").write_bytes(data)
        (folder / ".git" / "hooks").mkdir(parents=True)
        stage = folder / ".eventbook-stage-x"
        stage.mkdir()
        (stage / "hook").write_text("#!/bin/sh\necho pwned\n")

    return change


FORGED = json.dumps(
    {"moves": [[".eventbook-stage-x/hook", ".git/hooks/pre-commit"], [None, "LICENSE"]]}
)


def untouched(folder: Path) -> str:
    """Whether the forged journal was not acted on."""
    if (folder / ".git" / "hooks" / "pre-commit").exists():
        return "the journal of a stranger wrote a hook"
    return "" if (folder / "LICENSE").exists() else "the journal of a stranger deleted a file"


def modes(*names: str):
    """Whether files that hold work are for their owner alone, as the umask says."""

    def look(folder: Path) -> str:
        open_to_all = [n for n in names if (folder / n).stat().st_mode & 0o077]
        return f"others can read {open_to_all}" if open_to_all else ""

    return look


def private() -> None:
    os.umask(0o077)


def heading(table: str, old: str, new: str) -> Change:
    return edit(f"seeds/tables/{table}.csv", old, new)


def above(table: str) -> Change:
    """A row above the headings, as a title in a sheet."""

    def change(folder: Path) -> None:
        path = folder / "seeds" / "tables" / f"{table}.csv"
        path.write_bytes(b"My table,,\n" + path.read_bytes())

    return change


@cache
def members() -> dict[str, bytes]:
    """The files of our newest release as far as they are committed, with the list of hashes."""
    inside = {name: (ROOT / name).read_bytes() for name in RELEASED}
    descriptor = json.loads(inside["datapackage.json"])
    for part in described_parts(descriptor):
        inside[part["path"]] = (ROOT / part["path"]).read_bytes()
    book = ROOT / "codebook" / "books" / "eventbook"
    for path in book.rglob("*"):
        if path.is_file():
            name = f"codebook/eventbook/{path.relative_to(book).as_posix()}"
            inside[name] = path.read_bytes()
    return inside


def release(
    change: Callable[[dict[str, bytes]], object] = lambda inside: None,
    *words: str,
    compression: int = zipfile.ZIP_DEFLATED,
):
    """Our release as an archive, changed, with hashes that fit; and a verb on it."""

    def make(folder: Path) -> list[str]:
        inside = dict(members())
        change(inside)
        sums = "".join(
            f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(inside.items())
        )
        with zipfile.ZipFile(folder / "r.zip", "w", compression) as archive:
            for name, data in {**inside, "SHA256SUMS": sums.encode()}.items():
                archive.writestr(f"eventbook-1.0.0/{name}", data)
        return [*words, "r.zip"] if words else ["verify", "r.zip"]

    return make


def put(name: str, data: bytes | Callable[[bytes], bytes]):
    def change(inside: dict[str, bytes]) -> None:
        inside[name] = data(inside.get(name, b"")) if callable(data) else data

    return change


def cff(text: str):
    """A CITATION.cff with this instead of its day of release."""
    return put(
        "CITATION.cff", lambda old: old.replace(b"date-released:", text.encode() + b"\nx:", 1)
    )


def resources(number: int):
    def change(old: bytes) -> bytes:
        descriptor = json.loads(old)
        small = {"name": "events", "path": "dataset/events.csv", "schema": {"fields": []}}
        descriptor["resources"] += [small] * number
        return json.dumps(descriptor).encode()

    return put("datapackage.json", change)


def as_folder(change: Change, *words: str):
    """Our release unpacked, changed afterwards."""

    def make(folder: Path) -> list[str]:
        release()(folder)
        with zipfile.ZipFile(folder / "r.zip") as archive:
            archive.extractall(folder)
        change(folder / "eventbook-1.0.0")
        return [*(words or ("verify",)), "eventbook-1.0.0"]

    return make


def pipe_for(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


PYPROJECT = "pyproject.toml"
PUBLISH = ("publish",)
SETTING = (2,)


def setting(
    what: str,
    *changes: Change,
    shows: tuple[str, ...] = (PYPROJECT,),
    verb=PUBLISH,
    guard: bool = False,
) -> Fault:
    return Fault(what, changed(*changes, verb=verb), SETTING, shows=shows, guard=guard)


def without_tool(folder: Path) -> None:
    text = (folder / PYPROJECT).read_text(encoding="utf-8")
    head, _, rest = text.partition("[tool.eventbook]")
    (folder / PYPROJECT).write_text(head + "[tool.ruff]" + rest.partition("[tool.ruff]")[2])


def as_list(folder: Path) -> None:
    without_tool(folder)
    append(PYPROJECT, "\n[[tool.eventbook]]\nbook = 'eventbook'\n")(folder)


MANY = {
    "nested without end": "- " + "[" * 50_000,
    "of 10 MB in list items": "- a\n" * 2_500_000,
    "of 10 MB in empty lists": "- [" + "[]," * 3_300_000 + "]",
    "of 10 MB in keys": "".join(f"k{n}: v\n" for n in range(1_000_000)),
    "of 95,000 list items": "- a\n" * 95_000,
    "that laughs": "".join(f"- {line}\n" for line in laughs().splitlines()) + "- row: *l8\n",
    "that laughs by line ends of Windows": laughs().replace("\n", "\r\n"),
}
"""YAML that is more than it looks, or more than anybody writes."""

CORRECTIONS = "seeds/corrections.yaml"
RECORD = "seeds/codings/coder-a/coding.yaml"


def in_small_pieces() -> list[Fault]:
    """What takes minutes and gigabytes where YAML is read without bounds."""
    verbs = (("check",), ("publish",), ("publish", "--check"))
    found = []
    for what, text in MANY.items():
        found += [
            Fault(
                f"corrections {what}, {' '.join(verb)}",
                changed(append(CORRECTIONS, text), verb=verb),
                (2,),
                shows=("corrections.yaml:",),
                guard="10 MB" not in what,
            )
            for verb in verbs
        ]
        found += [
            Fault(
                f"corrections {what}, fmt",
                changed(append(CORRECTIONS, text + "\r\n"), verb=("fmt",)),
                (0, 2),
                guard=True,
            ),
            Fault(
                f"corrections in a release, {what}, diff",
                release(
                    put(CORRECTIONS, text.encode()),
                    "diff",
                    "r.zip",
                    compression=zipfile.ZIP_STORED,
                ),
                (2,),
                shows=("corrections.yaml:",),
                guard="10 MB" not in what,
            ),
            Fault(
                f"record of a coding {what}",
                changed(append(RECORD, text), traced=True),
                (2,),
                shows=("coding.yaml",),
                guard="keys" not in what,
            ),
            Fault(
                f"CITATION.cff {what}",
                release(put("CITATION.cff", text.encode()), compression=zipfile.ZIP_STORED),
                shows=("CITATION.cff",),
                guard="10 MB" not in what,
            ),
            Fault(
                f"CITATION.cff {what}, publish --check",
                changed(append("CITATION.cff", text), verb=("publish", "--check")),
                guard=True,
            ),
        ]
    return found


VERBS = (
    ("check",),
    ("codebook", "event_id"),
    ("fmt", "--check"),
    ("publish", "--check"),
    ("agree", "coder-a", "coder-b"),
    ("adjudicate", "coder-a", "coder-b"),
    ("workbook", "--coder", "anna", "a.xlsx"),
    ("explore", "page.html"),
)
"""What is done in a package, in surroundings in which it may fail, but in a line."""


def surroundings() -> list[Fault]:
    found = []
    for verb in VERBS:
        made, name = changed(verb=verb, traced=True), " ".join(verb)
        found += [
            Fault(
                f"output to a full device, {name}",
                made,
                (2,),
                ("eventbook:",),
                stdout="/dev/full",
                guard=True,
            ),
            Fault(
                f"output to a terminal of Latin-1, {name}",
                made,
                (0, 1),
                surroundings={"PYTHONIOENCODING": "latin-1"},
                guard=True,
            ),
            Fault(
                f"no folder for temporary files, {name}",
                made,
                (0, 1),
                surroundings={"TMPDIR": "/dev/null"},
                guard=True,
            ),
            Fault(
                f"current folder deleted, {name}",
                made,
                (2,),
                ("the current folder was deleted",),
                before=remove_current,
                guard=True,
            ),
        ]
    return found


def one_line_member(folder: Path) -> list[str]:
    """A release whose table is a gz of 6 MB that holds one line of 6 GB."""
    data = (folder / one_line_bomb(folder)).read_bytes()
    (folder / "bomb.csv.gz").unlink()
    return release(put("dataset/events.csv", data))(folder)


FAULTS = [
    *in_small_pieces(),
    *surroundings(),
    Fault(
        "gz of one line of 6 GB in a release", one_line_member, shows=("events.csv",), guard=True
    ),
    *(
        Fault(
            f"{name} of {3 * millions} MB in empty lists",
            release(
                put(name, b'{"a": [' + b"[]," * millions * 1_000_000 + b"[]]}"),
                compression=zipfile.ZIP_STORED,
            ),
            shows=(name,),
            guard=millions < 20,
        )
        for name in ("datapackage.json", ".zenodo.json")
        for millions in (5, 20)
    ),
    *(
        Fault(
            f"list of hashes of {5 * millions} MB",
            as_folder(append("SHA256SUMS", "a  b\n" * millions * 1_000_000)),
            shows=("SHA256SUMS",),
            guard=millions == 1,
        )
        for millions in (1, 12)
    ),
    Fault(
        "document elsewhere",
        changed(document_elsewhere),
        (1,),
        ("documents",),
        ("secret letter",),
        guard=True,
    ),
    Fault(
        "document above the folder",
        changed(document_above),
        (1,),
        ("documents",),
        ("secret letter",),
        guard=True,
    ),
    Fault("document by a link", changed(document_linked), (2,), ("link.txt",), ("secret letter",)),
    Fault(
        "document elsewhere, published",
        changed(document_elsewhere, verb=PUBLISH),
        (1, 2),
        hides=("secret letter",),
        guard=True,
    ),
    Fault(
        "document elsewhere, formatted",
        changed(document_elsewhere, verb=("fmt",)),
        (0, 1, 2),
        hides=("secret letter",),
        guard=True,
    ),
    Fault(
        "document elsewhere, looked at",
        changed(document_elsewhere, verb=("explore",)),
        (0, 1, 2),
        hides=("secret letter",),
        guard=True,
    ),
    Fault(
        "document elsewhere, in a workbook",
        changed(document_elsewhere, verb=("workbook", "--coder", "anna", "a.xlsx")),
        (0, 1, 2),
        hides=("secret letter",),
        guard=True,
    ),
    Fault(
        "document that is a device",
        changed(document("/dev/zero")),
        (1,),
        ("documents",),
        seconds=20,
    ),
    Fault("document that is a pipe", changed(document_pipe), (2,), ("pipe.txt",), seconds=20),
    Fault("document that is a folder", changed(document(".")), (1,), ("documents",), guard=True),
    Fault("document with a NUL in its name", changed(document("a\0b")), (1, 2), guard=True),
    Fault(
        "document with a name of 300 characters",
        changed(document("a" * 300)),
        (1,),
        ("documents",),
        guard=True,
    ),
    Fault("journal of a stranger, checked", changed(journal(FORGED)), (0, 1, 2), after=untouched),
    Fault(
        "journal of a stranger, formatted",
        changed(journal(FORGED), verb=("fmt",)),
        (0, 1, 2),
        after=untouched,
    ),
    Fault(
        "journal of a stranger, looked up",
        changed(journal(FORGED), verb=("codebook", "day")),
        (0, 1, 2),
        after=untouched,
        guard=True,
    ),
    Fault(
        "journal of a stranger, an event begun",
        changed(journal(FORGED), verb=("new", "event")),
        (0, 1, 2),
        after=untouched,
    ),
    Fault("journal nested without end", changed(journal(b"[" * 100_000)), (0, 2)),
    Fault(
        "journal with a NUL",
        changed(journal('{"moves": [["a\\u0000b", "x"]]}')),
        (0, 2),
        guard=True,
    ),
    Fault(
        "journal with half a character",
        changed(journal('{"moves": [["a\\ud800", "x"]]}')),
        (0, 2),
        guard=True,
    ),
    Fault("journal of 100 MB", changed(journal(b" " * (100 << 20))), (0, 2), guard=True),
    *(
        Fault(
            f"row above the headings of {table}",
            changed(above(table)),
            shows=(f"{table}.csv",),
            guard=True,
        )
        for table in (
            "events",
            "claims",
            "quotes",
            "documents",
            "actors",
            "locations",
            "passed_over",
            "retired",
        )
    ),
    setting("no settings", without_tool, shows=("[tool.eventbook]",)),
    setting("settings that are a list", as_list, shows=("[tool.eventbook]",)),
    setting(
        "settings that are a list, checked", as_list, shows=("[tool.eventbook]",), verb=("check",)
    ),
    setting("no project", edit(PYPROJECT, "[project]", "[projekt]"), shows=("[project]",)),
    setting(
        "no title",
        edit(PYPROJECT, 'title = "eventbook: conflict', 'titel = "eventbook: conflict'),
        shows=("title",),
    ),
    setting(
        "a version that is a number",
        edit(PYPROJECT, 'version = "1.0.0"', "version = 1"),
        shows=("version",),
    ),
    setting(
        "a version that is none",
        edit(PYPROJECT, 'version = "1.0.0"', 'version = "one"'),
        shows=("version", "one"),
    ),
    setting("no licences", edit(PYPROJECT, "licenses = [", "licences = ["), shows=("licenses",)),
    setting(
        "contributors without a title",
        edit(PYPROJECT, "contributors = [{ title =", "contributors = [{ name ="),
        shows=("contributors",),
    ),
    setting(
        "a day of release that is text",
        edit(PYPROJECT, "released = 2", "released = 'x' #"),
        shows=("released",),
    ),
    setting(
        "a day of release before 1980",
        edit(PYPROJECT, "released = 2", "released = 1970-01-01 #"),
        shows=("released", "1980"),
    ),
    setting(
        "a day of release after 2107",
        edit(PYPROJECT, "released = 2", "released = 2200-01-01 #"),
        shows=("released", "2107"),
    ),
    setting(
        "a book that is a number",
        edit(PYPROJECT, 'book = "eventbook"', "book = 5"),
        shows=("book",),
        verb=("check",),
    ),
    setting(
        "a book elsewhere",
        edit(PYPROJECT, 'book = "eventbook"', 'book = "../../x"'),
        shows=("book",),
        verb=("check",),
        guard=True,
    ),
    setting(
        "a name that leads elsewhere",
        edit(PYPROJECT, 'name = "eventbook"', 'name = "../x"'),
        shows=("name",),
    ),
    setting("no TOML", append(PYPROJECT, "\n[[[\n"), verb=("check",), guard=True),
    setting("TOML nested without end", append(PYPROJECT, "\nx = " + "[" * 50_000), verb=("check",)),
    Fault(
        "work for its owner alone: a workbook",
        changed(verb=("workbook", "--coder", "anna", "a.xlsx")),
        (0,),
        before=private,
        after=modes("a.xlsx"),
    ),
    Fault(
        "work for its owner alone: typed rows",
        changed(verb=("check", "seeds/tables/events.csv", "--out", "t.parquet")),
        (0, 1),
        before=private,
        after=modes("t.parquet"),
    ),
    Fault(
        "work for its owner alone: agreement",
        changed(verb=("agree", "coder-a", "coder-b", "--out", "a.txt"), traced=True),
        (0,),
        before=private,
        after=modes("a.txt"),
    ),
    Fault(
        "workbook to a full disk",
        changed(verb=("workbook", "--coder", "anna", "a.xlsx")),
        (2,),
        ("a.xlsx",),
        before=limited(300),
    ),
    Fault(
        "agreement to a full disk",
        changed(verb=("agree", "coder-a", "coder-b", "--out", "a.txt"), traced=True),
        (2,),
        ("a.txt",),
        before=limited(30),
        guard=True,
    ),
    Fault(
        "database on a full disk",
        changed(verb=("load", "sqlite:///x.db", "--from", str(ROOT))),
        (2,),
        ("x.db",),
        before=limited(3000),
        guard=True,
    ),
    Fault("verify without room for temporary files", release(), (2,), before=limited(3000)),
    Fault("release as published", release(), (0, 1), guard=True),
    Fault(
        "citation of a day that is none",
        release(cff("date-released: 2019-13-45")),
        shows=("CITATION.cff",),
    ),
    Fault(
        "citation with a number of 5,000 digits",
        release(cff(f"date-released: {'9' * 5000}")),
        shows=("CITATION.cff",),
    ),
    Fault(
        "citation of two documents",
        release(put("CITATION.cff", lambda old: old + b"\n---\na: b\n")),
        shows=("CITATION.cff",),
    ),
    Fault(
        "citation with a merge key",
        release(put("CITATION.cff", lambda old: old + b"\n<<: 5\n")),
        shows=("CITATION.cff",),
    ),
    Fault(
        "citation that laughs",
        release(put("CITATION.cff", lambda old: old + b"a: &a [x, x]\nb: &b [*a, *a]\n")),
        shows=("CITATION.cff",),
        guard=True,
    ),
    Fault(
        "descriptor nested without end",
        release(put("datapackage.json", nested(100_000))),
        shows=("datapackage.json",),
        guard=True,
    ),
    Fault(
        "descriptor nested without end, loaded",
        release(put("datapackage.json", nested(100_000)), "load", "sqlite:///x.db", "--from"),
        (2,),
        shows=("datapackage.json",),
        guard=True,
    ),
    Fault(
        "descriptor of 120,000 resources",
        release(resources(120_000)),
        shows=("datapackage.json",),
        seconds=30,
    ),
    Fault(
        "descriptor that is a list",
        release(put("datapackage.json", b"[]")),
        shows=("datapackage.json",),
        guard=True,
    ),
    Fault(
        "events that are a workbook",
        release(put("dataset/events.csv", b"PK\x03\x04" + b"\0" * 100)),
        shows=("events.csv",),
        guard=True,
    ),
    Fault(
        "events that are a gz",
        release(put("dataset/events.csv", lambda old: __import__("gzip").compress(old))),
        shows=("events.csv",),
        guard=True,
    ),
    Fault(
        "events that are JSON",
        release(put("dataset/events.csv", b"[{}]")),
        shows=("events.csv",),
        guard=True,
    ),
    Fault(
        "Parquet that is damaged, loaded",
        release(
            put("dataset/events.parquet", b"PAR1" + b"\0" * 50 + b"PAR1"),
            "load",
            "sqlite:///x.db",
            "--from",
        ),
        (2,),
        shows=("events.parquet",),
    ),
    Fault(
        "Parquet that is damaged, compared",
        release(put("dataset/events.parquet", b"PAR1" + b"\0" * 50 + b"PAR1"), "diff", "r.zip"),
        (0, 1, 2),
        guard=True,
    ),
    Fault(
        "a page in a release",
        release(put("index.html", b"<script>alert(1)</script>")),
        shows=("index.html",),
        guard=True,
    ),
    Fault(
        "a workbook in a release",
        release(put("x.xlsx", b"PK\x03\x04")),
        shows=("x.xlsx",),
        guard=True,
    ),
    Fault(
        "a formula in a cell",
        release(
            put(
                "dataset/actors.csv",
                lambda old: old.replace(b"Government of Syria", b"=cmd|' /C calc'!A0", 1),
            )
        ),
        shows=("actors.csv",),
        guard=True,
    ),
    Fault(
        "a release with a pipe in it",
        as_folder(pipe_for("dataset/events.csv")),
        (1, 2),
        shows=("events.csv",),
        seconds=20,
    ),
    Fault(
        "a release with a pipe for its list",
        as_folder(pipe_for("SHA256SUMS")),
        (1, 2),
        shows=("SHA256SUMS",),
        seconds=20,
    ),
    Fault(
        "a book in a release whose pattern never ends",
        release(
            put(
                "codebook/eventbook/book.yaml",
                lambda old: old.replace(
                    b"example: SYR-2019-0001", b"example: " + b"a" * 40 + b"!", 1
                ).replace(b'pattern: "', b'pattern: "(a+)+$|', 1),
            )
        ),
        seconds=40,
        guard=True,
    ),
    Fault(
        "a book in a release with an escape in a rule",
        release(
            put(
                "codebook/eventbook/rules.yaml",
                lambda old: old + b'\n"x\\e]52;c;Y3VybA==\\a\\n::error::pwned": {}\n',
            )
        ),
        shows=("rules.yaml",),
        hides=("\n::error",),
    ),
]
