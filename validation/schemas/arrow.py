"""The Arrow schema of a published table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ...codebook import Book, Table, Variable

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(book: Book, table: Table) -> pa.Schema:
    """The Arrow schema of a published table.

    Codes of text are dictionaries; title, description, unit and codes are in the fields' metadata.
    """
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "date": pa.date32(),
    }
    fields = []
    for variable in table.variables:
        type_ = types[variable.type]
        if variable.codes and variable.type == "string":
            type_ = pa.dictionary(pa.int16(), pa.string())
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
    said = {
        "title": variable.title,
        "description": variable.description,
        "unit": variable.unit,
        "missing": variable.missing,
    }
    codes = book.code_list(variable)
    if codes is not None:
        labels = {str(code.code): code.label for code in codes.codes}
        said["codes"] = json.dumps(labels, ensure_ascii=False)
    return {key: value for key, value in said.items() if value}
