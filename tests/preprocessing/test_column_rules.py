"""What a column of a training table is, what is told of it, and what a user decides otherwise."""

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError  # noqa: E402
from hotloop.preprocessing.column_rules import TableOptions  # noqa: E402
from hotloop.preprocessing.table_encoding import TableEncoding  # noqa: E402


def rules(cells, name="a", **options):
    """What a column is called, and the notes on it."""
    encoding = TableEncoding.fit({name: cells, "more": [0.5] * len(cells)}, TableOptions(**options))
    return encoding.describe()[0].removeprefix(f"{name}: "), [note.removeprefix(f"{name}: ") for note in encoding.notes]


def test_other_notations_are_told():
    assert rules(["1,5", "2", "n/a"]) == (
        "number (decimal comma), 1 cell missing (mean 1.75, own column)",
        ["numbers, 1 cell 'n/a' taken as missing", "numbers written with decimal comma"],
    )
    assert rules(["-", "5 %", "N/A", "7 %"])[1] == [
        "numbers, 2 cells '-', 'N/A' taken as missing",
        "numbers written with unit '%'",
    ]
    assert rules(["1", "", "?"]) == ("number, 2 cells missing (mean 1, own column)", [])


def test_words_for_missing_are_words_among_words():
    assert rules(["none", "x", "NA", "x"]) == ("text, 3 categories", [])
    assert rules(["none", "NA", ""])[0] == "no value in training, dropped"
    assert rules(["none", "x", "NA", "x"], missing=["NA", "x"]) == ("no value in training, dropped", [])


def test_missing_words_of_the_user():
    assert rules(["1", "n.v.", "3"], missing=["n.v."])[0] == "number, 1 cell missing (mean 2, own column)"
    assert rules([1, -999, 3], missing=["-999"])[0] == "number, 1 cell missing (mean 2, own column)"
    encoding = TableEncoding.fit({"a": [1, -999, 3]}, TableOptions(missing=["-999"]))
    assert encoding.transform({"a": [-999, 5]}).tolist() == [[2, 1], [5, 0]]


def test_what_cannot_be_told_is_text_and_told():
    said, (note,) = rules(["1,234", "12", "12"])
    assert said == "text, 2 categories"
    assert (
        note
        == "'1,234' and all other cells are numbers with decimal comma or thousands ','; say which by --decimal or --thousands"
    )
    assert rules(["1,234", "12", "12"], decimal=",")[0] == "number (decimal comma)"
    said, (note,) = rules(["12 kg", "3 lb", "4 kg"])
    assert said == "text, 3 categories"
    assert note == "text, though its cells look like numbers ('12 kg') that no one notation reads; see --decimal, --thousands"


@pytest.mark.parametrize("cells", [["a1", "a2"], ["x", "y"], ["1A", "2B"], ["10-20", "20-30"], ["v1.2", "v1.3"]], ids=repr)
def test_categories_with_digits_are_not_told(cells):
    assert rules(cells * 3) == ("text, 2 categories", [])


def test_codes_are_text():
    assert rules(["01001", "02360", "10001"]) == ("text, 3 categories", [])
    assert rules(["1582218195625938945", "1582218195625938946"]) == ("text, 2 categories", [])
    assert rules(np.array([2**60, 2**60 + 1])) == ("text, 2 categories", [])
    assert rules(["01001", "10001"], number=["a"])[0] == "number"
    assert rules(pa.array(["1", "2"]).dictionary_encode()) == ("text, 2 categories", [])
    assert rules(pa.array([1, 2]).dictionary_encode()) == ("text, 2 categories", [])


def test_ids_are_left_out_and_told():
    said, (note,) = rules([f"k{i}" for i in range(100)])
    assert said == "ids or free text, dropped"
    assert note == (
        "nearly all of its 100 values are distinct, left out as ids or free text; "
        "keep it by --text a, or hash its words (HashingEncoder of this column alone)"
    )
    assert rules([f"k{i}" for i in range(100)], text=["a"]) == ("text, 100 categories", [])
    assert rules([f"k{i}" for i in range(99)])[0] == "text, 99 categories"
    assert rules([f"k{i % 90}" for i in range(100)])[0] == "text, 90 categories"


def test_row_numbers_are_left_out_and_told():
    for first in (0, 1):
        said, (note,) = rules(list(range(first, first + 100)))
        assert said == "row numbers, dropped"
        assert note == "counts the rows, left out as row numbers; keep it by --number a"
    assert rules(list(range(100)), number=["a"]) == ("number", [])
    assert rules(list(range(99)))[0] == "number"
    assert rules(list(range(500, 600)))[0] == "number"  # a time
    assert rules(list(range(0, 200, 2)))[0] == "number"


