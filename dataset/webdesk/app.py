"""The desk as a web application: its addresses, who may ask what, and how mistakes are answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ...codebook.templating import environment
from ...validation.errors import InputError
from ...validation.package.package import Package
from ..desk.new_row import IdLackingError
from . import checking, coding, messages, places
from .adjudicating import ADJUDICATING
from .assets import TEMPLATES, assets
from .background import SideProcess
from .description import describe_book
from .draft import ConflictError, Draft
from .people import Door, Person, Role
from .security import Guard

COOKIE = "desk"
YEAR = 365 * 24 * 3600
"""Seconds that a browser keeps its cookie."""
AT_ONCE = 2
"""How many checks run at the same time."""

log = logging.getLogger("eventbook.desk")

Plain = dict[str, Any]
Answer = Callable[["Desk", Person, Request], Awaitable[Response]]


@dataclass
class Desk:
    """What the server keeps: the package, who may enter, the drafts, and the processes beside it.

    `newest` counts the checks that each window asked for; `origins` are the addresses at which it
    is reached; `secure` says that they are encrypted.
    """

    package: Package
    door: Door
    origins: frozenset[str]
    checks: SideProcess
    look_ups: SideProcess
    secure: bool = False
    drafts: dict[str, Draft] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    book: Plain = field(default_factory=dict)

    def draft(self, person: Person) -> Draft:
        """Return the draft of a coder: nobody gets that of another."""
        if person.name not in self.drafts:
            self.drafts[person.name] = Draft(self.package, person.name)
        return self.drafts[person.name]

    def described(self, person: Person) -> Plain:
        """Return what the page of a person has to know of the package and its book."""
        name, version = self.package.name, self.package.version
        package = {"name": name, "title": self.package.metadata.title, "version": version}
        return {**self.book, "person": person.name, "role": person.role, "package": package}


def make_app(desk: Desk) -> ASGIApp:
    """Return the web application of a desk."""
    desk.book = describe_book(desk.package.book)
    routes = [
        Route("/", _front),
        Route("/enter", _enter_page, methods=["GET"]),
        Route("/enter", _enter, methods=["POST"]),
        Route("/static/{name}", _static),
        Route("/{person}/", _page),
    ]
    for method, path in dict.fromkeys([*CODING, *ADJUDICATING]):
        asked: dict[Role, Answer | None] = {
            "coder": CODING.get((method, path)),
            "adjudicator": ADJUDICATING.get((method, path)),
        }
        answers: dict[Role, Answer] = {role: a for role, a in asked.items() if a is not None}
        endpoint = _answering(desk, answers)
        routes.append(Route("/{person}/api/" + path, endpoint, methods=[method]))
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _http_error, Exception: _failure},
    )
    app.state.desk = desk
    return Guard(app, desk.origins)


async def _front(request: Request) -> Response:
    raise HTTPException(404, "open your private link")


async def _enter_page(request: Request) -> Response:
    return _html("enter.html.j2", desk=_desk(request))


async def _enter(request: Request) -> Response:
    desk = _desk(request)
    content = await _content(request)
    try:
        name, token = messages.sent_text(content, "person"), messages.sent_text(content, "token")
    except InputError as error:
        return _error(422, error)
    person = desk.door.opened(name, token)
    if person is None:
        return JSONResponse({"error": "this link is not valid (any more)"}, 403)
    response = JSONResponse({"page": f"/{person.name}/"})
    response.set_cookie(
        COOKIE,
        desk.door.cookie(person),
        max_age=YEAR,
        path=f"/{person.name}",
        secure=desk.secure,
        httponly=True,
        samesite="strict",
    )
    return response


async def _static(request: Request) -> Response:
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404, "no such file")
    return Response(asset.data, media_type=asset.media_type)


async def _page(request: Request) -> Response:
    desk, person = _desk(request), _person(request)
    if person is None:
        return _html("enter.html.j2", status=401, desk=desk)
    template = "desk.html.j2" if person.role == "coder" else "adjudicate.html.j2"
    return _html(template, desk=desk, person=person)


def _html(template: str, desk: Desk, status: int = 200, person: Person | None = None) -> Response:
    page = environment(TEMPLATES, html=True).get_template(template)
    book = desk.package.book
    text = page.render(title=desk.package.metadata.title, book=book, person=person)
    return HTMLResponse(text, status)


def _answering(
    desk: Desk, answers: Mapping[Role, Answer]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that answers people by their role, and turns mistakes into sentences."""

    async def endpoint(request: Request) -> Response:
        person = _person(request)
        if person is None:
            return JSONResponse({"error": "open your private link again"}, 401)
        answer = answers.get(person.role)
        if answer is None:
            return JSONResponse({"error": f"this is not for {person.role}s"}, 403)
        try:
            return await answer(desk, person, request)
        except ConflictError as error:
            missing = [{"table": table, "row": row} for table, row in error.missing]
            said = "these rows were changed elsewhere"
            answered = {"error": said, "missing": missing, "revision": error.revision}
            return JSONResponse(answered, 409)
        except IdLackingError as error:
            return JSONResponse({"error": str(error), "fields": list(error.fields)}, 422)
        except InputError as error:
            return _error(422, error)
        except BrokenExecutor:
            return JSONResponse({"error": "the check did not finish; what you typed is safe"}, 503)

    return endpoint


