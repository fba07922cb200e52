"""Other people's data on the command line: converting and comparing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import TextForm, emit, refuse_existing, say

exchange = typer.Typer()


@exchange.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, gzipped CSV, Parquet, XLSX.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV, gzipped CSV or Parquet.")],
    to: Annotated[
        str | None, typer.Option(help="The layout of OUT, a codebook; by default that of IN.")
    ] = None,
    book: Annotated[
        str | None,
        typer.Option(help="The codebook of IN, by name or folder; by default recognised."),
    ] = None,
    divide: Annotated[
        bool, typer.Option("--divide", help="Divide totals over their days, as ACLED does.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="The loss report, a CSV; by default OUT.loss.csv.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Convert events between ACLED, GED and our layout.

    Without --to, the layout of any table stays, and its form changes: CSV to Parquet, or back.
    What could not be carried over is listed in a loss report next to the output. The exit status
    is 1 if values were lost.

    Example: eventbook convert dataset/events.parquet events-acled.csv --to acled
    """
    from ...validation.errors import InputError
    from ..exchange.convert_file import convert_file
    from ..exchange.losses import losses_text
    from ..exchange.result_check import result_text

    report = report or out.with_name(f"{out.name}.loss.csv")
    for path in (out, report):
        if path.resolve() == source.resolve():
            raise InputError(f"{path}: that is the file to read; give the result another name")
        refuse_existing(path, force)
    done = convert_file(source, out, report, to, book, divide)
    variant = f", {done.source.variant}" if done.source.variant else ""
    say(f"{source}: {done.source.book.name}{variant}: {done.read:,} rows")
    say(f"{out}: {done.book.name}: {done.written:,} rows")
    for line in losses_text(done.losses):
        say(line)
    say(f"loss report: {report}")
    say(*result_text(done, out).split("\n"))
    raise typer.Exit(int(bool(done.lost_values)))


@exchange.command()
def compare(
    ours: Annotated[Path, typer.Argument(metavar="OURS", help="Our events, in a known layout.")],
    theirs: Annotated[Path, typer.Argument(metavar="THEIRS", help="The other dataset's events.")],
    near: Annotated[float, typer.Option(help="Kilometres that two points may lie apart.")] = 20,
    days: Annotated[int, typer.Option(help="Days that may lie between two intervals.")] = 3,
    area: Annotated[
        list[str] | None,
        typer.Option(
            help="A first-level division of THEIRS to count totals over; may be repeated."
        ),
    ] = None,
    least: Annotated[float, typer.Option(help="The least score of a pair, 0 to 1.")] = 0.5,
    format: Annotated[TextForm, typer.Option(help="The form of the report.")] = TextForm.human,
    out: Annotated[Path | None, typer.Option(help="A file for the pairs, CSV.")] = None,
) -> None:
    """Match events with those of another dataset.

    Pairs of events that may be the same, one to one; and what the other dataset counts over the
    days and the area of each of our totals. The exit status is 0, whatever was matched.

    Example: eventbook compare dataset/events.csv ged.csv --near 20 --days 3 --area "Idlib Governorate"
    """
    from ..exchange.compare import compare_events
    from ..exchange.comparison_report import comparison_json, comparison_text, matches_table
    from ..exchange.known_table import read_recognised
    from ..exchange.output import write_plain

    comparison = compare_events(
        read_recognised(ours), read_recognised(theirs), near, days, area, least
    )
    emit(comparison, {"human": comparison_text, "json": comparison_json}, format)
    if out is not None:
        write_plain(matches_table(comparison), out)