def test_dates():
    days = ["2026-01-31", "2026-02-01", "?", "2026-02-02"]
    assert rules(days) == ("date, as days since 1970, month, weekday, 1 cell missing (mean, own column)", [])
    assert rules(["2026-01-05", "2026-01-12"])[0] == "date, as days since 1970"
    assert rules(["2026-01-05T10:00", "2026-01-12T11:00"])[0] == "date, as days since 1970, hour"
    assert rules(np.array(["2026-01-05", "2026-02-02"], "M8[s]"))[0] == "date, as days since 1970, month"
    encoding = TableEncoding.fit({"d": days})
    names = list(encoding.feature_names)
    assert names[:2] == ["d=days", "d=month 01"]
    assert (names[13], names[-1]) == ("d=Monday", "d=missing")
    X = encoding.transform({"d": ["2026-02-01", None]}, np.float64)
    first = (np.datetime64("2026-02-01") - np.datetime64("1970-01-01")).astype(int)
    assert [(names[j], X[0, j]) for j in np.flatnonzero(X[0])] == [("d=days", first), ("d=month 02", 1), ("d=Sunday", 1)]
    assert [names[j] for j in np.flatnonzero(X[1])] == ["d=days", "d=missing"]
    assert X[1, 0] == first  # the mean of training
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'd': expected a date such as 2026-01-31, found 'x'"):
        encoding.transform({"d": ["2026-02-01", "x"]})


def test_hours_are_those_of_the_clock():
    encoding = TableEncoding.fit({"d": ["2026-01-05T23:59:59", "2026-01-12T00:00:00"]})
    X = encoding.transform({"d": ["2026-01-05T23:59:59", "2026-01-12T00:00:00"]}, np.float64)
    names = list(encoding.feature_names)
    assert [names[j] for j in np.flatnonzero(X[0])] == ["d=days", "d=hour 23"]
    assert [names[j] for j in np.flatnonzero(X[1])] == ["d=days", "d=hour 00"]


def test_declared_columns_must_hold_what_is_said():
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'a': expected a number, found 'x'"):
        rules(["1", "x"], number=["a"])
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'a': expected a date such as 2026-01-31, found 'x'"):
        rules(["2026-01-31", "x"], date=["a"])
    with pytest.raises(DataError, match="no column 'b' \\(drop\\); there are 'a', 'more'"):
        rules(["1"], drop=["b"])
    assert rules([1, 2], text=["a"])[0] == "text, 2 categories"
    assert rules([1, 2], drop=["a"])[0] == "left out, dropped"


