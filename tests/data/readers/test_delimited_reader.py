"""A reader: pieces, one after the other, and again."""

import io
import sys

from delimited_files import SMALL, cells, pieces_of

from hotloop.data.readers.delimited import DelimitedReader

ROWS = b"a,b\n" + b"1,x\n\n2, y \n" * 10


def found(reader):
    return [(table.first_row, table.n_rows, cells(table)) for table in reader.batches()]


def test_batches_follow_each_other(write):
    path = write(ROWS)
    with pieces_of(piece=30, block=1 << 20, head=10):
        reader = DelimitedReader(path)
        tables = list(reader.batches())
        assert len(tables) > 3
        assert [table.first_row for table in tables] == [sum(t.n_rows for t in tables[:i]) for i in range(len(tables))]
        assert sum(table.n_rows for table in tables) == 20
        assert [cell for table in tables for cell in cells(table)["b"]] == ["x", "y"] * 10
        assert [table.line(0) for table in tables] == [
            2 + table.first_row // 2 * 3 + table.first_row % 2 * 2 for table in tables
        ]
        assert found(reader) == found(reader)
    assert reader.notes == (f"{path}: 10 empty lines passed over",)
    assert (reader.names, reader.wanted, reader.delimiter, reader.header) == (["a", "b"], ["a", "b"], ",", True)


def test_empty_lines_before_the_header_may_be_many(write):
    with pieces_of(piece=30, block=1 << 20, head=10):
        table = next(DelimitedReader(write(b"\n" * 50 + ROWS)).batches())
    assert (cells(table)["a"][0], table.line(0)) == ("1", 52)


def test_the_standard_input_is_read_again(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL)))
    reader = DelimitedReader("-")
    assert found(reader) == found(reader)
    assert next(reader.batches()).where(1) == "standard input, line 3"


def test_text_and_columns(write):
    reader = DelimitedReader(write(ROWS), text=["a"], drop=["b"])
    assert cells(next(reader.batches())) == {"a": ["1", "2"] * 10}
    assert next(reader.batches()).columns["a"].kind == "text"


def test_the_careful_way_goes_on_where_the_fast_one_stopped(write):
    with pieces_of(piece=30, block=1 << 20, head=10):
        reader = DelimitedReader(write(ROWS + b'3,5" pipe\n4,"z"\n'))
        tables = list(reader.batches())
        assert [cell for table in tables for cell in cells(table)["b"]] == ["x", "y"] * 10 + ['5" pipe', "z"]
        assert tables[-1].where(tables[-1].n_rows - 1).endswith("line 33")
        assert [cell for table in reader.batches() for cell in cells(table)["b"]] == ["x", "y"] * 10 + ['5" pipe', "z"]


def test_quotes_that_turn_out_to_be_ordinary_late_are_so_from_the_start(write):
    raw = b"a\tb\n" + b"0\tx\n" * 20 + b'1\t"x"\n' * 10 + b'2\t"hello\n3\twin\n'
    for size in (30, 1 << 20):
        with pieces_of(piece=size, block=1 << 20, head=10):
            tables = list(DelimitedReader(write(raw)).batches())
        assert [cell for table in tables for cell in cells(table)["b"]] == ["x"] * 20 + ['"x"'] * 10 + ['"hello', "win"]
        assert "quotes do not pair up" in tables[-1].notes[0]


def test_a_file_that_is_gone_has_rows_but_no_lines(write):
    path = write(ROWS)
    table = next(DelimitedReader(path).batches())
    path.unlink()
    assert table.where(1) == f"{path}, row 2"
