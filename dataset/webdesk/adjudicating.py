"""What the adjudicator can ask at the desk: who filed what, how far they agree, and to decide.

An adjudicator sees documents that two coders have filed, and nothing of what only one of them has,
nor any draft.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...validation.coding.adjudication import undecided
from ...validation.coding.filed import Row, rows_of
from ...validation.coding.pairing import coded_documents
from ...validation.coding.traced import pairs_of_coders
from ...validation.errors import InputError
from ...validation.evidence.documents import read_documents
from ...validation.package.package import Package
from ..agreement.agree import measure_agreement
from ..agreement.agreement_report import as_dict
from ..desk.adjudicate import filed_decisions
from . import messages
from .coding import shown_document
from .deciding import (
    Asked,
    ElsewhereError,
    MistakenError,
    States,
    check_tables,
    decide,
    ensure_pair,
    filed_days,
    in_common,
    open_differences,
    revision_of,
    states_of,
)
from .differences import asked_of

if TYPE_CHECKING:
    from .app import Desk
    from .people import Person

Plain = dict[str, Any]
MOST = 2_000
"""The most decisions at once."""


def list_pairs(package: Package, adjudicator: str) -> Plain:
    """Return who has filed which documents, and the pairs of coders who have some in common."""
    coded_documents(package.book)
    filed, decisions, titles = filed_days(package.root), filed_decisions(package), _titles(package)
    return {
        "coders": [
            {
                "name": name,
                "documents": [
                    {"id": i, "title": titles.get(i, i), "filed_on": day} for i, day in days.items()
                ],
            }
            for name, days in filed.items()
        ],
        "pairs": [
            {
                "first": first,
                "second": second,
                "documents": [
                    {"id": i, "title": titles.get(i, i)} for i in in_common(filed, first, second)
                ],
                "own": adjudicator in (first, second),
                **_progress(decisions, (first, second)),
            }
            for first, second in _pairs(filed, decisions)
        ],
    }


def _pairs(
    filed: Mapping[str, Mapping[str, str]], decisions: Iterable[Row]
) -> list[tuple[str, str]]:
    """Return the pairs with documents in common, the first coder first where they were begun."""
    begun = pairs_of_coders(decisions)
    others = [pair for pair in combinations(filed, 2) if pair[::-1] not in begun]
    every = [p for p in dict.fromkeys([*begun, *others]) if p[0] in filed and p[1] in filed]
    return [pair for pair in every if in_common(filed, *pair)]


def _progress(decisions: Iterable[Row], pair: tuple[str, str]) -> Plain:
    asked = asked_of([r for r in decisions if (r["first_coder"], r["second_coder"]) == pair])
    return {"decisions": len(asked), "decided": len(asked) - len(undecided(asked))}


def _titles(package: Package) -> dict[str, str]:
    names = package.book.evidence
    rows = rows_of(package.sources()[names.documents])
    return {row.get(names.document_id) or "": row.get(names.document.title) or "" for row in rows}


def agreement(package: Package, adjudicator: str, first: str, second: str) -> Plain:
    """Return how far two coders agree, with the titles of tables and variables.

    Raises:
        InputError: nobody may decide between them, or they cannot be compared.
    """
    ensure_pair(package, adjudicator, first, second)
    states = (*states_of(package, first, second), (revision_of(package), 0, 0, 0))
    return _measured(package, first, second, states)


@lru_cache(maxsize=8)
def _measured(package: Package, first: str, second: str, states: States) -> Plain:
    tables = package.book.tables
    measured = as_dict(measure_agreement(package, [first, second]))
    shown = {n: measured[n] for n in ("coders", "codebooks", "documents", "linked")}
    units = [{**one, "title": tables[one["table"]].title} for one in measured["units"]]
    variables = [
        {
            **one,
            "table_title": tables[one["table"]].title,
            "title": tables[one["table"]][one["variable"]].title,
        }
        for one in measured["variables"]
    ]
    return {
        **shown,
        "units": units,
        "variables": variables,
        "differences": len(measured["disagreements"]),
        "partial": len(measured["not_found_by_all"]),
        "no_common": [tables[name].title for name in measured["no_unit_in_common"]],
    }


def open_text(package: Package, adjudicator: str, name: str) -> Plain:
    """Return the text of a document that two coders have filed.

    Raises:
        InputError: there is no such document, or it cannot be read.
    """
    filed, names = filed_days(package.root), package.book.evidence
    pairs = combinations(filed, 2)
    if not any(name in in_common(filed, *p) for p in pairs if adjudicator not in p):
        raise InputError("no document of that name was filed by two coders")
    source = package.sources()[names.documents]
    row = next((r for r in rows_of(source) if r.get(names.document_id) == name), None)
    text = read_documents(package.root, package.book, source, [name]).get(name)
    if row is None or text is None:
        raise InputError(f"{name}: its text cannot be read; eventbook check says why")
    return shown_document(package.book, row, text)


async def _book(desk: Desk, person: Person, request: Request) -> Response:
    return JSONResponse(desk.described(person))


async def _pairs_answer(desk: Desk, person: Person, request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(list_pairs, desk.package, person.name))


async def _agreement(desk: Desk, person: Person, request: Request) -> Response:
    first, second = request.path_params["first"], request.path_params["second"]
    found = await run_in_threadpool(agreement, desk.package, person.name, first, second)
    return JSONResponse(found)


async def _document(desk: Desk, person: Person, request: Request) -> Response:
    name = request.path_params["name"]
    return JSONResponse(await run_in_threadpool(open_text, desk.package, person.name, name))


async def _revision(desk: Desk, person: Person, request: Request) -> Response:
    return JSONResponse({"revision": await run_in_threadpool(revision_of, desk.package)})


async def _differences(desk: Desk, person: Person, request: Request) -> Response:
    first, second = _coders_of(messages.plain_object(await request.body()))
    found = await run_in_threadpool(open_differences, desk.package, person.name, first, second)
    return JSONResponse(found)


async def _decide(desk: Desk, person: Person, request: Request) -> Response:
    content = messages.plain_object(await request.body())
    first, second = _coders_of(content)
    asked = _asked_of(content)
    try:
        found = await run_in_threadpool(decide, desk.package, person.name, first, second, asked)
    except ElsewhereError as error:
        said = "this was decided elsewhere meanwhile"
        return JSONResponse({"error": said, "rows": error.rows}, 409)
    except MistakenError as error:
        texts = [said["text"] for some in error.mistakes.values() for said in some]
        return JSONResponse({"error": " ".join(texts), "mistakes": dict(error.mistakes)}, 422)
    return JSONResponse(found)


async def _findings(desk: Desk, person: Person, request: Request) -> Response:
    async with desk.turns:
        found = await desk.checks.run(check_tables, desk.package.root)
    return JSONResponse(found)


def _coders_of(content: Plain) -> tuple[str, str]:
    return messages.sent_text(content, "first"), messages.sent_text(content, "second")


def _asked_of(content: Plain) -> list[Asked]:
    """Return the decisions of a request.

    Raises:
        InputError: they are none, or too many.
    """
    listed = content.get("decisions")
    if not isinstance(listed, list) or not 0 < len(cast("list[Any]", listed)) <= MOST:
        raise InputError(f"decisions: expected a list of 1 to {MOST:,}")
    asked: list[Asked] = []
    for one in cast("list[Any]", listed):
        if not isinstance(one, dict):
            raise InputError("decisions: expected objects")
        part = cast("Plain", one)
        row, filled = (
            messages.sent_row(part.get("row"), "row"),
            messages.sent_row(part.get("filled"), "filled"),
        )
        asked.append(
            Asked(
                row, filled, messages.sent_flag(part, "made"), messages.sent_flag(part, "withdrawn")
            )
        )
    return asked


ADJUDICATING: Mapping[tuple[str, str], Callable[[Desk, Person, Request], Awaitable[Response]]] = {
    ("GET", "book"): _book,
    ("GET", "pairs"): _pairs_answer,
    ("GET", "agreement/{first}/{second}"): _agreement,
    ("GET", "document/{name}"): _document,
    ("GET", "revision"): _revision,
    ("POST", "differences"): _differences,
    ("POST", "decide"): _decide,
    ("GET", "findings"): _findings,
}
"""What adjudicators may ask, by method and address below their own."""
