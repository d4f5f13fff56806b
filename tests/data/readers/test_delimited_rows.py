"""Rows to cells: quotes, blanks, and what each malformed row is told."""

import pytest
from delimited_files import SMALL, cells, refused

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.readers.delimited import read_table  # noqa: E402


def test_cells_are_numbers_or_trimmed_words(write):
    path = write(SMALL)
    table = read_table(path)
    assert cells(table) == {"age": ["31", "54", None], "pet": ["cat", "dog", None]}
    assert [column.kind for column in table.columns.values()] == ["number", "text"]
    assert (table.n_rows, table.delimiter, table.header, table.notes) == (3, ",", True, ())
    assert table.name == str(path)


def test_quotes(write):
    table = read_table(write(b'a,b\n"x, y","say ""hi"""\n 1 , "q""" \n"p\nq",z\n5" pipe,w\n'))
    assert cells(table) == {
        "a": ["x, y", "1", "p\nq", '5" pipe'],
        "b": ['say "hi"', 'q"', "z", "w"],
    }


def test_quoted_cell_that_begins_with_a_blank_and_a_quote(write):
    assert cells(read_table(write(b'a,b\n" ""x""",1\n')))["a"] == ['"x"']


@pytest.mark.parametrize(
    ("content", "options", "line", "expected", "found", "text"),
    [
        (b"a,b\n1,2\n3\n4,5\n", {}, 3, 2, 1, "'3'"),
        (b"a,b\n1,2\n3,4,5\n", {}, 3, 2, 3, "'3,4,5'"),
        (b"1,2\n3,4\n5,6,7\n", {"header": False}, 3, 2, 3, "'5,6,7'"),
        (b"a,b\n\n1,2\n\n\n3\n", {}, 6, 2, 1, "'3'"),
        (b'\n\n"a\nb",c\n1,2\n"x\ny",2\n3\n', {}, 8, 2, 1, "'3'"),
        (b"a\tb\n1\t2\n3\n1\t2\n", {}, 3, 2, 1, "'3'"),
        (b"a,b\n1,2\n" + b"x" * 200 + b"\n3,4\n", {}, 3, 2, 1, "'" + "x" * 80 + "...'"),
        (b"a,b\n" + b"1,2\n" * 2_000_000 + b"3\n", {}, 2_000_002, 2, 1, "'3'"),  # beyond a block
    ],
    ids=["few", "many", "no-header", "empty-lines", "quoted-ends", "tab", "long", "far"],
)
def test_wrong_number_of_cells(write, content, options, line, expected, found, text):
    message = refused(write(content), **options)
    mark = "\\t" if b"\t" in content else ","
    assert message.endswith(f"t.csv, line {line}: expected {expected} cells separated by '{mark}', found {found}: {text}")


def test_the_first_of_several_bad_lines_is_named(write):
    assert ", line 3: " in refused(write(b"a,b\n1,2\n3\n4\n5,6\n5,6\n5,6\n7\n"))


@pytest.mark.parametrize("header", [True, False])
def test_bytes_that_are_not_utf8(write, header):
    message = refused(write(b"a,b\n\n1,caf\xc3\xa9\n2,caf\xe9\n"), header=header)
    assert "t.csv, line 4: not UTF-8 (byte 0xe9)" in message
    message = refused(write(b"a,caf\xe9\n1,2\n"), header=header)
    assert "t.csv, line 1: not UTF-8 (byte 0xe9)" in message


def test_quotes_behind_blanks(write):
    text = b'a,b\n 1, "x, y"\n2,  "p ""q"""\n "3" ,"z"\n'
    for more in (b"", b'4,5" pipe\n'):  # with a quote in a cell the careful way
        table = read_table(write(text.replace(b"x, y", b"x y") + more))
        assert cells(table)["a"][:3] == ["1", "2", "3"]
        assert cells(table)["b"][:3] == ["x y", 'p "q"', "z"]
    assert cells(read_table(write(text)))["b"] == ["x, y", 'p "q"', "z"]
    assert cells(read_table(write(b'a,b\n"","z"\n1, "y"\n"",2\n')))["b"] == ["z", "y", "2"]


def test_the_careful_way_makes_the_same_columns(write):
    text = b"n,code,long,word,inf\n1.5,007,9007199254740993,NA,inf\n?,12,1, x ,2\n"
    table = read_table(write(text + b'2,13,2,5" pipe,3\n'))
    assert [column.kind for column in table.columns.values()] == ["number", "text", "text", "text", "number"]
    assert cells(table)["code"] == ["007", "12", "13"]
    assert cells(table)["n"] == ["1.5", None, "2"]
    assert "quotes within cells" not in "".join(table.notes)  # each line is a row
    table = read_table(write(text + b'2,13,2,5" pipe,3\n'), columns=["code", "n"], text=["n"])
    assert cells(table) == {"n": ["1.5", None, "2"], "code": ["007", "12", "13"]}


def test_quotes_that_pair_up_are_opened_at_once_here_too(write):
    assert cells(read_table(write(b'a,b\n1, "x, y"\r2,z\n')))["b"] == ["x, y", "z"]  # line ends are mixed


def test_an_empty_line_of_one_column_is_a_missing_cell_here_too(write):
    table = read_table(write(b'pipe\n5"\n\n6"\n'))
    assert cells(table) == {"pipe": ['5"', None, '6"']}
    assert table.line(2) == 4


def test_rows_of_tabs_whose_quotes_pair_up_are_not_read_otherwise(write):
    assert "line 3: expected 3 cells" in refused(write(b'a\tb\tc\n1\t2\t3\n4\t"\t5 "\n'))


def test_quote_never_closed(write):
    message = refused(write(b'a,b\n1,2\n3,"x\n4,5\n6,7\n'))
    assert "t.csv, line 3: the quote opened here is never closed: 'x\\n4,5\\n6,7\\n'" in message
    assert cells(read_table(write(b'a,b\n1,""\n2,"x""\n"\n'))) == {"a": ["1", "2"], "b": [None, 'x"']}
    assert cells(read_table(write(b'a,b\n1,"y"""'))) == {"a": ["1"], "b": ['y"']}
    assert cells(read_table(write(b'a,b\n1,""'))) == {"a": ["1"], "b": [None]}
    assert cells(read_table(write(b'a,b\n1,"\n"\n'))) == {"a": ["1"], "b": [None]}


def test_row_longer_than_a_block(write, monkeypatch):
    monkeypatch.setattr("hotloop.data.readers.delimited_rows._BLOCK_BYTES", 100)
    monkeypatch.setattr("hotloop.data.readers.typed_rows._BLOCK_BYTES", 100)
    table = read_table(write(b'a,b\n1,"' + b"x\n" * 500 + b'"\n2,3\n'))
    assert [len(cell) for cell in cells(table)["b"]] == [999, 1]  # trimmed
    assert ", line 3: " in refused(write(b"a,b\n1,2\n" + b"y" * 500 + b"\n"))
