"""The lists of a workbook: what its cells offer, on a hidden sheet, codes and ids with their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...codebook import Book, Code, CodeList, Table, Variable
from ...validation.coding.choices import SIGN, cell_of, labels_say_more, named_by, with_label
from ...validation.findings import letters
from .table_files import Rows
from .workbook_cells import Output, as_number, write_cell

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

SPARE = 2000
"""How many rows after the filled ones of a table are offered in lists with their names."""
IDS = 10_000
"""The same for ids without names, which need no formula of their own."""


def write_lists(out: Output, book: Book, tables: Mapping[str, Rows]) -> None:
    """Write the hidden sheet of lists, and note their ranges.

    A code list has a column, and one beside it with what its codes depend on. Where labels say more
    than the codes, the codes follow after all of these, so that a cell takes them, too.
    """
    sheet = out.xlsx.add_worksheet("lists")
    sheet.hide()
    column = 0
    for name in tables:
        table = book.tables[name]
        for variable in table.coded:
            codes = book.code_list(variable)
            if codes is not None and codes.name not in out.lists and not variable.separator:
                column = _code_list(out, sheet, column, book, table, variable, codes)
            key = table.key_of(variable.name)
            if (
                key is None
                or variable.separator
                or key.table in out.keys
                or key.table not in tables
            ):
                continue
            target = book.tables[key.table]
            ids = [v.name for v in target.coded].index(key.target)
            named = named_by(book, table, variable)
            if named is None:
                last = IDS + len(tables[key.table])
                first, ids_column = f"'{key.table}'!${letters(ids)}$2", letters(ids)
                whole = f"'{key.table}'!${ids_column}$2:${ids_column}${last}"
                out.keys[key.table] = _filled(first, whole, above=1)
                continue
            name_at = [v.name for v in target.coded].index(named[1].name)
            height = len(tables[key.table]) + SPARE
            _names(sheet, column, target, (ids, name_at), tables[key.table], height)
            whole = _range(column, height)
            out.keys[key.table] = _filled(whole.split(":")[0], whole, above=0)
            column += 1


def _code_list(
    out: Output,
    sheet: Worksheet,
    column: int,
    book: Book,
    table: Table,
    variable: Variable,
    codes: CodeList,
) -> int:
    """Write the columns of a code list; return the next free one."""
    ordered = [c for c in codes.codes if not c.deprecated]
    parent = parent_of(book, table, variable)
    offered = [(code, text) for code in ordered for text in [cell_of(codes, str(code.code))]]
    if labels_say_more(codes):
        offered += [(code, str(code.code)) for code in ordered]
    if parent:
        # A range can be cut out of the list only where the codes of one parent adjoin.
        parents = book.code_lists[table[parent].codes]
        order = {value: at for at, value in enumerate(parents.values)}
        offered.sort(key=lambda one: order[_parent(one[0], parent)])
        beside = [cell_of(parents, str(code.attributes[parent])) for code, _ in offered]
        for line, text in enumerate(beside):
            write_cell(sheet, line, column + 1, text)
        out.dependent[codes.name] = (parent, _range(column + 1, len(offered)))
    for line, (_, text) in enumerate(offered):
        number = as_number(text) if variable.is_number else None
        write_cell(sheet, line, column, text if number is None else number)
    out.lists[codes.name] = _range(column, len(offered))
    return column + 2 if parent else column + 1


def _parent(code: Code, parent: str) -> Any:
    return code.attributes[parent]


def parent_of(book: Book, table: Table, variable: Variable) -> str | None:
    """Return the variable of the table on which a code list depends, if there is one.

    An attribute of the list has its name.
    """
    codes = book.code_list(variable)
    for attribute in codes.attributes if codes else ():
        if attribute in table and table[attribute].codes and not table[attribute].derived:
            return attribute
    return None


def _names(
    sheet: Worksheet,
    column: int,
    target: Table,
    places: tuple[int, int],
    rows: Rows,
    height: int,
) -> None:
    """Write a column of formulas that give the ids of a table with the names of their rows.

    They look at their own row of the table, so that rows may be inserted there and deleted.
    """
    ids, names = (f"INDEX('{target.name}'!${letters(p)}:${letters(p)},ROW()+1)" for p in places)
    id_name, name_name = (target.coded[place].name for place in places)
    formula = f'=IF({ids}="","",IF({names}="",{ids},{ids}&"{SIGN}"&{names}))'
    for line in range(height):
        row = rows[line] if line < len(rows) else {}
        shown: Any = with_label(row.get(id_name) or "", row.get(name_name) or "") if row else ""
        sheet.write_formula(line, column, formula, None, shown)


def _range(column: int, height: int) -> str:
    letter = letters(column)
    return f"lists!${letter}$1:${letter}${height}"


def _filled(first: str, whole: str, above: int) -> str:
    """Return the formula of a range down to its last cell that is not empty."""
    last = f'SUMPRODUCT(MAX(({whole}<>"")*ROW({whole})))'
    return f"OFFSET({first},0,0,MAX(1,{last}-{above}),1)"


def list_source(out: Output, table: Table, codes: CodeList) -> str:
    """Return the range of a cell's list, limited to the codes of the parent where there is one."""
    whole = out.lists[codes.name]
    if codes.name not in out.dependent:
        return f"={whole}"
    parent, parents = out.dependent[codes.name]
    cell = f"${letters([v.name for v in table.coded].index(parent))}2"
    top = whole.split(":")[0]
    of_parent = f"OFFSET({top},MATCH({cell},{parents},0)-1,0,COUNTIF({parents},{cell}),1)"
    return f"=IF(COUNTIF({parents},{cell})=0,{whole},{of_parent})"
