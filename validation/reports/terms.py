"""What explains a finding: the rule, variable or kind of finding to look up, and the texts about it."""

from __future__ import annotations

from typing import get_args

from ...codebook import HUB, Book, Rule
from ...codebook.catalogue import FindingKind, catalogue
from ...codebook.model import ConstraintKind
from ..findings import Finding

BY_VARIABLE = {*get_args(ConstraintKind), "type", "foreign-key"}
"""Findings that the variable explains better: its type, codes and limits, and what it means."""


def sentence(finding: Finding) -> str:
    """Return what a finding says: its value, what is wrong with it, what is allowed and nearest."""
    value = "" if finding.value is None else f"{finding.value!r}: "
    allowed = f" Allowed: {finding.allowed}." if finding.allowed else ""
    nearest = f" Did you mean {finding.nearest}?" if finding.nearest else ""
    return f"{value}{finding.message}{allowed}{nearest}"


def explanation(book: Book | None, rule: str) -> Rule | FindingKind | None:
    """Return the rule of the book or the kind of finding that an id names; None if neither."""
    rules = {r.id: r for r in book.rules} if book else {}
    return rules.get(rule) or catalogue().get(rule)


def term(book: Book | None, rule: str, column: str | None) -> str:
    """Return what to look up about a finding: its variable, or its id; empty if nothing is."""
    variables = {name for table in book.tables.values() for name in table.names} if book else set()
    if rule in BY_VARIABLE and column in variables:
        return str(column)
    return rule if explanation(book, rule) else ""


def look_up_command(book: Book | None, rule: str, column: str | None) -> str:
    """Return the command that shows what explains a finding; empty if nothing does."""
    name = term(book, rule, column)
    general = name == rule and isinstance(explanation(book, rule), FindingKind)
    option = "" if book is None or book.name == HUB or general else f" --book {book.name}"
    return f"eventbook codebook {name}{option}" if name else ""
