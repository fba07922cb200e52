"""Reading JSON and YAML of strangers: what two readers could read differently is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LARGEST = 64 << 20
DEPTH = 60


class Unsafe(Exception):
    """A file that is not read: the rule that it breaks and a sentence."""

    def __init__(self, rule: str, message: str):
        super().__init__(message)
        self.rule = rule


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise Unsafe("file-large", f"Larger than {LARGEST:,} bytes.")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Unsafe("file-encoding", "Not UTF-8.") from None
    return text


def read_json(path: Path) -> Any:
    """A JSON file, without repeated keys, without NaN and Infinity, not too deep.

    Raises:
        Unsafe: it has them, or is not JSON in UTF-8.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(n for n in names if names.count(n) > 1)
            raise Unsafe("json-repeated-key", f"The key {twice[:80]!r} stands twice.")
        return found

    def no_constant(name: str) -> None:
        raise Unsafe("json-nan", f"{name} is no JSON.")

    text = _text(path)
    depth = deepest = 0
    inside = escaped = False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    if deepest > DEPTH:
        raise Unsafe("json-depth", f"Nested {deepest:,} deep; {DEPTH} are allowed.")
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Unsafe("json-damaged", f"Not readable as JSON: {str(error)[:200]}.") from None


def check_yaml(path: Path) -> None:
    """Look a YAML file through without building anything of it.

    Raises:
        Unsafe: it has anchors or aliases, tags, a repeated key, is too deep, or is no YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.events import (
        AliasEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
    )

    text = _text(path)
    open_: list[set[str] | None] = []
    key_next: list[bool] = []
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                raise Unsafe("yaml-alias", "An anchor or alias: what it repeats is not seen here.")
            if getattr(event, "tag", None):
                raise Unsafe("yaml-tag", "A tag: it asks the reader to build something.")
            starts = isinstance(event, MappingStartEvent | SequenceStartEvent)
            if (starts or isinstance(event, ScalarEvent)) and open_ and open_[-1] is not None:
                keys = open_[-1]
                if key_next[-1]:
                    name = event.value if isinstance(event, ScalarEvent) else ""
                    if name in keys:
                        raise Unsafe("yaml-repeated-key", f"The key {name[:80]!r} stands twice.")
                    keys.add(name)
                key_next[-1] = not key_next[-1]
            if starts:
                open_.append(set() if isinstance(event, MappingStartEvent) else None)
                key_next.append(True)
                if len(open_) > DEPTH:
                    raise Unsafe("yaml-depth", f"Nested more than {DEPTH} deep.")
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                open_.pop()
                key_next.pop()
    except (YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise Unsafe("yaml-damaged", f"Not readable as YAML: {said}.") from None


def check_png(path: Path) -> None:
    """Hold that a picture is a PNG file and nothing follows its end.

    Raises:
        Unsafe: it is not, or something does.
    """
    data = path.read_bytes()
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[-8:-4] != b"IEND":
        raise Unsafe("file-kind", "Not a PNG picture, or something is hidden after its end.")
