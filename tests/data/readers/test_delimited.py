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
    assert [table.line(row) for row in range(2)] == [1, 2]


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
    assert cells(table)["pet"] == ["cat", "dog", None, "emu"]


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


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")


def test_without_pyarrow(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    with pytest.raises(ImportError, match=r"CSV needs pyarrow: pip install 'hotloop\[cli\]'"):
        read_table(write(SMALL))


def test_importing_and_reading_import_neither_pyarrow_nor_pandas_early(write):
    files = [SMALL, b"a,b\n007,x\n1, y\n", b'a,b\n9007199254740993,5" pipe\n2,"z"\n', b"a,b\n0.5,nan\n,2\n"]
    code = (
        "import sys; from hotloop.data.readers.delimited import read_table\n"
        "assert 'pyarrow' not in sys.modules\n"
        f"for path in {[str(write(text, f't{i}.csv')) for i, text in enumerate(files)]!r}: read_table(path)\n"
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
    first = [column.cell(0) for column in table.columns.values()]
    assert first[:4] == ["39", "State-gov", "77516", "Bachelors"]
    assert first[-2:] == ["United-States", "<=50K"]
    missing = {name: int(column.missing.sum()) for name, column in table.columns.items()}
    assert {name: count for name, count in missing.items() if count} == {
        "c2": 1836,
        "c7": 1843,
        "c14": 583,
    }


@pytest.mark.parametrize("first", range(0, 400, 40))
def test_random_files_are_read_as_pandas_reads_them_or_refused(tmp_path, first):
    from random_files import compare, random_file

    found = {compare(random_file(seed), tmp_path / "t.csv") for seed in range(first, first + 40)}
    assert "same" in found
    assert len(found) > 1


def several(write, *contents):
    return [write(content, f"{'abc'[i]}.csv") for i, content in enumerate(contents)]


class TestSeveralFiles:
    def test_their_rows_follow_each_other(self, write):
        paths = several(write, b"x,pet\n1,cat\n2,dog\n", b"x;pet\n\n3;emu\n", gzip.compress(b"x,pet\n4,cat\n"))
        table = read_table(paths)
        assert cells(table) == {"x": ["1", "2", "3", "4"], "pet": ["cat", "dog", "emu", "cat"]}
        assert table.name == f"{paths[0]} and 2 more"
        assert [table.where(row) for row in (1, 2, 3)] == [f"{paths[0]}, line 3", f"{paths[1]}, line 3", f"{paths[2]}, line 2"]
        assert table.n_rows == 4

    def test_columns_are_taken_by_name(self, write):
        paths = several(write, b"x,pet\n1,cat\n", b"pet,x\ndog,2\n")
        table = read_table(paths)
        assert cells(table) == {"x": ["1", "2"], "pet": ["cat", "dog"]}
        assert table.notes == (f"{paths[1]}: its columns stand in another order than in {paths[0]}; they are taken by name",)

    @pytest.mark.parametrize(("other", "lacks", "has"), [(b"x\n1\n", 1, 0), (b"x,pet,age\n1,cat,3\n", 0, 1)])
    def test_other_columns_are_refused(self, write, other, lacks, has):
        paths = several(write, b"x,pet\n1,cat\n", other)
        name = "'age'" if has else "'pet'"
        assert refused(paths) == f"{paths[lacks]}: no column {name}, which {paths[has]} has"

    def test_an_error_names_the_file(self, write):
        paths = several(write, b"x,y\n1,2\n", b"x,y\n1,2\n3\n")
        assert refused(paths).startswith(f"{paths[1]}, line 3: expected 2 cells")

    @pytest.mark.parametrize("odd", [b"", b'9,5" pipe\n'])
    def test_a_column_that_is_text_in_one_is_text_in_all(self, write, odd):
        paths = several(write, b"x,y\n1.50,2\n" + odd, b"x,y\nnone,007\n" + odd)
        table = read_table(paths)
        n = bool(odd)
        assert cells(table)["x"] == ["1.50", *["9"] * n, "none", *["9"] * n]
        assert cells(table)["y"] == ["2", *['5" pipe'] * n, "007", *['5" pipe'] * n]

    def test_codes_of_one_are_numbers_beside_fractions(self, write):
        table = read_table(several(write, b"x,y\n0.5,a\n", b"x,y\n007,a\n"))
        assert table.columns["x"].numbers.tolist() == [0.5, 7]


def test_columns_that_are_not_asked_for_are_not_read(write):
    path = write(b"a,b,c\n1,x,2\n3,y,z\n")
    assert cells(read_table(path, columns=["c", "a"])) == {"a": ["1", "3"], "c": ["2", "z"]}
    assert list(read_table(path, drop=["b", "none"]).columns) == ["a", "c"]
    assert (read_table(path, columns=[]).columns, read_table(path, columns=[]).n_rows) == ({}, 2)


def test_text_is_kept_as_written(write):
    path = write(b"a,b\n1.50, 2\n?,1e3\n")
    table = read_table(path, text=["a", "none"])
    assert cells(table) == {"a": ["1.50", None], "b": ["2", "1000"]}
    assert table.columns["b"].numbers.tolist() == [2, 1000]


def test_public_names():
    assert delimited.DataError is DataError
    assert issubclass(DataError, ValueError)
