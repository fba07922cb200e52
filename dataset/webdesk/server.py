"""Starting the desk: the address, the private links, the processes for checks, and the end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ...validation.coding.pairing import coded_documents
from ...validation.errors import InputError
from ...validation.installed import MissingExtra
from ...validation.package.package import Package, finish_interrupted

if TYPE_CHECKING:
    from .background import SideProcess
    from .people import Door, Person

LOOPBACK = "127.0.0.1"
ANY_ADDRESS = ("0.0.0.0", "::")
PORT = 8765
PORTS_TRIED = 20
"""How many ports are tried, one after the other, where none is asked for."""


@dataclass(frozen=True)
class Address:
    """Where the desk is reached.

    `host` and `port` are what it listens at; `url` is what browsers are sent to, if that is another
    address, as behind a proxy with TLS.
    """

    host: str = LOOPBACK
    port: int | None = None
    url: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True)
class Opened:
    """A desk that is ready: its address for browsers, and the private link of each person."""

    url: str
    links: Mapping[str, str]


def serve(
    package: Package,
    people: Mapping[str, Person],
    address: Address,
    new_links: bool,
    say: Callable[[Opened], None],
) -> None:
    """Serve the desk until it is stopped.

    Args:
        package: the package that is coded for.
        people: who may enter, by name.
        address: where to listen.
        new_links: make the links and cookies of before invalid.
        say: is called with the links as soon as the desk answers.

    Raises:
        InputError: the extra is missing, the book has nothing that is coded from documents, the
            address cannot be listened at, or it is reached from elsewhere and has no URL.
    """
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("the desk", "desk") from None
    from .app import Desk, make_app
    from .people import Door, secret_of

    coded_documents(package.book)
    finish_interrupted(package)
    door = Door(people, secret_of(package.root, new_links))
    with listening(address) as listener, processes(package) as (checks, look_ups):
        url = url_of(address, listener)
        origins = frozenset(_origins(address, url, listener))
        desk = Desk(package, door, origins, checks, look_ups, secure=url.startswith("https://"))
        # Nothing of a request is written anywhere: addresses hold names, bodies hold codings.
        config = uvicorn.Config(
            make_app(desk),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
            limit_concurrency=500,
        )
        server = _Server(uvicorn.Server(config), lambda: say(Opened(url, links(door, url))))
        server.run(listener)


@dataclass
class _Server:
    """A uvicorn server that says when it answers."""

    server: object
    ready: Callable[[], None]

    def run(self, listener: socket.socket) -> None:
        """Answer requests until it is stopped."""
        import asyncio

        import uvicorn

        server = self.server
        assert isinstance(server, uvicorn.Server)

        async def answer() -> None:
            task = asyncio.ensure_future(server.serve(sockets=[listener]))
            while not server.started and not task.done():
                await asyncio.sleep(0.01)
            if server.started:
                self.ready()
            await task

        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(answer())


def links(door: Door, url: str) -> dict[str, str]:
    """Return the private link of each person.

    The secret is behind the `#`: browsers keep that to themselves, so it is in no log.
    """
    return {
        name: f"{url}/enter#{name}:{door.token(person)}" for name, person in door.people.items()
    }


@contextlib.contextmanager
def listening(address: Address) -> Iterator[socket.socket]:
    """Yield a socket that listens at an address; without a port at the first that is free.

    Raises:
        InputError: it cannot be listened at.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ports = range(PORT, PORT + PORTS_TRIED) if address.port is None else [address.port]
    reason = ""
    try:
        for port in ports:
            try:
                listener.bind((address.host, port))
                break
            except OSError as error:
                reason = error.strerror or str(error)
        else:
            raise InputError(f"{address.host}, port {ports[0]}: {reason}; choose with --port")
        listener.listen(128)
        yield listener
    finally:
        listener.close()


@contextlib.contextmanager
def processes(package: Package) -> Iterator[tuple[SideProcess, SideProcess]]:
    """Yield what runs beside the server: one process for checks, one for look-ups when asked for."""
    from .background import SideProcess, work_beside_the_server
    from .checking import begin

    checks = SideProcess(begin, (package.root,))
    look_ups = SideProcess(work_beside_the_server)
    checks.start()
    try:
        yield checks, look_ups
    finally:
        checks.end()
        look_ups.end()


def url_of(address: Address, listener: socket.socket) -> str:
    """Return the address for browsers, without a slash at its end.

    Raises:
        InputError: the desk listens at all addresses of this computer, and none is given.
    """
    if address.url:
        url = address.url.rstrip("/")
        scheme, sign, host = url.partition("://")
        if scheme not in ("http", "https") or not sign or not host or set(host) & set("/?#@"):
            raise InputError(
                f"--url {address.url}: expected an address such as https://desk.example"
            )
        return url
    if address.host in ANY_ADDRESS:
        raise InputError(
            f"--host {address.host}: give the address that browsers use, too, with --url"
        )
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"http://{host}:{listener.getsockname()[1]}"


def _origins(address: Address, url: str, listener: socket.socket) -> Iterator[str]:
    yield url
    if address.is_loopback and not address.url:
        yield f"http://localhost:{listener.getsockname()[1]}"
