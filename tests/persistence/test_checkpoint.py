"""Checkpoints: an estimator comes back whole, training goes on to the bit, and a learner that does not fit is refused."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from stored_models import KINDS, fitted, predictions, read, table, write

import hotloop
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.training.warnings import FitWarning

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind.__module__}.{kind.__name__}") for kind in (ConvergenceWarning, FitWarning)
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_comes_back(backend, dtype, path, kind):
    X, _ = table(dtype=dtype)
    estimator = fitted(kind, dtype)
    estimator.save(path)
    again = hotloop.load_estimator(path)
    assert type(again) is type(estimator)
    assert again.get_params() == estimator.get_params()
    for found, expected in zip(predictions(again, X), predictions(estimator, X), strict=True):
        assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    for name in ("coef_", "intercept_") if isinstance(estimator, LogisticSGDClassifier) else ("coefs_", "intercepts_"):
        for found, expected in zip(getattr(again, name), getattr(estimator, name), strict=True):
            assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
    assert again.t_ == estimator.t_
    again.save(path.with_name("again"))
    assert read(path.with_name("again"))[0] == read(path)[0]


@pytest.mark.parametrize("labels", [(0, 1), ("no", "yes"), (False, True)])
def test_class_weights_survive_with_their_keys(path, labels):
    X, y = table()
    weights = {labels[0]: 0.5, labels[1]: 2}
    LogisticSGDClassifier(cv=None, max_iter=2, class_weight=weights).fit(X, np.array(labels)[(y > 0).astype(int)]).save(path)
    loaded = hotloop.load_estimator(path).class_weight
    assert loaded == weights
    assert [type(key) for key in loaded] == [type(key) for key in weights]


def test_numpy_numbers_as_parameters_survive(path):
    X, y = table()
    model = LogisticSGDClassifier(max_iter=np.int64(2), alpha=np.float32(0.5), random_state=np.random.RandomState(0))
    model.fit(X, y).save(path)
    params = hotloop.load_estimator(path).get_params()
    assert (params["max_iter"], params["alpha"], params["random_state"]) == (2, 0.5, None)


@pytest.mark.parametrize("kind", ["logistic", "network"])
def test_a_loaded_estimator_has_the_weights_for_itself(path, kind):
    X, y = table()
    fitted(kind).save(path)
    predictor, one, two = hotloop.load(path), hotloop.load_estimator(path), hotloop.load_estimator(path)
    before = predictor.predict_proba(X)
    for _ in range(5):
        one.partial_fit(X, 1 - (y > 0) if kind == "logistic" else 2 - y)
    assert np.abs(one.predict_proba(X) - before).max() > 0.01
    for other in (predictor, two):
        assert_array_equal(other.predict_proba(X), before)


@pytest.mark.parametrize("kind", ["logistic", "network", "linear"])
def test_a_file_that_only_predicts_is_no_estimator(path, kind):
    hotloop.save(fitted(kind)._predictor(), path)
    with pytest.raises(ValueError, match="it only predicts, hotloop.load reads it"):
        hotloop.load_estimator(path)


def parts(values, name=""):
    """Return the names of all values of a section, the parts' after their own."""
    names = [f"{name}{key}" for key in values]
    return names + [
        inner for key, value in values.items() if isinstance(value, dict) for inner in parts(value, f"{name}{key}/")
    ]


@pytest.mark.parametrize("kind", ["online", "pending", "l1", "ftrl", "adam"])
def test_a_learner_with_something_missing_is_refused(path, kind):
    fitted(kind).save(path)
    header, arrays = read(path)
    names = parts(header["values"]["learner"])
    assert len(names) > 10
    for name in names:
        broken = json.loads(json.dumps(header))
        part, *keys = broken["values"]["learner"], *name.split("/")
        for key in keys[:-1]:
            part = part[key]
        del part[keys[-1]]
        write(path, broken, arrays)
        with pytest.raises(ValueError, match="no model file that hotloop can use"):
            hotloop.load_estimator(path)
        assert_array_equal(hotloop.load(path).classes, [0, 1, 2])


@pytest.mark.parametrize("kind", ["online", "pending", "l1", "ftrl", "network", "linear", "adam"])
def test_arrays_that_do_not_fit_are_refused(path, kind):
    fitted(kind).save(path)
    header, arrays = read(path)
    write(path, header, arrays)
    hotloop.load_estimator(path)
    for name, array in arrays.items():
        others = {key: value for key, value in arrays.items() if key != name}
        for changed in (array[..., :-1], array[None], np.full_like(array, np.nan), array.astype(np.int64)):
            write(path, header, others | {name: np.ascontiguousarray(changed)})
            with pytest.raises(ValueError, match="no model file that hotloop can use"):
                hotloop.load_estimator(path)
        write(path, header, others)
        with pytest.raises(ValueError, match="no model file that hotloop can use"):
            hotloop.load_estimator(path)


