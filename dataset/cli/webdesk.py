"""The desk in the browser on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .output import say

if TYPE_CHECKING:
    from ..webdesk.server import Address, Opened

webdesk = typer.Typer()
REACHED = (
    "{url} can be reached from other computers, and what is sent there is not encrypted: private "
    "links and all that is coded can be read on the way. Put a proxy with TLS before it, and name "
    "its address with --url https://..."
)


@webdesk.command()
def desk(
    coder: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A coder; repeat it for several.")
    ] = None,
    adjudicator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who decides where coders differ.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="The port; by default 8765 or later.")] = None,
    url: Annotated[str, typer.Option(help="The address for browsers, if another.")] = "",
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the first link in the browser.")
    ] = False,
    new_links: Annotated[
        bool, typer.Option("--new-links", help="Make the links of before invalid.")
    ] = False,
) -> None:
    """Code documents in the browser.

    A private link is printed for each person; without names there is one coder, who is called as you are on this computer. Drafts are saved in `drafts/NAME` of the package, as the tables that `check` and `import` take. It serves until Ctrl+C. The exit status is 0, or 2 if it could not start.

    Example: eventbook desk --coder anna --open
    """
    from ...validation.coding.filed import machines
    from ...validation.package.package import Package
    from ..webdesk.people import people_of
    from ..webdesk.server import Address, serve

    package = Package.find()
    coders = coder or ([] if adjudicator else [_own_name()])
    address = Address(host, port, url)

    def opened(desk: Opened) -> None:
        _say_links(desk, address)
        if open_browser:
            import webbrowser

            webbrowser.open(next(iter(desk.links.values())))

    people = people_of(coders, adjudicator, machines(package.root))
    serve(package, people, address, new_links, opened)
    say("stopped; everything that was saved is in drafts/")


def _own_name() -> str:
    """Return what the person at this computer is called, as the name of a coder."""
    import getpass
    import re

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "coder"


def _say_links(desk: Opened, address: Address) -> None:
    width = max(map(len, desk.links))
    say(*(f"{name.ljust(width)}  {link}" for name, link in desk.links.items()))
    say("Each link is for one person: whoever has it can read and change that person's draft.")
    if not address.is_loopback and not desk.url.startswith("https://"):
        say(REACHED.format(url=desk.url), err=True)
    say("Ctrl+C ends the desk.")
