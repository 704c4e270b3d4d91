"""Days in the spellings of bibliographic exports."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
TIME_OF_DAY = r"[ Tt]\d\d:\d\d.*"
# 2010-04-12, 2010/4/12, 2010-04, 2010, with or without a time of day or a time zone behind it
NUMERIC = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2})(?:z|[+-]\d\d:?\d\d)?)?)?(?:[t ]\d.*)?")
MONTH_AND_YEAR = re.compile(r"(\d\d?)[-/.](\d{4})")  # 3/2020
DOTTED = re.compile(r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})")  # 15.3.2020; with slashes the day may be the month
# 2020-03/2020-04, of biblatex; an open end is nothing or two dots
FROM_TO = re.compile(r"(\d{4}(?:-\d\d){0,2})/(?:\d{4}(?:-\d\d){1,2}|\.\.)?")
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{6}|t.*)?")  # 20100412, 20100412093000
DAY_FIRST = re.compile(
    r"(?:[a-z]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3})[a-z]*\.?,?[\s-]+(\d{4}|\d\d)\b.*"
)
YEAR_FIRST = re.compile(r"(\d{4})[\s,-]+([a-z]{3})[a-z]*\.?(?:[\s-]+(\d{1,2}))?\b.*")
MONTH_FIRST = re.compile(
    r"(?:[a-z]+,?\s+)?([a-z]{3})[a-z]*\.?,?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})"
)
_SEASON = (
    r"(?:spring|summer|autumn|fall|winter|fr(?:ü|ue)hjahr|fr(?:ü|ue)hling|sommer|herbst|printemps|été|automne|hiver"
    r"|primavera|verano|otoño|invierno)"
)
_PARTS = rf"(?:(?:early|mid|late)[\s-]+)?{_SEASON}(?:\s*[/&–-]\s*{_SEASON})?"
SEASON = re.compile(
    rf"{_PARTS}[\s,/-]+(\d{{4}})(?:\s*[/–-]\s*(?:\d{{4}}|\d\d))?|(\d{{4}})(?:\s*[/–-]\s*(?:\d{{4}}|\d\d))?[\s,/-]+{_PARTS}"
)
YEARS = re.compile(r"(\d{4})\s*[/–-]\s*(\d{4}|\d\d)")  # 2018-2019, 2018/19
QUARTERS = {"first": "1", "second": "2", "third": "3", "fourth": "4"}
_QUARTER = r"(?:q\s?([1-4])|([1-4])\s?q|([1-4])(?:st|nd|rd|th)?[\s-]*quart(?:er)?\.?|(first|second|third|fourth)[\s-]*quarter)"
QUARTER_FIRST = re.compile(rf"{_QUARTER}[\s,/-]*(\d{{4}})")
QUARTER_LAST = re.compile(rf"(\d{{4}})[\s,/-]*{_QUARTER}")
# c1999, ©1999, ca. 1999, [1999?]
ABOUT = re.compile(
    r"[\[(<]?\s*(?:(?:circa|ca|cop|copyright|c|p|©|℗|\(c\)|in|published)\.?\s*)?(\d{4})\s*\??\s*[\])>]?\.?"
)
# Nov.-Dec. 2011; 31 May-3 June 2011, 12-15 Sept. 2010
MONTHS_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?\s*[/&–-]\s*[a-z]{3,9}\.?,?\s+(\d{4})")
DAYS_FIRST = re.compile(
    r"(\d{1,2})(?:\s+([a-z]{3})[a-z]*\.?)?\s*[–-]\s*\d{1,2}\s+([a-z]{3})[a-z]*\.?,?\s+(\d{4})"
)
UNDATED = re.compile(
    r"[\W_]*(?:n\.?\s?d|no\s+date|s\.?\s?[ad]|s\.?\s?f|o\.?\s?j|undated|unknown|date\s+unknown|not\s+(?:available|known)|ohne\s+(?:jahr|datum)|sans\s+date|sin\s+fecha)[\W_]*",
    re.IGNORECASE,
)
EARLIEST_YEAR = 1500  # no bibliography of papers goes further back; misprints do
CHINESE = str.maketrans({"年": "-", "月": "-", "日": None})  # 2010年4月12日, also Japanese
# Seconds, milliseconds, microseconds or nanoseconds since 1970
EPOCH = re.compile(r"-?(?:\d{9,13}|\d{16}|\d{19})")


def parse_date(value: Any) -> date | None:
    """The day that a value names, or None if it is not understood.

    Understood are ISO 8601, RFC 2822 with or without the day of the week, seconds since 1970 or
    thousandths of them, `20100412`, `2010/04/12`, `2010 Apr 12`, `April 2010`, `4/2010`, `12.4.2010`,
    `2010年4月12日`, and `[2010, 4, 12]`, but not `04/12/2010`, whose month may be the day. Of several dates
    in a list the first counts.
    A year or month stands for its first day, and so does an unknown part: `2010-04-00`,
    `[2010, None, None]`. A season (`Spring 2019`) stands for its year, since it depends on the hemisphere, a
    quarter (`2020 Q3`) for its first month, and a range (`2018-2019`, `Nov.-Dec. 2011`) for its beginning.
    `c1999` and `[1999?]` are years. Years are 1000 to 2999; of two digits, 00 to 49 are after 2000 (RFC 2822).
    """
    try:
        while isinstance(value, list) and value and _is_date(value[0]):
            value = value[0]
        if isinstance(value, list) and value:
            return _day(*(int(part or 1) for part in value[:3]))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        if isinstance(value, float):
            if not (value.is_integer() or abs(value) > 1e8):
                return None  # 2010.5 is neither May nor the middle of the year
            value = int(value)
        text = re.sub(TIME_OF_DAY, "", str(value)).strip().lower()
        return _from_text(text.translate(CHINESE).rstrip("-").removesuffix(".0"))
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _is_date(value: Any) -> bool:
    """Whether an item of a list is a whole date, not a year, month or day."""
    return isinstance(value, list) or (isinstance(value, str) and len(value) > 4)


def _from_text(text: str) -> date | None:
    if (match := YEARS.fullmatch(text)) and (len(match[2]) == 4 or int(match[2]) > 12):
        first, last = int(match[1]), int(match[2])
        return _day(first) if first <= (last if last > 99 else first - first % 100 + last) else None
    if match := FROM_TO.fullmatch(text):
        text = match[1]
    if day := _from_words(text):
        return day
    if match := NUMERIC.fullmatch(text):
        return _day(int(match[1]), int(match[3] or 1), int(match[4] or 1))
    if match := MONTH_AND_YEAR.fullmatch(text):
        return _day(int(match[2]), int(match[1]))
    if match := DOTTED.fullmatch(text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if match := COMPACT.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if EPOCH.fullmatch(text):
        per_second = {12: 1e3, 13: 1e3, 16: 1e6, 19: 1e9}.get(len(text.lstrip("-")), 1)
        return datetime.fromtimestamp(int(text) / per_second, UTC).date()
    if match := DAY_FIRST.fullmatch(text):
        year = int(match[3])
        if len(match[3]) == 2:
            year += 2000 if year < 50 else 1900
        return _day(year, _month(match[2]), int(match[1]))
    if match := YEAR_FIRST.fullmatch(text):
        return _day(int(match[1]), _month(match[2]), int(match[3] or 1))
    if match := MONTH_FIRST.fullmatch(text):
        return _day(int(match[3]), _month(match[1]), int(match[2] or 1))
    return None


def _from_words(text: str) -> date | None:
    """The day of seasons, quarters, ranges of months or days, and years with signs around them."""
    if match := SEASON.fullmatch(text):
        return _day(int(match[1] or match[2]))
    if match := QUARTER_FIRST.fullmatch(text):
        return _day(int(match[5]), _quarter(*match.groups()[:4]))
    if match := QUARTER_LAST.fullmatch(text):
        return _day(int(match[1]), _quarter(*match.groups()[1:]))
    if match := MONTHS_FIRST.fullmatch(text):
        return _day(int(match[2]), _month(match[1]))
    if match := DAYS_FIRST.fullmatch(text):
        return _day(int(match[4]), _month(match[2] or match[3]), int(match[1]))
    if match := ABOUT.fullmatch(text):
        return _day(int(match[1]))
    return None


def _quarter(*spellings: str | None) -> int:
    """The first month of the quarter that is written in one of several spellings."""
    number = next(spelling for spelling in spellings if spelling)
    return 3 * int(QUARTERS.get(number, number)) - 2


def _month(name: str) -> int:
    if name not in MONTHS:
        raise ValueError(f"not a month: {name}")
    return MONTHS[name]


def _day(year: int, month: int = 1, day: int = 1) -> date:
    if not 1000 <= year <= 2999:
        raise ValueError(f"not a year: {year}")
    return date(year, month or 1, day or 1)


def is_undated(value: Any) -> bool:
    """Whether a value says that there is no date: `n.d.`, `s.a.`, `undated`."""
    return isinstance(value, str) and UNDATED.fullmatch(value) is not None


def latest_year(today: date) -> int:
    """The last year of which a date is plausible: the next one, of which journals carry issues in advance.

    It comes from the calendar and not from the file, since a file may have one recent paper among old ones. So
    a result can only change with the year, and only for records that are dated more than a year ahead.
    """
    return today.year + 1


def parse_dates(values: list[Any], latest: int) -> pa.Array:
    """`parse_date` of each value: date32, null where there is none or it is not understood.

    Years before EARLIEST_YEAR or after `latest` are misprints, which would widen all tables of periods.
    """
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeEncodeError):
        return pa.array((_plausible(value, latest) for value in values), pa.date32())
    # "Mon, 2 Apr 2007 19:18:42 GMT": without the time of day few strings are distinct
    cut = pc.replace_substring_regex(texts, TIME_OF_DAY, "")
    return map_distinct(cut, lambda value: _plausible(value, latest), pa.date32())


def _plausible(value: Any, latest: int) -> date | None:
    day = parse_date(value)
    return day if day and EARLIEST_YEAR <= day.year <= latest else None


def map_distinct(strings: pa.Array, function: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Apply a function to each distinct string; for columns with few distinct values."""
    encoded = strings.dictionary_encode()
    results: Iterable[Any] = map(function, encoded.dictionary.to_pylist())
    return pa.array(results, kind).take(encoded.indices)


def days_since_1970(day: date) -> int:
    """The number by which Arrow stores a date."""
    return (day - date(1970, 1, 1)).days
