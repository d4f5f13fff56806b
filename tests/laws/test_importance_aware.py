"""Importance-aware steps, (LR-19): a step of a row is the limit of many small ones for it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows, logistic_arguments, run, take
from scipy.sparse import csr_matrix
from tolerances import ROOT, ROOTS, WEIGHTS, relative_error

import hotloop
from hotloop import LogisticSGDClassifier, reference
from hotloop.reference.losses import importance_share


def arguments(n_samples, n_features, **options):
    return logistic_arguments(*drawn_rows(n_samples, n_features), **options) | {"importance_aware": True}


def grown(u, c):
    """The growth of u that (LR-19) asks for, by bisection in a wider type."""
    u, c, low, high = np.longdouble(u), np.longdouble(c), np.longdouble(0), np.longdouble(c)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if middle + np.exp(u) * np.expm1(middle) < c else (low, middle)
    return low


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="longdouble is no wider than float64 here")
@pytest.mark.parametrize("u", [-600.0, -31.0, -29.0, -3.0, 0.0, 0.5, 8.0, 40.0])
@pytest.mark.parametrize("c", [1e-8, 0.3, 1.0, 25.0, 1e4])
def test_the_share_solves_the_equation(u, c):
    assert_allclose(importance_share(u, c), float(grown(u, c) * (1 + np.exp(np.longdouble(u))) / c), **ROOT._asdict())


@pytest.mark.parametrize("u", [float("nan"), float("inf"), -float("inf"), 800.0])
def test_no_share_of_what_is_not_finite(u):
    assert importance_share(u, 1.0) == 1.0


@pytest.mark.parametrize("eta", [0.02, 1.0, 50.0])
@pytest.mark.parametrize("n_features", [1, 7, 33])
@pytest.mark.parametrize(
    "options",
    [{}, {"intercept": True, "averaged": True, "weighted": True, "standardised": True, "shuffled": True, "alpha": 0.01}],
    ids=["plain", "everything"],
)
def test_the_kernel_is_the_reference(compiled, n_features, eta, options):
    own = arguments(203, n_features, eta=eta / n_features, **options)
    wanted = take(reference.logistic_pass, own, np.float64)
    found = take(compiled.logistic_pass, own, np.float64)
    for name in ("W", "b", "W_total", "b_total"):
        if own[name] is not None:
            assert relative_error(found[name], wanted[name]) <= ROOTS.rtol, name


@pytest.mark.parametrize("u", [-40.0, -31.0, -29.0, 0.5])
@pytest.mark.parametrize("eta", [1e-8, 0.3, 25.0, 1e4])
def test_one_step_is_that_of_the_reference(compiled, u, eta):
    """From a weight of 0, so that no digit of the step is lost; the intercept makes the margin."""
    own = arguments(1, 1, intercept=True) | {"X": np.ones((1, 1)), "W": np.zeros((1, 1)), "eta": np.array([eta])}
    for label in (0.0, 1.0):
        start = own | {"y": np.array([label]), "b": np.array([u if label else -u])}
        wanted, found = (take(backend.logistic_pass, start, np.float64)["W"] for backend in (reference, compiled))
        assert relative_error(found, wanted) <= ROOTS.rtol


def test_a_row_of_weight_two_is_the_row_twice(backend):
    own = arguments(40, 5, intercept=True) | {"order": np.arange(40), "eta": np.full(40, 0.7)}
    twice = own | {"order": np.repeat(np.arange(40), 2), "eta": np.full(80, 0.7)}
    found = take(backend.logistic_pass, own | {"sample_weight": np.full(40, 2.0)}, np.float64)
    wanted = take(backend.logistic_pass, twice, np.float64)
    assert relative_error(found["W"], wanted["W"]) < 1e-11
    assert relative_error(found["b"], wanted["b"]) < 1e-11
    plain = [take(backend.logistic_pass, one | {"importance_aware": False}, np.float64)["W"] for one in (own, twice)]
    assert relative_error(*plain) > 1e-3  # which plain steps are not


def test_small_steps_are_the_plain_ones(backend):
    own = arguments(40, 5, eta=1e-9)
    found, plain = (take(backend.logistic_pass, own | {"importance_aware": aware}, np.float64)["W"] for aware in (True, False))
    assert_allclose(found - own["W"], plain - own["W"], rtol=1e-6, atol=1e-15)


def model(**options):
    return LogisticSGDClassifier(**{"importance_aware": True, "max_iter": 2, "tol": None, "random_state": 0} | options)


def test_huge_steps_do_not_diverge(backend, dtype):
    X, y = drawn_rows(300, 4)
    y = (X @ [1.0, -2.0, 0.5, 0.0] + 0.3 * X[:, 0] ** 2 > 0).astype(int)
    found = model(eta0=1e4, alpha=0.0, learning_rate="constant").fit(X.astype(dtype), y)
    assert found.score(X.astype(dtype), y) > 0.85
    assert found.loss_curve_[-1] < 5


@pytest.mark.parametrize("size", [1, 3, 7, 64])
def test_pieces_give_the_bits_of_the_whole(backend, dtype, size):
    X, y = drawn_rows(150, 5)
    X = X.astype(dtype)
    whole, pieces = model(eta0=2.0, alpha=1e-3).partial_fit(X, y, classes=[0, 1]), model(eta0=2.0, alpha=1e-3)
    for start in range(0, len(X), size):
        pieces.partial_fit(X[start : start + size], y[start : start + size], classes=[0, 1])
    assert_array_equal(pieces.coef_, whole.coef_)
    assert_array_equal(pieces.intercept_, whole.intercept_)


def test_a_model_file_goes_on(backend, tmp_path):
    X, y = drawn_rows(120, 5)
    found = model(eta0=2.0, alpha=1e-3).partial_fit(X[:70], y[:70], classes=[0, 1])
    found.save(tmp_path / "model")
    loaded = hotloop.load_estimator(tmp_path / "model")
    for one in (found, loaded):
        one.partial_fit(X[70:], y[70:])
    assert_array_equal(loaded.coef_, found.coef_)
    assert (
        relative_error(found.coef_, model(eta0=2.0, alpha=1e-3, importance_aware=False).partial_fit(X, y, [0, 1]).coef_) > 1e-3
    )


def test_single_precision(compiled):
    own = arguments(203, 33, eta=3 / 33, intercept=True)
    wanted = take(reference.logistic_pass, own, np.float64)
    assert relative_error(take(compiled.logistic_pass, own, np.float32)["W"], wanted["W"]) < WEIGHTS[np.float32]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adagrad"}, "importance_aware=True does not go with optimizer='adagrad'; take optimizer='sgd'"),
        ({"optimizer": "sgd", "penalty": "l1"}, "does not go with optimizer='sgd' and penalty='l1'; take penalty='l2'"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    X, y = drawn_rows(40, 3)
    with pytest.raises(ValueError, match=message):
        model(**options).fit(X, y)


def test_rows_that_cannot_be_are_refused(backend):
    X, y = drawn_rows(40, 3)
    sparse, several = (csr_matrix(X), y, "sparse rows; give dense"), (X, np.arange(40) % 3, "more than two classes; take")
    for rows, labels, what in (sparse, several):
        with pytest.raises(ValueError, match=f"importance_aware=True does not go with {what}"):
            model().fit(rows, labels)
    own = logistic_arguments(X, y, 3) | {"importance_aware": True}
    with pytest.raises(ValueError, match="one output only"):
        run(backend.logistic_pass, own)
