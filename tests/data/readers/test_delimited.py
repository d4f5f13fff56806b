"""read_table: known answers on small files, and what each malformed file is told."""

import bz2
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError  # noqa: E402
from hotloop.data.readers import delimited  # noqa: E402
from hotloop.data.readers.delimited import read_table  # noqa: E402

DATA = os.environ.get("HOTLOOP_DATA")
needs_data = pytest.mark.skipif(DATA is None, reason="HOTLOOP_DATA is not set")
SMALL = b"age,pet\n31,cat\n54, dog \n,\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def cells(table):
    return {name: column.to_pylist() for name, column in table.columns.items()}


def refused(path, **options):
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_cells_are_trimmed_strings(write):
    path = write(SMALL)
    table = read_table(path)
    assert cells(table) == {"age": ["31", "54", ""], "pet": ["cat", "dog", ""]}
    assert all(column.type == pa.string() for column in table.columns.values())
    assert (table.n_rows, table.delimiter, table.header, table.notes) == (3, ",", True, ())
    assert table.name == str(path)


def test_without_header_columns_are_numbered(write):
    table = read_table(str(write(b"1,NA\n2,null\n")), header=False)
    assert cells(table) == {"c1": ["1", "2"], "c2": ["NA", "null"]}
    assert not table.header
    assert list(table.lines) == [1, 2]


def test_header_names_are_trimmed(write):
    assert list(read_table(write(b' a , "b c" \n1,2\n')).columns) == ["a", "b c"]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|", " "])
def test_separator_is_found(write, mark):
    rows = [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]
    table = read_table(write("\n".join(mark.join(row) for row in rows).encode()))
    assert table.delimiter == mark
    assert cells(table) == {"a": ["1", "4"], "b": ["2", "5"], "c": ["3", "6"]}


def test_quoted_cells_do_not_count_for_the_separator(write):
    table = read_table(write(b'a;b\n"x, y, z";1\n"u, v";2\n"p;q";3\n'))
    assert table.delimiter == ";"
    assert cells(table)["a"] == ["x, y, z", "u, v", "p;q"]


def test_comma_and_blank_between_cells_is_comma(write):
    assert read_table(write(b"39, State-gov, 1\n50, Private, 2\n"), header=False).delimiter == ","


def test_tab_wins_over_marks_in_text(write):
    table = read_table(write(b"a\tb, c\n1\tx, y\n"))
    assert table.delimiter == "\t"
    assert cells(table) == {"a": ["1"], "b, c": ["x, y"]}


def test_one_column(write):
    table = read_table(write(b"age\n31\n54\n"))
    assert cells(table) == {"age": ["31", "54"]}


def test_separator_that_cannot_be_told(write):
    assert "t.csv: no separator stands equally" in refused(write(b"a,b;c\n1;2;5\n3,4,5\n"))
    assert "--delimiter" in refused(write(b"a b\n1 2 3\nx\n"))
    both = refused(write(b"1,5;2\n1,6;3\n"), header=False)
    assert "',' and ';' both fit" in both
    assert "--delimiter" in both


def test_separator_of_most_lines_lets_the_bad_line_be_named(write):
    message = refused(write(b"a,b\n1,2;\n3,4\n5\n"))
    assert "t.csv, line 4: expected 2 cells separated by ',', found 1: '5'" in message
    message = refused(write(b"a,b\n1\n"))
    assert "t.csv, line 2: expected 2 cells separated by ',', found 1: '1'" in message


def test_delimiter_given_is_obeyed(write):
    table = read_table(write(b"a,b;c\n1,5;2\n"), delimiter=";")
    assert cells(table) == {"a,b": ["1,5"], "c": ["2"]}
    assert cells(read_table(write(b"a\tb\n1\t2\n"), delimiter="\\t")) == {"a": ["1"], "b": ["2"]}
    assert cells(read_table(write(b"a!b\n1!2\n"), delimiter="!")) == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize("mark", ["", ",,", '"', "\n", "é"])
def test_delimiter_must_be_one_character(write, mark):
    with pytest.raises(ValueError, match="one ASCII character"):
        read_table(write(SMALL), delimiter=mark)


def test_quotes(write):
    table = read_table(write(b'a,b\n"x, y","say ""hi"""\n 1 , "q""" \n"p\nq",z\n5" pipe,w\n'))
    assert cells(table) == {
        "a": ["x, y", "1", "p\nq", '5" pipe'],
        "b": ['say "hi"', 'q"', "z", "w"],
    }


def test_quoted_cell_that_begins_with_a_blank_and_a_quote(write):
    assert cells(read_table(write(b'a,b\n" ""x""",1\n')))["a"] == ['"x"']


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lambda raw: pa.compress(raw, "zstd", asbytes=True)],
    ids=["gz", "bz2", "zst"],
)
@pytest.mark.parametrize("name", ["t.csv.packed", "t.csv"])
def test_packed_files(write, pack, name):
    packed = pack(SMALL)
    assert packed != SMALL
    assert cells(read_table(write(packed, name))) == cells(read_table(write(SMALL)))
    damaged = refused(write(packed[: len(packed) // 2], name))
    assert name in damaged
    assert "damaged" in damaged


def test_packed_file_of_two_members(write):
    table = read_table(write(gzip.compress(SMALL) + gzip.compress(b"9,emu\n")))
    assert cells(table)["pet"] == ["cat", "dog", "", "emu"]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL)))
    table = read_table("-")
    assert table.name == "standard input"
    assert table.n_rows == 3
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL + b"1,2,3\n")))
    assert refused("-").startswith("standard input, line 5: expected 2 cells")


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


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \n", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf"])
def test_empty_file(write, content):
    assert refused(write(content)).endswith("t.csv: the file is empty")


@pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"a,b\n\n \n"])
def test_header_only(write, content):
    assert refused(write(content)).endswith("t.csv: there is a header, but no rows")


def test_header_names_empty_or_repeated(write):
    message = refused(write(b"a,,b,\n1,2,3,4\n"))
    assert "t.csv, line 1: no name for column 2, 4" in message
    assert "--no-header" in message
    message = refused(write(b"\na, b ,a,b,c\n1,2,3,4,5\n"))
    assert "t.csv, line 2: column names repeated: 'a', 'b' " in message
    assert "--no-header" in message


def test_header_that_looks_like_data_is_noted(write):
    notes = read_table(write(b"39,Private,2.5\n50,State-gov,1\n")).notes
    assert len(notes) == 1
    assert "t.csv, line 1: taken as column names, though 2 of 3 are numbers" in notes[0]
    assert read_table(write(b"39,Private\n50,State-gov\n"), header=False).notes == ()


@pytest.mark.parametrize("header", [True, False])
def test_bytes_that_are_not_utf8(write, header):
    message = refused(write(b"a,b\n\n1,caf\xc3\xa9\n2,caf\xe9\n"), header=header)
    assert "t.csv, line 4: not UTF-8 (byte 0xe9)" in message
    message = refused(write(b"a,caf\xe9\n1,2\n"), header=header)
    assert "t.csv, line 1: not UTF-8 (byte 0xe9)" in message


def test_quote_never_closed(write):
    message = refused(write(b'a,b\n1,2\n3,"x\n4,5\n6,7\n'))
    assert "t.csv, line 3: the quote opened here is never closed: 'x\\n4,5\\n6,7\\n'" in message
    assert cells(read_table(write(b'a,b\n1,""\n2,"x""\n"\n'))) == {"a": ["1", "2"], "b": ["", 'x"']}
    assert cells(read_table(write(b'a,b\n1,"y"""'))) == {"a": ["1"], "b": ['y"']}
    assert cells(read_table(write(b'a,b\n1,""'))) == {"a": ["1"], "b": [""]}
    assert cells(read_table(write(b'a,b\n1,"\n"\n'))) == {"a": ["1"], "b": [""]}


def test_row_longer_than_a_block(write, monkeypatch):
    monkeypatch.setattr("hotloop.data.readers.delimited_rows._BLOCK_BYTES", 100)
    table = read_table(write(b'a,b\n1,"' + b"x\n" * 500 + b'"\n2,3\n'))
    assert [len(cell) for cell in cells(table)["b"]] == [999, 1]  # trimmed
    assert ", line 3: " in refused(write(b"a,b\n1,2\n" + b"y" * 500 + b"\n"))


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")


def test_without_pyarrow(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    with pytest.raises(ImportError, match=r"CSV needs pyarrow: pip install 'hotloop\[cli\]'"):
        read_table(write(SMALL))


def test_importing_and_reading_import_neither_pyarrow_nor_pandas_early(write):
    code = (
        "import sys, hotloop.preprocessing.table_encoding as e; from hotloop.data.readers.delimited import read_table\n"
        "assert 'pyarrow' not in sys.modules\n"
        f"table = read_table({str(write(SMALL))!r})\n"
        "e.TableEncoding.fit(table).transform(table)\n"
        "assert not {'pandas', 'sklearn'} & set(sys.modules), 'pandas or scikit-learn'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


def test_drop(write):
    table = read_table(write(SMALL))
    rest = table.drop("pet")
    assert list(rest.columns) == ["age"]
    assert rest.where(1) == table.where(1)
    assert list(table.columns) == ["age", "pet"]


@needs_data
@pytest.mark.parametrize(
    ("name", "header", "shape", "delimiter"),
    [
        ("adult/adult_train.csv.gz", False, (32561, 15), ","),
        ("adult/adult_test.csv.gz", False, (16281, 15), ","),
        ("small/titanic.csv", True, (891, 15), ","),
        ("criteo_tiny/criteo_train.tsv.gz", False, (7200, 40), "\t"),
        ("sms_spam/SMSSpamCollection", False, (5574, 2), "\t"),  # quotes swallow two lines
        ("ag_news/ag_news_test.csv.gz", False, (7600, 3), ","),
        ("imdb/imdb_train.tsv.gz", False, (25000, 2), "\t"),
    ],
)
def test_real_files(name, header, shape, delimiter):
    table = read_table(Path(DATA, name), header=header)
    assert (table.n_rows, len(table.columns)) == shape
    assert table.delimiter == delimiter
    assert table.line(table.n_rows - 1) == table.n_rows + header


@needs_data
def test_adult_cells():
    table = read_table(Path(DATA, "adult/adult_train.csv.gz"), header=False)
    first = [column[0].as_py() for column in table.columns.values()]
    assert first[:4] == ["39", "State-gov", "77516", "Bachelors"]
    assert first[-2:] == ["United-States", "<=50K"]
    missing = {name: column.to_pylist().count("?") for name, column in table.columns.items()}
    assert {name: count for name, count in missing.items() if count} == {
        "c2": 1836,
        "c7": 1843,
        "c14": 583,
    }


def test_public_names():
    assert delimited.DataError is DataError
    assert issubclass(DataError, ValueError)
