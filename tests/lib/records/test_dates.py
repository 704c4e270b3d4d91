"""Days in many spellings, against the parsers of the standard library."""

import calendar
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.records.dates import is_undated, latest_year, parse_date, parse_dates

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
    assert parse_dates(spellings, 2037).to_pylist() == [day] * len(spellings)
    texts = [spelling for spelling in spellings if isinstance(spelling, str)]
    assert parse_dates(texts, 2037).to_pylist() == [day] * len(texts)


def test_a_date_does_not_depend_on_the_values_beside_it():
    texts = ["Apr 2, 2007 19:18:42", "20070402 19:18:42", "2007-04-02t19:18:42Z", "soon 12:00"]
    days = [date(2007, 4, 2)] * 3 + [None]
    assert parse_dates(texts, 2037).to_pylist() == days
    assert parse_dates([*texts, 1176163200, "\ud800"], 2037).to_pylist()[:4] == days
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
        ("15/04/2010", None),  # of a column in which other days may be months
        ("4/2010", date(2010, 4, 1)),
        ("00/2010", date(2010, 1, 1)),
        ("13/2010", None),
        ("15.04.2010", date(2010, 4, 15)),
        ("5. 4. 2010", date(2010, 4, 5)),
        ("March, 2020", date(2020, 3, 1)),
        ("2020, March", date(2020, 3, 1)),
        ("2020-03/2020-04", date(2020, 3, 1)),
        ("2020-03-05/2020-03-09", date(2020, 3, 5)),
        ("2020-03/..", date(2020, 3, 1)),
        ("2020/", date(2020, 1, 1)),
        ("2019 Jan-Feb", date(2019, 1, 1)),
        ("Spring 2019", date(2019, 1, 1)),
        ("2000 Spring", date(2000, 1, 1)),
        ("Winter 2019-2020", date(2019, 1, 1)),
        ("2020-2021 Winter", date(2020, 1, 1)),
        ("Fall/Winter 2019", date(2019, 1, 1)),
        ("Frühjahr 2019", date(2019, 1, 1)),
        ("2018-2019", date(2018, 1, 1)),
        ("2018–2019", date(2018, 1, 1)),
        ("2018/19", date(2018, 1, 1)),
        ("1999-2000", date(1999, 1, 1)),
        ("2018-12", date(2018, 12, 1)),
        ("2019-2018", None),
        ("c1999", date(1999, 1, 1)),
        ("©1999", date(1999, 1, 1)),
        ("cop. 2003", date(2003, 1, 1)),
        ("ca. 1999", date(1999, 1, 1)),
        ("[1999?]", date(1999, 1, 1)),
        ("2020 Q3", date(2020, 7, 1)),
        ("Q1 2020", date(2020, 1, 1)),
        ("2020-Q4", date(2020, 10, 1)),
        ("3rd Quarter 2020", date(2020, 7, 1)),
        ("2004 2nd Quart", date(2004, 4, 1)),
        ("Fourthquarter 2013", date(2013, 10, 1)),
        ("Q5 2020", None),
        ("Nov.-Dec. 2011", date(2011, 11, 1)),
        ("31 May-3 June 2011", date(2011, 5, 31)),
        ("12-15 Sept. 2010", date(2010, 9, 12)),
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


@pytest.mark.parametrize("beside", ["2007-04-02", 1176163200])
def test_a_misprinted_year_is_not_understood(beside):
    """Whatever stands beside it: columns of texts and of mixed values are read in different ways."""
    years = ["2204-01-01", "2029", "1012", "1499-12-31", "20290101"]
    sound = ["2028-12-31", "1500"]
    assert parse_dates([*years, *sound, beside], 2028).to_pylist()[:-1] == [None] * len(years) + [
        date(2028, 12, 31),
        date(1500, 1, 1),
    ]


def test_the_latest_year_is_the_next_one():
    assert latest_year(date(2026, 1, 1)) == latest_year(date(2026, 12, 31)) == 2027


@pytest.mark.parametrize(
    ("value", "undated"),
    [
        ("n.d.", True),
        ("[s.a.]", True),
        ("o. J.", True),
        ("Undated", True),
        ("May", False),
        (None, False),
        (3, False),
    ],
)
def test_a_word_for_no_date(value, undated):
    assert is_undated(value) == undated
