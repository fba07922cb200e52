"""Reading JSON, YAML and pictures of strangers: what two readers may read differently is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...codebook.plain_yaml import DEEPEST, MOST_BYTES, MOST_VALUES
from ...validation.errors import one_line
from .problem import Problem, Unsound

MOST_BYTES_OF_JSON = 16 << 20
"""The size of a JSON file: lists of nothing take thirty times as much memory."""
DEPTH = 60
"""How deep lists and objects of JSON may be nested."""


def read_untrusted_json(path: Path, name: str = "", most_bytes: int = MOST_BYTES_OF_JSON) -> Any:
    """Read a JSON file as `untrusted_json` reads its text.

    Args:
        path: the file.
        name: how a problem names it.
        most_bytes: the size that it may have.

    Raises:
        Unsound: it is larger, not in UTF-8, or its text is not sound.
    """
    return untrusted_json(_text(path, name, most_bytes), name)


def untrusted_json(text: str, name: str) -> Any:
    """Read JSON without repeated keys, without NaN and Infinity, and not nested too deep.

    Args:
        text: the JSON.
        name: how a problem names its file.

    Raises:
        Unsound: it has them, or is not JSON.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            names = [key for key, _ in pairs]
            repeated = next(key for key in names if names.count(key) > 1)
            raise Unsound(Problem("json-repeated-key", "A repeated key.", name, value=repeated))
        return content

    def no_constant(constant: str) -> None:
        raise Unsound(Problem("json-nan", "This is not JSON.", name, value=constant))

    too_deep = Problem("json-depth", f"Nested more than {DEPTH} deep.", name)
    try:
        content = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError:
        raise Unsound(too_deep) from None
    except ValueError as error:
        message = f"Not readable as JSON: {one_line(error)}."
        raise Unsound(Problem("json-damaged", message, name)) from None
    if _is_deep(content):
        raise Unsound(too_deep)
    return content


def _is_deep(content: Any) -> bool:
    """Return whether lists and objects are nested more than `DEPTH` deep."""
    level = [content]
    for _ in range(DEPTH + 1):
        level = [whole for whole in level if isinstance(whole, dict | list)]
        if not level:
            return False
        level = [part for whole in level for part in _parts(whole)]
    return True


def _parts(whole: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return whole.values() if isinstance(whole, dict) else whole


def read_yaml(path: Path, name: str = "") -> Any:
    """Read a YAML file without anchors, tags and repeated keys, not nested too deep, and not too full.

    Nothing is built of it before its events were looked at.

    Raises:
        Unsound: it has them, or is not YAML in UTF-8.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    text = _text(path, name, MOST_BYTES)
    try:
        for rule, message in _event_problems(YAML(typ="safe").parse(text)):
            raise Unsound(Problem(rule, message, name))
        return YAML(typ="safe").load(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unsound(Problem("yaml-repeated-key", "A repeated key.", name, line)) from None
    except (YAMLError, RecursionError, ValueError) as error:
        message = f"Not readable as YAML: {one_line(error)}."
        raise Unsound(Problem("yaml-damaged", message, name)) from None


def _event_problems(events: Iterable[Any]) -> Iterable[tuple[str, str]]:
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

    depth = 0
    for number, event in enumerate(events):
        if number > 2 * MOST_VALUES:
            yield "file-large", f"More than {MOST_VALUES:,} values."
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            yield "yaml-alias", "An anchor or alias: what it repeats is not visible here."
        if getattr(event, "tag", None):
            yield "yaml-tag", "A tag: it asks the reader to build something."
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            yield "yaml-depth", f"Nested more than {DEEPEST} deep."


def check_png(path: Path, name: str = "") -> None:
    """Ensure that a picture is a PNG file and that nothing follows its end.

    Raises:
        Unsound: it is not, or something does.
    """
    data = path.read_bytes()
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[-8:-4] != b"IEND":
        message = "Not a PNG picture, or something is hidden after its end."
        raise Unsound(Problem("file-kind", message, name))


def _text(path: Path, name: str, most: int) -> str:
    if path.stat().st_size > most:
        raise Unsound(Problem("file-large", f"Larger than {most:,} bytes.", name))
    return utf_8(path.read_bytes(), name)


def utf_8(data: bytes, name: str) -> str:
    """Return the text of a file, or of a part of it.

    Raises:
        Unsound: it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unsound(Problem("file-encoding", "Not UTF-8.", name)) from None
