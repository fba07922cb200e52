"""The ids that rows of codings as JSON get: the next free number, counted once for all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .id_form import IdForm

Fields = tuple[tuple[str, str], ...]


@dataclass
class FiledIds:
    """The ids of one table that a coder filed before: those of each document, and the reverse."""

    of_document: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    documents_of: dict[str, list[str | None]] = field(default_factory=dict[str, list[str | None]])

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None]]) -> FiledIds:
        """Return the ids of rows, given by id and document."""
        filed = cls()
        for row_id, document in rows:
            filed.documents_of.setdefault(row_id, []).append(document)
            if document:
                filed.of_document.setdefault(document, []).append(row_id)
        return filed


@dataclass
class FreeIds:
    """The ids of one table: which are taken, and which number comes next.

    `own` are the ids of the rows of the codings, `others` those of the package, withdrawn ones, and
    those that the coder filed.
    """

    form: IdForm
    own: Counter[str]
    others: frozenset[str]
    _last: dict[Fields, int] = field(default_factory=dict[Fields, int])

    @classmethod
    def of(cls, form: IdForm, own: Iterable[str], others: Iterable[str]) -> FreeIds:
        """Return the ids of a table, from those of all its rows."""
        return cls(form, Counter(own), frozenset(others))

    def next_id(self, fields: Mapping[str, str]) -> str:
        """Return the id after all that are taken and made of the same fields; it is taken then."""
        made_of = tuple(sorted(fields.items()))
        if made_of not in self._last:
            self._last[made_of] = self.form.last_number((*self.own, *self.others), fields)
        self._last[made_of] += 1
        return self.form.id_of(self._last[made_of], fields)

    def change(self, old: str, new: str) -> None:
        """Note that a row of the codings has another id, which was taken for it."""
        self.own[new] += 1
        self.own[old] -= 1
        if not self.own[old]:
            del self.own[old]
        if self.form.has(old, {}):
            # It may have been the last one of its fields.
            self._last.clear()
