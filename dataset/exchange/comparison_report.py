"""A comparison as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from .compare import Comparison, Total

SHOWN = 10


def comparison_text(found: Comparison) -> str:
    """Pairs with their reasons, and totals beside counts."""
    matched, looked = found.matches.height, found.matches.height + found.alone.height
    lines = [
        f"{matched:,} of {looked:,} single events with a point have a partner among {found.theirs:,}; "
        f"{found.pointless:,} have no point or day and were not looked for"
    ]
    best = found.matches.sort("score", descending=True, maintain_order=True)
    for row in best.head(SHOWN).iter_rows(named=True):
        lines.append(
            f"  {row['ours_event_id']} = {row['theirs_event_id']}, score {row['score']:.2f}: {_reasons(row)}"
        )
    if matched > SHOWN:
        lines.append(f"  ... and {matched - SHOWN:,} more; --out FILE.csv has all")
    for row in found.alone.head(SHOWN).iter_rows(named=True):
        lines.append(f"  {row['event_id']}: no partner ({row['date_start']}, {row['location']})")
    for one in found.totals:
        lines += ["", *_total(one)]
    return "\n".join(lines)


def _reasons(row: dict[str, object]) -> str:
    """Why two events are taken for one."""
    gap = row["gap"]
    when = "a day in common" if gap == 0 else f"{gap} day{'' if gap == 1 else 's'} apart"
    told = [f"{row['km']:.1f} km", when]
    told.append("actors not told" if row["actors"] is None else f"actors {row['actors']:.2f}")
    types = {None: "type not told", 1.0: "same sub-event type", 0.5: "same event type"}
    told.append(types.get(row["type"], "another type"))  # type: ignore[arg-type]
    return ", ".join(told)


def _total(one: Total) -> list[str]:
    row, counts = one.ours, one.counts
    words = f'"{row["fatalities_words"]}"' if row["fatalities_words"] else "no words of deaths"
    lines = [
        f"{row['event_id']}, {str(row['record_kind']).replace('_', ' ')}, {row['date_start']} to "
        f"{row['date_end']}, {row['location']}: {row['sub_event_type'] or 'type not told'}",
        f"  the source says {words}",
        f"  they count in {one.area}",
        f"  {'':<34}{'the source':>12}{'they count':>12}",
        f"  {'events':<34}{'':>12}{counts['events']:>12,}",
    ]
    names = {
        "fatalities_low": "deaths, lowest",
        "fatalities_best": "deaths, best",
        "fatalities_high": "deaths, highest",
        "fatalities_side1": "of them side 1",
        "fatalities_side2": "of them side 2",
        "fatalities_civilians": "of them civilians",
        "fatalities_unknown": "of them of no known side",
    }
    for name, title in names.items():
        lines.append(f"  {title:<34}{_number(row[name]):>12}{_number(counts[name]):>12}")
    if counts["untold"]:
        lines.append(f"  {'events without any number':<34}{'':>12}{_number(counts['untold']):>12}")
    if one.pairs:
        lines.append(
            "  by the sides, as they name them (events; deaths of side 1, side 2, civilians, no known side):"
        )
        for pair in one.pairs[:SHOWN]:
            parts = ", ".join(
                _number(pair[f"fatalities_{n}"]) for n in ("side1", "side2", "civilians", "unknown")
            )
            lines.append(f"    {pair['actor1']} - {pair['actor2']}: {pair['events']}; {parts}")
        if len(one.pairs) > SHOWN:
            lines.append(f"    ... and {len(one.pairs) - SHOWN} more pairs; --format json has all")
    lines.append("  what this cannot say:")
    return lines + [f"    - {said}" for said in one.cannot_say]


def _number(value: object) -> str:
    return "not told" if value is None else f"{value:,}"


def comparison_json(found: Comparison) -> str:
    """The whole comparison; days as ISO dates."""
    whole = {
        "schema": "eventbook-comparison/1",
        "compared_with": found.theirs,
        "without_point": found.pointless,
        "matches": found.matches.to_dicts(),
        "alone": found.alone.to_dicts(),
        "totals": [asdict(one) for one in found.totals],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str)
