"""A comparison with the key as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...codebook.printable import printable_line
from ...validation.reports.human import plural
from ..html.shell import render
from .against_key import BesideKey, KeyDifference, Reached, Reason

VERSION = 1
TEMPLATES = Path(__file__).parent / "templates"


def human(comparison: BesideKey) -> str:
    """Return the comparison as text for a terminal: the verdict first."""
    filed = f"{len(comparison.documents)} of {comparison.reports} reports"
    lines = [
        f"{comparison.coder} beside the key: {', '.join(comparison.documents)} ({filed})",
        verdict(comparison),
        *(
            f"  {'ok' if one.passed else 'not yet':7}  {condition(one)}"
            for one in comparison.reached
        ),
        "",
        *_table(comparison),
    ]
    for document in comparison.documents:
        lines += ["", *_document(comparison, document)]
    return "\n".join(map(printable_line, lines))


def verdict(comparison: BesideKey) -> str:
    """Return whether the coder may code, and what is lacking, in a line."""
    lacking = [condition(one) for one in comparison.reached if not one.passed]
    return f"not yet: {'; '.join(lacking)}" if lacking else "may code"


def condition(reached: Reached) -> str:
    """Return what was reached of a condition, and what is needed, in a line."""
    threshold = reached.threshold
    least = _amount(threshold.measure, threshold.least)
    if threshold.measure == "units":
        return f"{threshold.variable} {reached.n} in the key of these reports, needs {least}"
    if reached.value is None:
        return f"{threshold.variable} nothing to measure, needs {least}"
    what = "F1 " if threshold.measure == "f1" else ""
    got = _amount(threshold.measure, reached.value)
    return f"{threshold.variable} {what}{got} of n {reached.n}, needs {least}"


def _amount(measure: str, value: float) -> str:
    if measure == "f1":
        return f"{value:.2f}"
    return f"{value:.0f} %" if measure == "per_cent" else f"{value:g}"


def _table(comparison: BesideKey) -> list[str]:
    """Return the agreement by variable in columns."""
    rows = [("variable", "n", "as the key", "needs")]
    for variable in comparison.agreement.variables:
        asked = comparison.reached_of(variable)
        rows.append(
            (
                f"{variable.table}.{variable.variable}",
                str(variable.n),
                "" if variable.per_cent is None else f"{variable.per_cent:.0f} %",
                f"{asked.threshold.least:.0f} %" if asked else "",
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _document(comparison: BesideKey, document: str) -> Iterator[str]:
    """Yield a document's rows that both have, and where they differ."""
    pairs = [pair for pair in comparison.pairs if pair.document == document]
    found = [d for d in comparison.differences if d.document == document]
    both = plural(len(pairs), "row found by both", "rows found by both")
    yield f"{document}: {both}, {plural(len(found), 'difference', 'differences')}"
    if pairs:
        yield "  " + ", ".join(f"{pair.own} = {pair.keys}" for pair in pairs)
    for difference in found:
        yield f"  {headline_of(difference)}"
        for whose, value, words in (
            ("yours", difference.own_value, difference.own_words),
            ("key", difference.key_value, difference.key_words),
        ):
            if (difference.own if whose == "yours" else difference.keys) is None:
                continue
            quoted = f"  <- {words!r}" if words else ""
            yield f"    {whose + ':':6} {value or '(empty)'}{quoted}"
        for reason in difference.reasons:
            yield f"    guide: {decided_by(reason)}"


def headline_of(difference: KeyDifference) -> str:
    """Return what a difference is about, in a line."""
    if difference.kind == "missed":
        return f"{difference.table}: missed, {difference.keys} of the key"
    if difference.kind == "invented":
        return f"{difference.table}: not in the key, {difference.own}"
    return f"{difference.table}: {difference.own} = {difference.keys}: {difference.variable}"


def decided_by(reason: Reason) -> str:
    """Return the page, the heading and the reason in a line."""
    place = ", ".join(filter(None, (reason.page, reason.heading)))
    return ": ".join(filter(None, (place, reason.why)))


def _plain_values(comparison: BesideKey) -> dict[str, Any]:
    """Return the comparison as plain values, rounded to four decimals."""
    return {
        "version": VERSION,
        "coder": comparison.coder,
        "passed": comparison.passed,
        "verdict": verdict(comparison),
        "documents": list(comparison.documents),
        "reports": comparison.reports,
        "conditions": [
            {
                "measure": one.threshold.measure,
                "of": one.threshold.variable,
                "reached": _round(one.value),
                "n": one.n,
                "least": one.threshold.least,
                "passed": one.passed,
            }
            for one in comparison.reached
        ],
        "variables": [
            {"table": v.table, "variable": v.variable, "n": v.n, "per_cent": _round(v.per_cent)}
            for v in comparison.agreement.variables
        ],
        "pairs": [vars(pair) for pair in comparison.pairs],
        "differences": [
            {
                **{n: v for n, v in vars(d).items() if n != "reasons"},
                "kind": d.kind,
                "reasons": [vars(reason) for reason in d.reasons],
            }
            for d in comparison.differences
        ],
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def to_json(comparison: BesideKey) -> str:
    """Return the comparison as JSON, with a version."""
    return json.dumps(_plain_values(comparison), ensure_ascii=False, indent=2)


def to_html(comparison: BesideKey) -> str:
    """Return the comparison as one self-contained page."""
    return render(
        TEMPLATES,
        "against_key.html",
        comparison=comparison,
        condition=condition,
        verdict=verdict(comparison),
        headline_of=headline_of,
        decided_by=decided_by,
    )
