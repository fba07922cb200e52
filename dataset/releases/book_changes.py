"""What changed in the meaning of a codebook: its rules, codes and variables, not their texts."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from ...codebook import Book

OF_RULE = attrgetter("on", "severity", "violates", "forbids", "normal_form", "column")
OF_VARIABLE = attrgetter(
    "type",
    "codes",
    "separator",
    "required",
    "unique",
    "minimum",
    "maximum",
    "max_length",
    "pattern",
    "derived",
    "evidence",
    "quotation",
    "words_for",
    "missing_values",
    "formats",
)
"""What a rule and a variable mean; titles, descriptions and examples may change at any time."""


def changed_parts(old: Book, new: Book) -> list[str]:
    """Return in words the rules, codes and variables that differ, in the order of the books."""
    was, now = _meaning(old), _meaning(new)
    return [part for part in {**was, **now} if was.get(part) != now.get(part)]


def _meaning(book: Book) -> dict[str, Any]:
    """Return what each part of a book means, by its name for people."""
    rules = {f"rule {rule.id}": OF_RULE(rule) for rule in book.rules}
    codes = {
        f"code {code.code} of {name}": dict(code.attributes)
        for name, codes in book.code_lists.items()
        for code in codes.codes
    }
    variables = {
        f"variable {table.name}.{variable.name}": OF_VARIABLE(variable)
        for table in book.tables.values()
        for variable in table.variables
    }
    return rules | codes | variables
