"""What is being done at the moment, for whoever shows it while a person waits.

Work says at the start of each step what comes now. Nobody listens unless asked to, and then it costs
nothing; a step never changes what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Show = Callable[[str, float | None], None]
"""Shows what is being done, and which share of it is done, from 0 to 1, where that is known."""

_show: ContextVar[Show | None] = ContextVar("show", default=None)


def step(doing: str, done: float | None = None) -> None:
    """Say what is being done from now on.

    Args:
        doing: it, in words, as `writing SQLite`.
        done: the share of it that is done, from 0 to 1; None if nobody knows.
    """
    show = _show.get()
    if show is not None:
        show(doing, done)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Have the steps of this thread shown."""
    before = _show.set(show)
    try:
        yield
    finally:
        _show.reset(before)
