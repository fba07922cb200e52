"""What a verb is doing, in one line of the terminal that is gone when it ends.

Nothing is shown in a pipe, in continuous integration, or of what is quick.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from ...codebook.printable import printable_line
from ...validation.progress import shown_by
from .console import Printable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

DELAY = 1.0
"""Seconds for which nothing is shown: what is done by then needs no line."""
SURE = 0.05
"""The share of the work from which on it is said how long the rest may take."""


@contextlib.contextmanager
def progress_on_terminal() -> Iterator[None]:
    """Show on standard error what is being done, if that is a terminal."""
    stream = sys.stderr.stream if isinstance(sys.stderr, Printable) else sys.stderr
    if not _is_watched(stream):
        yield
        return
    line = Line(stream)
    streams = [s for s in (sys.stdout, sys.stderr) if isinstance(s, Printable)]
    for one in streams:
        one.before_writing = line.erase
    try:
        with shown_by(line.show):
            yield
    finally:
        line.erase()


def _is_watched(stream: TextIO | None) -> bool:
    """Return whether a person sees a stream, on a terminal that can erase a line."""
    return (
        stream is not None
        and stream.isatty()
        and os.environ.get("TERM") not in ("dumb", "unknown")
        and not os.environ.get("CI")
    )


class Line:
    """The line that says what is being done; it appears after a while, and again after each print."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._live: Live | None = None
        self._spinner: Spinner | None = None
        self._now: tuple[str, float | None] = ("", None)
        self._begun = self._start

    def show(self, doing: str, done: float | None) -> None:
        """Show what is being done, and the share of it that is done."""
        with self._lock:
            doing = printable_line(doing)
            if doing != self._now[0]:
                self._begun = time.monotonic()
            self._now = doing, done
            if self._spinner is not None and self._live is not None:
                self._spinner.update(text=self._text())
            elif self._timer is None:
                left = self._start + DELAY - time.monotonic()
                self._timer = threading.Timer(max(0.0, left), self._appear)
                self._timer.daemon = True
                self._timer.start()

    def erase(self) -> None:
        """Remove the line until there is another step."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._live is not None:
                with contextlib.suppress(OSError):
                    self._live.stop()
                self._live = self._spinner = None

    def _appear(self) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        with self._lock:
            if self._timer is not threading.current_thread():
                return  # it was erased meanwhile
            self._timer = None
            self._spinner = Spinner("dots", self._text())
            # What a verb prints goes where it belongs: rich would print it here.
            self._live = Live(
                self._spinner,
                console=Console(file=self._stream),
                refresh_per_second=8,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _text(self) -> Text:
        from rich.text import Text

        doing, done = self._now
        if done is not None:
            doing += f": {done:.0%}"
            if done > SURE:
                left = (time.monotonic() - self._begun) * (1 - done) / done
                doing += f", about {left:.0f} s left"
        return Text(doing, no_wrap=True, overflow="ellipsis")
