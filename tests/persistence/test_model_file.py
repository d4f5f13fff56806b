"""Model files: a predictor comes back to the bit, without scikit-learn, and one whose parts do not fit is refused."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from stored_models import KINDS, fitted, predictions, read, table, write

import hotloop
from hotloop import LogisticSGDClassifier, Predictor, TwoLayerClassifier
from hotloop.training.warnings import FitWarning

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind.__module__}.{kind.__name__}") for kind in (ConvergenceWarning, FitWarning)
]


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(backend, dtype, path, kind):
    X, _ = table(dtype=dtype)
    estimator = fitted(kind, dtype)
    estimator.save(path)
    predictor = hotloop.load(path)
    assert isinstance(predictor, Predictor)
    assert predictor.dtype == dtype
    hotloop.save(predictor, path.with_name("again"))
    again = hotloop.load(path.with_name("again"))
    for model in (predictor, again):
        for found, expected in zip(predictions(model, X), predictions(estimator, X), strict=True):
            assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
    assert path.with_name("again").stat().st_size < path.stat().st_size
    assert set(read(path.with_name("again"))[0]["values"]) == {"predictor"}


@pytest.mark.parametrize(
    "labels",
    [
        [3, -1],
        [2.0, 5.0],
        ["yes", "no"],
        ["ä", "ß", "字"],
        [True, False],
        np.array([7, 300], np.uint16),
        np.array(["b", "a"], object),
    ],
    ids=repr,
)
@pytest.mark.parametrize("estimator", [LogisticSGDClassifier, TwoLayerClassifier])
def test_labels_of_every_type_survive(path, estimator, labels):
    X, y = table()
    labels = np.array(labels)
    y = labels[y % len(labels)]
    model = estimator(max_iter=2).fit(X, y)
    model.save(path)
    for loaded in (hotloop.load(path), hotloop.load_estimator(path)):
        found, expected = loaded.predict(X), model.predict(X)
        assert found.tolist() == expected.tolist()
        assert set(map(type, found.tolist())) == set(map(type, expected.tolist()))
    assert hotloop.load_estimator(path).score(X, y) == model.score(X, y)


def test_feature_names_survive(path):
    pd = pytest.importorskip("pandas")
    X, y = table()
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    LogisticSGDClassifier(cv=None, max_iter=2).fit(frame, y).save(path)
    assert hotloop.load(path).feature_names == ["a", "b", "c", "d"]
    again = hotloop.load_estimator(path)
    assert again.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        again.predict(frame[["b", "a", "c", "d"]])
    broken = X.copy()
    broken[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"infinity at row 3, column 1 \(b\)"):
        hotloop.load(path).predict(broken)


def test_an_estimator_is_saved_by_its_own_method(path):
    with pytest.raises(TypeError, match="predictor is a LogisticSGDClassifier, expected a Predictor; an estimator is saved by"):
        hotloop.save(fitted("logistic"), path)
    assert not path.exists()


def test_a_loaded_model_checks_its_rows(path):
    fitted("logistic").save(path)
    model = hotloop.load(path)
    with pytest.raises(ValueError, match="X has 3 columns, the model was trained on 4"):
        model.predict(np.ones((2, 3)))
    with pytest.raises(ValueError, match="NaN at row 1, column 2"):
        model.predict(np.where(np.arange(8).reshape(2, 4) == 6, np.nan, 1.0))


@pytest.mark.parametrize("kind", ["logistic", "pending", "ftrl", "network", "linear"])
def test_predicts_without_scikit_learn(run_python, path, kind):
    X, _ = table()
    estimator = fitted(kind)
    estimator.save(path)
    code = f"""
