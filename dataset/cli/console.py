"""The streams of the command, and what a person reads when it fails: one place for every verb."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from ...codebook.printable import printable
from ...validation.errors import one_line

UNENCODABLE = "eventbook.escape"
"""How a character is written that the encoding of a stream does not have: as JSON escapes it."""


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(UNENCODABLE, _escape)


class Printable(io.TextIOBase):
    """A stream on which no character of data acts: what does is written as its escape."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.before_writing: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        # The prompt of `input` needs the number, the encoding and more of the real stream.
        if name == "buffer":  # nothing is written past this class
            raise AttributeError(name)
        return getattr(self.stream, name)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the real stream."""
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """How the real stream handles what it cannot encode."""
        return self.stream.errors

    def write(self, text: str, /) -> int:
        """Write text; characters that act are escaped."""
        if self.before_writing is not None:
            self.before_writing()
        self.stream.write(printable(text))
        return len(text)

    def flush(self) -> None:
        """Flush the real stream; `input` does so before it prompts past this class."""
        if self.before_writing is not None:
            self.before_writing()
        self.stream.flush()

    def fileno(self) -> int:
        """Return the number of the real stream."""
        return self.stream.fileno()

    def isatty(self) -> bool:
        """Return whether the real stream is a terminal."""
        return self.stream.isatty()

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True


@contextmanager
def printable_streams() -> Iterator[None]:
    """Print only what can be printed: nothing acts, and what an encoding lacks is escaped."""
    out, err = sys.stdout, sys.stderr
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=UNENCODABLE)
    sys.stdout, sys.stderr = (stream and Printable(stream) for stream in (out, err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        _give_up_unwritten(out, err)


def _give_up_unwritten(*streams: TextIO | None) -> None:
    """Flush streams; what cannot be written is dropped, or Python would complain at its end."""
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
                os.close(nowhere)


@contextmanager
def ended_by_terminate() -> Iterator[None]:
    """Clean up when the process is asked to end, as when a person interrupts it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def reason(error: OSError | MemoryError) -> str:
    """Return in a line what the system refuses."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if _current_folder_is_gone():
        return "the current folder was deleted; go to another one"
    names = [
        os.fsdecode(n) for n in (error.filename, error.filename2) if isinstance(n, str | bytes)
    ]
    said = error.strerror or one_line(error) or type(error).__name__
    if error.errno == errno.ENOSPC and not names:
        said += ": the output, or the folder for temporary files (TMPDIR), is full"
    return ": ".join([*names, said])


def _current_folder_is_gone() -> bool:
    try:
        os.getcwd()
    except OSError:
        return True
    return False
