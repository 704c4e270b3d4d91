"""Days in many spellings, against the parsers of the standard library."""

import calendar
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.records.dates import parse_date, parse_dates

DAYS = st.datetimes(datetime(1902, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))


@given(DAYS)
def test_every_spelling_gives_the_day(moment):
    day = moment.date()
    month = calendar.month_abbr[day.month]
    spellings = [
        day.isoformat(),
        moment.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year:04}/{day.month}/{day.day}",
        format_datetime(moment, usegmt=True),
        format_datetime(moment).partition(", ")[2],
        f"{day.year:04} {month} {day.day}",
        f"{month} {day.day} {day.year:04}",
        f"{day.isoformat()}Z",
        f"{day.isoformat()}+02:00",
        f"{day:%Y%m%d}093000",
        f"{calendar.month_name[day.month]} {day.day}, {day.year:04}",
        [day.year, day.month, day.day],
        [[day.year, day.month, day.day]],
    ]
    spellings += [int(f"{day:%Y%m%d}")]
    seconds = int(moment.timestamp())
    if abs(seconds) >= 1e9:
        spellings += [seconds, str(seconds), float(seconds), seconds + 0.25]
        spellings += [seconds * 10**3, seconds * 10**6, str(seconds * 10**9)]
    assert [parse_date(spelling) for spelling in spellings] == [day] * len(spellings)
    assert parse_dates(spellings).to_pylist() == [day] * len(spellings)
    texts = [spelling for spelling in spellings if isinstance(spelling, str)]
    assert parse_dates(texts).to_pylist() == [day] * len(texts)


def test_a_date_does_not_depend_on_the_values_beside_it():
    texts = ["Apr 2, 2007 19:18:42", "20070402 19:18:42", "2007-04-02t19:18:42Z", "soon 12:00"]
    days = [date(2007, 4, 2)] * 3 + [None]
    assert parse_dates(texts).to_pylist() == days
    assert parse_dates([*texts, 1176163200, "\ud800"]).to_pylist()[:4] == days
    assert list(map(parse_date, texts)) == days


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (2019, date(2019, 1, 1)),
        ("2019", date(2019, 1, 1)),
        ("2019-05", date(2019, 5, 1)),
        ("2019-05-00", date(2019, 5, 1)),
        ("2019-00-00", date(2019, 1, 1)),
        ([2019, None, None], date(2019, 1, 1)),
        (2019.0, date(2019, 1, 1)),
        (2019.5, None),
        ("Mon, 2 Apr 07 19:18:42 GMT", date(2007, 4, 2)),
        ("02-Apr-97", date(1997, 4, 2)),
        ("2020-Mar-05", date(2020, 3, 5)),
        ("5th March 2020", date(2020, 3, 5)),
        ("2020年3月5日", date(2020, 3, 5)),
        ("2020年3月", date(2020, 3, 1)),
        ("2020年", date(2020, 1, 1)),
        (["2020-03-05", "2021-01-01"], date(2020, 3, 5)),
        (["2020", "03", "05"], date(2020, 3, 5)),
        ("04/12/2010", None),
        ("2019 Jan-Feb", date(2019, 1, 1)),
        ("Spring 2019", None),
        ("2019-02-30", None),
        ("2010-13-01", None),
        ("Mon, 2010", None),
        ("n.d.", None),
        ("", None),
        (None, None),
        (True, None),
        (7, None),
        (float("nan"), None),
        (float("inf"), None),
        ({"year": 2019}, None),
        ([], None),
        ([None], None),
        (10**30, None),
    ],
)
def test_partial_and_foreign_values(value, day):
    assert parse_date(value) == day
