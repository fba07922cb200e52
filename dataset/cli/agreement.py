"""Agreement and adjudication on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import PageForm, emit, say

if TYPE_CHECKING:
    from ...validation.package.package import Package

agreement = typer.Typer()


@agreement.command()
def agree(
    coders: Annotated[
        list[str], typer.Argument(metavar="CODER", help="Two or more coders who filed codings.")
    ],
    format: Annotated[PageForm, typer.Option(help="The form of the report.")] = PageForm.human,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
) -> None:
    """Measure how far coders agree.

    The events found, each variable, each disagreement. Machines are compared with people, beside
    the people with each other. The exit status is 0, however far they agree.

    Example: eventbook agree anna bert --format html --out agreement.html
    """
    from ...validation.package.package import Package
    from ..agreement.agree import measure_agreement
    from ..agreement.agreement_report import human, to_html, to_json
    from ..agreement.with_machines import has_both

    package = Package.find()
    if has_both(package, coders):
        _agree_with_machines(package, coders, format, out)
        return
    measured = measure_agreement(package, coders)
    forms = {"human": human, "json": to_json, "html": to_html}
    summary = (
        f"{out}: {len(measured.disagreements)} values coded differently, "
        f"{len(measured.partial)} units not found by every coder"
    )
    emit(measured, forms, format, out, summary)


def _agree_with_machines(
    package: Package, coders: list[str], format: PageForm, out: Path | None
) -> None:
    """Print how far people and machines agree."""
    from ..agreement.with_machines import measure_with_machines
    from ..agreement.with_machines_report import (
        machines_in_html,
        machines_in_json,
        machines_in_text,
    )

    measured = measure_with_machines(package, coders)
    forms = {"human": machines_in_text, "json": machines_in_json, "html": machines_in_html}
    between = sum(len(pair.disagreements) for m in measured.machines for pair in m.pairs.values())
    emit(measured, forms, format, out, f"{out}: {between} values that machines coded differently")


@agreement.command()
def adjudicate(
    first: Annotated[
        str, typer.Argument(metavar="FIRST", help="The coder whose rows are used where both agree.")
    ],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The other coder.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Write the open decisions as a workbook, XLSX.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="Read the decisions from such a workbook.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Sign all unsigned decisions with this name.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing workbook.")] = False,
) -> None:
    """Decide where coders differ, and build the tables.

    The decisions are kept in seeds/adjudication.csv. The exit status is 1 while one is open, unless
    --to is given.

    Example: eventbook adjudicate anna bert --to decide.xlsx
    """
    from ...validation import reports
    from ...validation.errors import InputError
    from ...validation.package.package import Package
    from ..desk.adjudicate import (
        bring_up_to_date,
        decisions_from_workbook,
        decisions_to_workbook,
    )

    if to is not None and to.suffix.lower() != ".xlsx":
        raise InputError(f"{to}: the name must end in .xlsx")
    if to is not None and to.exists() and not force:
        raise InputError(f"{to}: already exists; use --force to overwrite")
    package = Package.find()
    decisions = decisions_from_workbook(package, source) if source is not None else None
    done = bring_up_to_date(package, first, second, decisions, by)
    if done.report.status():
        say(*reports.human(done.report).split("\n"))
        say("Nothing was written. Fix the decisions first.", err=True)
        raise typer.Exit(1)
    for name in done.changed:
        say(f"written: {name}")
    if to is not None:
        decisions_to_workbook(package, done.rows, to)
        say(f"written: {to}")
    say(f"{len(done.rows)} decisions, {len(done.open)} open")
    if done.open:
        for row in done.open[:5]:
            what = " ".join(row[n] or "-" for n in ("unit", "first_id", "second_id")) + (
                f" {row['variable']}" if row["variable"] else ""
            )
            missing = ", ".join(n for n in ("decision", "decided_by", "decided_on") if not row[n])
            say(f"  {row['decision_id']}: {what}: missing {missing}")
        say(
            "next: decide in seeds/adjudication.csv, or in a workbook: --to FILE.xlsx, then --from FILE.xlsx"
        )
        raise typer.Exit(int(to is None))
    say(
        "the final tables follow from the codings and the decisions; next: eventbook check; eventbook publish"
    )
