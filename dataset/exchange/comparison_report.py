"""A comparison as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from ...codebook.printable import printable_line
from ...validation.reports.human import plural
from .by_role import KINDS
from .compare import Comparison
from .totals import Total

SHOWN = 10
"""The number of pairs, events without a partner, and totals that the text shows."""

TITLES = {
    "low": "deaths, lowest",
    "best": "deaths, best",
    "high": "deaths, highest",
    "dead1": "of them side 1",
    "dead2": "of them side 2",
    "civilians": "of them civilians",
    "unknown": "of them side unknown",
}
NOT_REPORTED = "not reported"


def comparison_text(comparison: Comparison) -> str:
    """Return the pairs with their reasons, and totals next to counts; long lists are cut."""
    matched, unmatched = comparison.matches.height, comparison.unmatched
    lines = [
        f"{matched:,} of {plural(matched + unmatched.height, 'single event', 'single events')} "
        f"matched (of {plural(comparison.candidates, 'candidate', 'candidates')})"
    ]
    if comparison.lacking:
        lines.append(f"  not compared: {'; '.join(comparison.lacking)}")
    if comparison.unplaced:
        lines.append(f"  {comparison.unplaced:,} skipped: no coordinates or date")
    if comparison.summaries:
        lines.append(
            f"  {comparison.summaries:,} skipped: longer than a month, or placed no more exactly "
            "than in a part of a country"
        )
    outside = unmatched["coverage"].count()
    if outside:
        lines.append(
            f"  {outside:,} unmatched in countries or on days that the other file may not cover"
        )
    best = comparison.matches.sort("score", descending=True, maintain_order=True)
    for row in best.head(SHOWN).iter_rows(named=True):
        lines.append(
            f"  {row['ours_id']} = {row['theirs_id']}, score {row['score']:.2f}: {_reasons(row)}"
        )
    lines += _more(matched, "--out FILE.csv has all")
    for row in unmatched.head(SHOWN).iter_rows(named=True):
        reason = f"; the other file has {row['coverage']}" if row["coverage"] else ""
        lines.append(f"  {row['id']}: no partner ({row['start']}, {row['place']}{reason})")
    lines += _more(unmatched.height, "--format json has all")
    for total in comparison.totals[:SHOWN]:
        lines += ["", *_total(total)]
    rest = len(comparison.totals) - SHOWN
    if rest > 0:
        lines += ["", f"... and {plural(rest, 'more total', 'more totals')}; --format json has all"]
    return "\n".join(map(printable_line, lines))


def _more(number: int, where: str) -> list[str]:
    return [f"  ... and {number - SHOWN:,} more; {where}"] if number > SHOWN else []


def _reasons(row: dict[str, object]) -> str:
    """Return why two events are taken for one."""
    gap = row["gap"]
    when = "a day in common" if gap == 0 else f"{gap} day{'' if gap == 1 else 's'} apart"
    actors = "unknown" if row["actors"] is None else f"{row['actors']:.2f}"
    types = {None: "type unknown", 1.0: "same sub-event type", 0.5: "same event type"}
    kind = types.get(row["type"], "another type")  # type: ignore[arg-type]
    return f"{row['km']:.1f} km, {when}, actors {actors}, {kind}"


def _total(total: Total) -> list[str]:
    row, counts = total.ours, total.counts
    words = f'"{row["death_words"]}"' if row["death_words"] else "nothing of deaths"
    lines = [
        f"{row['id']}, {str(row['kind']).replace('_', ' ')}, {row['start']} to {row['end']}, "
        f"{row['place']}: {row['subtype'] or 'type unknown'}",
        f"  the source says {words}",
    ]
    if total.uncovered:
        return [*lines, f"  not counted: {total.uncovered}"]
    lines += [
        f"  they count in {total.area}",
        f"  {'':<34}{'the source':>14}{'they count':>14}",
        f"  {'events':<34}{'':>14}{counts['events']:>14,}",
    ]
    for name, title in TITLES.items():
        lines.append(f"  {title:<34}{_number(row[name]):>14}{_number(counts[name]):>14}")
    if counts["unreported"]:
        without = _number(counts["unreported"])
        lines.append(f"  {'events without any number':<34}{'':>14}{without:>14}")
    if total.pairs:
        lines.append(
            "  by the sides, as they name them (events; deaths of side 1, side 2, civilians, side "
            "unknown):"
        )
        for pair in total.pairs[:SHOWN]:
            parts = ", ".join(_number(pair[n]) for n in ("dead1", "dead2", "civilians", "unknown"))
            lines.append(f"    {pair['side1']} - {pair['side2']}: {pair['events']}; {parts}")
        if len(total.pairs) > SHOWN:
            lines.append(
                f"    ... and {len(total.pairs) - SHOWN} more pairs; --format json has all"
            )
    lines.append("  limits of this comparison:")
    return lines + [f"    - {limit}" for limit in total.limits]


def _number(value: object) -> str:
    return NOT_REPORTED if value is None else f"{value:,}"


def matches_table(comparison: Comparison) -> pl.DataFrame:
    """Return the pairs, with the columns named as the books of the two files name them."""
    names = {
        f"{whose}_{role}": f"{whose}_{events.name_of(role)}"
        for whose, events in (("ours", comparison.ours), ("theirs", comparison.theirs))
        for role in KINDS
    }
    return comparison.matches.rename(names, strict=False)


def comparison_json(comparison: Comparison) -> str:
    """Return the whole comparison as JSON; days as ISO dates, columns named as our book does."""
    names = {role: comparison.ours.name_of(role) for role in KINDS}
    whole = {
        "schema": "eventbook-comparison/1",
        "candidates": comparison.candidates,
        "unplaced": comparison.unplaced,
        "summaries": comparison.summaries,
        "not_compared": comparison.lacking,
        "matches": matches_table(comparison).to_dicts(),
        "unmatched": comparison.unmatched.rename(names, strict=False).to_dicts(),
        "totals": [_plain(total, names) for total in comparison.totals],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str)


def _plain(total: Total, names: Mapping[str, str]) -> dict[str, object]:
    """Return a total as plain data."""
    return {
        "ours": total.row,
        "area": total.area,
        "counts": _renamed(total.counts, names),
        "pairs": [_renamed(pair, names) for pair in total.pairs],
        "limits": total.limits,
        "uncovered": total.uncovered,
    }


def _renamed(values: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    return {names.get(role, role): value for role, value in values.items()}
