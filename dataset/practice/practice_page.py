"""The page on the practice set, whose tables are made from the set itself.

`python -m eventbook.dataset.practice.practice_page FILE` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ...codebook import folder_of
from ...codebook.printable import markdown_text
from ...validation.coding.pairing import units_of
from ..publishing.agreement_block import units_table, variables_table
from ..publishing.blocks import renew
from .key_coding import key_of_set, unseen_agreement
from .practice_set import (
    MEASURES,
    SHIPPED,
    PracticeSet,
    load_practice_set,
    named_book,
    rows_in,
)


def renewed_page(text: str, practice: PracticeSet) -> str:
    """Return the page with its blocks renewed.

    Args:
        text: the page.
        practice: the practice set.
    """
    blocks = {
        "reports": reports_block(practice),
        "passing": passing_block(practice),
        "unseen": unseen_block(practice),
    }
    for name, block in blocks.items():
        text = renew(text, name, block)
    return text


def reports_block(practice: PracticeSet) -> str:
    """Return the reports as a Markdown table: titles, countries, words, and rows of the key."""
    units = [practice.book.tables[name] for name in units_of(practice.book)]
    named = countries(practice)
    lines = [
        f"| report | title | country | words | {' | '.join(t.name for t in units)} |",
        f"|---|---|---|---:|{'---:|' * len(units)}",
    ]
    total = [0] * len(units)
    for document in practice.documents:
        counts = [len(rows_in(practice.key[document], table)) for table in units]
        total = [one + more for one, more in zip(total, counts, strict=True)]
        cells = [
            document,
            markdown_text(practice.title(document)),
            markdown_text(", ".join(named.get(document, ()))),
            str(practice.words(document)),
            *map(str, counts),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    words = sum(map(practice.words, practice.documents))
    lines.append(f"| {len(practice.documents)} | | | {words} | {' | '.join(map(str, total))} |")
    return "\n".join(lines)


def countries(practice: PracticeSet) -> dict[str, list[str]]:
    """Return the countries of each report, by the places of what the key has of it.

    Args:
        practice: the practice set.
    """
    book, found = practice.book, dict[str, list[str]]()
    if not any(book.tables[n].roles.place for n in units_of(book)):
        return found
    key = key_of_set(practice)
    for name in units_of(book):
        table = book.tables[name]
        place = table.roles.place
        if place is None or not place.country:
            continue
        codes = book.code_list(table[place.country])
        labels = codes.look_up("label") if codes else {}
        for row in key.rows(name):
            if country := row.get(place.country):
                listed = found.setdefault(row.get(book.document_key(table)) or "", [])
                label = str(labels.get(country, country))
                if label not in listed:
                    listed.append(label)
    return found


def passing_block(practice: PracticeSet) -> str:
    """Return what a coder must reach as a Markdown table, with the reasons."""
    lines = ["| of | measure | at least | why |", "|---|---|---:|---|"]
    for one in practice.thresholds:
        cells = (one.variable, MEASURES[one.measure], f"{one.least:g}", markdown_text(one.why))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def unseen_block(practice: PracticeSet) -> str:
    """Return the agreement of the coders who had not seen the key, as Markdown."""
    return "\n".join(_unseen(practice))


def _unseen(practice: PracticeSet) -> Iterator[str]:
    if len(practice.unseen_coders()) < 2:
        yield "No two coders have coded the set without having seen the key."
        return
    agreement = unseen_agreement(practice)
    yield markdown_text(
        f"{' and '.join(agreement.coders)}, {len(agreement.documents)} reports, "
        f"{', '.join(agreement.codebooks)}; printed by"
    )
    yield "\n```sh\neventbook practice --agreement\n```\n"
    yield from units_table(agreement)
    yield ""
    yield from variables_table(agreement.variables)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    shipped = load_practice_set(SHIPPED, folder_of(named_book(SHIPPED)))
    page.write_text(renewed_page(page.read_text(encoding="utf-8"), shipped), encoding="utf-8")
