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
# 2010-04-12, 2010/4/12, 2010-04, 2010, 20100412, with or without a time of day behind it
NUMERIC = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?(?:[t ]\d.*)?")
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:t.*)?")
DAY_FIRST = re.compile(r"(?:[a-z]+,?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?,?[\s-]+(\d{4})\b.*")
YEAR_FIRST = re.compile(r"(\d{4})[\s-]+([a-z]{3})[a-z]*\.?(?:\s+(\d{1,2}))?\b.*")
MONTH_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,\s+)?(\d{4})")
EPOCH = re.compile(r"-?\d{9,13}(?:\.0+)?")


def parse_date(value: Any) -> date | None:
    """The day that a value names, or None if it is not understood.

    Understood are ISO 8601, RFC 2822 with or without the day of the week, seconds or milliseconds
    since 1970, `20100412`, `2010/04/12`, `2010 Apr 12`, `April 2010`, and `[2010, 4, 12]`. A year or
    month stands for its first day. Years are 1000 to 2999.
    """
    try:
        while isinstance(value, list) and value and isinstance(value[0], list):
            value = value[0]
        if isinstance(value, list) and value:
            return _day(*(int(part) for part in value[:3]))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return _from_text(re.sub(TIME_OF_DAY, "", str(value)).strip().lower())
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _from_text(text: str) -> date | None:
    if match := NUMERIC.fullmatch(text):
        return _day(int(match[1]), int(match[3] or 1), int(match[4] or 1))
    if match := COMPACT.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if EPOCH.fullmatch(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= 1e11 else seconds, UTC).date()
    if match := DAY_FIRST.fullmatch(text):
        return _day(int(match[3]), _month(match[2]), int(match[1]))
    if match := YEAR_FIRST.fullmatch(text):
        return _day(int(match[1]), _month(match[2]), int(match[3] or 1))
    if match := MONTH_FIRST.fullmatch(text):
        return _day(int(match[3]), _month(match[1]), int(match[2] or 1))
    return None


def _month(name: str) -> int:
    if name not in MONTHS:
        raise ValueError(f"not a month: {name}")
    return MONTHS[name]


def _day(year: int, month: int = 1, day: int = 1) -> date:
    if not 1000 <= year <= 2999:
        raise ValueError(f"not a year: {year}")
    return date(year, month, day)


def parse_dates(values: list[Any]) -> pa.Array:
    """`parse_date` of each value: date32, null where there is none or it is not understood."""
    try:
        texts = pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeEncodeError):
        return pa.array(map(parse_date, values), pa.date32())
    # "Mon, 2 Apr 2007 19:18:42 GMT": without the time of day few strings are distinct
    cut = pc.replace_substring_regex(texts, TIME_OF_DAY, "")
    return map_distinct(cut, parse_date, pa.date32())


def map_distinct(strings: pa.Array, function: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Apply a function to each distinct string; for columns with few distinct values."""
    encoded = strings.dictionary_encode()
    results: Iterable[Any] = map(function, encoded.dictionary.to_pylist())
    return pa.array(results, kind).take(encoded.indices)


def days_since_1970(day: date) -> int:
    """The number by which Arrow stores a date."""
    return (day - date(1970, 1, 1)).days