import sys, numpy as np, hotloop
model = hotloop.load({str(path)!r})
X = np.array({X[:5].tolist()})
print([p.hex() for p in (model.predict if model.classes is None else model.predict_proba)(X).ravel().tolist()])
hotloop.save(model, {str(path)!r})
print([name for name in ("sklearn", "scipy", "pandas", "pyarrow", "rich") if name in sys.modules])
"""
    expected = estimator.predict(X[:5]) if kind == "linear" else estimator.predict_proba(X[:5])
    assert run_python(code).splitlines() == [repr([p.hex() for p in expected.ravel().tolist()]), "[]"]


@pytest.mark.parametrize("kind", ["logistic", "network"])
def test_a_header_with_something_missing_is_refused(path, kind):
    hotloop.save(fitted(kind)._predictor(), path)
    header, arrays = read(path)
    values = header["values"]["predictor"]
    for name in set(values) | {f"weights.{name}" for name in values["weights"]}:
        broken = json.loads(json.dumps(header))
        part = broken["values"]["predictor"]
        del (part["weights"] if "." in name else part)[name.split(".")[-1]]
        write(path, broken, arrays)
        with pytest.raises(ValueError, match="no model file that hotloop can use"):
            hotloop.load(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"estimator": "RandomForest"}, "unknown kind of model 'RandomForest'"),
        ({"classes": None}, "a classifier has classes"),
        ({"classes": {"dtype": "<i8", "values": [0, 1]}}, "2 classes for 3 outputs"),
        ({"classes": {"dtype": "<U200000000", "values": [0, 1, 2]}}, "labels of type"),
        ({"classes": {"dtype": "O", "values": [0, 1, 2]}}, "labels of type"),
        ({"classes": {"dtype": "<i8", "values": [0, 1, 1]}}, "not sorted and distinct"),
        ({"classes": {"dtype": "<i8", "values": [1, 2, 2**70]}}, "OverflowError"),
        ({"feature_names": ["a"]}, "1 feature names for 4 columns"),
        ({"encoding": {}}, "no model file"),
        ({"metadata": 3}, "no model file"),
        ({"params": None}, "no model file"),
        ({"weights": {"one_vs_rest": 1}}, "one_vs_rest is 1, expected true or false"),
    ],
    ids=str,
)
def test_a_predictor_that_does_not_fit_is_refused(path, changed, message):
    fitted("online").save(path)
    header, arrays = read(path)
    header["values"]["predictor"] |= changed
    write(path, header, arrays)
    with pytest.raises(ValueError, match=message):
        hotloop.load(path)


@pytest.mark.parametrize("kind", ["online", "network", "linear"])
def test_arrays_that_do_not_fit_are_refused(path, kind):
    hotloop.save(fitted(kind)._predictor(), path)
    header, arrays = read(path)
    write(path, header, arrays)
    assert isinstance(hotloop.load(path), Predictor)
    for name, array in arrays.items():
        others = {key: value for key, value in arrays.items() if key != name}
        for changed in (
            array[..., :-1],
            array[None],
            np.full_like(array, np.nan),
            array.astype(np.int64),
            array.astype(np.float16),
        ):
            write(path, header, others | {name: np.ascontiguousarray(changed)})
            with pytest.raises(ValueError, match="no model file that hotloop can use"):
                hotloop.load(path)
        write(path, header, others)
        with pytest.raises(ValueError, match="no model file that hotloop can use"):
            hotloop.load(path)


@pytest.mark.parametrize(("name", "factor"), [("total_weight", -1), ("total_weight", 0), ("seen", -1), ("seen", 2)])
def test_statistics_that_no_rows_have_are_refused(path, name, factor):
    X, y = csr_matrix(np.eye(4)[[0, 0, 1, 2, 3, 3]]), [0, 1] * 3
    hotloop.LogisticSGDClassifier(standardize="std", random_state=0).partial_fit(X, y, [0, 1]).save(path)
    header, arrays = read(path)
    (key,) = (key for key in arrays if key.endswith(f"statistics.{name}"))
    write(path, header, arrays | {key: factor * np.maximum(arrays[key], 6.0)})
    with pytest.raises(ValueError, match="the statistics have"):
        hotloop.load_estimator(path)
