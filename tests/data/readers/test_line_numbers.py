"""Lines are counted over empty lines, quoted line ends and marks at the start of a file."""

import pytest
from delimited_files import cells, refused

from hotloop.data.readers.delimited import read_table


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
def test_line_ends_and_byte_order_mark(write, end, mark):
    table = read_table(write((mark + end.join(["a,b", "1,2", "3,4"]) + end).encode()))
    assert cells(table) == {"a": ["1", "3"], "b": ["2", "4"]}
    assert [table.where(i) for i in range(2)] == [f"{table.name}, line {n}" for n in (2, 3)]
    bad = refused(write((mark + end.join(["a,b", "1,2", "3", ""])).encode()))
    assert "t.csv, line 3: expected 2 cells" in bad


def test_lines_are_counted_over_empty_lines_and_quoted_line_ends(write):
    table = read_table(write(b'\na,b\n\n1,2\n"x\n\ny",3\n\r\n\n5,6\n'))
    assert cells(table)["a"] == ["1", "x\n\ny", "5"]
    assert [table.line(i) for i in range(3)] == [4, 5, 10]


@pytest.mark.parametrize("last", [b"3", b'3"4'])
def test_rows_are_counted_where_lines_cannot_be_told(write, last):
    table = read_table(write(b'a,b\n5" pipe,2\n"x\ny",' + last + b"\n"))
    assert table.line(1) is None
    assert table.where(1) == f"{table.name}, row 2"
    assert "quotes within cells are irregular" in table.notes[0]


def test_quotes_that_enclose_nothing_in_tab_separated_text(write):
    text = b'ham\t"hello\nspam\twin\nham\tsaid "no" to\nham\tx"y\n'
    table = read_table(write(text), header=False)
    assert cells(table)["c2"] == ['"hello', "win", 'said "no" to', 'x"y']
    assert "quotes do not pair up" in table.notes[0]
    assert table.line(3) == 4
