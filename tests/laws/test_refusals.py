"""What estimators refuse, with its place, and that nothing has changed then."""

import contextlib

import numpy as np
import pytest
from all_estimators import each_classifier, each_estimator, quick, raw
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from hotloop import (
    LogisticSGDClassifier,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore:not converged")


def put(array, place, value):
    array = np.array(array, np.float64)
    array[place] = value
    return array


REFUSED = {
    "nan": (lambda X, y: {"X": put(X, (5, 2), np.nan)}, "X contains NaN at row 5, column 2"),
    "infinity": (lambda X, y: {"X": put(X, (5, 2), np.inf)}, "X contains infinity at row 5, column 2"),
    "nan-in-weights": (lambda X, y: {"sample_weight": put(y, 7, np.nan)}, "sample_weight contains NaN at row 7"),
    "negative-weight": (lambda X, y: {"sample_weight": put(y, 7, -2)}, r"sample_weight\[7\] is -2"),
    "all-weights-0": (lambda X, y: {"sample_weight": 0.0 * y}, "every sample_weight is zero"),
    "endless-weights": (
        lambda X, y: {"sample_weight": np.full(len(y), 1e308)},
        "the sum of sample_weight is beyond any",
    ),
    "short-weights": (lambda X, y: {"sample_weight": np.ones(3)}, r"sample_weight has shape \(3,\), expected \(120,\)"),
    "short-y": (lambda X, y: {"y": y[:-1]}, "inconsistent"),
    "no-rows": (lambda X, y: {"X": X[:0], "y": y[:0]}, "minimum of 1 is required"),
    "no-columns": (lambda X, y: {"X": X[:, :0]}, "minimum of 1 is required"),
    "nan-in-validation": (lambda X, y: {"X_val": put(X, (1, 1), np.nan), "y_val": y}, "X contains NaN at row 1, column 1"),
    "narrow-validation": (lambda X, y: {"X_val": X[:, :3], "y_val": y}, "3 features"),
    "half-a-validation": (lambda X, y: {"X_val": X}, "X_val and y_val come together"),
    "other-half": (lambda X, y: {"y_val": y}, "X_val and y_val come together"),
}


@each_estimator
@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_with_its_place(estimator, name):
    X, y = raw()
    changed, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        quick(estimator).fit(**{"X": X, "y": y} | changed(X, y))


@each_estimator
def test_a_target_that_is_not_finite_is_refused_with_its_place(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="y contains NaN at row 5"):
        quick(estimator).fit(X, put(y, 5, np.nan))


@each_estimator
@pytest.mark.parametrize("verbose", [-1, 1.5, "yes", None])
def test_a_verbosity_that_is_none_is_refused(estimator, verbose):
    with pytest.raises(ValueError, match="verbose is .*, expected a whole number of at least 0, True or False"):
        quick(estimator, verbose=verbose).fit(*raw())


@each_estimator
def test_short_validation_targets_are_refused(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="y_val"):
        quick(estimator).fit(X, y, X_val=X, y_val=y[:-1])


@each_estimator
def test_what_was_refused_is_not_fitted(estimator):
    X, y = raw()
    model = quick(estimator)
    for refused in ({"X_val": X}, {"X_val": X, "y_val": y[:3]}, {"sample_weight": 0.0 * y}):
        with pytest.raises(ValueError, match="come together|y_val|every sample_weight"):
            model.fit(X, y, **refused)
        with pytest.raises(NotFittedError):
            model.predict(X)


@each_classifier
def test_labels_that_cannot_be_are_refused(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="one class only, 1; a classifier needs at least two"):
        quick(estimator).fit(X, np.ones(len(y)).astype(int))
    with pytest.raises(ValueError, match="one class only"):
        quick(estimator).fit(X, y, sample_weight=y.astype(float))
    with pytest.raises(ValueError, match="class_weight={0: 0} leaves one class only, 1; a classifier"):
        quick(estimator).set_params(class_weight={0: 0}).fit(X, y)
    with pytest.raises(ValueError, match=r"y_val\[0\] is .*[78].*, which is none of the classes \[0, 1\]"):
        quick(estimator).fit(X, y, X_val=X, y_val=y + 7)


@each_estimator
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "adaptive"}, "learning_rate is 'adaptive'"),
        ({"standardize": "minmax"}, "standardize is 'minmax'"),
        ({"eta0": 0.0}, "eta0 is 0.0, expected a positive number"),
        ({"eta0": 1.0, "alpha": 1.0}, r"eta0 \* alpha is 1; it must lie in \[0, 1\)"),
        ({"alpha": -1.0}, "alpha is -1.0, expected a number that is not negative"),
        ({"tol": np.nan}, "tol is nan, expected"),
        ({"early_stopping": True, "validation_fraction": 1.5}, "validation_fraction is 1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(estimator, options, message):
    X, y = raw()
    with pytest.raises(ValueError, match=message):
        quick(estimator, **options).fit(X, y)


def test_settings_of_one_estimator_that_cannot_be_are_refused():
    X, y = raw()
    for model, message in (
        (
            LogisticSGDClassifier(optimizer="adagrad", penalty="l1"),
            "penalty='l1' does not go with optimizer='adagrad'; take",
        ),
        (TwoLayerClassifier(n_hidden=0), "n_hidden is 0, expected a positive whole number or 'auto'"),
        (TwoLayerClassifier(n_hidden="many"), "n_hidden is 'many'"),
        (TwoLayerRegressor(output="softmax"), "output is 'softmax', expected 'linear' or 'sigmoid_sum'"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)


@each_estimator
def test_a_refused_refit_leaves_the_model(estimator):
    X, y = raw()
    model = quick(estimator).fit(X, y)
    before = model.predict(X)
    for refused in ({"learning_rate": "adaptive"}, {"standardize": "minmax"}, {"eta0": 1.0, "alpha": 2.0}, {"max_iter": 0}):
        with pytest.raises(ValueError, match="learning_rate|standardize|eta0|max_iter"):
            clone(model).set_params(**refused).fit(X, y)
        kept = model.get_params()
        with pytest.raises(ValueError, match="learning_rate|standardize|eta0|max_iter"):
            model.set_params(**refused).fit(X, 1 - y)
        assert_array_equal(model.set_params(**kept).predict(X), before)


@pytest.mark.parametrize("name", ["early_stopping", "shuffle", "warm_start"])
def test_what_is_true_or_false_is_nothing_else(name):
    with pytest.raises(ValueError, match=f"{name} is 'no', expected True or False"):
        LogisticSGDClassifier(**{name: "no"}).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("how", [{}, {"standardize": None}, {"standardize": None, "eta0": 0.1}, {"early_stopping": True}])
@pytest.mark.parametrize("weight", [None, "some zero"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_cell_that_is_no_number_is_named_whatever_reads_it_first(backend, dtype, how, weight, value, n_classes):
    X, y = raw(n_classes=n_classes, dtype=dtype)
    model = quick(LogisticSGDClassifier, **how).fit(X[:, ::-1] / 1000, y)
    before = model.coef_
    broken = X / 1000
    broken[99, 2] = value
    sample_weight = None if weight is None else np.where(np.arange(len(y)) % 10 == 9, 0.0, 1.0)  # row 99 has none
    with pytest.raises(ValueError, match=f"X contains {'NaN' if np.isnan(value) else 'infinity'} at row 99, column 2"):
        model.fit(broken, y, sample_weight)
    assert_array_equal(model.coef_, before)


ONLINE = {
    "default": lambda: LogisticSGDClassifier(random_state=0),
    "ftrl": lambda: LogisticSGDClassifier(optimizer="ftrl", random_state=0),
    "normalized": lambda: LogisticSGDClassifier(optimizer="normalized", random_state=0),
    "l1": lambda: LogisticSGDClassifier(penalty="l1", random_state=0),
    "explicit step": lambda: LogisticSGDClassifier(standardize=None, eta0=0.1, random_state=0),
    "unscaled": lambda: LogisticSGDClassifier(standardize=None, random_state=0),
    "network": lambda: TwoLayerClassifier(random_state=0),
    "unscaled network": lambda: TwoLayerClassifier(standardize=None, random_state=0),
    "regressor": lambda: TwoLayerRegressor(random_state=0),
}


@pytest.mark.parametrize("storage", [np.asarray, csr_matrix])
@pytest.mark.parametrize("cell", [1e-320, 1e-160, 1e140, 1e160, 1e200, 1.79e308])
@pytest.mark.parametrize("n_before", [0, 3, 63, 70, 127])
@pytest.mark.parametrize("name", ONLINE)
def test_rows_taken_by_partial_fit_are_in_the_way_of_none_that_follow(name, n_before, cell, storage):
    """An extreme cell is refused by its own call, or later rows are learnt and predicted."""
    draw = np.random.default_rng(0)
    X, y = draw.standard_normal((400, 3)), draw.integers(0, 2, 400)
    first = {} if name == "regressor" else {"classes": [0, 1]}
    model, bad = ONLINE[name](), X[n_before : n_before + 4].copy()
    bad[2, 1] = cell
    if n_before:
        model.partial_fit(storage(X[:n_before]), y[:n_before], **first)
    with contextlib.suppress(ValueError, FloatingPointError):
        model.partial_fit(storage(bad), y[n_before : n_before + 4], **first)
    for start in range(n_before + 4, 370, 30):
        model.partial_fit(storage(X[start : start + 30]), y[start : start + 30], **first)
    assert np.isfinite(model.predict(storage(X))).all()
