"""The report as SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...codebook.catalogue import FindingKind
from ..findings import Finding, Report
from ..installed import repository
from .github import message
from .terms import explanation, look_up_command

LEVELS = {"error": "error", "warning": "warning", "explain": "note", "note": "note"}
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(report: Report) -> str:
    """Return the report as one SARIF log with one run, which also counts findings that were not kept."""
    found = list(report)
    names = list(dict.fromkeys(f.rule for f in found))
    left_out = Counter[str]()
    for (rule, severity, _, _), number in report.left_out.items():
        left_out[f"{rule} ({severity})"] += number
    address = repository()
    run = {
        "tool": {
            "driver": {
                "name": "eventbook",
                "version": metadata.version("eventbook"),
                **({"informationUri": address} if address else {}),
                "rules": [_rule(name, found, report) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names) for finding in found],
        "properties": {"leftOut": left_out},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _rule(name: str, found: list[Finding], report: Report) -> dict[str, Any]:
    """Return a kind of finding: its description, why it matters and what to do."""
    first = next(f for f in found if f.rule == name)
    known = explanation(report.book_of(first), name)
    if known is None:
        return {"id": name, "shortDescription": {"text": first.message or name}}
    command = look_up_command(report.book_of(first), name, None)
    todo = f"{known.do} " if isinstance(known, FindingKind) else ""
    return {
        "id": name,
        "shortDescription": {"text": known.says},
        "fullDescription": {"text": known.why},
        "help": {"text": f"{todo}More: {command}"},
    }


def _result(finding: Finding, names: list[str]) -> dict[str, Any]:
    path = Path(finding.file)
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(path.as_posix().encode("utf-8", "surrogatepass"))}
    }
    if finding.line is not None and finding.line > 0:
        place["region"] = {"startLine": finding.line}
    # The same finding after rows were added above it: the host shows it as known.
    what = "\0".join(str(v) for v in (finding.rule, finding.file, finding.row_id, finding.column))
    known = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": names.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": message(finding) or finding.rule},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"finding/v1": known},
    }
