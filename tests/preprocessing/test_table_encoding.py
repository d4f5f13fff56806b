"""TableEncoding and TableEncoder: known answers, messages, round trips."""

import json
import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError  # noqa: E402
from hotloop.data.readers.delimited import read_table  # noqa: E402
from hotloop.estimators.table_encoder import TableEncoder  # noqa: E402
from hotloop.preprocessing.table_encoding import TableEncoding  # noqa: E402

DATA = os.environ.get("HOTLOOP_DATA")
needs_data = pytest.mark.skipif(DATA is None, reason="HOTLOOP_DATA is not set")
MIXED = {
    "age": ["31", "?", "54", " 20 "],
    "pet": ["dog", "cat", "", "cat"],
    "void": ["", "?", "NA", ""],
    "rich": ["1e3", "-.5", "+7", "2."],
}


def encode(columns, *more, dtype=np.float64, **options):
    """The names and the rows of the table itself, or of further ones."""
    encoding = TableEncoding.fit(columns, **options)
    return encoding.feature_names, encoding.transform(*(more or (columns,)), dtype=dtype).tolist()


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


@pytest.mark.parametrize("token", ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "", "?"])
def test_tokens_for_a_missing_number(token):
    names, rows = encode({"a": ["1", token, "3"]})
    assert names == ["a", "a=missing"]
    assert rows == [[1, 0], [2, 1], [3, 0]]
    encoding = TableEncoding.fit({"a": ["1", "3"]})
    assert encoding.transform({"a": [token]}).tolist() == [[2]]
    assert encoding.notes == ["a: 1 cell missing, none in training: mean 2"]


@pytest.mark.parametrize("token", ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "inf"])
def test_the_same_tokens_are_words_among_words(token):
    names, rows = encode({"a": ["x", token, "x"]})
    assert names == sorted([f"a={token}", "a=x"])
    assert [sum(row) for row in rows] == [1, 1, 1]
    assert rows[0] != rows[1]


@pytest.mark.parametrize("cell", ["1_000", "0x10", "NAN", "1,5", "1e", "-", "1 2", "one"])
def test_cells_that_are_no_numbers(cell):
    assert encode({"a": ["1", "2", cell]})[0] == sorted(["a=1", "a=2", f"a={cell}"])


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
    encoding = TableEncoding.fit({"t": cells}, max_categories=2)
    assert encoding.describe() == ["t: text, the 2 most frequent of 5 values, 4 cells other, 1 cell missing (own column)"]
    assert encoding.transform({"t": ["new", "c"]}).tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert encoding.notes == ["t: 1 cell not among the 2 categories ('new'): as t=other"]


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
    encoding = TableEncoding.fit({"n": [*cells, "4O"], "t": ["x", *cells]}, max_categories=50)
    assert encoding.notes == [
        "n: text, since 1 cell of 41 no numbers, the first '4O' in row 40 (from 0)",
        "t: text, since 1 cell of 41 no numbers, the first 'x' in row 0 (from 0)",
    ]
    assert TableEncoding.fit({"n": ["1", "2", "x"]}).notes == []


