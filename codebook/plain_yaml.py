"""Read untrusted YAML as plain data with line numbers, within limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .form import Place
from .model import Scalar

STANDARD = "tag:yaml.org,2002:"
TEXT = {f"{STANDARD}str", f"{STANDARD}timestamp"}

# The largest YAML file of the books that ship has 40,000 bytes.
MOST_BYTES = 1_000_000
"""The maximum size of a YAML file, or of a page of the guide."""

DEEPEST = 50
"""The maximum depth of nested values."""

MOST_VALUES = 100_000
"""The maximum number of values in a YAML file; values that aliases repeat count each time."""


class UnreadableYaml(Exception):
    """YAML that cannot be read as plain data: the line from 1, and what is wrong."""

    def __init__(self, line: int, message: str):
        self.line, self.message = line, message
        super().__init__(message)


@dataclass(frozen=True)
class PlainYaml:
    """The content of a YAML file, and the line of every key and list item.

    `faults` has a line and a message for everything that is not plain data, and was skipped.
    """

    content: Any
    lines: Mapping[Place, int]
    faults: tuple[tuple[int, str], ...] = ()


def plain_yaml(path: Path) -> PlainYaml:
    """Read a YAML file.

    Raises:
        UnreadableYaml: it is missing, unreadable, too large, too deeply nested, or not YAML.
    """
    try:
        return plain_yaml_of(text_of(path, MOST_BYTES))
    except (OSError, ValueError) as error:
        raise UnreadableYaml(1, f"cannot be read: {on_one_line(error)}") from None


def plain_yaml_of(text: str) -> PlainYaml:
    """Read YAML. Days are text; an empty text is None.

    Raises:
        UnreadableYaml: it is too large, too deeply nested, or not YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml: Any = YAML(typ="safe")
    plain = _PlainData(yaml.constructor)
    try:
        # Checked before any value is built: building a thousand nested values crashes the process.
        events = list(bounded(yaml.parse(text)))
        if _is_simple(events):
            node = _composed(events[2], iter(events[3:]), yaml.resolver.versioned_resolver)
        else:
            node = yaml.compose(text)
        content = plain.value(node, ()) if node is not None else None
    except MarkedYAMLError as error:
        raise _unreadable(error) from None
    except (ValueError, RecursionError, YAMLError) as error:
        raise UnreadableYaml(1, f"cannot be read: {on_one_line(error)}") from None
    return PlainYaml(content, plain.lines, tuple(plain.faults))


@dataclass(slots=True)
class _Node:
    """A value of YAML with its tag, as ruamel's nodes are, but made in a tenth of the time."""

    id: str
    tag: str
    value: Any
    start_mark: Any


def _is_simple(events: Sequence[Any]) -> bool:
    """Return whether YAML is one document without aliases, tags and directives."""
    return (
        sum(type(event).__name__ == "DocumentStartEvent" for event in events) == 1
        and events[1].version is None
        and not any(
            getattr(event, "anchor", None) or getattr(event, "tag", None) for event in events
        )
    )


def _composed(
    event: Any, events: Iterator[Any], of_plain: Mapping[str, Sequence[tuple[str, Any]]]
) -> _Node:
    """Return the node that simple YAML makes.

    Args:
        event: the first event of the node.
        events: the events after it.
        of_plain: tags that values without quotation marks may have and the form of each such value,
            by the first character.
    """
    mark, kind = event.start_mark, type(event).__name__
    if kind == "ScalarEvent":
        value = event.value
        forms = of_plain.get(value[:1], ()) if event.implicit[0] else ()
        tag = next((tag for tag, form in forms if form.match(value)), f"{STANDARD}str")
        return _Node("scalar", tag, value, mark)
    items: list[Any] = []
    end = kind.replace("Start", "End")
    while type(first := next(events)).__name__ != end:
        item = _composed(first, events, of_plain)
        if end == "MappingEndEvent":
            item = (item, _composed(next(events), events, of_plain))
        items.append(item)
    return _Node("mapping" if end == "MappingEndEvent" else "sequence", "", items, mark)


