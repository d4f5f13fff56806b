"""Names of columns: empty, repeated, numbers, and the index of pandas."""

import pytest
from delimited_files import cells, refused

from hotloop.data.readers.delimited import read_table
from hotloop.data.readers.header import names_of_header


def test_names_empty_or_repeated(write):
    message = refused(write(b"a,,b,\n1,2,3,4\n"))
    assert message.endswith("t.csv, line 1: no name for column 2, 4")
    message = refused(write(b"\na, b ,a,b,c\n1,2,3,4,5\n"))
    assert message.endswith("t.csv, line 2: column names repeated: 'a', 'b'")


def test_the_way_out_is_named_only_where_the_header_looks_like_data(write):
    assert "--no-header" in refused(write(b"1,,x\n1,2,3\n"))
    assert "--no-header" in refused(write(b"1,1\n1,2\n"))


def test_many_repeated_names_are_counted(write):
    names = [f"n{i}" for i in range(12)] * 2
    assert "'n9', ... (12 of 24)" in refused(write(",".join(names).encode() + b"\n1\n"))


def test_header_that_looks_like_data_is_noted(write):
    notes = read_table(write(b"39,Private,2.5\n50,State-gov,1\n")).notes
    assert len(notes) == 1
    assert "t.csv, line 1: taken as column names, though 2 of 3 are numbers (no header in this file? --no-header)" in notes[0]
    assert read_table(write(b"39,Private\n50,State-gov\n"), header=False).notes == ()


def test_the_index_of_pandas_has_a_name(write):
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    table = read_table(write(pd.DataFrame({"x": [0.5, 1.5], "y": ["a", "b"]}).to_csv().encode()))
    assert cells(table) == {"unnamed": ["0", "1"], "x": ["0.5", "1.5"], "y": ["a", "b"]}
    assert len(table.notes) == 1
    assert (
        "t.csv, line 1: the first column has no name, as an index that pandas has written; read as 'unnamed'" in table.notes[0]
    )
    assert len(read_table(write(pd.DataFrame([[0.5, 1.5]]).to_csv().encode())).notes) == 1  # numbered columns are no data


def test_the_new_name_is_new():
    assert names_of_header(["", "unnamed", "unnamed_2"], "here")[0] == ["unnamed_3", "unnamed", "unnamed_2"]
    assert len(names_of_header(["", "7", "x"], "here")[1]) == 2  # this may be data
