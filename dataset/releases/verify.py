"""Whether a download is whole, untouched, harmless, and passes its own descriptor and codebook.

Nothing in it is trusted: names, sizes and texts are looked at before a reader of theirs runs, and
the two validators run in a process of their own, with limits.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from ...codebook import Book, BookError, load
from ...validation import findings
from ...validation.checks import rules
from ...validation.errors import InputError
from ...validation.findings import Finding, Report
from ...validation.reading.parsing import parse
from ...validation.reading.read import near, read
from ...validation.reading.source import LINE
from ...validation.schemas import opinions
from ...validation.schemas.content_hash import content_hash
from . import release, safe_zip
from . import untrusted as strict

SUMS = "SHA256SUMS"
KINDS = (".csv", ".parquet", ".json", ".yaml", ".md", ".cff", ".sqlite", ".png", "")
"""What a release is made of. Workbooks, pages and other archives can hide what they do."""
DATA = (".csv", ".parquet", ".sqlite")
"""Those that may be large; the others are read whole."""
LONGEST_CELL = 100_000
"""Characters; a spreadsheet holds 32,767, the longest quotation here has some hundreds."""
LARGEST = 2 << 30
SECONDS = 900
"""What the validators may take: a pattern can be written so that it is never done."""
MEMORY = 12 << 30

Refuse = Callable[..., None]


def verify(path: Path) -> Report:
    """Verify an archive, or a folder with a descriptor (a release unpacked, or a package).

    Raises:
        InputError: it is not there.
    """
    begin = time.perf_counter()
    found: list[Finding] = []
    rows: dict[str, int] = {}
    book: Book | None = None

    def refuse(
        rule: str,
        message: str,
        file: str = "",
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        shown = None if value is None else ascii(value[:80])[1:-1]
        found.append(Finding(rule, "error", file or str(path), line, column, None, shown, message))

    if path.is_dir():
        book, rows = _folder(release.root_of(path), refuse)
    elif not path.is_file():
        raise InputError(f"{path}: no such archive or folder{near(path)}")
    else:
        with tempfile.TemporaryDirectory(prefix="eventbook.") as unpacked:
            try:
                safe_zip.unpack(path, Path(unpacked))
                book, rows = _folder(release.root_of(Path(unpacked)), refuse)
            except safe_zip.Refused as error:
                found += error.findings
    table = findings.merge([findings.table(found)])
    return Report(book, table, rows, time.perf_counter() - begin)


def _folder(folder: Path, refuse: Refuse) -> tuple[Book | None, dict[str, int]]:
    """All checks of a folder, from the cheapest on; each only if what it relies on is sound."""
    before = _Counter(refuse)
    listed = _listed(folder, before)
    _files(folder, listed, before)
    if before.count:
        return None, {}
    try:
        descriptor = release.read_descriptor(folder)
        paths = _paths(folder, descriptor, before)
        book = _book(folder, descriptor, before)
    except release.Unsound as error:
        before(error.rule, error.message, release.DESCRIPTOR)
        return None, {}
    _agreement(folder, descriptor, before)
    counts = {n: _table(resource, paths, book, before) for n, resource in _by_name(descriptor)}
    if not before.count:
        _opinions(folder, book, before)
    return book, counts


class _Counter:
    """Notes what is wrong, and how often something was."""

    def __init__(self, refuse: Refuse):
        self.refuse, self.count = refuse, 0

    def __call__(self, *said: Any, **more: Any) -> None:
        self.count += 1
        self.refuse(*said, **more)


def _by_name(descriptor: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(resource["name"], resource) for resource in descriptor["resources"]]


def _listed(folder: Path, refuse: _Counter) -> list[Path]:
    """The files of a release: all that a list of hashes names; without one, what the descriptor does."""
    sums = folder / SUMS
    if not sums.is_file() or sums.is_symlink():
        return _of_package(folder, refuse)
    if sums.stat().st_size > strict.LARGEST:
        refuse("file-large", f"Larger than {strict.LARGEST:,} bytes.", SUMS)
        return []
    there = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    wanted: dict[str, str] = {}
    for number, line in enumerate(sums.read_text("utf-8", "replace").splitlines(), 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or name in wanted:
            refuse("sums-line", "Not a hash, two spaces and a name.", SUMS, number, value=line)
            continue
        wanted[name] = digest
        for rule, message in safe_zip.name_problems(name):
            refuse(rule, message, SUMS, number, value=name)
    for name in sorted(there.keys() - wanted.keys() - {SUMS}):
        refuse("sums-unlisted", "A file that the list of hashes does not have.", SUMS, value=name)
    for name, digest in wanted.items():
        path = there.get(name)
        if path is None:
            refuse("sums-missing", "A file of the list of hashes is not there.", SUMS, value=name)
        elif not path.is_symlink() and _sha256(path) != digest:
            refuse("sums-hash", "The file is not the one that was published.", name)
    return [path for name, path in sorted(there.items()) if name != SUMS]


def _of_package(folder: Path, refuse: _Counter) -> list[Path]:
    try:
        descriptor = release.read_descriptor(folder)
    except release.Unsound as error:
        refuse(error.rule, error.message, release.DESCRIPTOR)
        return []
    found = [folder / release.DESCRIPTOR]
    for _, resource in _by_name(descriptor):
        twin = resource.get("eventbook:parquet")
        names = [resource.get("path"), twin.get("path") if isinstance(twin, dict) else None]
        for name in names:
            if isinstance(name, str) and not safe_zip.name_problems(name):
                found.append(folder / name)
    return [path for path in found if path.is_symlink() or path.exists()]


def _files(folder: Path, listed: list[Path], refuse: _Counter) -> None:
    """The names, kinds and sizes of the files, and what stands in those that are texts."""
    for path in listed:
        name = path.relative_to(folder).as_posix()
        for rule, message in safe_zip.name_problems(name):
            refuse(rule, message, name)
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            refuse("link-out", "A link, where a file is expected.", name)
            continue
        if not path.is_file():
            refuse("file-kind", "Not a file.", name)
            continue
        if path.name != safe_zip.ALLOWED_DOT and path.suffix not in KINDS:
            refuse("file-kind", f"A release has no files {path.suffix}.", name)
            continue
        largest = LARGEST if path.suffix in DATA else strict.LARGEST
        if path.stat().st_size > largest:
            refuse("file-large", f"Larger than {largest:,} bytes.", name)
            continue
        try:
            if path.suffix == ".json":
                strict.read_json(path)
            elif path.suffix in (".yaml", ".cff"):
                strict.check_yaml(path)
            elif path.suffix == ".png":
                strict.check_png(path)
        except strict.Unsafe as error:
            refuse(error.rule, str(error), name)


def _paths(folder: Path, descriptor: dict[str, Any], refuse: _Counter) -> dict[str, Path]:
    """The files that the descriptor names, by the names it gives them, each with its hash."""
    found = {}
    names = [name for name, _ in _by_name(descriptor)]
    for name in sorted({n for n in names if names.count(n) > 1}):
        refuse("descriptor", "Two resources have this name.", release.DESCRIPTOR, value=name)
    for _, resource in _by_name(descriptor):
        twin = resource.get("eventbook:parquet")
        for said in (resource, twin) if isinstance(twin, dict) else (resource,):
            path = release.resource_path(folder, said.get("path"))
            found[said["path"]] = path
            if said.get("bytes") != path.stat().st_size:
                refuse("descriptor-bytes", "The file has another size.", said["path"])
            if said.get("hash") != f"sha256:{_sha256(path)}":
                refuse("descriptor-hash", "The file has another hash.", said["path"])
    return found


def _book(folder: Path, descriptor: dict[str, Any], refuse: _Counter) -> Book | None:
    """The codebook that the release carries, or the shipped one of its name."""
    said = descriptor.get("eventbook:codebook")
    said = said if isinstance(said, dict) else {}
    name = said.get("name")
    if not isinstance(name, str) or safe_zip.name_problems(name) or "/" in name:
        refuse("codebook", "The descriptor names no codebook.", release.DESCRIPTOR)
        return None
    own = folder / "codebook" / name
    for path in sorted(own.rglob("*.yaml")) if own.is_dir() else []:
        try:
            strict.check_yaml(path)
        except strict.Unsafe as error:
            refuse(error.rule, str(error), path.relative_to(folder).as_posix())
            return None
    checkout = folder / "codebook" / "books" / name
    try:
        book = load(next((p for p in (own, checkout) if (p / "book.yaml").is_file()), Path(name)))
    except (BookError, RecursionError, OSError, UnicodeDecodeError) as error:
        refuse("codebook", f"The codebook is not readable: {str(error)[:300]}.", "codebook")
        return None
    if book.version != said.get("version"):
        message = f"The codebook is version {book.version}; the descriptor says otherwise."
        refuse("version", message, release.DESCRIPTOR, value=str(said.get("version")))
    return book


def _agreement(folder: Path, descriptor: dict[str, Any], refuse: _Counter) -> None:
    """Version and day of release, the same wherever they stand."""
    version, day = str(descriptor.get("version")), str(descriptor.get("created"))[:10]
    said: list[tuple[str, str, Any, str]] = []
    for file, keys in (
        ("croissant.json", ("version", "datePublished")),
        (".zenodo.json", ("version", "publication_date")),
    ):
        if (folder / file).is_file():
            content = strict.read_json(folder / file)
            content = content if isinstance(content, dict) else {}
            said += [
                (file, k, content.get(k), w) for k, w in zip(keys, (version, day), strict=True)
            ]
    if (folder / "CITATION.cff").is_file():
        from ruamel.yaml import YAML

        content = YAML(typ="safe", pure=True).load((folder / "CITATION.cff").read_text("utf-8"))
        content = content if isinstance(content, dict) else {}
        said.append(("CITATION.cff", "version", content.get("version"), version))
        said.append(("CITATION.cff", "date-released", content.get("date-released"), day))
    for file, key, value, wanted in said:
        if str(value) != wanted:
            message = f"{key} is not {wanted}, which the descriptor says."
            refuse("date" if "dat" in key else "version", message, file, value=str(value))
    changes = folder / "CHANGELOG.md"
    if changes.is_file() and f"[{version}]" not in changes.read_text("utf-8", "replace"):
        refuse("version", f"The changelog does not tell of {version}.", "CHANGELOG.md")


def _table(
    resource: dict[str, Any], paths: dict[str, Path], book: Book | None, refuse: _Counter
) -> int:
    """The rows of a resource: harmless cells, the same in both files, and with the content hash."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name, path = resource["name"], resource["path"]
    source = read(paths[path], path)
    for finding in source.findings:
        refuse(finding.rule, finding.message, path, finding.line, finding.column, finding.value)
    if source.frame is None:
        return 0
    _cells(source.frame, path, refuse)
    if book is None or name not in book.tables:
        refuse("codebook", "The codebook has no such table.", release.DESCRIPTOR, value=name)
        return source.frame.height
    table = book.tables[name]
    if tuple(source.columns) != table.names:
        refuse("columns", "Not the columns that the codebook gives the table.", path)
        return source.frame.height
    parsed = parse(source, table, book)
    for column in parsed.unreadable:
        refuse("type", f"A cell is no {table[column].type}.", path, None, column)
    frame = parsed.frame.drop(LINE)
    twin = resource.get("eventbook:parquet")
    if not isinstance(twin, dict):
        return frame.height
    try:
        size = pq.read_metadata(paths[twin["path"]])
        unpacked = sum(
            size.row_group(g).column(c).total_uncompressed_size
            for g in range(size.num_row_groups)
            for c in range(size.num_columns)
        )
        if unpacked > LARGEST or size.num_rows != frame.height:
            refuse("parquet", "Not as many rows as the CSV, or too large.", twin["path"])
            return frame.height
        other = pl.DataFrame(pl.from_arrow(pq.read_table(paths[twin["path"]])))
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        refuse("parquet", f"Not readable as Parquet: {str(error)[:200]}.", twin["path"])
        return frame.height
    said = resource.get("eventbook:content")
    for file, rows in ((path, frame), (twin["path"], other)):
        try:
            same = set(rows.columns) == set(table.names) and content_hash(table, rows) == said
        except pl.exceptions.PolarsError:
            same = False
        if not same:
            refuse("content-hash", "What the table says is not what was published.", file)
    return frame.height


