"""Reading the features of a GeoJSON file of strangers: one at a time where each has its own line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .problem import Problem, Unsound
from .untrusted import MOST_BYTES_OF_JSON, read_untrusted_json, untrusted_json, utf_8

MOST_BYTES_AT_ONCE = 64 << 20
"""The size of a GeoJSON file that is not written with a feature on each line."""
BEGIN, END = b'"features": [', b"]}"
"""The end of the first line, and the last line, of a file that is."""
BLANKS = b" \t\r\n"
"""What JSON allows between its parts."""


def read_features(path: Path, name: str) -> Iterator[Any]:
    """Yield the features of a GeoJSON file.

    A file as `geojson` writes it may have any size: a line of it is in memory at a time.

    Args:
        path: the file.
        name: how a problem names it.

    Raises:
        Unsound: it is too large to be read at once, or not sound JSON, or it has no features.
    """
    with path.open("rb") as stream:
        first = _line(stream)
        if first.endswith(BEGIN):
            untrusted_json(utf_8(first + END, name), name)
            yield from _lines(stream, name)
            return
    content = read_untrusted_json(path, name, MOST_BYTES_AT_ONCE)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise Unsound(Problem("content-hash", "There is no list of features.", name))
    yield from features


def _lines(stream: BinaryIO, name: str) -> Iterator[Any]:
    """Yield the features of the lines after the first one, and ensure that nothing else follows."""
    line = _line(stream)
    if line:
        yield _feature(line, name)
    while line.endswith(b","):
        line = _line(stream)
        yield _feature(line, name)
    if stream.read(MOST_BYTES_OF_JSON).strip(BLANKS) != END or stream.read(1):
        raise Unsound(
            Problem(
                "json-damaged",
                "Not readable as JSON: its end is missing, or something follows it.",
                name,
            )
        )


def _line(stream: BinaryIO) -> bytes:
    return stream.readline(MOST_BYTES_OF_JSON).rstrip(BLANKS)


def _feature(line: bytes, name: str) -> Any:
    return untrusted_json(utf_8(line.removesuffix(b","), name), name)


def check_features(path: Path, name: str) -> None:
    """Ensure that a GeoJSON file can be read.

    Raises:
        Unsound: as `read_features`.
    """
    deque(read_features(path, name), maxlen=0)
