"""Cells as numbers and dates: what does not fit is an error that names the cell; months, weekdays and hours."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.columns import as_column
from hotloop.data.errors import DataError
from hotloop.preprocessing.cells import cells, parts_of, read_dates, read_numbers
from hotloop.preprocessing.notations import PLAIN, Notation


def where(row):
    return f"line {row + 2}"


def test_numbers_of_words_and_of_numbers():
    euro = Notation(decimal=",", before="€")
    assert np.array_equal(
        read_numbers("a", as_column(["€1,5", "", "2", "n/a"], "a"), euro, where), [1.5, np.nan, 2, np.nan], True
    )
    assert read_numbers("a", as_column([1.5, 2], "a"), euro, where).tolist() == [1.5, 2]
    with pytest.raises(DataError, match="line 3, column 'a': expected a number, found '1.5'"):
        read_numbers("a", as_column(["1,5", "1.5"], "a"), euro, where)
    with pytest.raises(DataError, match="line 4, column 'a': the number -inf is infinite"):
        read_numbers("a", as_column(["1", "2", "-inf"], "a"), PLAIN, where)


def test_dates_of_words_and_of_dates():
    assert np.array_equal(read_dates("d", as_column(["1970-01-02", None], "d"), where), [1, np.nan], True)
    assert np.array_equal(read_dates("d", as_column([None, None], "d"), where), [np.nan, np.nan], True)
    assert read_dates("d", as_column(np.array(["1970-01-02T12"], "M8[s]"), "d"), where).tolist() == [1.5]
    with pytest.raises(DataError, match="line 4, column 'd': expected a date such as 2026-01-31, found 'soon'"):
        read_dates("d", as_column(["1970-01-02", None, "soon"], "d"), where)
    with pytest.raises(DataError, match="line 2, column 'd': expected a date such as 2026-01-31, found '5'"):
        read_dates("d", as_column([5, 6], "d"), where)


@given(st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(2200, 1, 1)))
def test_parts_of_a_moment(moment):
    moment = moment.replace(microsecond=0)
    days = (moment - datetime.datetime(1970, 1, 1)).total_seconds() / 86_400
    month, weekday, hour = (int(part[0]) for part in parts_of(np.array([days])))
    assert (month + 1, weekday, hour) == (moment.month, moment.weekday(), moment.hour)


def test_counted_cells():
    assert [cells(1), cells(2)] == ["1 cell", "2 cells"]
