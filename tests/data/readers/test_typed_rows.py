"""The fast way: types by all rows, and pieces of any size make the same table."""

import numpy as np
import pytest
from delimited_files import cells, pieces_of, refused

from hotloop.data.readers import delimited_reader
from hotloop.data.readers.delimited import read_table


@pytest.fixture
def small_pieces(monkeypatch):
    with pieces_of(piece=20, block=1 << 20, head=10):
        yield monkeypatch


@pytest.fixture
def no_careful_way(monkeypatch):
    def fail(*args):
        raise AssertionError("the careful way")

    monkeypatch.setattr(delimited_reader, "read_rows", fail)


@pytest.mark.usefixtures("small_pieces", "no_careful_way")
class TestPieces:
    def test_a_late_word_makes_text_of_all(self, write):
        rows = [f"{i}.50,{i}" for i in range(20)]
        table = read_table(write("\n".join(["a,b", *rows, "late,20"]).encode()))
        assert cells(table)["a"] == [f"{i}.50" for i in range(20)] + ["late"]
        assert table.columns["b"].numbers.tolist() == list(range(21))

    def test_a_late_code_makes_text_of_all(self, write):
        rows = [f"{i},x" for i in range(20)]
        for code in ("007", "-01", "9007199254740993"):
            assert cells(read_table(write("\n".join(["a,b", *rows, f"{code},x"]).encode())))["a"] == [
                *map(str, range(20)),
                code,
            ]

    def test_a_late_fraction_makes_numbers_of_codes(self, write):
        table = read_table(write(b"a,b\n" + b"007,x\n" * 20 + b"0.5,x\n"))
        assert table.columns["a"].numbers.tolist() == [7.0] * 20 + [0.5]
        table = read_table(write(b"a,b\n" + b"0.5,x\n" * 20 + b"007,x\n"))
        assert table.columns["a"].numbers.tolist() == [0.5] * 20 + [7.0]

    def test_nan_is_a_word_and_infinity_a_number(self, write):
        table = read_table(write(b"a,b\n" + b"1,2\n" * 20 + b"nan,inf\n"))
        assert cells(table)["a"] == ["1"] * 20 + ["nan"]
        assert table.columns["b"].numbers[-1] == np.inf

    def test_missing_cells(self, write):
        table = read_table(write(b"a,b,c\n" + b"1,x,\n" * 20 + b" ? ,  ,\n,?,\n"))
        assert table.columns["a"].missing.tolist() == table.columns["b"].missing.tolist() == [False] * 20 + [True] * 2
        assert np.isnan(table.columns["c"].numbers).all()

    def test_empty_lines_are_counted_among_rows_only(self, write):
        path = write(b"\na,b\n\n1,2\n\n\n3,4\n" + b"5,6\n" * 20 + b"\n\n\n")
        assert read_table(path).notes == (f"{path}: 3 empty lines passed over",)
        assert read_table(path).line(1) == 7
        path = write(b'a,b\r\n1,"x\r\n\r\ny"\r\n\r\n3,4\r\n')
        assert read_table(path).notes == (f"{path}: 1 empty line passed over",)
        assert read_table(write(b"a,b\n1,2\n\n\n")).notes == ()

    def test_an_empty_line_of_one_column_is_a_missing_cell(self, write):
        table = read_table(write(b'\nword\ngood\n\nbad\n"a\n\nb"\n\n'))
        assert cells(table) == {"word": ["good", None, "bad", "a\n\nb", None]}
        assert [table.line(row) for row in range(5)] == [3, 4, 5, 6, 9]
        assert table.notes == ()
        assert cells(read_table(write(b"\n1\n\n2"), header=False)) == {"c1": [None, "1", None, "2"]}

    def test_quoted_cells(self, write):
        table = read_table(write(b"a,b\n" + b'"1","x, ""y""\nz"\n 2 , "w"\n' * 10))
        assert cells(table) == {"a": ["1", "2"] * 10, "b": ['x, "y"\nz', "w"] * 10}

    def test_one_careless_cell_of_many_columns(self, write):
        names, row = [f"n{i}" for i in range(30)], ["1.5"] * 30
        table = read_table(write("\n".join([",".join(names), *[",".join(row)] * 9, ",".join(["n/a", *row[1:]])]).encode()))
        assert cells(table)["n0"] == ["1.5"] * 9 + ["n/a"]
        assert all(table.columns[name].kind == "number" for name in names[1:])


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("last", [b"3", b"1,2,3", b'"x', b"1,\xe9"])
def test_a_malformed_line_behind_many_pieces(write, last):
    message = refused(write(b"a,b\n" + b"1,2\n" * 20 + last + b"\n"))
    assert "t.csv, line 22: " in message


def test_lines_are_not_told_where_line_ends_are_mixed(write):
    table = read_table(write(b"a,b\n1,2\r3,4\n\r5,6\n"))
    assert table.columns["a"].numbers.tolist() == [1, 3, 5]
    assert table.where(1).endswith("row 2")


@pytest.mark.usefixtures("small_pieces")
def test_odd_quotes_behind_many_pieces(write):
    table = read_table(write(b"a,b\n" + b"1.5,x\n" * 20 + b'2,5" pipe\n'))
    assert cells(table)["b"][-1] == '5" pipe'
    assert table.columns["a"].numbers[-1] == 2
    assert table.where(20).endswith("line 22")


def test_a_line_feed_of_a_quoted_pair_is_kept_between_blocks(write):
    for n in range(30):
        with pieces_of(piece=1 << 20, block=40, head=10):
            table = read_table(write(b"a,b\r\n1," + b"x" * n + b'\r\n2,"two\r\nlines"\r\n3,"y"\r\n'))
        assert cells(table)["b"][1] == "two\r\nlines"


@pytest.mark.parametrize(("n_rows", "threads"), [(3, {False}), (60_000, {True})])
@pytest.mark.parametrize("odd", [False, True], ids=["typed", "careful"])
def test_a_small_text_takes_one_thread_of_pyarrow(write, monkeypatch, n_rows, threads, odd):
    csv = pytest.importorskip("pyarrow.csv")
    used, read_csv = set(), csv.read_csv

    def recording(*args, read_options, **options):
        used.add(read_options.use_threads)
        return read_csv(*args, read_options=read_options, **options)

    monkeypatch.setattr(csv, "read_csv", recording)
    row = '5" pipe,"12.5, and more"\n' if odd else '007,"a,b"," 12.5 "\n'
    table = read_table(write(("a,b\n" if odd else "a,b,c\n").encode() + row.encode() * n_rows))
    assert table.n_rows == n_rows
    assert used >= threads
    assert n_rows > 3 or used == threads
