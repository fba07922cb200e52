"""What explains a finding: the rule, variable or kind of finding to look up, and the texts about it."""

from __future__ import annotations

import re
from typing import get_args

from ...codebook import HUB, Book, Rule, Table
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


def coder_sentence(book: Book | None, table: Table | None, finding: Finding) -> str:
    """Return what a finding says to somebody who codes: a form by its example, labels beside codes."""
    column = finding.column or ""
    if table is None or column not in table:
        return sentence(finding)
    variable = table[column]
    if finding.rule == "pattern":
        example = "" if variable.example is None else f" An example: {variable.example}."
        nearest = f" Did you mean {finding.nearest}?" if finding.nearest else ""
        return f"{finding.value!r} is not the form of {variable.title}.{example}{nearest}"
    codes = book.code_list(variable) if book else None
    if codes is not None and finding.rule == "code":
        labels = {str(code.code): code.label for code in codes.codes}
        label = labels.get(finding.nearest or "", "")
        nearest = f" Did you mean {finding.nearest}?" if finding.nearest else ""
        if label and label != finding.nearest:
            nearest = f" Did you mean {finding.nearest} ({label})?"
        return f"{finding.value!r} is not in the list {codes.title}.{nearest}"
    return sentence(finding)


def explanation(book: Book | None, rule: str) -> Rule | FindingKind | None:
    """Return the rule of the book or the kind of finding that an id names; None if neither."""
    rules = {r.id: r for r in book.rules} if book else {}
    return rules.get(rule) or catalogue().get(rule)


IN_JSON = re.compile(r"\w+\[\d+\]\.(\w+)(?:[.\[].*)?")
"""The path of a finding in a coding as JSON, as `events[2].fatalities_low`, with its variable."""


def term(book: Book | None, rule: str, column: str | None) -> str:
    """Return what to look up about a finding: its variable, or its id; empty if nothing is."""
    if match := IN_JSON.fullmatch(column or ""):
        column = match[1]
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
