"""Read days from text, and guess the form of text that is not a readable day."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from ...codebook import Variable

STORABLE = date(1678, 1, 1), date(2261, 12, 31)
"""The days that pandas can store: the limits of a variable whose book states none."""

ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"
ISO_FORMAT = "%Y-%m-%d"
MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
MIDNIGHT = r"[ T]00:00(?::00(?:[.,]0+)?)? ?(?:Z|[+-]\d{2}(?::?\d{2})?)?$"
"""Midnight after a day, as databases write it; a time zone does not change the day."""

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
"""The names of the months, whatever the language of the machine."""
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

EXCEL = date(1899, 12, 30)
"""Day 0 of Excel; correct for days from March 1900 on."""


def first_and_last(variable: Variable) -> tuple[date, date]:
    """Return the first and the last day that a variable can be."""
    stated = {c.kind: c.limit for c in variable.constraints(None)}
    first, last = stated.get("minimum"), stated.get("maximum")
    return (
        first if isinstance(first, date) else STORABLE[0],
        last if isinstance(last, date) else STORABLE[1],
    )


def within(day: pl.Expr, variable: Variable) -> pl.Expr:
    """Return days, null where they are outside the limits of a variable."""
    first, last = first_and_last(variable)
    return pl.when(day.is_between(first, last)).then(day)


def usual(written: pl.Expr, variable: Variable) -> pl.Expr:
    """Return text as days if it is in the first form of the variable, else null."""
    if not variable.formats:
        # The parser would also take days and months of one digit.
        iso = pl.when(written.str.contains(ISO_DAY)).then(written)
        return iso.str.to_date(ISO_FORMAT, strict=False, cache=False)
    day = written.str.to_date(variable.formats[0], strict=False, cache=False)
    # `%Y` also reads years of one or two digits; the limits may exclude them already.
    return _four_digits(day, written) if first_and_last(variable)[0].year < 1000 else day


def _four_digits(day: pl.Expr, written: pl.Expr) -> pl.Expr:
    return pl.when((day.dt.year() >= 1000) | written.str.contains(r"\d{4}")).then(day)


def any_form(written: pl.Series, variable: Variable) -> pl.Series:
    """Return text as days if it is in any form of the variable, also with a midnight, else null.

    The limits of the variable are not applied.
    """
    text = written.alias("text").to_frame().select(_without_midnight(pl.col("text"))).to_series()
    days = _read_days(text, usual(pl.col("text"), variable))
    # A text that is no day of a form takes far longer than one that is: each form is tried only on
    # what is still no day.
    for form in variable.formats[1:]:
        left = (days.is_null() & text.is_not_null()).arg_true()
        if not len(left):
            break
        day = pl.col("text").str.to_date(form, strict=False)
        days = days.scatter(left, _read_days(text.gather(left), day))
    return days.alias(written.name)


def _read_days(text: pl.Series, day: pl.Expr) -> pl.Series:
    """Return texts as days; `day` reads the column `text`."""
    return text.to_frame().select(_four_digits(day, pl.col("text"))).to_series()


def _without_midnight(written: pl.Expr) -> pl.Expr:
    """Return days with a midnight behind them without it."""
    # The midnight that most programs write is cut off without the pattern, which takes far longer.
    cut = written.str.strip_suffix(" 00:00:00")
    return pl.coalesce(pl.when(cut == written).then(written).str.replace(MIDNIGHT, ""), cut)


def usual_moment(written: pl.Expr) -> pl.Expr:
    """Return text as dates with times in UTC if it is in the usual form, else null."""
    usual = pl.when(written.str.contains(MOMENT)).then(written)
    return usual.str.to_datetime(
        "%Y-%m-%dT%H:%M:%SZ", strict=False, time_zone="UTC", time_unit="us"
    )


def any_moment(written: pl.Expr) -> pl.Expr:
    """Return text as dates with times in UTC if it is in any ISO form, else null.

    A time without a zone is read as UTC; seconds may be missing.
    """
    text = written.str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T")
    text = text.str.replace(r" ?[Zz]$", "+00:00").str.replace(r"([+-]\d{2})$", "${1}:00")
    text = text.str.replace(r"([+-]\d{2})(\d{2})$", "${1}:$2")
    zoned = pl.when(text.str.contains(r"T.*[+-]\d{2}:\d{2}$")).then(text).otherwise(text + "+00:00")
    whole = zoned.str.replace(r"(T\d{2}:\d{2})([+-])", "${1}:00$2")
    iso = pl.when(whole.str.contains(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")).then(whole)
    return iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")


def looks_like(written: pl.Series) -> pl.Series:
    """Return the likely form of text that is not a day in a known form; null if there is none."""
    cell = pl.col("cell")
    parts = r"^(\d{1,4})([-/. ])(\d{1,2})[-/. ](\d{1,4})$"
    first, mark, middle, last = (cell.str.extract(parts, n) for n in range(1, 5))
    one, two = first.cast(pl.Int64), middle.cast(pl.Int64)
    year = pl.when(last.str.len_bytes() > 2).then(pl.lit("YYYY")).otherwise(pl.lit("YY"))
    day_first = pl.format("DD{}MM{}{}", mark, mark, year)
    month_first = pl.format("MM{}DD{}{}", mark, mark, year)
    number = cell.str.extract(r"^(\d{5})(?:\.\d+)?$", 1).cast(pl.Int64)
    since_1900 = pl.lit(EXCEL) + pl.duration(days=number)
    known = (
        # No such day, or one that is outside the limits: its form is right.
        pl.when(cell.str.contains(ISO_DAY))
        .then(None)
        .when(first.str.len_bytes() == 4)
        .then(
            pl.when(mark == "-")
            .then(pl.lit("YYYY-M-D"))
            .otherwise(pl.format("YYYY{}MM{}DD", mark, mark))
        )
        .when((first.str.len_bytes() <= 2) & (one > 31))
        .then(pl.format("YY{}MM{}DD", mark, mark))
        .when(one > 12)
        .then(day_first)
        .when(two > 12)
        .then(month_first)
        .when(first.str.len_bytes() <= 2)
        .then(pl.format("{} or {}", day_first, month_first))
        .when(number.is_between(20_000, 60_000))
        .then(pl.format("a day number of Excel, {}", since_1900.cast(pl.String)))
        .when(cell.str.contains(r"^(19|20)\d{6}$"))
        .then(pl.lit("YYYYMMDD"))
        .when(cell.str.contains(r"^(19|20)\d\d$"))
        .then(pl.lit("a year"))
        .when(cell.str.contains(r"^(19|20)\d\d-\d\d$"))
        .then(pl.lit("a month"))
        .when(cell.str.contains(r"^1\d{9}(\d{3})?$"))
        .then(pl.lit("seconds or milliseconds since 1970"))
        .when(cell.str.contains(r"^\d{4}-\d\d-\d\d[ T]\d"))
        .then(pl.lit("a day with a time of day"))
        .when(cell.str.contains(r"\d[-./ ]*(de )?\p{L}{3,}|\p{L}{3,}[-./, ]*\d"))
        .then(pl.lit("a day with the name of its month"))
    )
    return written.alias("cell").to_frame().select(known).to_series()


def day_meant(variable: Variable, text: str) -> str | None:
    """Return the day that a text certainly means, as a cell of the variable has it; None if none is."""
    day = certain_day(text)
    first, last = first_and_last(variable)
    if day is None or not first <= day <= last:
        return None
    takes_iso = not variable.formats or ISO_FORMAT in variable.formats
    return day.isoformat() if takes_iso else None


def certain_day(text: str) -> date | None:
    """Return the day that a text certainly means, in whatever form; None if it may mean another.

    Months are named in English. 13/05/2019 is certain, and 03/04/2019 is not. A year has four
    digits, and a weekday must be that of the day.
    """
    text = " ".join(text.split())
    weekday = ""
    if match := re.fullmatch(r"([A-Za-z]+)\.?,? (\S.*)", text):
        named = _named(match[1], WEEKDAYS)
        weekday, text = (named or "", match[2]) if named else ("", text)
    day = _of_digits(text) or _of_words(text)
    return None if day is None or (weekday and WEEKDAYS[day.weekday()] != weekday) else day


def _of_digits(text: str) -> date | None:
    """Return the day that is written in digits, if their order is certain."""
    if match := re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text):
        return _day(match[1], match[3], match[4])
    if match := re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", text):
        return _day(*match.groups())
    if match := re.fullmatch(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})", text):
        first, second, year = int(match[1]), int(match[3]), match[4]
        if first > 12 or first == second:
            return _day(year, second, first)
        return _day(year, first, second) if second > 12 else None
    return None


def _of_words(text: str) -> date | None:
    """Return the day whose month is a word."""
    forms = (
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?[- ]?(?:of )?(?P<month>[A-Za-z]+)\.?,?[- ]?(?P<year>\d{4})",
        r"(?P<month>[A-Za-z]+)\.? ?(?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
        r"(?P<year>\d{4})[- ](?P<month>[A-Za-z]+)\.?[- ](?P<day>\d{1,2})",
    )
    for form in forms:
        if (match := re.fullmatch(form, text)) and (name := _named(match["month"], MONTHS)):
            return _day(match["year"], MONTHS.index(name) + 1, match["day"])
    return None


def _named(word: str, names: list[str]) -> str | None:
    """Return the name that a word is, or is the beginning of, with at least three letters."""
    found = [name for name in names if name.casefold().startswith(word.casefold())]
    if word.casefold() == "sept":
        return MONTHS[8] if names is MONTHS else None
    return found[0] if len(word) >= 3 and len(found) == 1 else None


def _day(year: str, month: int | str, day: int | str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
