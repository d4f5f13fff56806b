"""read_table: headers, packed files, standard input, real files."""

import bz2
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from delimited_files import SMALL, cells, refused

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError  # noqa: E402
from hotloop.data.readers import delimited  # noqa: E402
from hotloop.data.readers.delimited import read_table  # noqa: E402

DATA = os.environ.get("HOTLOOP_DATA")


needs_data = pytest.mark.skipif(DATA is None, reason="HOTLOOP_DATA is not set")


def test_without_header_columns_are_numbered(write):
    table = read_table(str(write(b"1,NA\n2,null\n")), header=False)
    assert cells(table) == {"c1": ["1", "2"], "c2": ["NA", "null"]}
    assert not table.header
    assert list(table.lines) == [1, 2]


def test_header_names_are_trimmed(write):
    assert list(read_table(write(b' a , "b c" \n1,2\n')).columns) == ["a", "b c"]


def test_delimiter_given_is_obeyed(write):
    table = read_table(write(b"a,b;c\n1,5;2\n"), delimiter=";")
    assert cells(table) == {"a,b": ["1,5"], "c": ["2"]}
    assert cells(read_table(write(b"a\tb\n1\t2\n"), delimiter="\\t")) == {"a": ["1"], "b": ["2"]}
    assert cells(read_table(write(b"a!b\n1!2\n"), delimiter="!")) == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize("mark", ["", ",,", '"', "\n", "é"])
def test_delimiter_must_be_one_character(write, mark):
    with pytest.raises(ValueError, match="one ASCII character"):
        read_table(write(SMALL), delimiter=mark)


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
