"""What coders of a varied codebook followed, as lines for people and as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from .followed import Followed

HEAD = "a varied codebook: did its coder follow the definitions, or the names of the codes?"
NOTE = (
    "n: values for which the other coder's code is called something else in the varied codebook; "
    "95 % intervals by Wilson's score"
)


def lines_of_followed(results: Iterable[Followed]) -> list[str]:
    """Return lines for a terminal: of each coder and other coder, a line a list."""
    lines = [HEAD]
    for (coder, kind, seed, other), group in groupby(
        results, lambda f: (f.coder, f.kind, f.seed, f.reference)
    ):
        lines.append(f"  {coder} (codebook varied by {kind}, seed {seed}) against {other}")
        for f in group:
            variables = ", ".join(f.variables)
            parts = (
                f"n {f.n}",
                f"by definition {f.by_definition}{_share(f.by_definition, f.n, f.definition_interval)}",
                f"by name {f.by_name}{_share(f.by_name, f.n, f.name_interval)}",
                f"neither {f.neither}",
            )
            lines.append(f"    {f.codes} ({variables}): {', '.join(parts)}")
    return [*lines, NOTE]


def _share(count: int, n: int, interval: tuple[float, float] | None) -> str:
    if interval is None:
        return ""
    return f" ({100 * count / n:.0f} %, {percents(interval)})"


def percents(interval: tuple[float, float]) -> str:
    """Return an interval in per cent."""
    return f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def plain_followed(results: Iterable[Followed]) -> list[dict[str, Any]]:
    """Return plain values, intervals rounded to four decimals."""
    return [
        {
            "coder": f.coder,
            "reference": f.reference,
            "kind": f.kind.value,
            "seed": f.seed,
            "list": f.codes,
            "variables": list(f.variables),
            "n": f.n,
            "by_definition": f.by_definition,
            "by_definition_interval": _rounded(f.definition_interval),
            "by_name": f.by_name,
            "by_name_interval": _rounded(f.name_interval),
            "neither": f.neither,
        }
        for f in results
    ]


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(bound, 4) + 0.0 for bound in interval]
