"""The record of a coder's filings, `coding.yaml`: written by one function, read strictly by another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ...codebook.plain_yaml import UnreadableYaml, plain_yaml
from ..errors import InputError, one_line
from .machine import HASH, KINDS_OF_FAULTS, Delivered, Machine, in_order
from .variation import Variation, as_record, variation_of

OF_MACHINES = ("machine", "delivered", "faults")
"""The keys of a filing in the record that only those of machines have."""
PLAIN = re.compile(
    r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9._-]*( [0-9]+(\.[0-9]+)*)?"
)
"""A text that YAML reads as it is, quoted or not: an id, the name of a file or of a codebook."""


@dataclass(frozen=True)
class Filing:
    """One filing: the day, the codebook's name and version, and the documents that it added.

    An `amendment` says why the coder changed what was filed of these documents before. A `machine`
    is the program that coded, as it was then, and `delivered` what it brought; both are None for
    a person. A `variation` is the varied codebook that was followed: what is filed are the codes
    of the original one, by definition.
    """

    filed: date
    codebook: str
    documents: tuple[str, ...]
    amendment: str = ""
    machine: Machine | None = None
    delivered: Delivered | None = None
    variation: Variation | None = None


def read_record(path: Path) -> tuple[tuple[Filing, ...], dict[str, str]]:
    """Return the filings of a coder, and the hash of each file after the last one.

    Raises:
        InputError: the record cannot be read, or has another form.
    """
    try:
        plain = plain_yaml(path)
        for line, message in plain.faults:
            raise UnreadableYaml(line, f"line {line}: {message}")
        record = plain.content
        _ensure_keys(record, required=("filings", "sha256"))
        filings = tuple(map(_filing_of, record["filings"]))
        _ensure_one_kind(filings)
        return filings, {str(k): str(v) for k, v in record["sha256"].items()}
    except (UnreadableYaml, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = one_line(error)
        raise InputError(f"{path}: not readable as the record of a coding: {reason}") from None


def _filing_of(entry: Mapping[str, Any]) -> Filing:
    """Return a filing from its entry in the record.

    Raises:
        ValueError: it has another form.
    """
    of_machines = OF_MACHINES if "machine" in entry else ()
    _ensure_keys(
        entry, ("filed", "codebook", "documents", *of_machines), ("amendment", "variation")
    )
    return Filing(
        date.fromisoformat(entry["filed"]),
        str(entry["codebook"]),
        tuple(map(str, entry["documents"])),
        str(entry.get("amendment", "")),
        _machine_of(entry["machine"]) if "machine" in entry else None,
        _delivered_of(entry["delivered"], entry["faults"]) if "machine" in entry else None,
        variation_of(entry["variation"]) if "variation" in entry else None,
    )


def _machine_of(entry: Mapping[str, Any]) -> Machine:
    _ensure_keys(entry, ("name", "version"), ("settings", "instructions"))
    settings: Mapping[str, Any] = entry.get("settings", {})
    texts = (entry["name"], entry["version"], *settings.values())
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError("machine: name, version and settings are texts in quotation marks")
    digest = str(entry.get("instructions", ""))
    if digest and not HASH.fullmatch(digest):
        raise ValueError("instructions: no SHA-256")
    return Machine(entry["name"], entry["version"], tuple(sorted(settings.items())), digest)


def _delivered_of(counts: Mapping[str, Any], faults: Mapping[str, Any]) -> Delivered:
    _ensure_keys(counts, ("values", "quotes", "incomplete"))
    _ensure_keys(faults, (), tuple(KINDS_OF_FAULTS))
    if not all(type(n) is int and n >= 0 for n in (*counts.values(), *faults.values())):
        raise ValueError("delivered, faults: a count is a whole number")
    return Delivered(counts["values"], counts["quotes"], in_order(faults), counts["incomplete"])


def _ensure_keys(
    entry: Mapping[str, Any], required: tuple[str, ...], others: tuple[str, ...] = ()
) -> None:
    """Ensure that an entry of the record has the keys that it may have.

    Raises:
        ValueError: one is missing, or another one is there.
    """
    if missing := [key for key in required if key not in entry]:
        raise ValueError(f"{missing[0]} is missing")
    if unknown := [key for key in entry if key not in (*required, *others)]:
        raise ValueError(f"{unknown[0]}: no such key; there are: {', '.join((*required, *others))}")


def _ensure_one_kind(filings: Iterable[Filing]) -> None:
    """Ensure that all filings of a coder are those of a person, or all those of one machine.

    Raises:
        ValueError: they are not.
    """
    names = {filing.machine.name if filing.machine else None for filing in filings}
    if len(names) > 1:
        raise ValueError("a coder is one person or one machine in all filings")


def record_text(filings: tuple[Filing, ...], hashes: Mapping[str, str]) -> str:
    """Return the text of `coding.yaml`.

    Raises:
        ValueError: some filings are those of a person, others those of a machine.
    """
    _ensure_one_kind(filings)
    lines = [
        "# What was filed, and the hashes of the files; `eventbook import` writes this.",
        "filings:",
    ]
    for filing in filings:
        lines += [
            f"  - filed: {filing.filed.isoformat()}",
            f"    codebook: {_scalar(filing.codebook)}",
            f"    documents: [{', '.join(map(_scalar, filing.documents))}]",
        ]
        if filing.amendment:
            lines.append(f"    amendment: {_quoted(filing.amendment)}")
        if filing.machine is not None:
            lines += _lines_of_machine(filing.machine, filing.delivered)
        if filing.variation is not None:
            lines += _lines_of_variation(filing.variation)
    lines.append("sha256:")
    lines += [f"  {_scalar(name)}: '{digest}'" for name, digest in sorted(hashes.items())]
    return "\n".join(lines) + "\n"


def _lines_of_machine(machine: Machine, delivered: Delivered | None) -> list[str]:
    lines = [
        "    machine:",
        f"      name: {_quoted(machine.name)}",
        f"      version: {_quoted(machine.version)}",
    ]
    if machine.settings:
        lines.append("      settings:")
        lines += [f"        {_scalar(name)}: {_quoted(text)}" for name, text in machine.settings]
    if machine.instructions:
        lines.append(f"      instructions: '{machine.instructions}'")
    found = delivered or Delivered(0, 0, {})
    faults = ", ".join(f"{kind}: {count}" for kind, count in in_order(found.faults).items())
    return [
        *lines,
        f"    delivered: {{values: {found.values}, quotes: {found.quotes}, "
        f"incomplete: {found.incomplete}}}",
        f"    faults: {{{faults}}}",
    ]


def _lines_of_variation(variation: Variation) -> list[str]:
    """Return the lines of a variation: a JSON value is also YAML, and every text is read back as it is."""
    record = as_record(variation)
    lists: Mapping[str, Any] = record.pop("lists")
    return [
        "    variation:",
        *(f"      {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.items()),
        "      lists:",
        *(
            f"        {_scalar(name)}: {json.dumps(lists[name], ensure_ascii=False)}"
            for name in lists
        ),
    ]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _scalar(text: str) -> str:
    """Return a text as YAML that is read back as that text, whatever a workbook had in it."""
    return text if PLAIN.fullmatch(text) else json.dumps(text)
