"""Columns of any kind become cells: arrays, lists, Arrow, pandas; what is no number, and what is missing."""

import numpy as np
import pytest
from tables import encode

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.columns import as_column, iso_8601  # noqa: E402
from hotloop.data.errors import DataError  # noqa: E402
from hotloop.preprocessing.column_rules import TableOptions  # noqa: E402
from hotloop.preprocessing.table_encoding import TableEncoding  # noqa: E402


@pytest.mark.parametrize("token", ["NA", "n/a", "#N/A", "NaN", "NULL", "none", "-", ".", "unknown", "", "?"])
def test_tokens_for_a_missing_number(token):
    names, rows = encode({"a": ["1", token, "3"]})
    assert names == ["a", "a=missing"]
    assert rows == [[1, 0], [2, 1], [3, 0]]
    encoding = TableEncoding.fit({"a": ["1", "3"]})
    assert encoding.transform({"a": [token]}).tolist() == [[2]]
    assert encoding.notes == ["a: 1 cell missing, none in training: mean 2"]


@pytest.mark.parametrize("token", ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "inf"])
def test_the_same_tokens_are_words_among_words(token):
    names, rows = encode({"a": ["x", token, "x"]})
    assert names == sorted([f"a={token}", "a=x"])
    assert [sum(row) for row in rows] == [1, 1, 1]
    assert rows[0] != rows[1]


@pytest.mark.parametrize("cell", ["0x10", "1e", "1 2", "one", "1.2.3", "12:30"])
def test_cells_that_are_no_numbers(cell):
    assert encode({"a": ["1", "2", cell]})[0] == sorted(["a=1", "a=2", f"a={cell}"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1, 2], np.int8), [[1], [2]]),
        (np.array([1.5, np.nan, 2.5], np.float32), [[1.5, 0], [2, 1], [2.5, 0]]),
        (np.array([True, False]), [[1], [0]]),
        (np.ma.array([1.0, 9.0, 3.0], mask=[0, 1, 0]), [[1, 0], [2, 1], [3, 0]]),
        (np.array(["a", " b", "?"]), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (np.array([b"a", b"b"]), [[1, 0], [0, 1]]),
        (np.array(["a", None, np.nan, 1], object), [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]),
        ([True, None], [[1, 0], [1, 1]]),
        ([1, "2", 6.0], [[1], [2], [6]]),
        (("a", "b"), [[1, 0], [0, 1]]),
        (pa.array([1, None]), [[1, 0], [1, 1]]),
        (pa.chunked_array([["b"], ["a", None]]), [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
        (pa.array(["1", "2", None]).dictionary_encode(), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (pa.array(["a", "b"], pa.large_string())[1:], [[1]]),
        (pa.array([None, 5.0, None, 7.0])[1:], [[5, 0], [6, 1], [7, 0]]),
    ],
    ids=str,
)
def test_kinds_of_columns(values, expected):
    assert encode({"c": values})[1] == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 3], [[1, 0], [2, 1], [3, 0]]),
        (["a", None, "?"], [[1, 0], [0, 1], [0, 1]]),
        (["a", 1, None], [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    ],
)
def test_pandas_columns(values, expected):
    pd = pytest.importorskip("pandas")
    assert encode({"c": pd.Series(values, index=[5, 5, 7])})[1] == expected
    assert encode({"c": pd.Series(values, dtype=object)})[1] == expected


def test_categories_of_pandas_are_text():
    pd = pytest.importorskip("pandas")
    column = pd.Series([10, 20, None], dtype="category").astype(pd.CategoricalDtype([10, 20]))
    names, rows = encode({"c": column})
    assert names == ["c=10", "c=20", "c=missing"]
    assert rows == np.eye(3).tolist()


def test_text_of_training_is_found_again_in_typed_columns():
    encoding = TableEncoding.fit({"flag": ["True", "False"], "zip": ["10", "x"]}, TableOptions(text=["flag"]))
    X = encoding.transform({"flag": np.array([True, False]), "zip": np.array([10.0, 10.0])})
    assert encoding.feature_names == ["flag=False", "flag=True", "zip=10", "zip=x"]
    assert X.tolist() == [[0, 1, 1, 0], [1, 0, 1, 0]]
    assert encoding.notes == []


@pytest.mark.parametrize(
    "values",
    [np.array([1j]), [[1], [2]], [{"a": 1}], [True, {"a": 1}]],
    ids=str,
)
def test_other_kinds_of_columns_are_refused(values):
    with pytest.raises(DataError, match="column 'c' holds"):
        TableEncoding.fit({"c": values})


def test_inputs_stay_as_they_are():
    numbers, text = np.array([1.0, np.nan]), np.array(["a", "?"], object)
    numbers.flags.writeable = text.flags.writeable = False
    assert encode({"n": numbers, "t": text})[1] == [[1, 0, 1, 0], [1, 1, 0, 1]]


def test_numeric_arrays_need_no_pyarrow(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert encode({"n": np.array([1.0, 2.0])})[1] == [[1], [2]]
    with pytest.raises(ImportError, match=r"needs pyarrow: pip install 'hotloop\[cli\]'"):
        TableEncoding.fit({"t": ["a", "b"]})


@pytest.mark.parametrize("first", [[], [None], [float("nan")], [np.float32("nan"), None]])
@pytest.mark.parametrize("other", [np.int8(1), np.bool_(True), np.timedelta64(1, "s")])
def test_dates_of_numpy_among_its_numbers_are_refused(first, other):
    """pyarrow ended the process."""
    pd = pytest.importorskip("pandas")
    cells = [*first, np.datetime64("2020-01-31"), other]
    array = np.array(cells, object)
    categories = pd.Series(pd.Categorical(array[-2:], categories=pd.Index(array[-2:], dtype=object)))
    for values in (cells, array, pd.Series(array, dtype=object), pd.Index(array, dtype=object), categories):
        with pytest.raises(DataError, match="column 'a' holds datetime64: expected numbers or text"):
            as_column(values, "a")
    with pytest.raises(DataError, match="column 'a' holds list: expected numbers or text"):
        as_column([cells], "a")


@pytest.mark.parametrize(
    ("days", "word"),
    [(0.0, "1970-01-01"), (0.5, "1970-01-01T12:00:00"), (1e8, "275760-09-13"), (1.0425e11, "1.0425e+11 days from 1970-01-01")],
)
def test_days_as_words(days, word):
    assert iso_8601(days) == word
