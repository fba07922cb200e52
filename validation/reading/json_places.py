"""JSON with the line of each value, read strictly: what two programs may read in two ways is refused.

The grammar is that of the standard library; here only the place of each value is kept.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import decoder, scanner
from pathlib import Path
from typing import Any

from ..errors import InputError, one_line
from ..files.atomic import unchanged_while_reading
from .formats import ensure_regular

LARGEST = 16 << 20
"""The most bytes of a file that is read at once with its places."""
BYTE_ORDER_MARK = "\ufeff"


class WrittenNumber(str):
    """A number as the file has it, digit for digit."""

    __slots__ = ()


@dataclass(frozen=True)
class PlacedValue:
    """A value, and the line on which it begins.

    The value is None, a bool, a `WrittenNumber`, a str, a list of placed values, or an object.
    """

    value: Any
    line: int


class PlacedObject(dict[str, PlacedValue]):
    """An object; of a key that is there several times it has the last value, and lists the others."""

    def __init__(self, pairs: list[tuple[str, PlacedValue]]) -> None:
        super().__init__(pairs)
        seen = set[str]()
        self.repeated: list[tuple[str, PlacedValue]] = []
        for name, placed in pairs:
            if name in seen:
                self.repeated.append((name, placed))
            seen.add(name)


def read_placed(path: Path) -> PlacedValue:
    """Read a JSON file.

    Raises:
        InputError: it cannot be read, is too large for one coding, is no UTF-8, or is not JSON.
    """
    ensure_regular(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"{path}: larger than {LARGEST >> 20} MB; expected one document's coding"
            )
        with unchanged_while_reading(path):
            data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    return placed_json(text, str(path))


def placed_json(text: str, name: str) -> PlacedValue:
    """Return the value that a JSON text holds, with the lines of all that is in it.

    Args:
        text: the text; a byte order mark before it is passed over, as JSON's standard allows.
        name: how messages call it.

    Raises:
        InputError: it is not JSON, or is nested too deeply; the message names the line.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not text.strip(" \t\r\n"):
        raise InputError(f"{name}: empty; expected a JSON object")
    try:
        return _PlacingDecoder(text).decode(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{name}: not read: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{name}: not JSON: {one_line(error)}") from None


Scanned = tuple[Any, int]
ScanOnce = Callable[[str, int], Scanned]


class _PlacingDecoder(json.JSONDecoder):
    """The decoder of the standard library, whose objects and arrays hold placed values."""

    def __init__(self, text: str) -> None:
        super().__init__(
            object_pairs_hook=PlacedObject,
            parse_int=WrittenNumber,
            parse_float=WrittenNumber,
            parse_constant=_refuse_constant,
        )
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self.parse_object = self._object
        self.parse_array = self._array
        # The scanner written in C knows no other objects and arrays than its own.
        self.scan_once = self._placing(scanner.py_make_scanner(self))  # pyright: ignore

    def _placing(self, scan_once: ScanOnce) -> ScanOnce:
        def placing(text: str, at: int) -> Scanned:
            try:
                value, end = scan_once(text, at)
            except _ConstantError as error:
                raise json.JSONDecodeError(str(error), text, at) from None
            return PlacedValue(value, bisect_right(self._ends, at - 1) + 1), end

        return placing

    def _object(
        self, place: tuple[str, int], strict: bool, scan_once: ScanOnce, *hooks: Any
    ) -> Scanned:
        return decoder.JSONObject(place, strict, self._placing(scan_once), *hooks)  # pyright: ignore

    def _array(self, place: tuple[str, int], scan_once: ScanOnce) -> Scanned:
        return decoder.JSONArray(place, self._placing(scan_once))  # pyright: ignore


class _ConstantError(Exception):
    """A word such as NaN, which only some programs take for a number."""


def _refuse_constant(name: str) -> None:
    raise _ConstantError(f"{name} is no number; write null")


def unreadable_signs(text: str) -> Iterator[str]:
    """Yield what no text file can hold of a string: half characters, and NUL."""
    if "\0" in text:
        yield "the character NUL"
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        yield "half a character"
