"""Table: columns by name, some of them dropped; where a row stands."""

from delimited_files import SMALL

from hotloop.data.readers.delimited import read_table
from hotloop.data.table import Place, Table


def test_drop(write):
    table = read_table(write(SMALL))
    rest = table.drop("pet")
    assert list(rest.columns) == ["age"]
    assert rest.where(1) == table.where(1)
    assert list(table.columns) == ["age", "pet"]


def test_rows_are_numbered_where_no_line_is_known():
    assert Table("t.csv", {}, 3, ",", True, first_row=10).where(1) == "t.csv, row 12"
    assert Table("t.csv", {}, 3, ",", True, first_row=10).line(1) is None
    placed = Table("t.csv", {}, 3, ",", True, first_row=10, place=lambda row: Place("u.csv", row, 2 * row))
    assert placed.where(1) == "u.csv, line 22"
