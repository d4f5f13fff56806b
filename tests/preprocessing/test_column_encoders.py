"""A column of numbers, of text, of nothing: means, categories, what training had not, and the fields that are stored."""

import zlib

import numpy as np
import pytest
from tables import MIXED, encode

from hotloop.data.errors import DataError
from hotloop.preprocessing.column_rules import TableOptions
from hotloop.preprocessing.table_encoding import TableEncoding


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "+INF", "1e999"])
def test_infinite_numbers_are_refused(cell):
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'a': the number -?inf is inf"):
        TableEncoding.fit({"a": ["1", cell, "3"]})
    with pytest.raises(DataError, match=r"row 2 \(from 0\), column 'a'"):
        TableEncoding.fit({"a": ["1", "2"]}).transform({"a": ["1", "NA", cell]})
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'a'"):
        TableEncoding.fit({"a": np.array([1.0, np.inf])})


def test_number_beyond_float32():
    encoding = TableEncoding.fit({"a": [1.0, 1e39]})
    assert encoding.transform({"a": [1e39]}, np.float64).tolist() == [[1e39]]
    with pytest.raises(DataError, match=r"row 0 .*'a': the number 1e\+39 is too large for float32"):
        encoding.transform({"a": [1e39]})


def test_mean_of_numbers_whose_sum_overflows():
    assert encode({"a": [1e308, 1e308, None]})[1][2] == [1e308, 1]


def test_more_categories_than_allowed():
    cells = ["c"] * 3 + ["b"] * 2 + ["a"] * 2 + ["d"] + ["e"] + ["?"]
    names, rows = encode({"t": cells}, max_categories=2)
    assert names == ["t=a", "t=c", "t=other", "t=missing"]  # a before b: equally frequent
    assert np.sum(rows, axis=0).tolist() == [2, 3, 4, 1]
    assert [row.index(1) for row in rows] == [1] * 3 + [2] * 2 + [0] * 2 + [2] * 2 + [3]
    encoding = TableEncoding.fit({"t": cells}, TableOptions(max_categories=2))
    assert encoding.describe() == ["t: text, the 2 most frequent of 5 values, 4 cells other, 1 cell missing (own column)"]
    assert encoding.transform({"t": ["new", "c"]}).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert encoding.notes == ["t: 1 cell not among the 2 categories ('new'): as t=other"]


def test_other_values_share_columns_by_a_hash():
    cells = ["a", "a", "b", "c", "d", "e"]
    names, rows = encode({"t": cells}, max_categories=1, other_columns=3)
    assert names == ["t=a", "t=other 0", "t=other 1", "t=other 2"]
    assert [row.index(1) for row in rows] == [0, 0, *(1 + zlib.crc32(cell.encode()) % 3 for cell in cells[2:])]
    assert len({row.index(1) for row in rows[2:]}) > 1


def test_exactly_as_many_categories_as_allowed():
    assert encode({"t": ["a", "b", "b"]}, max_categories=2)[0] == ["t=a", "t=b"]
    assert encode({"t": ["a", "b", "b"]}, max_categories=1)[0] == ["t=b", "t=other"]


def test_what_training_had_not():
    encoding = TableEncoding.fit({"n": [1, 3], "t": ["a", "b"]})
    X = encoding.transform({"t": ["z", None, "a", "y"], "n": [None, 5, np.nan, 7]})
    assert X.tolist() == [[2, 0, 0], [5, 0, 0], [2, 1, 0], [7, 0, 0]]
    assert encoding.notes == [
        "n: 2 cells missing, none in training: mean 2",
        "t: 2 cells not in training ('z', 'y'): 0 in all its columns",
        "t: 1 cell missing, none in training: 0 in all its columns",
    ]
    encoding.transform({"n": [1], "t": ["a"]})
    assert encoding.notes == []