def test_columns_go_by_name():
    encoding = TableEncoding.fit({"b": ["x", "y"], "a": [1, 2]})
    assert encoding.feature_names == ["b=x", "b=y", "a"]
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
    ("values", "expected"),
    [
        (np.array([1, 2], np.int8), [[1], [2]]),
        (np.array([1.5, np.nan, 2.5], np.float32), [[1.5, 0], [2, 1], [2.5, 0]]),
        (np.array([True, False]), [[1], [0]]),
        (np.ma.array([1.0, 9.0, 3.0], mask=[0, 1, 0]), [[1, 0], [2, 1], [3, 0]]),
        (np.array(["a", " b", "?"]), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (np.array([b"a", b"b"]), [[1, 0], [0, 1]]),
        (np.array(["a", None, np.nan, 1], object), [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]),
        ([True, None], [[1, 0], [1, 1]]),
        ([1, "2", 6.0], [[1], [2], [6]]),
        (("a", "b"), [[1, 0], [0, 1]]),
        (pa.array([1, None]), [[1, 0], [1, 1]]),
        (pa.chunked_array([["b"], ["a", None]]), [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
        (pa.array(["1", "2", None]).dictionary_encode(), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (pa.array(["a", "b"], pa.large_string())[1:], [[1]]),
        (pa.array([None, 5.0, None, 7.0])[1:], [[5, 0], [6, 1], [7, 0]]),
    ],
    ids=str,
)
def test_kinds_of_columns(values, expected):
    assert encode({"c": values})[1] == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None, 3], [[1, 0], [2, 1], [3, 0]]),
        (["a", None, "?"], [[1, 0], [0, 1], [0, 1]]),
        (["a", 1, None], [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    ],
)
def test_pandas_columns(values, expected):
    pd = pytest.importorskip("pandas")
    assert encode({"c": pd.Series(values, index=[5, 5, 7])})[1] == expected
    assert encode({"c": pd.Series(values, dtype=object)})[1] == expected


def test_categories_of_pandas_are_text():
    pd = pytest.importorskip("pandas")
    column = pd.Series([10, 20, None], dtype="category").astype(pd.CategoricalDtype([10, 20]))
    names, rows = encode({"c": column})
    assert names == ["c=10", "c=20", "c=missing"]
    assert rows == np.eye(3).tolist()


def test_text_of_training_is_found_again_in_typed_columns():
    encoding = TableEncoding.fit({"flag": ["True", "False"], "zip": ["10", "x"]})
    X = encoding.transform({"flag": np.array([True, False]), "zip": np.array([10.0, 10.0])})
    assert encoding.feature_names == ["flag=False", "flag=True", "zip=10", "zip=x"]
    assert X.tolist() == [[0, 1, 1, 0], [1, 0, 1, 0]]
    assert encoding.notes == []


@pytest.mark.parametrize(
    "values",
    [np.array([1j]), np.array(["2020-01-01"], "M8[s]"), [[1], [2]], [{"a": 1}], [True, {"a": 1}]],
    ids=str,
)
def test_other_kinds_of_columns_are_refused(values):
    with pytest.raises(DataError, match="column 'c' holds"):
        TableEncoding.fit({"c": values})


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


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_max_categories_must_be_a_positive_integer(limit):
    with pytest.raises(ValueError, match="max_categories must be"):
        TableEncoding.fit({"a": [1]}, max_categories=limit)


@pytest.mark.parametrize("dtype", ["int32", "float16", "nonsense", object])
def test_dtype_must_be_a_float(dtype):
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        TableEncoding.fit({"a": [1]}).transform({"a": [1]}, dtype)


def test_no_rows_to_transform():
    X = TableEncoding.fit(MIXED).transform({name: [] for name in MIXED})
    assert X.shape == (0, 6)


def test_inputs_stay_as_they_are():
    numbers, text = np.array([1.0, np.nan]), np.array(["a", "?"], object)
    numbers.flags.writeable = text.flags.writeable = False
    assert encode({"n": numbers, "t": text})[1] == [[1, 0, 1, 0], [1, 1, 0, 1]]


def test_numeric_arrays_need_no_pyarrow(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert encode({"n": np.array([1.0, 2.0])})[1] == [[1], [2]]
    with pytest.raises(ImportError, match=r"needs pyarrow: pip install 'hotloop\[cli\]'"):
        TableEncoding.fit({"t": ["a", "b"]})


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
)
def test_round_trip_through_json(columns, limit):
    try:
        encoding = TableEncoding.fit(columns, max_categories=limit)
    except DataError:
        return
    fields = json.loads(json.dumps(encoding.to_dict()))
    again = TableEncoding.from_dict(fields)
    assert again.to_dict() == encoding.to_dict() == fields
    assert again.feature_names == encoding.feature_names
    assert again.describe() == encoding.describe()
    assert len(set(again.feature_names)) == len(again.feature_names)
    X = encoding.transform(columns, np.float64)
    assert X.shape == (4, len(encoding.feature_names))
    assert again.transform(columns, np.float64).tobytes() == X.tobytes()
    assert again.notes == encoding.notes


def good_fields():
    return TableEncoding.fit({**MIXED, "w": ["a", "b", "c", "a"]}, max_categories=2).to_dict()


def change(*path, to):
    """A function that sets fields[path[0]][path[1]]... to a value, or deletes it."""

    def apply(fields):
        for key in path[:-1]:
            fields = fields[key]
        if to is ...:
            del fields[path[-1]]
        else:
            fields[path[-1]] = to

    return apply


@pytest.mark.parametrize(
    "damage",
    [
        change("version", to=2),
        change("version", to=...),
        change("extra", to=1),
        change("max_categories", to=0),
        change("max_categories", to="2"),
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
        change("columns", 0, "suffixes", to=[]),
        change("columns", 1, "categories", to="cat"),
        change("columns", 1, "categories", to=[]),
        change("columns", 1, "categories", to=["dog", "cat"]),
        change("columns", 1, "categories", to=["cat", "cat"]),
        change("columns", 1, "categories", to=["cat", 1]),
        change("columns", 1, "n_distinct", to=1),
        change("columns", 1, "n_other", to=4),
        change("columns", 4, "n_other", to=0),
    ],
)
def test_from_dict_refuses_what_to_dict_does_not_make(damage):
    fields = json.loads(json.dumps(good_fields()))
    assert TableEncoding.from_dict(fields).to_dict() == good_fields()
    damage(fields)
    with pytest.raises(ValueError, match="table encoding: "):
        TableEncoding.from_dict(fields)


@pytest.mark.parametrize("fields", [None, [], "text", {}, 3])
def test_from_dict_refuses_other_things(fields):
    with pytest.raises(ValueError, match="table encoding: "):
        TableEncoding.from_dict(fields)


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
    ages = np.array(train.columns["c1"].to_pylist(), np.float32)
    assert (X[:, 0] == ages).all()
    test = read_table(Path(DATA, "adult/adult_test.csv.gz"), header=False)
    assert encoding.transform(test).shape == (16281, 108)
    assert encoding.notes == []


# scikit-learn's side


def frame():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({"age": [31, None, 54, 20], "pet": ["dog", "cat", None, "cat"]})


@parametrize_with_checks([TableEncoder(), TableEncoder(max_categories=2, dtype="float64")])
def test_estimator_checks(estimator, check):
    check(estimator)


def test_table_encoder_on_a_frame():
    encoder = TableEncoder(dtype="float64")
    X = encoder.fit_transform(frame())
    names = ["age", "age=missing", "pet=cat", "pet=dog", "pet=missing"]
    assert encoder.get_feature_names_out().tolist() == names
    assert encoder.feature_names_in_.tolist() == ["age", "pet"]
    assert encoder.n_features_in_ == 2
    assert X.dtype == np.float64
    assert X.tolist() == [[31, 0, 0, 1, 0], [35, 1, 1, 0, 0], [54, 0, 0, 0, 1], [20, 0, 1, 0, 0]]
    assert TableEncoder().fit_transform(frame()).dtype == np.float64


@pytest.mark.parametrize("kind", ["table", "batch", "stream"])
def test_table_encoder_on_arrow(kind):
    table = pa.table({"age": [31, None], "pet": ["dog", "cat"]})

    class Stream:
        def __arrow_c_stream__(self, schema=None):
            return table.__arrow_c_stream__(schema)

    X = {"table": table, "batch": table.to_batches()[0], "stream": Stream()}[kind]
    encoder = TableEncoder().fit(X)
    assert encoder.get_feature_names_out().tolist() == ["age", "age=missing", "pet=cat", "pet=dog"]
    assert encoder.transform(X).tolist() == [[31, 0, 0, 1], [31, 1, 1, 0]]


def test_table_encoder_on_polars():
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"age": [31, None], "pet": ["dog", "cat"], "zip": ["1", "2"]})
    encoder = TableEncoder().fit(X.with_columns(pl.col("zip").cast(pl.Categorical)))
    assert encoder.get_feature_names_out().tolist()[-2:] == ["zip=1", "zip=2"]


