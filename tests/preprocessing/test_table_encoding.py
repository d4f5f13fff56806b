"""TableEncoding: tables to rows, names, messages, round trips."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import MIXED, encode

from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import read_table
from hotloop.data.section import Section
from hotloop.preprocessing.column_rules import TableOptions
from hotloop.preprocessing.table_encoding import TableEncoding

DATA = os.environ.get("HOTLOOP_DATA")


needs_data = pytest.mark.skipif(DATA is None, reason="HOTLOOP_DATA is not set")


def test_numbers_text_and_missing_cells():
    names, rows = encode(MIXED)
    assert names == ["age", "age=missing", "pet=cat", "pet=dog", "pet=missing", "rich"]
    assert rows == [
        [31, 0, 0, 1, 0, 1000],
        [35, 1, 1, 0, 0, -0.5],
        [54, 0, 0, 0, 1, 7],
        [20, 0, 1, 0, 0, 2],
    ]


def test_describe():
    assert TableEncoding.fit(MIXED).describe() == [
        "age: number, 1 cell missing (mean 35, own column)",
        "pet: text, 2 categories, 1 cell missing (own column)",
        "void: no value in training, dropped",
        "rich: number",
    ]


def test_columns_go_by_name():
    encoding = TableEncoding.fit({"b": ["x", "y"], "a": [1, 2]})
    assert list(encoding.feature_names) == ["b=x", "b=y", "a"]
    X = encoding.transform({"more": ["?"], "a": [7], "b": ["y"]})
    assert X.tolist() == [[0, 1, 7]]
    with pytest.raises(DataError, match="no column 'b'; there are 'a', 'c'"):
        encoding.transform({"a": [7], "c": ["y"]})


def test_dropped_column_need_not_come_again():
    encoding = TableEncoding.fit({"a": [1, 2], "void": [None, ""]})
    assert encoding.transform({"a": [3]}).tolist() == [[3]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_result_is_contiguous_in_the_dtype_asked_for(dtype):
    X = TableEncoding.fit(MIXED).transform(MIXED, dtype)
    assert X.dtype == dtype
    assert X.flags.c_contiguous
    assert X.shape == (4, 6)


def test_text_among_numbers_names_file_line_column_and_cell(tmp_path):
    encoding = TableEncoding.fit({"age": ["1", "2"]})
    path = tmp_path / "new.csv"
    path.write_text("x,age\n1,5\n\n2,NA\n3,young\n4,old\n")
    with pytest.raises(DataError) as caught:
        encoding.transform(read_table(path))
    assert str(caught.value) == f"{path}, line 5, column 'age': expected a number, found 'young'"
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'age': .* found 'young'"):
        encoding.transform({"age": ["5", "young"]})
    path.write_text("a\n1\n")
    with pytest.raises(DataError, match=r"new\.csv: no column 'age'; there are 'a'"):
        encoding.transform(read_table(path))


def test_names_are_unique():
    cells = ["missing", "other", "", "x", "x", "other", "missing"]
    names, rows = encode({"t": cells}, max_categories=2)
    assert names == ["t=missing", "t=other", "t=other (2)", "t=missing (2)"]
    assert [row.index(1) for row in rows] == [0, 1, 3, 2, 2, 1, 0]
    names, _ = encode({"a": ["b=c", "d"], "a=b": ["c", "d"]})
    assert names == ["a=b=c", "a=d", "a=b=c (2)", "a=b=d"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no columns"),
        ({"a": []}, "no rows"),
        ({"a": [None, ""], "b": ["?", "?"]}, "no column holds any value"),
        ({"a": [1, 2], "b": [1]}, "different lengths: 'a' 2, 'b' 1"),
        ({"a": np.zeros((2, 2))}, "column 'a' has 2 dimensions"),
        ({1: [2.0]}, "column names must be text, got 1"),
    ],
)
def test_tables_that_cannot_be_encoded(columns, message):
    with pytest.raises(DataError, match=message):
        TableEncoding.fit(columns)


@pytest.mark.parametrize("dtype", ["int32", "float16", "nonsense", object])
def test_dtype_must_be_a_float(dtype):
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        TableEncoding.fit({"a": [1]}).transform({"a": [1]}, dtype)


def test_no_rows_to_transform():
    X = TableEncoding.fit(MIXED).transform({name: [] for name in MIXED})
    assert X.shape == (0, 6)


cell = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=False),
    st.integers(),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.sampled_from(["?", "NA", "1", "2.5", "other", "missing"]),
)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
        st.lists(cell, min_size=4, max_size=4),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_round_trip_by_a_section(columns, limit, shared):
    try:
        encoding = TableEncoding.fit(columns, TableOptions(max_categories=limit, other_columns=shared))
    except DataError:
        return
    section = encoding.to_section()
    again = TableEncoding.from_section(Section(section.arrays, json.loads(json.dumps(section.values))))
    assert again.to_section().values == section.values
    assert again.feature_names == encoding.feature_names
    assert again.describe() == encoding.describe()
    assert len(set(again.feature_names)) == len(again.feature_names)
    X = encoding.transform(columns, np.float64)
    assert X.shape == (4, len(encoding.feature_names))
    assert again.transform(columns, np.float64).tobytes() == X.tobytes()
    assert again.notes == encoding.notes
    assert dense(encoding.transform(columns, np.float64, sparse=True)).tolist() == X.tolist()


def dense(rows):
    """CSR rows as an array."""
    X = np.zeros(rows.shape)
    X[np.repeat(np.arange(len(rows)), np.diff(rows.indptr)), rows.indices] = rows.explicit_data()
    assert all((np.diff(rows.indices[start:stop]) > 0).all() for start, stop in zip(rows.indptr, rows.indptr[1:], strict=False))
    return X


def test_rows_are_sparse_where_categories_make_them_long():
    cells = [f"v{i % 40}" for i in range(200)]
    encoding = TableEncoding.fit({"t": cells, "n": list(range(0, 400, 2))})
    assert encoding.is_sparse
    rows = encoding.transform({"t": ["v3", "new", None], "n": [1.5, 0, None]}, np.float32, sparse=True)
    assert rows.dtype == np.float32
    assert np.diff(rows.indptr).tolist() == [2, 1, 1]
    assert not TableEncoding.fit({"t": ["a", "b"], "n": [1, 2]}).is_sparse
    ones = TableEncoding.fit({"t": cells}).transform({"t": cells}, sparse=True)
    assert ones.data is None


@needs_data
def test_adult():
    train = read_table(Path(DATA, "adult/adult_train.csv.gz"), header=False)
    encoding = TableEncoding.fit(train.drop("c15"))
    X = encoding.transform(train)
    # 6 columns of numbers; 8 of text with 8 + 16 + 7 + 14 + 6 + 5 + 2 + 41 = 99 categories, and
    # one column each for the missing cells of c2, c7 and c14: 108.
    assert X.shape == (32561, 108)
    assert encoding.describe()[:3] == [
        "c1: number",
        "c2: text, 8 categories, 1836 cells missing (own column)",
        "c3: number",
    ]
    assert "c2=missing" in encoding.feature_names
    assert X.sum(axis=0)[encoding.feature_names.index("c2=missing")] == 1836
    one_hot = [i for i, name in enumerate(encoding.feature_names) if "=" in name]
    assert (X[:, one_hot].sum(axis=1) == 8).all()
    ages = train.columns["c1"].numbers
    assert (X[:, 0] == ages).all()
    test = read_table(Path(DATA, "adult/adult_test.csv.gz"), header=False)
    assert encoding.transform(test).shape == (16281, 108)
    assert encoding.notes == []