def test_a_few_words_among_numbers_are_noted():
    cells = [str(i) for i in range(40)]
    encoding = TableEncoding.fit({"n": [*cells, "4O"], "t": ["x", *cells]}, TableOptions(max_categories=50))
    assert encoding.notes == [
        "n: text, since 1 cell of 41 no numbers, the first '4O' in row 40 (from 0); "
        "name words for missing cells by --missing, or the column by --text n",
        "t: text, since 1 cell of 41 no numbers, the first 'x' in row 0 (from 0); "
        "name words for missing cells by --missing, or the column by --text t",
    ]
    assert TableEncoding.fit({"n": ["1", "2", "x"]}).notes == []


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_max_categories_must_be_a_positive_integer(limit):
    with pytest.raises(ValueError, match="max_categories must be"):
        TableEncoding.fit({"a": [1]}, TableOptions(max_categories=limit))


def good():
    cells = {
        **MIXED,
        "w": ["a", "b", "c", "a"],
        "day": ["2026-01-31", "2026-02-01", "", "2026-02-01"],
        "euro": ["1,5", "2", "3", "4"],
    }
    return TableEncoding.fit(cells, TableOptions(max_categories=2)).to_section()


def change(*path, to):
    """A function that sets values[path[0]][path[1]]... to a value, or deletes it."""

    def apply(section):
        fields = section.values
        for key in path[:-1]:
            fields = fields[key]
        if to is ...:
            del fields[path[-1]]
        else:
            fields[path[-1]] = to

    return apply


def words(words, *ends):
    """A function that sets the categories."""

    def apply(section):
        section.arrays["words"], section.arrays["ends"] = np.frombuffer(words, np.uint8), np.array(ends)

    return apply


@pytest.mark.parametrize(
    "damage",
    [
        change("version", to=1),
        change("version", to=...),
        change("options", to=...),
        change("options", "max_categories", to=0),
        change("options", "max_categories", to="2"),
        change("options", "decimal", to="x"),
        change("options", "missing", to="x"),
        change("options", "more", to=1),
        change("columns", to=[]),
        change("columns", to={}),
        change("columns", 0, to="age"),
        change("columns", 0, "kind", to="text"),
        change("columns", 0, "kind", to="__class__"),
        change("columns", 0, "kind", to=[]),
        change("columns", 0, "name", to=3),
        change("columns", 0, "name", to="pet"),
        change("columns", 0, "mean", to=float("nan")),
        change("columns", 0, "mean", to="35"),
        change("columns", 0, "mean", to=...),
        change("columns", 0, "n_missing", to=-1),
        change("columns", 0, "n_missing", to=True),
        change("columns", 0, "width", to=2),
        change("columns", 0, "notation", to="."),
        change("columns", 0, "notation", to={"decimal": "."}),
        change("columns", 6, "notation", "decimal", to=5),
        change("columns", 6, "notation", "decimal", to=";"),
        change("columns", 1, "categories", to="cat"),
        change("columns", 1, "categories", to=3),
        change("columns", 1, "categories", to=1),
        change("columns", 1, "n_distinct", to=1),
        change("columns", 1, "n_other", to=4),
        change("columns", 1, "other_columns", to=0),
        change("columns", 4, "n_other", to=0),
        change("columns", 5, "hours", to=1),
        words(b"catdogab", 0, 3, 6, 7),
        words(b"dogcatab", 0, 3, 6, 7, 8),
        words(b"catcatab", 0, 3, 6, 7, 8),
        words(b"cat\xffogab", 0, 3, 6, 7, 8),
        words(b"catdogab", 0, 6, 3, 7, 8),
        words(b"catdogabx", 0, 3, 6, 7, 8, 9),
        words(b"catdogab", 0.0, 3.0, 6.0, 7.0, 8.0),
    ],
)
def test_from_section_refuses_what_to_section_does_not_make(damage):
    section = good()
    again = TableEncoding.from_section(section).to_section()
    assert again.values == section.values
    assert again.arrays["words"].tobytes() == b"catdogab"
    damage(section)
    with pytest.raises((ValueError, KeyError)):
        TableEncoding.from_section(section)
