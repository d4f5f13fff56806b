"""What is a number, what is a code, and what is neither."""

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.columns import text_column  # noqa: E402
from hotloop.data.readers.plain_numbers import may_have_leading_zero, plain_numbers, settled  # noqa: E402

NUMBERS = ["1", " 1 ", "+7", "-.5", "2.", "1e5", "1E+05", "\u30003", "1e999", "-Infinity", "+inf", "1e20", "0", "0.5", "-0"]
WORDS = ["nan", "-nan", "NaN", "NA", "0x10", "1_0", "1,5", "1d5", "e5", "1e", ".", "+", "+-1", "true", "١"]


@pytest.mark.parametrize("cell", NUMBERS)
def test_numbers(cell):
    for cells in ([cell], ["", "?", cell, " ", " ? "], ["1"] * 70 + [cell]):
        numbers = plain_numbers(pa.array(cells))
        assert numbers[cells.index(cell)] == float(cell)
    np.testing.assert_array_equal(plain_numbers(pa.array(["", "?", "3"])), [np.nan, np.nan, 3])


@pytest.mark.parametrize("cell", WORDS)
def test_words(cell):
    for cells in ([cell], ["1", cell], ["1.5"] * 70 + [cell, "2"]):
        assert plain_numbers(pa.array(cells)) is None


@pytest.mark.parametrize("code", ["007", "00", "-01", "+00", " 010 ", "9007199254740992", "-9007199254740993", "1" * 19])
def test_codes(code):
    assert plain_numbers(pa.array(["1", code, "?"])) is None
    assert plain_numbers(pa.array(["1", code, "?"]), fraction=True) is not None
    assert plain_numbers(pa.array(["1", code, "0.5"])) is not None


@pytest.mark.parametrize("number", ["9007199254740991", "1582218195625938", "1e16", "9007199254740993.0", "1e999"])
def test_large_numbers_that_are_no_codes(number):
    assert plain_numbers(pa.array(["1", number])) is not None


def test_nothing_is_a_column_of_missing_numbers():
    assert len(plain_numbers(pa.chunked_array([], pa.string()))) == 0
    assert np.isnan(plain_numbers(pa.array(["", "?"]))).all()


def test_a_column_of_text_settles_to_numbers():
    column = settled(text_column(pa.array(["1.5", " ", "007", " 1.5"])))
    np.testing.assert_array_equal(column.numbers, [1.5, np.nan, 7, 1.5])
    column = text_column(pa.array(["1", "007"]))
    assert settled(column) is column


@pytest.mark.parametrize("mark", [",", ";", "|", "\t", " "])
@pytest.mark.parametrize("cell", ["007", "-01", "+00", '"05"', " 010", '"-01"'])
def test_a_leading_zero_is_seen_wherever_it_stands(monkeypatch, mark, cell):
    for size in (4, 1 << 17):
        monkeypatch.setattr("hotloop.data.readers.plain_numbers._SLICE_BYTES", size)
        for text in (f"{cell}{mark}1\n", f"1{mark}{cell}\n", f"1{mark}2\r\n{cell}{mark}3", f"head{mark}1{mark}2{mark}{cell}"):
            assert may_have_leading_zero(text.encode(), 0, mark)
            assert not may_have_leading_zero(text.encode(), len(text) - 1, mark)


@pytest.mark.parametrize(
    "text", ["0,0.5,-0,10,100,1e-05,1E+05,2e05,x01,1.05,2020-01-31", "0", "", "-0.5", "0,", "0.07,00x"[:6]]
)
def test_zeros_that_lead_nothing_are_not_taken_for_codes(text):
    assert not may_have_leading_zero(text.encode(), 0, ",")
