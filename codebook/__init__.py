"""What the data mean: books as data, their model, strict loader and reference pages.

It never reads a table and loads no pandas, polars or pandera.
"""

from .crosswalks import Crosswalk, crosswalk
from .errors import BookError
from .loader import HUB, available, book_of, folder_of, load
from .model import (
    Book,
    Code,
    CodeList,
    Constraint,
    Derivation,
    ForeignKey,
    Rule,
    Table,
    Variable,
    Variant,
)

__all__ = [
    "HUB",
    "Book",
    "BookError",
    "Code",
    "CodeList",
    "Constraint",
    "Crosswalk",
    "Derivation",
    "ForeignKey",
    "Rule",
    "Table",
    "Variable",
    "Variant",
    "available",
    "book_of",
    "crosswalk",
    "folder_of",
    "load",
]
