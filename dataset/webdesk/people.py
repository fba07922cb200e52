"""Who may enter the desk: coders and the adjudicator, each with a private link.

A link and a cookie are computed from a secret of the package that only its owner can read, so that
both are still good after the server was started again. They are different: whoever reads the one
does not have the other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...validation.errors import InputError
from ..desk.filing import ensure_coder_name

Role = Literal["coder", "adjudicator"]
SECRET_BYTES = 32
RESERVED = frozenset({"enter", "static", "api"})
"""The first parts of addresses that are no person's."""


@dataclass(frozen=True)
class Person:
    """Somebody who works at the desk."""

    name: str
    role: Role


@dataclass(frozen=True)
class Door:
    """Decides who comes in.

    `people` are those who may, by name; `secret` is that of the package.
    """

    people: Mapping[str, Person]
    secret: bytes

    def token(self, person: Person) -> str:
        """Return the secret part of a person's link."""
        return self._sign("link", person)

    def cookie(self, person: Person) -> str:
        """Return what a browser shows with each request after the link was opened."""
        return self._sign("cookie", person)

    def opened(self, name: str, token: str) -> Person | None:
        """Return the person whose link was opened; None if it is nobody's."""
        person = self.people.get(name)
        return person if person and _same(self.token(person), token) else None

    def entered(self, name: str, cookie: str) -> Person | None:
        """Return the person to whom a cookie was given; None if it is nobody's."""
        person = self.people.get(name)
        return person if person and _same(self.cookie(person), cookie) else None

    def _sign(self, what: str, person: Person) -> str:
        message = f"{what}\0{person.role}\0{person.name}".encode()
        digest = hmac.new(self.secret, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _same(expected: str, shown: str) -> bool:
    """Compare two texts in a time that does not depend on how much of them is the same."""
    return hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))


def people_of(
    coders: Sequence[str], adjudicator: str | None, machines: Collection[str] = ()
) -> dict[str, Person]:
    """Return the people of a desk by name; `machines` are the names of the coders who are none.

    Raises:
        InputError: a name cannot be that of a folder, is given twice, is part of an address, or
            is that of a machine.
    """
    people: dict[str, Person] = {}
    asked: list[tuple[str, Role]] = [(name, "coder") for name in coders]
    if adjudicator is not None:
        asked.append((adjudicator, "adjudicator"))
    for name, role in asked:
        ensure_coder_name(name)
        if name in RESERVED:
            raise InputError(f"{name}: is part of the desk's addresses; choose another name")
        if name in machines:
            raise InputError(f"{name}: is a machine that coded; the desk is for people")
        if name in people:
            raise InputError(
                f"{name}: named twice; an adjudicator is another person than the coders"
            )
        people[name] = Person(name, role)
    if not people:
        raise InputError("nobody is named; name a coder with --coder, or the adjudicator")
    return people


def secret_of(root: Path, new: bool = False) -> bytes:
    """Return the secret of a package on this computer, made when it is first needed.

    Args:
        root: the folder of the package.
        new: make another one, so that the links and cookies of before are no longer good.

    Raises:
        InputError: it cannot be read or written.
    """
    folder = _state_folder()
    path = folder / f"desk-{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]}.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if new:
            path.unlink(missing_ok=True)
        try:
            # Only the owner may read it, from the first byte on.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            secret = path.read_bytes()
        else:
            secret = secrets.token_bytes(SECRET_BYTES)
            with os.fdopen(handle, "wb") as file:
                file.write(secret)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if len(secret) != SECRET_BYTES:
        raise InputError(f"{path}: is not a secret of the desk; make another with --new-links")
    return secret


def _state_folder() -> Path:
    if home := os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA"):
        return Path(home) / "eventbook"
    return Path.home() / ".local" / "state" / "eventbook"
