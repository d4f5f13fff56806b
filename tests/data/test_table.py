"""Table: columns by name, some of them dropped."""

from delimited_files import SMALL

from hotloop.data.readers.delimited import read_table


def test_drop(write):
    table = read_table(write(SMALL))
    rest = table.drop("pet")
    assert list(rest.columns) == ["age"]
    assert rest.where(1) == table.where(1)
    assert list(table.columns) == ["age", "pet"]
