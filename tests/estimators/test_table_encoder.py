"""TableEncoder: scikit-learn's checks, frames and arrays, warnings, pipelines."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

import hotloop  # noqa: E402
from hotloop import LogisticSGDClassifier, LogisticSGDClassifierCV  # noqa: E402
from hotloop.cli import main  # noqa: E402
from hotloop.estimators.table_encoder import TableEncoder  # noqa: E402


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
    odd = np.array([[str(i) if i else "nope"] for i in range(60)], object)
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
    with pytest.raises(ValueError, match="no column 'age'; there are 'years', 'pet'"):
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


def test_columns_go_by_name_whatever_the_names_are():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({0: [1, 2.0], 1: [10, 20.0]})
    encoder = TableEncoder().fit(frame)
    assert encoder.transform(frame[[1, 0]]).tolist() == encoder.transform(frame).tolist() == [[1, 10], [2, 20]]
    with pytest.raises(ValueError, match=r"X is one column, expected a table: frame\[\['name'\]\]"):
        TableEncoder().fit(frame[0].astype("string"))


def test_names_of_an_array_within_a_column_transformer():
    X = np.array([["1", "a", "2", "x"], ["2", "b", "3", "y"]], object)
    columns = ColumnTransformer([("t", TableEncoder(), [1, 3])]).fit(X)
    assert columns.get_feature_names_out().tolist() == ["t__x0=a", "t__x0=b", "t__x1=x", "t__x1=y"]


def people(n=80):
    pd = pytest.importorskip("pandas")
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"age": draw.integers(18, 80, n), "pet": draw.choice(["cat", "dog", "emu"], n)})
    return table, np.where((table["age"] > 40) ^ (table["pet"] == "emu"), "yes", "no")


@pytest.mark.parametrize("estimator", [LogisticSGDClassifier(random_state=0), LogisticSGDClassifierCV(random_state=0)])
def test_a_model_saved_with_its_encoder_predicts_from_tables(tmp_path, capsys, estimator):
    table, y = people()
    pipeline = make_pipeline(TableEncoder(), clone(estimator)).fit(table, y)
    pipeline[-1].save(tmp_path / "m", encoder=pipeline[0])
    model = hotloop.load(tmp_path / "m")
    turned = table[["pet", "age"]]
    assert model.predict_proba(turned) == pytest.approx(pipeline.predict_proba(table))
    table.to_csv(tmp_path / "rows.csv", index=False)
    assert main(["predict", str(tmp_path / "m"), str(tmp_path / "rows.csv")]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]] == pipeline.predict(table).tolist()
    assert main(["evaluate", str(tmp_path / "m"), str(tmp_path / "rows.csv")]) == 1
    assert "it has no name of a target; use hotloop predict" in capsys.readouterr().err


def test_training_goes_on_from_a_file_with_its_encoder(tmp_path):
    table, y = people()
    encoder = TableEncoder().fit(table)
    model = LogisticSGDClassifier(random_state=0, cv=None).partial_fit(encoder.transform(table), y, classes=["no", "yes"])
    model.save(tmp_path / "m", encoder)
    again, encoding = hotloop.load_estimator(tmp_path / "m"), hotloop.load(tmp_path / "m").encoding
    for one in (model, again):
        one.partial_fit(encoding.transform({name: table[name] for name in table}, np.float64), y)
    again.save(tmp_path / "m", encoder=encoding)
    assert (
        hotloop.load(tmp_path / "m").predict_proba(table).tobytes() == model.predict_proba(encoder.transform(table)).tobytes()
    )


def test_an_encoder_of_other_rows_is_refused(tmp_path):
    table, y = people()
    encoder = TableEncoder().fit(table)
    model = LogisticSGDClassifier(random_state=0).fit(table[["age"]], y)
    with pytest.raises(ValueError, match="encoder makes 4 columns, the model has 1"):
        model.save(tmp_path / "m", encoder=encoder)
    for odd in (TableEncoder(), model):
        with pytest.raises(ValueError, match="expected a fitted TableEncoder"):
            model.save(tmp_path / "m", encoder=odd)
    assert not list(tmp_path.iterdir())
