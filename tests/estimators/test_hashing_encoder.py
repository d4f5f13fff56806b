"""HashingEncoder: names, parameters, pipelines."""

import pickle

import numpy as np
import pytest

from hotloop import HashingEncoder, LogisticSGDClassifier


def test_names(backend):
    documents = ["good good film", "bad film", "a b c"]
    encoder = HashingEncoder(1 << 18, keep_names=True, ngram_range=(1, 2)).fit(documents)
    assert sorted(encoder.feature_names().values()) == ["bad", "bad film", "film", "good", "good film", "good good"]
    assert encoder.n_collisions_ == 0
    X = encoder.transform(documents)
    coef = np.zeros(1 << 18)
    coef[X[1].indices] = np.sign(X[1].data) * [3, 2, 1]
    assert {name for name, _ in encoder.weights_by_name(coef)} == {"bad", "film", "bad film"}
    assert [weight for _, weight in encoder.weights_by_name(coef)] == [3, 2, 1]
    crowded = HashingEncoder(2, keep_names=True).fit(documents)
    assert crowded.n_collisions_ == len({"good", "bad", "film"}) - len(crowded.feature_names()) > 0
    with pytest.raises(AttributeError, match="keep_names=True"):
        HashingEncoder().fit(documents).feature_names()
    with pytest.raises(ValueError, match="coef has 3 entries"):
        encoder.weights_by_name([1, 2, 3])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_features": 0}, "n_features is 0"),
        ({"n_features": 2**31}, "n_features is 2147483648"),
        ({"analyzer": "words"}, "analyzer is 'words'"),
        ({"norm": "max"}, "norm is 'max'"),
        ({"ngram_range": (2, 1)}, "ngram_range is"),
    ],
)
def test_parameters_are_checked(backend, params, message):
    with pytest.raises(ValueError, match=message):
        HashingEncoder(**params).fit(["a"])


def test_in_a_pipeline(compiled):
    pipeline = pytest.importorskip("sklearn.pipeline")
    documents, y = ["good film", "bad film", "very good", "so bad"] * 20, [1, 0, 1, 0] * 20
    model = pipeline.make_pipeline(HashingEncoder(), LogisticSGDClassifier(random_state=0)).fit(documents, y)
    assert model.score(documents, y) == 1
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(documents) == model.predict_proba(documents)).all()


def test_a_table_of_one_column_of_text_is_one_of_documents():
    pd = pytest.importorskip("pandas")
    documents = ["good, good film", "bad film", ""]
    encoder = HashingEncoder(n_features=64)
    expected = encoder.transform(documents).toarray().tolist()
    frame = pd.DataFrame({"text": documents})
    assert encoder.transform(frame).toarray().tolist() == expected
    assert encoder.transform({"text": documents}).toarray().tolist() == expected
    frame.loc[2, "text"] = None
    assert encoder.transform(frame).toarray().tolist() == expected
    of_cells = encoder.transform(frame.astype("category"))
    assert (
        of_cells.toarray().tolist() == encoder.transform([[f"text={cell}"] for cell in documents[:2]] + [[]]).toarray().tolist()
    )


def test_rows_of_dicts_are_hashed_as_a_table():
    pd = pytest.importorskip("pandas")
    rows = [{"a": 1.5, "b": "x"}, {"a": 2, "b": None, "c": True}, {"a": float("nan"), "b": "y", "c": False}, {"a": 0}]
    table = pd.DataFrame({"a": [1.5, 2, None, 0], "b": ["x", None, "y", None], "c": [None, True, False, None]})
    encoder = HashingEncoder(n_features=64, keep_names=True)
    assert encoder.fit(rows).transform(iter(rows)).toarray().tolist() == encoder.transform(table).toarray().tolist()
    assert sorted(encoder.feature_names().values()) == ["a", "b=x", "b=y", "c=False", "c=True"]
    names = encoder.get_feature_names_out()
    assert len(names) == 64
    assert {name for name in names if not name.startswith("column ")} == set(encoder.feature_names().values())
    with pytest.raises(TypeError, match="row 1 is of type list, expected a mapping as in row 0"):
        encoder.transform([{"a": 1}, ["a"]])
    with pytest.raises(TypeError, match="row 0 has a list for 'a', expected a number or text"):
        encoder.transform([{"a": [1]}])
    with pytest.raises(AttributeError, match="keep_names=True"):
        HashingEncoder().get_feature_names_out()


def test_crosses_and_infinite_numbers():
    encoder = HashingEncoder(n_features=64, crosses=[("a", "b")])
    with pytest.raises(ValueError, match="crosses needs a table of columns"):
        encoder.transform([{"a": "x", "b": "y"}])
    with pytest.raises(ValueError, match="crosses is .*, expected pairs of column names"):
        HashingEncoder(crosses=["ab"]).transform(["x"])
    for X in (
        {"t": [1.0, np.inf], "n": [1, 2]},
        [{"t": 1}, {"t": np.inf}],
        [{"t": 1}, {"t": 10**400}],
        {"t": [1, 1e300], "n": [1, 2]},
    ):
        with pytest.raises(ValueError, match="row 1 has a number that is infinite in float32"):
            HashingEncoder(n_features=64).transform(X)
    with pytest.raises(ValueError, match="different lengths"):
        HashingEncoder().transform({"b": [1.0], "a": ["x", "y"]})
