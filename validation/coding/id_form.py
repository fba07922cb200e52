"""The form of a table's ids: a serial number, and what else the book says that they are made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...codebook import Table

FIELD = re.compile(r"\{(\w+)(?::0(\d+))?\}")
SERIAL = "serial"
YEAR = "year"
"""The field of an id that is a year; a field of the name of a code list is one of its codes."""
DIGITS, WORD = "[0-9]+", r"\w+"


@dataclass(frozen=True)
class IdForm:
    """A form such as `{country}-{year}-{serial:04}`."""

    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """What an id is made of besides its serial number."""
        names = (match.group(1) for match in FIELD.finditer(self.text))
        return tuple(dict.fromkeys(name for name in names if name != SERIAL))

    def fields_of(self, row_id: str) -> dict[str, str]:
        """Return what an id is made of; nothing if it is not of this form."""
        match = self._pattern({}).fullmatch(row_id)
        return {name: match.group(name) for name in self.fields} if match else {}

    def has(self, row_id: str, fields: Mapping[str, str]) -> bool:
        """Return whether an id is of this form, and made of these fields."""
        return self._pattern(fields).fullmatch(row_id) is not None

    def next_id(self, used: Iterable[str], fields: Mapping[str, str]) -> str:
        """Return the id after those that are used and made of the same fields."""
        return self.id_of(self.last_number(used, fields) + 1, fields)

    def last_number(self, used: Iterable[str], fields: Mapping[str, str]) -> int:
        """Return the highest serial number of those ids that are made of some fields; 0 if none is."""
        pattern = self._pattern(fields)
        numbers = (int(match.group(SERIAL)) for i in used if (match := pattern.fullmatch(i)))
        return max(numbers, default=0)

    def id_of(self, number: int, fields: Mapping[str, str]) -> str:
        """Return the id with a serial number, made of some fields."""
        values = {**fields, SERIAL: str(number)}
        return FIELD.sub(lambda m: values[m.group(1)].zfill(int(m.group(2) or 0)), self.text)

    def _pattern(self, fields: Mapping[str, str]) -> re.Pattern[str]:
        """Return the pattern of the ids that are made of these fields; of others, any word."""
        parts: list[str] = []
        at, seen = 0, set[str]()
        for match in FIELD.finditer(self.text):
            name = match.group(1)
            parts.append(re.escape(self.text[at : match.start()]))
            if name in fields:
                parts.append(re.escape(fields[name]))
            elif name in seen:
                parts.append(f"(?P={name})")
            else:
                parts.append(f"(?P<{name}>{DIGITS if name == SERIAL else WORD})")
            seen.add(name)
            at = match.end()
        return re.compile("".join([*parts, re.escape(self.text[at:])]))


def id_form(table: Table) -> IdForm | None:
    """Return the form of the ids of a table whose key is one column; None if they have no number.

    It is as the book says, else that of the key's example.
    """
    key = table[table.primary_key[0]]
    if key.id_form:
        return IdForm(key.id_form)
    example = str(key.example)
    head = example.rstrip("0123456789")
    width = len(example) - len(head)
    return IdForm(f"{head}{{{SERIAL}:0{width}}}") if width else None


def id_of_words(name: str) -> str:
    """Return an id made of a name, in small letters, digits and hyphens; empty if it has no Latin letters."""
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", letters))
