"""The codings of a practice set, which are JSON, as codings that can be compared with filed ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ...validation.coding.coded_workbook import rows_by_table
from ...validation.coding.filed import Coding, Row
from ...validation.coding.json_coding import check_json
from ...validation.coding.pairing import Names, translated
from ...validation.coding.record import Filing
from ...validation.coding.typed_rows import completed_rows
from ...validation.errors import InputError
from ...validation.files.temporary import temporary_folder
from ...validation.findings import Severity
from ..agreement.agree import Agreement, agreement_of, limited_to
from .practice_set import PracticeSet, plain_coding, row_id, rows_in
from .training_package import write_training_package


def coding_of_set(
    practice: PracticeSet, root: Path, coder: str, files: Mapping[str, Path]
) -> Coding:
    """Return the codings of one coder of the set, as if they had been filed.

    A unit is called by its document and the id in its file, as `DOC-0001/e1`.

    Args:
        practice: the practice set.
        root: a package with its reports.
        coder: what the coder is called.
        files: the file of each document; a report may point to rows of another one.

    Raises:
        InputError: a file is not a coding without errors.
    """
    book = practice.book
    checked = check_json(list(files.values()), book, root)
    if checked.report.status():
        first = next(f for f in checked.report if f.severity == Severity.error)
        place = ":".join(str(part) for part in (first.file, first.line) if part)
        raise InputError(f"{place}: {first.column}: {first.rule}: {first.message}")
    tables = rows_by_table(checked.tables)
    codings = {document: plain_coding(path) for document, path in files.items()}
    names: Names = {}
    for table in book.units:
        # The rows of a table have the order that they have in the files.
        local = [
            f"{document}/{row_id(table, row)}"
            for document, coding in codings.items()
            for row in rows_in(coding, table)
        ]
        ids = [row.get(table.primary_key[0]) or "" for row in tables.get(table.name, [])]
        names[table.name] = dict(zip(ids, local, strict=True))
    named = {
        name: [_renamed(practice, name, row, names) for row in rows]
        for name, rows in tables.items()
    }
    filing = Filing(date.min, f"{book.name} {book.version}", tuple(files))
    return Coding(coder, (filing,), {}, named, completed_rows(book, named))


def _renamed(practice: PracticeSet, name: str, row: Row, names: Names) -> Row:
    """Return a row with the names of units in place of their ids."""
    table = practice.book.tables[name]
    new = translated(practice.book, table, row, names)
    if name in names:
        key = table.primary_key[0]
        new[key] = names[name].get(row.get(key) or "")
    return new


def key_of_set(practice: PracticeSet) -> Coding:
    """Return the whole key.

    Raises:
        InputError: a file of it is not a coding without errors.
    """
    with temporary_folder() as folder:
        write_training_package(folder / "reports", practice)
        return coding_of_set(practice, folder / "reports", "key", practice.files())


def unseen_agreement(practice: PracticeSet) -> Agreement:
    """Return how far the coders agree who had not seen the key, over the reports that all coded.

    Raises:
        InputError: there are fewer than two, they have no report in common, or a file is not a
            coding without errors.
    """
    names = practice.unseen_coders()
    files = {name: practice.files(name) for name in names}
    shared = tuple(d for d in practice.documents if names and all(d in f for f in files.values()))
    if len(names) < 2 or not shared:
        raise InputError(
            f"{practice.folder}: without two codings of the same reports by people who had not "
            f"seen the key; coders: {', '.join(names) or 'none'}"
        )
    with temporary_folder() as folder:
        root = folder / "reports"
        # The names of the key, which these coders were given.
        write_training_package(root, practice, all_names=True)
        codings = [
            limited_to(shared, coding_of_set(practice, root, name, files[name])) for name in names
        ]
    return agreement_of(practice.book, codings, shared, [], practice.texts)
