"""eventbook: codebooks that run, a hand-coded table of events, and the tools around both.

This folder is the package that the other three are installed in; it never holds more than that.
"""

from __future__ import annotations

__all__ = ["__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> str:
    # Looked up on demand: reading the installed metadata takes longer than `--help` should.
    if name == "__version__":
        from importlib.metadata import version

        return version("eventbook")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
