"""Processes that work beside the server: they are patient, end when it ends, and are replaced."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

NICER = 5
"""How much less than the server they insist on the processor."""


def work_beside_the_server() -> None:
    """Prepare this process: saving comes first, and a server that is killed leaves nothing behind."""
    if hasattr(os, "nice"):
        os.nice(NICER)
    server = parent_process()
    if server is None:
        return

    def wait() -> None:
        server.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@dataclass
class SideProcess:
    """A process that does one thing after the other; when it dies, another takes its place.

    `prepare` is called in it first, with `given`.
    """

    prepare: Callable[..., None]
    given: tuple[Any, ...] = ()
    _pool: ProcessPoolExecutor | None = field(default=None)

    def start(self) -> None:
        """Start the process, so that the first piece of work does not wait for it."""
        self._running().submit(int)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a function returns in the process.

        Raises:
            BrokenExecutor: the process died of it, twice.
        """
        try:
            return await self._run(work, *args, **kwargs)
        except BrokenExecutor:
            # The system kills processes when memory is short: the next attempt may well succeed.
            self.end()
            return await self._run(work, *args, **kwargs)

    async def _run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.wrap_future(self._running().submit(work, *args, **kwargs))

    def end(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawn, self.prepare, self.given)
        return self._pool