def _unreadable(error: Any) -> UnreadableYaml:
    """Return ruamel's error with its line."""
    mark = error.problem_mark or error.context_mark
    message = f"not readable as YAML: {on_one_line(error.problem or error.context)}"
    return UnreadableYaml(mark.line + 1 if mark else 1, message)


def text_of(path: Path, most: int) -> str:
    """Return the text of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a regular file, larger than `most` bytes, or not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise ValueError("not a regular file")
    if (size := path.stat().st_size) > most:
        raise ValueError(f"{size:,} bytes; at most {most:,} are read")
    return path.read_bytes().decode("utf-8-sig")


def bounded(events: Iterable[Any]) -> Iterator[Any]:
    """Yield the events of YAML within the limits of depth and number.

    Raises:
        ValueError: they exceed a limit.
    """
    depth, values = 0, 0
    for event in events:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        values += not kind.endswith("EndEvent")
        if depth > DEEPEST:
            raise ValueError(
                f"nested more than {DEEPEST} deep, in line {event.start_mark.line + 1}"
            )
        if values > MOST_VALUES:
            raise ValueError(
                f"more than {MOST_VALUES:,} values up to line {event.start_mark.line + 1}"
            )
        yield event


def on_one_line(error: object) -> str:
    """Return an error's text on one line, cut at 200 characters."""
    return " ".join(str(error).split())[:200]


@dataclass
class _PlainData:
    """Builds plain data from YAML nodes, and records the line of each key and item.

    Days stay text, as in JSON Schema. A node that is used twice becomes one value, but counts
    twice, because code that walks through the values visits it twice.
    """

    constructor: Any
    lines: dict[Place, int] = field(default_factory=dict[Place, int])
    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    _values: dict[int, Any] = field(default_factory=dict[int, Any])
    _open: set[int] = field(default_factory=set[int])
    _sizes: dict[int, int] = field(default_factory=dict[int, int])
    _count: int = 0

    def value(self, node: Any, place: Place) -> Any:
        """Return the value of a node."""
        before = self._count
        self._count += self._sizes.get(id(node), 1)
        if self._count > MOST_VALUES:
            line = node.start_mark.line + 1
            raise ValueError(
                f"more than {MOST_VALUES:,} values up to line {line}, with its aliases"
            )
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self._open:
            self._fault(node, "a value that contains itself")
            return None
        if id(node) not in self._values:
            self._open.add(id(node))
            make = self._mapping if node.id == "mapping" else self._list
            self._values[id(node)] = make(node, place)
            self._open.discard(id(node))
            self._sizes[id(node)] = self._count - before
        return self._values[id(node)]

    def _list(self, node: Any, place: Place) -> list[Any]:
        content: list[Any] = []
        for position, item in enumerate(node.value):
            inner = (*place, position)
            self.lines[inner] = item.start_mark.line + 1
            content.append(self.value(item, inner))
        return content

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, node_of_value in node.value:
            key = self._scalar(key_node) if key_node.id == "scalar" else None
            if not isinstance(key, str):
                self._fault(key_node, "a key that is no text; put it into quotation marks")
            elif key in content:
                self._fault(key_node, f"duplicate key {key!r}")
            else:
                inner = (*place, key)
                self.lines[inner] = key_node.start_mark.line + 1
                content[key] = self.value(node_of_value, inner)
        return content

    def _scalar(self, node: Any) -> Scalar | bool:
        if node.tag in TEXT:
            return node.value
        kind = node.tag.removeprefix(STANDARD)
        if kind == "null":
            return None
        try:
            if kind == "bool":
                return bool(self.constructor.construct_yaml_bool(_of_ruamel(node)))
            if kind == "int":
                return int(self.constructor.construct_yaml_int(_of_ruamel(node)))
            if kind == "float" and math.isfinite(number := float(node.value.replace("_", ""))):
                return number
        except ValueError:
            pass
        self._fault(node, f"{node.value[:40]!r} is read as {kind}; put it into quotation marks")
        return None

    def _fault(self, node: Any, message: str) -> None:
        self.faults.append((node.start_mark.line + 1, message))


def _of_ruamel(node: Any) -> Any:
    from ruamel.yaml.nodes import ScalarNode

    return ScalarNode(node.tag, node.value)