NETWORKS = {
    "by sample": {},
    "dropout": {"dropout": 0.2},
    "momentum": {"momentum": 0.9, "batch_size": 8, "eta0": 1e-3},
    "adam": {"optimizer": "adam", "batch_size": 16},
    "one row a batch": {"optimizer": "adamw", "batch_size": 1},
}
CUTS = [0, 5, 63, 64, 70, 131, 200]


def continued(model, X, y, between):
    """partial_fit piece by piece; ``between`` handles the model after each."""
    more = {} if isinstance(model, TwoLayerRegressor) else {"classes": [0, 1, 2]}
    for start, stop in zip(CUTS, CUTS[1:], strict=False):
        model = between(model.partial_fit(X[start:stop], y[start:stop], **more))
    return model


def assert_same_network(found, expected, X):
    for name in ("coefs_", "intercepts_"):
        for one, other in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert_array_equal(one, other)
    assert_array_equal(found.predict(X), expected.predict(X))
    assert (found.t_, found.eta0_, found.alpha_) == (expected.t_, expected.eta0_, expected.alpha_)


@pytest.mark.parametrize("kind", [TwoLayerClassifier, TwoLayerRegressor])
@pytest.mark.parametrize("options", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("whole", [False, True], ids=["partial_fit", "after fit"])
def test_a_network_goes_on_from_a_file_to_the_bit(backend, path, kind, options, whole):
    """Moments, statistics, pending rows and the key of dropout are in the file."""
    X, y = table(200)
    y = y * 10.0 if kind is TwoLayerRegressor else y

    def through_file(model):
        model.save(path)
        return hotloop.load_estimator(path)

    def new():
        model = kind(5, random_state=None if options else 0, max_iter=2, tol=None, **options)
        return model.fit(X[:50], y[:50]) if whole else model

    np.random.seed(3)  # noqa: NPY002  what random_state=None draws from
    expected = continued(new(), X, y, lambda model: model)
    np.random.seed(3)  # noqa: NPY002
    first = new()
    found = continued(through_file(first) if whole else first, X, y, through_file)
    assert_same_network(found, expected, X)


@pytest.mark.parametrize("fit", [True, False])
@pytest.mark.parametrize("kind", [LogisticSGDClassifier, TwoLayerClassifier])
def test_step_size_and_penalty_come_back(path, kind, fit):
    X, y = table()
    model = kind(max_iter=2, tol=None)
    model = model.fit(X, y) if fit else model.partial_fit(X, y, classes=[0, 1, 2])
    model.save(path)
    again = hotloop.load_estimator(path)
    assert (again.eta0_, again.alpha_) == (model.eta0_, model.alpha_)


@pytest.mark.parametrize(
    "changed", [{"name": "rmsprop"}, {"batch_size": 0}, {"batch_size": "x"}, {"key": -1}, {"beta_1": 2.0}], ids=str
)
def test_an_optimizer_that_the_options_do_not_make_is_refused(path, changed):
    fitted("adam").save(path)
    header, arrays = read(path)
    header["values"]["learner"]["state"]["optimizer"] |= changed
    write(path, header, arrays)
    with pytest.raises(ValueError, match="the options make another optimizer"):
        hotloop.load_estimator(path)


@pytest.mark.parametrize("value", [None, "x", 0])
def test_a_horizon_that_is_no_number_is_refused(path, value):
    fitted("online").save(path)
    header, arrays = read(path)
    header["values"]["learner"]["config"]["horizon"] = value
    write(path, header, arrays)
    with pytest.raises(ValueError, match="no model file that hotloop can use"):
        hotloop.load_estimator(path)


def test_more_pending_rows_than_have_come_are_refused(path):
    fitted("pending").save(path)
    header, arrays = read(path)
    header["values"]["learner"]["state"]["n_rows"] = 0
    write(path, header, arrays)
    with pytest.raises(ValueError, match="rows are pending, but 0 have come"):
        hotloop.load_estimator(path)


def test_a_parameter_that_there_is_not_is_refused(path):
    for kind in ("logistic", "network"):
        fitted(kind).save(path)
        header, arrays = read(path)
        header["values"]["predictor"]["params"]["colour"] = "red"
        write(path, header, arrays)
        with pytest.raises(ValueError, match="no model file that hotloop can use: TypeError: .*colour"):
            hotloop.load_estimator(path)
