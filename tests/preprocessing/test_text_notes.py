"""What is told of columns that are text though they may have been meant as something else."""

import random

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError
from hotloop.preprocessing.column_rules import TableOptions
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.preprocessing.text_notes import may_be_thousands

DRAW = random.Random(0)
DISTINCT = [f"{DRAW.gauss(0, 100):.7f}" for _ in range(300)]
THOUSANDS = [f"{DRAW.randrange(1, 99)},{DRAW.randrange(1000):03}" for _ in range(300)]


def rules(cells, **options):
    """What a column is called, and the notes on it."""
    encoding = TableEncoding.fit({"a": cells, "more": [0.5] * len(cells)}, TableOptions(**options))
    return encoding.describe()[0].removeprefix("a: "), [note.removeprefix("a: ") for note in encoding.notes]


def test_one_bad_cell_among_distinct_numbers_is_named():
    said, (note,) = rules([*DISTINCT, "abc"])
    assert said == "ids or free text, dropped"
    assert note.startswith("text, since 1 cell of 301 no numbers, the first 'abc' in row 300 (from 0); name words for missing")
    assert note.endswith("left out, since nearly all of its 301 values are distinct")
    assert rules([*DISTINCT, "abc"], missing=["abc"])[0].startswith("number, 1 cell missing")


def test_distinct_numbers_that_may_be_either_of_two_are_told():
    said, (note,) = rules(THOUSANDS)
    assert said == "ids or free text, dropped"
    assert "numbers with decimal comma or thousands ','; say which by --decimal or --thousands; left out, since" in note
    assert rules(THOUSANDS, thousands=",")[0] == "number (thousands ',')"


def test_distinct_codes_are_told():
    assert "keep it by --text a or, as numbers, --number a" in rules([*map(str, range(1000, 1300)), "01"])[1][0]


def test_a_table_of_nothing_but_a_column_left_out_says_why():
    message = "no column holds any value that a model can use; a: text, since 1 cell of 301 no numbers"
    with pytest.raises(DataError, match=message):
        TableEncoding.fit({"a": [*DISTINCT, "abc"]})


DAYS = [f"2026-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]


def test_free_text_that_is_left_out_is_told_once():
    (note,) = rules([f"the message number {i} of many" for i in range(100)])[1]
    assert note.startswith(
        "nearly all of its 100 values are distinct, left out as ids or free text; keep it by --text a, or hash"
    )


def test_words_for_missing_among_dates():
    said, notes = rules([*DAYS, "n/a", "-"])
    assert said.startswith("date, as days since 1970, month, weekday")
    assert "2 cells missing" in said
    assert notes in (["dates, 2 cells '-', 'n/a' taken as missing"], ["dates, 2 cells 'n/a', '-' taken as missing"])
    encoding = TableEncoding.fit({"a": [*DAYS, "n/a"]}, TableOptions(date=("a",)))
    assert np.isfinite(encoding.transform({"a": ["null", "2026-01-01"]})).all()


@pytest.mark.parametrize("bad", ["2026-02-30", "0000-00-00", "soon"])
def test_a_cell_that_is_no_date_among_dates_is_named(bad):
    said, (note,) = rules([*DAYS, bad])
    assert said == "text, 57 categories"
    assert note == (
        f"text, since 1 cell of 57 no dates, the first '{bad}' in row 56 (from 0); name words for missing cells by --missing"
    )
    assert rules([*DAYS, bad], missing=[bad])[0].startswith("date")


@pytest.mark.parametrize(
    "cell", ["3/14/2020", "2020/03/14", "14.03.2020", "14 Mar 2020", "Mar 14, 2020", "14-03-20", "14/03/2020 01:00 PM"]
)
def test_other_notations_of_dates_are_told(cell):
    said, (note,) = rules([cell, "14/03/2021", cell])
    assert said == "text, 2 categories"
    assert note == f"text, though its cells look like dates ({cell!r}); only those such as 2026-01-31 (ISO 8601) are read"


@pytest.mark.parametrize(
    "some", [["1/2", "3/4"], ["10-20", "20-30"], ["v1.2.3", "v1.2.4"], ["1.2.10", "1.2.11"], ["10.1.2.3", "10.1.2.4"]], ids=str
)
def test_other_words_are_not_taken_for_dates(some):
    said, notes = rules(some * 3)
    assert said == "text, 2 categories"
    assert "dates" not in str(notes)


def test_points_that_may_mark_thousands_beside_decimal_commas():
    numbers = ["341", "12.345", "1.234", "7.002", "88.912"] * 3
    columns = {"pop": [float(number) for number in numbers], "price": ["7,21", "8,5", "9"] * 5}
    (note,) = TableEncoding.fit(columns).notes[1:]
    assert note.startswith(
        "pop: numbers with three digits behind each point, beside decimal commas in other columns; if the point"
    )
    encoding = TableEncoding.fit(columns | {"pop": numbers}, TableOptions(decimal=",", thousands="."))
    assert encoding.transform({"pop": ["12.345"], "price": ["7,21"]}, np.float64).tolist() == [[12345, 7.21]]
    assert TableEncoding.fit(columns | {"price": [7.21, 8.5, 9] * 5}).notes == []


@pytest.mark.parametrize(
    ("numbers", "may_be"),
    [
        ([1.234, 12.345, 5.0], True),
        ([1.5, 2.25], False),
        ([1.234, 0.5], False),
        ([1234.567, 1.234], False),
        ([1.2345, 1.234], False),
        ([1.0, 2.0], False),
        ([np.nan, 1.234, np.inf], True),
        ([1.100, 1.230, 1.234], False),
    ],
)
def test_thousands_by_their_values(numbers, may_be):
    assert may_be_thousands(np.array(numbers)) is may_be


def test_dates_of_which_none_is_there():
    options = TableOptions(date=("a",))
    encoding = TableEncoding.fit({"a": [*DAYS, "n/a"]}, options)
    assert np.isfinite(encoding.transform({"a": ["n/a", "-"]})).all()
    assert TableEncoding.fit({"a": ["n/a", "-"], "b": [1, 2]}, options).describe()[0] == "a: no value in training, dropped"
