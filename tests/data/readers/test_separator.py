"""The separator of a file without one given: known answers, and files that do not tell."""

import pytest
from delimited_files import cells, refused

from hotloop.data.readers.delimited import read_table


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
    assert "looks like svmlight" in refused(write(b"-1 3:1 11:0.5\n+1 2:1\n-1 1:1 2:1 3:1\n"))
    both = refused(write(b"1,5;2\n1,6;3\n"), header=False)
    assert "',' and ';' both fit" in both
    assert "--delimiter" in both


def test_separator_of_most_lines_lets_the_bad_line_be_named(write):
    message = refused(write(b"a,b\n1,2;\n3,4\n5\n"))
    assert "t.csv, line 4: expected 2 cells separated by ',', found 1: '5'" in message
    message = refused(write(b"a,b\n1\n"))
    assert "t.csv, line 2: expected 2 cells separated by ',', found 1: '1'" in message
