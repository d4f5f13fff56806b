"""Checkpoints: an estimator comes back whole, training goes on to the bit, and a learner that does not fit is refused."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from stored_models import KINDS, fitted, predictions, read, table, write

import hotloop
from hotloop import LogisticSGDClassifier
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
