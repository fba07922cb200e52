"""A coder's workbook given back: the cells with findings coloured, with what is wrong as notes.

Everything else in the workbook stays as it is. Colours are conditional formats and can be told from
those of the coder; those of an earlier check are taken out first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from ...validation.errors import InputError
from ...validation.findings import Finding, Fix, Report, Severity, letters
from ...validation.reports.terms import sentence
from .workbook_cells import LINE, LONGEST, TALLEST, as_number, lines_of
from .xlsx_notes import Cell, set_notes
from .xlsx_parts import MAIN, RELATIONS, WORKBOOK, XlsxParts, xml_text

FINDINGS = "check findings"
"""The sheet with all findings; no table can have its name."""
COLOURS = {
    Severity.error: "FFFF9C9C",
    Severity.warning: "FFFFE699",
    Severity.explain: "FFFFE699",
    Severity.note: "FFBDD7EE",
}
FORMULA = '"eventbook check"="eventbook check"'
"""The condition of a colour of the check: it always holds, and no coder would write it."""
STYLES = "xl/styles.xml"
MOST_IN_NOTE = 2_000
"""The most characters of a note; the sheet of findings has them all."""
WIDTHS = (24, 12, 120)
SHEET = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState"),
    *("dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting"),
    *("dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter"),
    *("rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags"),
    *("drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
STYLE_SHEET = (
    *("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"),
    *("tableStyles", "colors", "extLst"),
)
"""The elements of a sheet and of the styles, in the order that Excel insists on."""
WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


@dataclass
class _Marks:
    """What is to be marked on a sheet: the severity and the sentences of each cell."""

    severity: dict[Cell, Severity] = field(default_factory=dict[Cell, Severity])
    sentences: dict[Cell, list[str]] = field(default_factory=dict[Cell, list[str]])

    def add(self, cell: Cell, finding: Finding) -> None:
        severity = Severity(finding.severity)
        order = list(Severity)
        worst = min(severity, self.severity.get(cell, severity), key=order.index)
        self.severity[cell] = worst
        text = f"{severity}: {_sentence(finding)}"
        if text not in (there := self.sentences.setdefault(cell, [])):
            there.append(text)


def write_workbook_again(
    path: Path, out: Path, fixes: Sequence[Fix], report: Report, mark: bool
) -> bytes:
    """Return a workbook with cells fixed, and marked with what is wrong with them.

    Args:
        path: the workbook.
        out: the name of the new one, for messages.
        fixes: the cells that get another value.
        report: the findings after that.
        mark: colour cells, and add notes and the sheet of findings.

    Raises:
        InputError: it is no XLSX file, or a cell to fix has a formula.
    """
    if out.suffix.lower() != ".xlsx":
        raise InputError(f"{out}: the name must end in .xlsx")
    xlsx = XlsxParts(path)
    sheets = xlsx.sheets()
    by_sheet: dict[str, dict[Cell, str]] = {}
    for fix in fixes:
        sheet, column, line = report.in_sheet(fix) or ("", None, 0)
        if sheet in sheets and column is not None:
            by_sheet.setdefault(sheet, {})[line, column] = fix.new
    for sheet, cells in by_sheet.items():
        _set_cells(xlsx, sheet, sheets[sheet], cells)
    if mark:
        _mark(xlsx, report)
    return xlsx.bytes()


def _mark(xlsx: XlsxParts, report: Report) -> None:
    sheets = xlsx.sheets()
    marks: dict[str, _Marks] = {name: _Marks() for name in sheets}
    for finding in report:
        sheet, column, line = report.in_sheet(finding) or ("", None, 0)
        if sheet in marks:
            marks[sheet].add((line, column or 0), finding)
    looks = _looks(xlsx)
    for name, part in sheets.items():
        if name == FINDINGS:
            continue
        _colour(xlsx, part, looks, marks[name].severity)
        notes = {cell: _note(some) for cell, some in marks[name].sentences.items()}
        set_notes(xlsx, part, list(SHEET), notes)
    _findings_sheet(xlsx, report, sheets)


def _sentence(finding: Finding) -> str:
    return " ".join(sentence(finding).split())


def _note(sentences: Iterable[str]) -> str:
    text = "\n".join(sentences)
    return text if len(text) <= MOST_IN_NOTE else f"{text[: MOST_IN_NOTE - 1]}…"


def _set_cells(xlsx: XlsxParts, sheet: str, part: str, cells: Mapping[Cell, str]) -> None:
    """Give cells that have a value another one; their formats stay."""
    left = {f"{letters(column)}{line}": text for (line, column), text in cells.items()}
    prefix, places = xlsx.prefix(part), list[tuple[int, int, str]]()
    for cell in xlsx.children(part, "worksheet", "sheetData", "row"):
        reference = cell.attributes.get("r", "")
        if reference not in left:
            continue
        if re.search(rb"<(?:[\w.-]+:)?f[\s/>]", xlsx.parts[part][cell.start : cell.end]):
            raise InputError(f"{sheet}!{reference}: has a formula; put its value there instead")
        text = left.pop(reference)
        style = f' s="{cell.attributes["s"]}"' if "s" in cell.attributes else ""
        head = f'<{prefix}c r="{reference}"{style}'
        number = as_number(text)
        if number is None:
            kept = f'<{prefix}t xml:space="preserve">{xml_text(text)}</{prefix}t>'
            new = f'{head} t="inlineStr"><{prefix}is>{kept}</{prefix}is></{prefix}c>'
        else:
            new = f"{head}><{prefix}v>{text}</{prefix}v></{prefix}c>"
        places.append((cell.start, cell.end, new))
    if left:
        raise InputError(f"{sheet}!{next(iter(left))}: not found; save the workbook in Excel first")
    xlsx.replace(part, places)


def _looks(xlsx: XlsxParts) -> dict[Severity, int]:
    """Add the colours to the styles; return the number of each."""
    prefix = xlsx.prefix(STYLES)
    if "dxfs" not in {e.name for e in xlsx.children(STYLES, "styleSheet")}:
        xlsx.insert(STYLES, "styleSheet", STYLE_SHEET, "dxfs", f'<{prefix}dxfs count="0"/>')
    looks: dict[Severity, int] = {}
    for severity, colour in COLOURS.items():
        text = (
            f'<{prefix}dxf><{prefix}fill><{prefix}patternFill patternType="solid">'
            f'<{prefix}fgColor rgb="{colour}"/><{prefix}bgColor rgb="{colour}"/>'
            f"</{prefix}patternFill></{prefix}fill></{prefix}dxf>"
        )
        looks[severity] = _one_more(xlsx, "dxfs", text)
    return looks


def _one_more(xlsx: XlsxParts, name: str, text: str) -> int:
    """Add an element to one of the lists of styles, unless it is there; return its number."""
    there = xlsx.children(STYLES, "styleSheet", name)
    data = xlsx.parts[STYLES]
    same = [n for n, e in enumerate(there) if data[e.start : e.end] == text.encode()]
    if same:
        return same[0]
    xlsx.into(STYLES, "styleSheet", name, text=text)
    (whole,) = (e for e in xlsx.children(STYLES, "styleSheet") if e.name == name)
    data = xlsx.parts[STYLES]
    tag_end = data.index(b">", whole.start)
    tag = re.sub(rb'count="\d+"', b'count="%d"' % (len(there) + 1), data[whole.start : tag_end])
    xlsx.parts[STYLES] = data[: whole.start] + tag + data[tag_end:]
    return len(there)


def _colour(
    xlsx: XlsxParts, part: str, looks: Mapping[Severity, int], cells: Mapping[Cell, Severity]
) -> None:
    """Take the colours of an earlier check out of a sheet, and put new ones in."""
    data, places = xlsx.parts[part], list[tuple[int, int, str]]()
    for element in xlsx.children(part, "worksheet"):
        if element.name != "conditionalFormatting":
            continue
        text = data[element.start : element.end].decode()
        if FORMULA in text.replace("&quot;", '"'):
            text = ""
        elif cells:
            # Those of the check come first.
            text = re.sub(r'priority="(\d+)"', _later, text)
        places.append((element.start, element.end, text))
    xlsx.replace(part, places)
    prefix, new = xlsx.prefix(part), ""
    for number, severity in enumerate(Severity, 1):
        marked = sorted(cell for cell, worst in cells.items() if worst is severity)
        if marked:
            where = " ".join(f"{letters(column)}{line}" for line, column in marked)
            new += (
                f'<{prefix}conditionalFormatting sqref="{where}"><{prefix}cfRule type="expression" '
                f'dxfId="{looks[severity]}" priority="{number}" stopIfTrue="1">'
                f"<{prefix}formula>{escape(FORMULA)}</{prefix}formula></{prefix}cfRule>"
                f"</{prefix}conditionalFormatting>"
            )
    if new:
        # Before the coder's own: LibreOffice takes the first that holds, Excel looks at the priority.
        xlsx.insert(part, "worksheet", SHEET, "conditionalFormatting", new, first=True)


def _later(match: re.Match[str]) -> str:
    return f'priority="{int(match[1]) + len(Severity)}"'


def _findings_sheet(xlsx: XlsxParts, report: Report, sheets: Mapping[str, str]) -> None:
    """Write the sheet with all findings, first those about no cell, in place of an earlier one."""
    part = sheets.get(FINDINGS, "")
    if not part:
        part = xlsx.new_name("xl/worksheets/eventbookFindings{}.xml")
        numbers = [
            int(e.attributes.get("sheetId", 0))
            for e in xlsx.children(WORKBOOK, "workbook", "sheets")
        ]
        related = xlsx.relate(WORKBOOK, "worksheet", part)
        prefix = xlsx.prefix(WORKBOOK)
        xlsx.into(
            WORKBOOK,
            "workbook",
            "sheets",
            text=f'<{prefix}sheet xmlns:r="{RELATIONS}" name="{FINDINGS}" '
            f'sheetId="{max(numbers, default=0) + 1}" r:id="{related}"/>',
        )
        xlsx.declare(part, WORKSHEET)
    prefix = xlsx.prefix(STYLES)
    wrapped = (
        f'<{prefix}xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" '
        f'applyNumberFormat="1" applyAlignment="1"><{prefix}alignment vertical="top" wrapText="1"/>'
        f"</{prefix}xf>"
    )
    xlsx.parts[part] = _sheet_of(report, _one_more(xlsx, "cellXfs", wrapped)).encode()


def _sheet_of(report: Report, style: int) -> str:
    files = [file.sheet for file in (*report.files, *report.pages)]

    def place(finding: Finding) -> tuple[int, int, int]:
        sheet, column, line = report.in_sheet(finding) or ("", None, 0)
        return files.index(sheet) if sheet else -1, line, -1 if column is None else column

    found = sorted(report, key=place)
    lines = [("where", "", "what is wrong" if found else "nothing is wrong")]
    lines += [
        (report.cell(f) or "", f.severity, f"{_names(f)}{_sentence(f)}"[:LONGEST]) for f in found
    ]
    rows: list[str] = []
    links: list[str] = []
    for number, cells in enumerate(lines, 1):
        height = min(TALLEST, LINE * max(map(lines_of, cells, WIDTHS)) + 1)
        texts = "".join(
            f'<c r="{letters(column)}{number}" s="{style}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{xml_text(text)}</t></is></c>'
            for column, text in enumerate(cells)
        )
        rows.append(f'<row r="{number}" ht="{height:g}" customHeight="1">{texts}</row>')
        if number > 1 and cells[0]:
            sheet, _, rest = cells[0].rpartition("!")
            where = f"'{sheet.strip(chr(39))}'!{rest}"
            links.append(f'<hyperlink ref="A{number}" location={quoteattr(where)}/>')
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(WIDTHS, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        f"</sheetViews><cols>{columns}</cols><sheetData>{''.join(rows)}</sheetData>"
        f"{'<hyperlinks>' + ''.join(links) + '</hyperlinks>' if links else ''}"
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _names(finding: Finding) -> str:
    named = " ".join(part for part in (finding.row_id, finding.column) if part)
    return f"{named}: " if named else ""
