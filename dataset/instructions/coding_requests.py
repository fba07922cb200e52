"""Requests for codings, a JSON line a document, for interfaces that take many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from ...codebook import Book
from ...validation.schemas.json_schema import json_schema
from .coder_text import document_text, instructions
from .given import Given


def coding_requests(
    book: Book,
    given: Given,
    documents: Sequence[str] = (),
    tables: Sequence[str] | None = None,
    length: int | None = None,
    without: Iterable[str] = (),
) -> Iterator[dict[str, object]]:
    """Yield a request for each document: `custom_id`, `instructions`, `input` and `schema`.

    Args:
        book: the codebook.
        given: what the package gives.
        documents: the ids of the documents; all of the package if left out.
        tables: the tables that are coded; all that coders fill if left out.
        length: how many characters the instructions may have.
        without: parts that the instructions leave out.

    Raises:
        InputError: there is no such document or table, or the instructions cannot be so short.
    """
    chosen = [given.document(name) for name in documents or given.documents]
    text = instructions(book, given, tables=tables, length=length, without=without).text
    for document in chosen:
        yield {
            "custom_id": document.id,
            "instructions": text,
            "input": document_text(document),
            "schema": json_schema(book, document.id, tables),
        }


def as_lines(requests: Iterable[dict[str, object]]) -> str:
    """Return requests as JSON, one a line."""
    return "\n".join(json.dumps(request, ensure_ascii=False) for request in requests)