def test_table_encoder_on_arrays():
    encoder = TableEncoder().fit(np.array([[1, "a"], [2, "b"]], object))
    assert encoder.get_feature_names_out().tolist() == ["x0", "x1=a", "x1=b"]
    assert encoder.transform([[3, "b"]]).tolist() == [[3, 0, 1]]
    assert not hasattr(encoder, "feature_names_in_")
    assert TableEncoder().fit_transform(np.array([[1.0, np.nan], [2.0, 5.0]])).tolist() == [
        [1, 5, 1],
        [2, 5, 0],
    ]
    pd = pytest.importorskip("pandas")
    numbered = TableEncoder().fit(pd.DataFrame([[1, "a"], [2, "b"]]))
    assert numbered.get_feature_names_out().tolist() == ["x0", "x1=a", "x1=b"]


def test_table_encoder_warns_of_what_training_had_not():
    X = np.array([[1, "a"], [2, "b"]], object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = TableEncoder().fit(X)
        encoder.transform(X)
    with pytest.warns(UserWarning, match=r"x1: 1 cell not in training \('z'\)"):
        encoder.transform([[1, "z"]])


@pytest.mark.parametrize("within", ["alone", "pandas out", "pipeline"])
def test_table_encoder_does_not_warn_of_its_own_training_rows(within):
    pytest.importorskip("pandas")
    encoder = TableEncoder(max_categories=2)
    if within == "pandas out":
        encoder.set_output(transform="pandas")
    if within == "pipeline":
        encoder = make_pipeline(ColumnTransformer([("all", encoder, [0, 1])]))
    X = np.array([[f"{letter}{i}" for letter in "ab"] for i in range(5)], object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = encoder.fit_transform(X)
    assert np.asarray(rows).sum(axis=1).tolist() == [2] * 5
    with pytest.warns(UserWarning, match="x0: 3 cells not among the 2 categories") as found:
        encoder.transform(X)  # which it cannot know to be the same
    assert [w.filename for w in found] == [__file__]


def test_a_warning_of_the_table_encoder_is_short_and_of_the_line_that_called():
    encoder = TableEncoder().fit(np.array([["x"] * 9, ["y"] * 9], object))
    with pytest.warns(UserWarning, match="not in training") as found:
        encoder.transform(np.array([["z"] * 9], object))
    (warning,) = found
    assert warning.filename == __file__
    assert str(warning.message).count("not in training") == 3
    assert str(warning.message).endswith("; and 6 more")
    assert len(encoder.encoding_.notes) == 9
    odd = np.array([[str(i) if i else "none"] for i in range(60)], object)
    with pytest.warns(UserWarning, match="x0: text, since 1 cell of 60 no numbers") as found:
        TableEncoder().fit_transform(odd)
    assert [w.filename for w in found] == [__file__]


def test_table_encoder_refuses():
    pd = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="dtype must be"):
        TableEncoder(dtype="int8").fit([[1]])
    with pytest.raises(ValueError, match=r"column names repeated: \['a'\]"):
        TableEncoder().fit(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    encoder = TableEncoder().fit(frame())
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(frame().rename(columns={"age": "years"}))
    with pytest.raises(ValueError, match="input_features is not equal"):
        encoder.get_feature_names_out(["a", "b"])


def test_table_encoder_inside_scikit_learn():
    X, y = frame(), [0, 1, 0, 1]
    model = make_pipeline(TableEncoder(max_categories=7), LogisticRegression()).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(X).tolist() == model.predict(X).tolist()
    assert again[0].get_feature_names_out().tolist() == model[0].get_feature_names_out().tolist()
    assert clone(model[0]).max_categories == 7
    parts = ColumnTransformer([("text", TableEncoder(), ["pet"])], remainder="passthrough").fit(X)
    assert parts.get_feature_names_out().tolist() == [
        "text__pet=cat",
        "text__pet=dog",
        "text__pet=missing",
        "remainder__age",
    ]
    out = TableEncoder().set_output(transform="pandas").fit_transform(X)
    assert out.columns.tolist()[:2] == ["age", "age=missing"]
