"""From a report to text: one function a form."""

from .human import human
from .json import to_json

__all__ = ["human", "to_json"]
