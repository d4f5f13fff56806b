"""Rows of plain cells: the kernel and pyarrow read the same columns."""

import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from delimited_files import cells, pieces_of
from hypothesis import given
from hypothesis import strategies as st

from hotloop.backend import backend_info
from hotloop.data.readers.delimited import DelimitedReader, read_table
from hotloop.data.readers.plain_rows import NUMBER, SKIPPED, TEXT, PlainRows

compiled = pytest.mark.skipif(backend_info().backend == "reference", reason="the reference leaves all text to pyarrow")


@compiled
def test_columns():
    text = "h,1,a\nskip,2.5,é\n,,\n".encode()
    numbers, words = PlainRows().read(text, 0, ",", [SKIPPED, NUMBER, TEXT])
    np.testing.assert_array_equal(numbers, [1, 2.5, np.nan])
    assert words.to_pylist() == ["a", "é", ""]


@pytest.mark.parametrize(
    ("text", "delimiter", "kinds"),
    [
        (b'1,"a"\n', ",", [NUMBER, TEXT]),
        (b"1,\xe9\n", ",", [NUMBER, TEXT]),
        (b"1,x\n", ",", [NUMBER, NUMBER]),
        (b"1,x\n\n", ",", [NUMBER, TEXT]),
        (b"1 x\n", " ", [NUMBER, TEXT]),
        (b"1\n", ",", [NUMBER]),
        (b"1,a,b\n", ",", [NUMBER, TEXT, TEXT]),
    ],
)
def test_text_left_to_pyarrow(text, delimiter, kinds):
    assert PlainRows().read(text, 0, delimiter, kinds) is None


@compiled
def test_memory_is_used_again():
    reader = PlainRows()
    (first, _), (second, _) = (reader.read(text, 0, ",", [NUMBER, NUMBER]) for text in (b"1,2\n3,4\n", b"5,6\n"))
    assert first[0] == 5
    assert second.tolist() == [5]


CELLS = st.sampled_from(
    ["", " ", " 7", "8 ", " ? ", "1 2", "0", "5", "-3", "1.5", "-0.25", "1e3", "2.5E-3", "5.", ".5", "+4", "007", "-01", "00.5"]
    + ["0.30", "12345678901234567", "9007199254740993", "1e400", "1e-400", "nan", "NaN", "inf", "-inf", "?", "x"]
    + ["12.000000000000000000001", "0.1000000000000000055511151231257827", "1e+5", "1e", "0x10", "1_000", "é", "??", "-"]
)  # fmt: skip


@given(
    st.lists(st.tuples(CELLS, st.one_of(CELLS, st.floats(allow_nan=False).map(repr)), CELLS), min_size=1, max_size=12),
    st.sampled_from(",;|\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([30, 200]),
)
def test_the_same_cells_as_by_pyarrow(tmp_path_factory, rows, delimiter, end, piece):
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_bytes(end.join(delimiter.join(row) for row in [("a", "b", "c"), *rows]).encode())
    with pieces_of(piece, 100, 40):
        found = read_table(path, delimiter=delimiter)
        with patch.object(PlainRows, "read", lambda *_: None):
            expected = read_table(path, delimiter=delimiter)
    assert cells(found) == cells(expected)
    assert {name: column.kind for name, column in found.columns.items()} == {
        name: column.kind for name, column in expected.columns.items()
    }
    for name, column in found.columns.items():
        if column.numbers is not None:
            np.testing.assert_array_equal(column.numbers, expected.columns[name].numbers)


@compiled
def test_most_pieces_are_plain(tmp_path):
    """A file of numbers and its target is read by the kernel, from the first piece to the last."""
    path, read = tmp_path / "rows.csv", []
    path.write_text("x,y,z\n" + "1.5,2,a\n-3,,b\n" * 50)
    original = PlainRows.read
    with pieces_of(200, 100, 40), patch.object(PlainRows, "read", lambda *a: read.append(original(*a)) or read[-1]):
        table = read_table(path, text=["z"])
    assert len(read) >= 4
    assert None not in read
    assert table.n_rows == 100
    assert np.nansum(table.columns["y"].numbers) == 100


def test_many_columns_of_words_take_no_room_for_each(tmp_path):
    """Room for all bytes in each column would be 400 times the text."""
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([",".join(f"c{j}" for j in range(800)), *[",".join(["ab"] * 400 + ["1.5"] * 400)] * 250]))
    tracemalloc.start()
    assert read_table(path).n_rows == 250
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * path.stat().st_size


def test_a_column_with_a_fraction_has_no_codes_whichever_way_it_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n1.5,   \n2.5,1\n3.5,2\n4.5,2\n5.5,2\n007,3\n8,3\n9,3\n10,4\n007,1\n")
    with pieces_of(40, 100, 20):
        for patched in (PlainRows.read, lambda *_: None):
            with patch.object(PlainRows, "read", patched):
                kinds = [table.columns["a"].kind for table in DelimitedReader(path).batches()]
            assert set(kinds) == {"number"}


def test_a_byte_order_mark_in_a_cell_stays(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n0,1\n" + b"\xef\xbb\xbf1,1\n" * 30)
    with pieces_of(60, 100, 20):
        for patched in (PlainRows.read, lambda *_: None):
            with patch.object(PlainRows, "read", patched):
                assert read_table(path).columns["a"].words.to_pylist() == ["0", "\ufeff1"]