def test_limits_of_categories():
    cells = ["a"] * 3 + ["b"] * 2 + ["c", "d", "e"]
    assert rules(cells, min_frequency=2)[0] == "text, the 2 most frequent of 5 values, 3 cells other"
    assert rules(cells, max_categories=1)[0] == "text, the 1 most frequent of 5 values, 5 cells other"
    assert rules(cells, max_categories=1, other_columns=4)[0] == (
        "text, the 1 most frequent of 5 values, 5 cells other (in 4 columns by hash)"
    )
    encoding = TableEncoding.fit({"a": cells}, TableOptions(min_frequency=2, other_columns=3))
    assert list(encoding.feature_names) == ["a=a", "a=b", "a=other 0", "a=other 1", "a=other 2"]
    X = encoding.transform({"a": [*cells, "new"]})
    assert (X.sum(axis=1) == 1).all()
    assert (X[:5, 2:] == 0).all()
    assert (X[-1] == encoding.transform({"a": ["new"]})[0]).all()
    others = encoding.transform({"a": [f"new {i}" for i in range(20)]})[:, 2:]
    assert (others.sum(axis=0) > 0).all()  # by a hash
    assert rules(["a", "b"], min_frequency=5)[0] == "text, the 0 most frequent of 2 values, 2 cells other"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": "a"}, "drop must be a list of names"),
        ({"missing": [3]}, "missing must be a list of names"),
        ({"decimal": ";"}, "decimal must be"),
        ({"thousands": "ab"}, "thousands must be one mark"),
        ({"thousands": ",", "decimal": ","}, "thousands must be one mark"),
        ({"thousands": "5"}, "thousands must be one mark"),
        ({"min_frequency": 0}, "min_frequency must be at least 1"),
        ({"other_columns": True}, "other_columns must be an integer"),
        ({"drop": ["a"], "text": ["a"]}, "column 'a' is named for two"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        TableOptions(**options)


def test_a_declared_kind_holds_for_categories_and_dates_too():
    digits, days = pa.array(["1", "2"]).dictionary_encode(), pa.array(["2026-01-01", "2026-01-05"]).dictionary_encode()
    assert rules(digits, number=["a"])[0] == "number"
    assert rules(days, date=["a"])[0] == "date, as days since 1970, weekday"
    with pytest.raises(DataError, match="expected a number, found the date 2026-01-01"):
        rules(np.array(["2026-01-01"], "M8[s]"), number=["a"])
    with pytest.raises(DataError, match="expected a number, found the date 2026-01-01"):
        TableEncoding.fit({"c": [1.0, 2.0]}).transform({"c": np.array(["2026-01-01"], "M8[s]")})


def test_words_that_a_user_calls_missing_in_dates_and_booleans():
    assert rules(["2026-01-05", "2026-01-12", "oops"], missing=["oops"])[0] == (
        "date, as days since 1970, 1 cell missing (mean, own column)"
    )
    assert rules(np.array(["1967-04-08", "1967-04-15"], "M8[D]"), missing=["-999", "0"])[0] == "date, as days since 1970"
    assert rules([True, False], missing=["0"])[0] == "number (true or false)"


def test_the_name_of_a_date_does_not_depend_on_other_cells():
    days = np.array(["2026-01-01", "2026-01-02T01:00", "2026-01-02T01:00:00.25"], "M8[ms]")
    encoding = TableEncoding.fit({"d": days}, TableOptions(text=["d"]))
    assert list(encoding.feature_names) == ["d=2026-01-01", "d=2026-01-02T01:00:00", "d=2026-01-02T01:00:00.250000"]
    assert encoding.transform({"d": days}).tolist() == np.eye(3).tolist()
    assert TableEncoding.from_section(encoding.to_section()).describe() == encoding.describe()


def test_what_is_told_of_units_and_unusual_numbers():
    assert rules(["1k", "2k", "500"])[1] == ["numbers written with unit 'k', 1 cell without the unit"]
    assert rules(["(1)", "2"])[1] == ["numbers, of which some are written as (1.50) or with a typographic minus"]
    assert rules(["0.5", "1.5"], decimal=",")[1] == ["numbers without the marks of --decimal or --thousands, read as they are"]


def test_a_notation_holds_where_later_cells_look_plain():
    encoding = TableEncoding.fit({"c": ["1.234,5", "2.000,0"]})
    assert encoding.text_columns == ("c",)
    assert encoding.transform({"c": ["1.234"]}, "f8").tolist() == [[1234]]


def test_tables_without_rows():
    columns = {"n": [1.5, 2], "t": ["a", "b"], "d": ["2026-01-01", "2026-01-05"]}
    encoding = TableEncoding.fit(columns)
    assert encoding.transform({name: [] for name in columns}).shape == (0, len(encoding.feature_names))
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(columns)
    none = frame.iloc[:0]
    assert encoding.transform({name: none[name] for name in none}).shape == (0, len(encoding.feature_names))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["0001-01-01T00:00:00+05:00", "x"], "text, 2 categories"),
        (
            pa.chunked_array([pa.DictionaryArray.from_arrays([0, 1], pa.array([word, None])) for word in "ab"]),
            "text, 2 categories",
        ),
        (
            pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], pa.string())),
            "no value in training, dropped",
        ),
    ],
    ids=["date out of range", "dictionaries with nulls", "dictionary of nothing"],
)
def test_odd_columns(cells, said):
    assert rules(cells)[0].startswith(said)


@pytest.mark.parametrize("cells", [iter([1, 2]), "01067", 5, b"x"], ids=["iterator", "text", "number", "bytes"])
def test_what_is_no_column(cells):
    with pytest.raises(DataError, match="column 'c' is a .*, expected a list or array of cells"):
        TableEncoding.fit({"c": cells})
    with pytest.raises(DataError, match="column 'c' holds bytes that are not UTF-8"):
        TableEncoding.fit({"c": np.array([b"\xff", b"x"])})
    with pytest.raises(DataError, match="every column is left out"):
        rules(["1"], drop=["a", "more"])


def test_free_text_is_told():
    cells = [f"the message number {i % 90} of many" for i in range(100)]
    said, (note,) = rules(cells)
    assert said == "text, 90 categories"
    assert note == (
        "90 of 100 cells are distinct and several words long, learnt as whole cells; "
        "leave it out by --drop a, or hash its words (HashingEncoder of this column alone)"
    )
    assert rules([f"number {i % 90}" for i in range(100)])[1] == []
    assert rules([f"the message number {i % 40} of many" for i in range(100)])[1] == []


def test_later_cells_without_the_unit_are_told():
    encoding = TableEncoding.fit({"p": ["14 %", "15 %", "16 %"]})
    assert encoding.transform({"p": ["14 %", "0.5", "n/a"]}).tolist() == [[14], [0.5], [15]]
    assert encoding.notes == ["p: 1 cell without '%', taken in that unit", "p: 1 cell missing, none in training: mean 15"]
    encoding.transform({"p": [0.5, None]})
    assert encoding.notes[0] == "p: 1 cell without '%', taken in that unit"