def _person(request: Request) -> Person | None:
    """Return the person whose address this is, if the browser has the person's cookie."""
    shown = request.cookies.get(COOKIE, "")
    return _desk(request).door.entered(request.path_params["person"], shown)


def _desk(request: Request) -> Desk:
    return request.app.state.desk


async def _content(request: Request) -> Plain:
    return messages.plain_object(await request.body())


def _error(status: int, error: InputError) -> Response:
    return JSONResponse({"error": " ".join(map(str, error.args))}, status)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "failed"
    return JSONResponse({"error": detail}, status)


async def _failure(request: Request, error: Exception) -> Response:
    # The address may hold a name and the error words of a document: neither goes into the answer.
    log.error("a request failed", exc_info=error)
    return JSONResponse({"error": "the server failed; what you typed is kept in the browser"}, 500)


async def _book(desk: Desk, person: Person, request: Request) -> Response:
    return JSONResponse(desk.described(person))


async def _documents(desk: Desk, person: Person, request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(coding.list_documents, desk.draft(person)))


async def _document(desk: Desk, person: Person, request: Request) -> Response:
    name = request.path_params["name"]
    return JSONResponse(await run_in_threadpool(coding.open_document, desk.draft(person), name))


async def _revision(desk: Desk, person: Person, request: Request) -> Response:
    revision = await run_in_threadpool(desk.draft(person).revision)
    return JSONResponse({"revision": revision})


async def _change(desk: Desk, person: Person, request: Request) -> Response:
    change = messages.sent_change(await _content(request))
    draft = desk.draft(person)
    saved = await run_in_threadpool(coding.save, draft, change)
    return JSONResponse({"revision": saved.revision, "elsewhere": saved.elsewhere})


async def _check(desk: Desk, person: Person, request: Request) -> Response:
    content = await _content(request)
    document, tables = messages.sent_text(content, "document"), messages.sent_tables(content)
    window = f"{person.name} {messages.sent_text(content, 'window', '')}"
    number = desk.newest[window] = desk.newest.get(window, 0) + 1
    async with desk.turns:
        # Whoever types on does not wait for the check of what is no longer there.
        if desk.newest[window] != number:
            return JSONResponse({"superseded": True})
        found = await desk.checks.run(checking.check_rows, document, tables)
    return JSONResponse(found)


async def _open(desk: Desk, person: Person, request: Request) -> Response:
    content = await _content(request)
    table = messages.sent_text(content, "table")
    row = messages.sent_row(content.get("row"), "row")
    if table not in desk.package.book.tables:
        raise InputError(f"{table}: no such table")
    async with desk.turns:
        found = await desk.checks.run(checking.open_fields, table, row)
    return JSONResponse(found)


async def _start(desk: Desk, person: Person, request: Request) -> Response:
    content = await _content(request)
    values = messages.sent_row(content.get("values", {}), "values")
    fields = messages.sent_row(content.get("fields", {}), "fields")
    found = await run_in_threadpool(
        coding.start_row,
        desk.draft(person),
        messages.sent_text(content, "table"),
        messages.sent_text(content, "document"),
        _filled(values),
        _filled(fields),
    )
    return JSONResponse(found)


def _filled(row: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text}


async def _places(desk: Desk, person: Person, request: Request) -> Response:
    content = await _content(request)
    values = _filled(messages.sent_row(content.get("values", {}), "values"))
    table = messages.sent_text(content, "table")
    tables = await run_in_threadpool(desk.draft(person).tables)
    rows, root = tables.get(table, []), desk.package.root
    return JSONResponse(await desk.look_ups.run(places.places_like, root, table, values, rows))


async def _file(desk: Desk, person: Person, request: Request) -> Response:
    content = await _content(request)
    found = await run_in_threadpool(
        coding.file_documents,
        desk.draft(person),
        messages.sent_texts(content, "documents"),
        messages.sent_flag(content, "dry_run"),
        messages.sent_text(content, "amendment", "").strip(),
    )
    return JSONResponse(found)


CODING: Mapping[tuple[str, str], Answer] = {
    ("GET", "book"): _book,
    ("GET", "documents"): _documents,
    ("GET", "document/{name}"): _document,
    ("GET", "revision"): _revision,
    ("POST", "change"): _change,
    ("POST", "check"): _check,
    ("POST", "open"): _open,
    ("POST", "start"): _start,
    ("POST", "places"): _places,
    ("POST", "file"): _file,
}
"""What coders may ask, by method and address below their own."""
