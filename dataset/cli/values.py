"""The usual values of options and arguments, read without what typer loads for the unusual ones.

For each value typer builds a pydantic adapter. Loading pydantic takes as long as all else that the
command does before a verb begins, and a text, a path or a word of a choice needs none of it. All
other values, and all that is wrong, are left to typer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

UNUSUAL: object = object()
"""What stands for a value that is left to typer."""
PLAIN = {
    "parser": None,
    "exists": False,
    "file_okay": True,
    "dir_okay": True,
    "writable": False,
    "resolve_path": False,
    "allow_dash": False,
    "path_type": None,
    "case_sensitive": True,
}
"""The settings of a parameter that asks for nothing but a value of its type."""


def with_usual_values(params_of: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """Return a command's `get_params`, of which each parameter reads its usual values itself.

    A version of typer that reads values in another way does so as before.

    Args:
        params_of: the command's `get_params`, which makes an option for the help, too.
    """

    def reading(ctx: Any) -> list[Any]:
        params = params_of(ctx)
        for param in params:
            descriptor = getattr(param, "type_descriptor", None)
            typers = getattr(param, "get_runtime_param", None)
            if descriptor is None or typers is None or "get_runtime_param" in vars(param):
                continue
            info = descriptor.parameter_info
            if all(getattr(info, name, usual) == usual for name, usual in PLAIN.items()):
                usual = _UsualValues(descriptor.annotation, typers)
                param.get_runtime_param = lambda usual=usual: usual
        return params

    return reading


@dataclass(frozen=True)
class _UsualValues:
    """Reads values of one type as typer does; `typers` returns what reads the others."""

    kind: Any
    typers: Callable[[], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of a parameter; the names and the order are those that typer uses."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        read = _usual(self.kind, value)
        return self.typers().coerce(value, param=param, ctx=ctx) if read is UNUSUAL else read


def _usual(kind: Any, value: Any) -> Any:
    if get_origin(kind) is list:
        if not isinstance(value, list | tuple):
            return UNUSUAL
        (of,) = get_args(kind)
        items = [_usual(of, item) for item in value]
        return UNUSUAL if any(item is UNUSUAL for item in items) else items
    if not isinstance(kind, type):
        return UNUSUAL
    if issubclass(kind, Enum):
        if isinstance(value, kind):
            return value
        return next((one for one in kind if one.value == value), UNUSUAL)
    if type(value) is not str:
        return UNUSUAL
    if kind is str:
        return value
    return Path(value) if kind is Path and _may_be_read(value) else UNUSUAL


def _may_be_read(path: str) -> bool:
    """Return whether a path can be read, or is of nothing that is there."""
    try:
        os.stat(path)
    except OSError:
        return True
    except ValueError:
        return False
    return os.access(path, os.R_OK)
