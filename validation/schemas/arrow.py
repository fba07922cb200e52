"""The Arrow schema of a published table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ...codebook import Book, Table, Variable
from ..types import ARROW

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(book: Book, table: Table) -> pa.Schema:
    """Return the Arrow schema of a published table.

    Codes of text are dictionaries, ordered ones where the variable is ordinal; title, description,
    unit and codes are in the fields' metadata.
    """
    import pyarrow as pa

    fields = []
    for variable in table.variables:
        maker, *arguments = ARROW[variable.type]
        type_ = getattr(pa, maker)(*arguments)
        if variable.codes and variable.type == "string" and not variable.separator:
            ordered = variable.measurement_level == "ordinal"
            type_ = pa.dictionary(pa.int16(), pa.string(), ordered=ordered)
        fields.append(
            pa.field(
                variable.name,
                type_,
                nullable=not variable.required,
                metadata=_metadata(book, variable),
            )
        )
    return pa.schema(fields, {"title": table.title, "description": table.description})


def _metadata(book: Book, variable: Variable) -> dict[str, str]:
    metadata = {
        "title": variable.title,
        "description": variable.description,
        "unit": variable.unit,
        "missing": variable.missing,
    }
    codes = book.code_list(variable)
    if codes is not None:
        labels = {str(code.code): code.label for code in codes.codes}
        metadata["codes"] = json.dumps(labels, ensure_ascii=False)
    return {key: value for key, value in metadata.items() if value}
