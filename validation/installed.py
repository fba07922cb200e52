"""How this eventbook was installed, so that messages and new packages can say how to install it.

An installer records where a distribution came from, if not from a package index (PEP 610); its
metadata have the address of the repository, once `pyproject.toml` has one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .errors import InputError

if TYPE_CHECKING:
    from importlib.metadata import Distribution

NAME = "eventbook"
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\|()\[\]{}]+")
"""An address of a repository; none of its characters is markup or ends a string."""
LABEL = "Repository"
"""The label of the address in `[project.urls]`, in any case."""


class MissingExtra(InputError):
    """Something needs libraries that an extra of eventbook installs."""

    def __init__(self, what: str, extra: str) -> None:
        """Say what needs the extra, and the command that installs it."""
        super().__init__(f"{what} needs the extra: {install_command(extra)}")


def labelled_address(urls: Mapping[str, Any]) -> str | None:
    """Return the address of the repository from labelled addresses; None without one.

    Raises:
        InputError: it has not the form of an address.
    """
    address = next((url for label, url in urls.items() if label.lower() == LABEL.lower()), None)
    if address is None or address == "":
        return None
    if not isinstance(address, str) or not ADDRESS.fullmatch(address):
        raise InputError(f"{LABEL}: expected an address, as https://host/owner/name")
    return address.rstrip("/").removesuffix(".git")


def repository(of: Distribution | None = None) -> str | None:
    """Return the address of eventbook's own repository, as its metadata have it; None without one.

    Args:
        of: the distribution; by default the installed one.
    """
    of = of or _installed()
    labelled = of.metadata.get_all("Project-URL") or [] if of else []
    return labelled_address(dict(entry.split(", ", 1) for entry in labelled if ", " in entry))


def requirement(extras: Iterable[str] = (), of: Distribution | None = None) -> str:
    """Return the requirement by which pip installs this eventbook again.

    That is the commit, archive or folder that it was installed from. What was installed from a
    folder or file of this machine is the tag of its version in its repository, once that has an
    address. What came from a package index is the version.

    Args:
        extras: the extras that the requirement names.
        of: the distribution; by default the installed one.
    """
    of = of or _installed()
    named = _named(extras)
    if of is None:
        return named
    source = _source(of)
    return f"{named} @ {source}" if source else f"{named}=={of.version}"


def checked_requirement(text: str, extras: Iterable[str] = ()) -> str:
    """Return a requirement that a person typed, with the extras added.

    Args:
        text: the requirement.
        extras: the extras that it also needs.

    Raises:
        InputError: it is no requirement of eventbook.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        typed = Requirement(text)
    except InvalidRequirement:
        typed = None
    if typed is None or typed.name.lower() != NAME or not text.isprintable():
        raise InputError(
            f"--tool {text!r}: expected a requirement of {NAME}, as '{NAME}>=1.0' or "
            f"'{NAME} @ git+https://host/owner/name@v1.0.0'"
        )
    typed.extras |= set(extras)
    return str(typed)


def only_here(text: str) -> bool:
    """Return whether a requirement names a file or folder of this machine."""
    from packaging.requirements import Requirement

    return (Requirement(text).url or "").startswith(("file:", "git+file:"))


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this eventbook."""
    of = _installed()
    url, record = _recorded(of) if of else ("", {})
    path = _local_path(url)
    if path is not None and record.get("dir_info", {}).get("editable"):
        return f"pip install --editable '{path}[{extra}]'"
    again = requirement([extra])
    return f"pip install '{again if ' @ ' in again else _named([extra])}'"


def _named(extras: Iterable[str]) -> str:
    listed = ",".join(sorted(extras))
    return f"{NAME}[{listed}]" if listed else NAME


def _installed() -> Distribution | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(NAME)
    except PackageNotFoundError:
        return None


def _source(of: Distribution) -> str | None:
    """Return the address that pip installs a distribution from; None for a package index."""
    url, record = _recorded(of)
    if vcs := record.get("vcs_info"):
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}{_subfolder(record)}"
    path = _local_path(url)
    if path is None:
        sha256 = record.get("archive_info", {}).get("hashes", {}).get("sha256")
        return (f"{url}#sha256={sha256}" if sha256 else url) or None
    if address := repository(of):
        return f"git+{address}@v{of.version}"
    return url if path.exists() else None


def _recorded(of: Distribution) -> tuple[str, dict[str, Any]]:
    """Return the address and the whole of what the installer recorded; empty if nothing."""
    try:
        record = json.loads(of.read_text("direct_url.json") or "{}")
        return str(record.get("url", "")), record
    except (ValueError, AttributeError):
        return "", {}


def _subfolder(record: Mapping[str, Any]) -> str:
    name = record.get("subdirectory")
    return f"#subdirectory={name}" if name else ""


def _local_path(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    if os.name == "nt":
        from urllib.request import url2pathname

        return Path(url2pathname(parts.path))
    return Path(unquote(parts.path))
