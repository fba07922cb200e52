"""Codings on the command line: filing what a coder typed, and writing what was filed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .machine_options import (
    Instructions,
    MachineName,
    MachineVersion,
    Setting,
    TakeOutFaults,
    say_faults,
    say_refused,
)
from .output import refuse_existing, say

codings = typer.Typer()


class CodingForm(StrEnum):
    """The forms in which a filed coding is written."""

    json = "json"


@codings.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE|DIR",
            help="A coder's workbook, tables as CSV, or codings as JSON, a file a document.",
        ),
    ],
    coder: Annotated[
        str | None, typer.Option(help="Who coded; by default as a workbook says.")
    ] = None,
    amend: Annotated[
        str | None, typer.Option(metavar="REASON", help="File documents anew, and record why.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this document; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be filed, for ever.")
    ] = False,
    machine: MachineName = None,
    machine_version: MachineVersion = None,
    setting: Setting = None,
    instructions: Instructions = None,
    take_out_faults: TakeOutFaults = False,
    variation: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The varied codebook that was followed; see codebook."),
    ] = None,
) -> None:
    """File what a coder typed, under seeds/codings.

    It is checked first, and never changed afterwards. As long as no other coder has filed the same
    document, --amend replaces what was filed of it. A machine is a coder with --machine: what it is
    and what was wrong are recorded with its coding, which is compared with those of people and never
    adjudicated. With --take-out-faults what is wrong in it is counted and taken out: a wrong value is
    emptied, a quote that is not in the document dropped. What was coded with a codebook that was
    varied is filed with --variation: each code becomes the one whose definition it carried. The exit
    status is 1 if it has errors and was not filed.

    A coding as JSON is of one document, and names no coder. Several are filed together, or none.

    Example: eventbook import anna.xlsx
    """
    from ...validation import reports
    from ...validation.coding.machine import machine_of
    from ...validation.coding.variation import read_variation
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.filing import FilingOptions, file_coding, try_filing

    if amend is not None and not amend.strip():
        raise InputError("--amend: needs a reason in words")
    do = try_filing if dry_run else file_coding
    reason = " ".join((amend or "").split())
    program = machine_of(machine, machine_version, setting or (), instructions)
    varied = read_variation(variation) if variation is not None else None
    options = FilingOptions(reason, tuple(document or ()), program, take_out_faults, varied)
    package = Package.find()
    filed = do(package, files, coder, options=options)
    say(*reports.human(filed.report).split("\n"))
    say_faults(filed)
    if filed.rows is None:
        say_refused(filed)
        raise typer.Exit(1)
    tables = package.book.tables
    rows = ", ".join(tables[name].counted(count) for name, count in filed.rows.items() if count)
    done = "would be filed" if dry_run else "filed"
    say(f"{done}: seeds/codings/{filed.coder}: {', '.join(filed.documents)}: {rows}")


@codings.command()
def export(
    coder: Annotated[str, typer.Argument(metavar="CODER", help="Who filed the coding.")],
    format: Annotated[CodingForm, typer.Option(help="The form.")] = CodingForm.json,
    document: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this document; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="A file for one document; a folder for several."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write what a coder filed as JSON.

    One text for each document, in the form that eventbook check and eventbook import take. Without
    --out the coding of one document is printed. The exit status is 0, or 2 if nothing was written.

    Example: eventbook export coder-a --document DOC-0001 --out DOC-0001.json
    """
    from ...validation.errors import InputError
    from ...validation.files.atomic import write_all
    from ...validation.package.package import Package
    from ..desk.json_export import export_codings

    exported = export_codings(Package.find(), coder, tuple(document or ()))
    texts = exported.texts
    alone = len(texts) == 1
    if out is None:
        if not alone:
            raise InputError(
                f"{coder} filed {len(texts)} documents: name a folder with --out, or one document "
                "with --document"
            )
        typer.echo(next(iter(texts.values())), nl=False)
        say(*exported.notes, err=True)
        return
    in_folder = out.is_dir() or not alone or out.suffix.lower() != f".{format.value}"
    folder = out if in_folder else out.parent
    files = {
        f"{name}.{format.value}" if in_folder else out.name: text for name, text in texts.items()
    }
    for name in files:
        refuse_existing(folder / name, force)
    write_all(folder, {name: text.encode() for name, text in files.items()})
    say(*(f"written: {folder / name}" for name in files), *exported.notes)
