"""The guard before every request: where it may come from, how large it may be, what is sent back.

Whoever can make a browser send requests could otherwise act for the person who sits before it: a
page of another site, or a name that was bound to this computer's address (DNS rebinding).
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 8 * 1024 * 1024
"""The most bytes of a request."""
LONGEST = 2048
"""The most characters of an address."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a page of the desk may load, and from where: nothing that is written into it runs."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Guard:
    """An ASGI application that lets only requests of the desk's own pages through to another.

    `origins` are the addresses at which the desk is reached, as `http://127.0.0.1:8765`.
    """

    app: ASGIApp
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            # No WebSockets; the start and end of the server are not requests.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        if (refused := self._refused(scope)) is not None:
            await _answer(*refused)(scope, receive, send)
            return
        await self.app(scope, _limited(receive), send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the reason with which a request is refused, if it is."""
        headers = Headers(scope=scope)
        hosts = {origin.partition("://")[2] for origin in self.origins}
        if headers.getlist("host") not in [[host] for host in hosts]:
            return 403, "this address is not the desk's"
        if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST:
            return 414, "the address is too long"
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            return 405, f"{method}: not allowed"
        elsewhere = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        # A link on another page may open one of the desk's, and do nothing else.
        if elsewhere and (method == "POST" or "/api" in scope["path"]):
            return 403, "the request comes from another site"
        if method == "POST":
            origin = headers.get("origin")
            if origin is None and headers.get("sec-fetch-site") != "same-origin":
                return 403, "the request does not say where it comes from"
            if origin is not None and origin not in self.origins:
                return 403, "the request comes from another site"
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                return 415, "expected application/json"
            if headers.get("content-encoding", "identity") != "identity":
                return 415, "expected a request that is not compressed"
            if headers.get("content-length", "0").isdecimal() and (
                int(headers.get("content-length", "0")) > LARGEST
            ):
                return 413, f"more than {LARGEST:,} bytes at once"
        return None


def _limited(receive: Receive) -> Receive:
    """Return what reads a request, up to the most bytes that one may have."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST:
            raise HTTPException(413, f"more than {LARGEST:,} bytes at once")
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers


def _answer(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status)