def _cells(frame: pl.DataFrame, path: str, refuse: _Counter) -> None:
    """Cells that a spreadsheet would run, that hide something, or that no screen can show."""
    texts = [column for column in frame.columns if frame.schema[column] == pl.String]
    number = r"^[+\-]?[0-9]*\.?[0-9]+([eE][+\-]?[0-9]+)?$"
    for rule in load().text_rules:
        masks = frame.select(
            (rules.text_mask(rule, pl.col(c)) & ~pl.col(c).str.contains(number)).alias(c)
            for c in texts
        )
        _first(frame, masks, rule.id, rule.says, path, refuse)
    masks = frame.select(pl.col(c).str.len_chars() > LONGEST_CELL for c in texts)
    _first(frame, masks, "cell-large", f"More than {LONGEST_CELL:,} characters.", path, refuse)


def _first(
    frame: pl.DataFrame,
    masks: pl.DataFrame,
    rule: str,
    says: str,
    path: str,
    refuse: _Counter,
) -> None:
    for column in masks.columns:
        bad = frame.filter(masks[column].fill_null(False))
        if bad.height:
            more = f" In {bad.height:,} cells of the column." if bad.height > 1 else ""
            refuse(rule, says + more, path, bad[LINE][0], column, bad[column][0])


def _opinions(folder: Path, book: Book | None, refuse: _Counter) -> None:
    """Frictionless and pandera, in a process with limits."""
    where = (
        str(book_folder)
        if book and (book_folder := folder / "codebook" / book.name).is_dir()
        else ""
    )
    where = where or (book.name if book else "")
    command = [sys.executable, "-m", opinions.__name__, str(folder), where, str(MEMORY)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        refuse("validators", f"Not done after {SECONDS} seconds.", release.DESCRIPTOR)
        return
    try:
        said = json.loads(done.stdout.decode().splitlines()[-1])
    except (ValueError, IndexError):
        said = [["validators", f"Ended without an answer, with status {done.returncode}."]]
    for rule, message in said:
        refuse(rule, message, release.DESCRIPTOR)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
