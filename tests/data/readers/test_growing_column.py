"""Pieces appended make one column, of distinct trimmed words."""

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.readers.growing_column import GrowingColumn, as_column  # noqa: E402


def text(*chunks):
    arrays = [pa.array(chunk, pa.string()).dictionary_encode() for chunk in chunks]
    return pa.chunked_array(arrays, pa.dictionary(pa.int32(), pa.string()))


def numbers(*chunks):
    return np.array([number for chunk in chunks for number in chunk], np.float64)


@pytest.mark.parametrize("n_expected", [0, 3, 100])
def test_words_are_distinct_over_pieces(n_expected):
    column = GrowingColumn()
    for cells in (text(["a", None, " b"], ["b", "?"]), text([None]), text([]), text(["c", "", "a "])):
        column.append(cells, n_expected)
    found = column.column()
    assert found.cells() == ["a", None, "b", "b", None, None, "c", None, "a"]
    assert found.words.to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize("n_expected", [0, 2, 100])
def test_numbers(n_expected):
    column = GrowingColumn()
    for cells in (numbers([1.5, np.nan], [2]), numbers([]), numbers([3, np.nan])):
        column.append(cells, n_expected)
    np.testing.assert_array_equal(column.column().numbers, [1.5, np.nan, 2, 3, np.nan])


def test_rows_may_be_cut_off_again():
    column = GrowingColumn()
    column.append(text(["a", "b"]), 0)
    column.append(numbers([1]), 0)
    assert column.kinds == {"text", "number"}
    column.cut(0)
    column.append(text(["c"]), 0)
    column.append(text(["d"]), 0)
    column.cut(1)
    column.append(text(["e"]), 0)
    assert column.column().cells() == ["c", "e"]


def test_no_words():
    assert as_column(text([None, "?"])).cells() == [None, None]
    assert len(as_column(text())) == len(as_column(numbers())) == 0
