"""The logistic function, the losses and scores: textbook formulas where they are safe, limits where they are not."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from tolerances import DIFFERENCE, EXPONENTIAL_ULP, LOGISTIC_ULP, STEP_OF_DIFFERENCE

from hotloop import metrics
from hotloop.reference import losses as rules

M = np.linspace(-30, 30, 241)
H = STEP_OF_DIFFERENCE


def test_logistic_is_its_formula():
    assert_allclose(rules.logistic(M), 1 / (1 + np.exp(-M)), rtol=1e-15)
    assert rules.logistic(0.0) == 0.5


def test_log_loss_is_its_formula():
    p = 1 / (1 + np.exp(-M[np.abs(M) < 10]))
    m = M[np.abs(M) < 10]
    for y in (0.0, 1.0, 0.3):
        assert_allclose(rules.log_loss(m, y), -(y * np.log(p) + (1 - y) * np.log(1 - p)), rtol=1e-10)


def test_softmax_is_its_formula():
    m = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0], [-3.0, 5.0, 1.0]])
    expected = np.exp(m) / np.exp(m).sum(axis=1, keepdims=True)
    assert_allclose(rules.softmax(m), expected, rtol=1e-15)
    assert_allclose(rules.log_sum_exp(m), np.log(np.exp(m).sum(axis=1)), rtol=1e-15)
    assert_allclose(rules.softmax(m[0]), expected[0], rtol=1e-15)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_slope_of_the_log_loss(y):
    slope = (rules.log_loss(M + H, y) - rules.log_loss(M - H, y)) / (2 * H)
    assert_allclose(rules.logistic(M) - y, slope, rtol=DIFFERENCE.rtol, atol=1e-8)


def test_slope_of_the_softmax_loss():
    m = np.array([0.5, -1.0, 2.0, 0.0])
    for j in range(4):
        step = H * np.eye(4)[j]
        assert_allclose(rules.softmax(m)[j], (rules.log_sum_exp(m + step) - rules.log_sum_exp(m - step)) / (2 * H), rtol=1e-8)


def test_extreme_margins_stay_numbers():
    m = np.array([-1e4, -1000, 1000, 1e4])
    with np.errstate(all="raise", under="ignore"):
        assert_array_equal(rules.logistic(m), [0, 0, 1, 1])
        assert_array_equal(rules.log_loss(m, 0.0), [0, 0, 1000, 1e4])
        assert_array_equal(rules.log_loss(m, 1.0), [1e4, 1000, 0, 0])
        assert_array_equal(rules.softmax(m), [0, 0, 0, 1])
        assert rules.log_sum_exp(m) == 1e4
        assert_array_equal(metrics.probabilities(m[:, None])[:, 1], [0, 0, 1, 1])
        assert_array_equal(metrics.log_probabilities(m[:, None])[:, 1], [-1e4, -1000, 0, 0])
        assert_array_equal(metrics.log_probabilities(m[None, :]), [m - 1e4])
        assert_array_equal(metrics.probabilities(m[None, :]), [[0, 0, 0, 1]])


def filled(package, m):
    p = np.full((len(m), 2), np.nan)
    package.binary_probabilities(m, p)
    return p


def test_both_probabilities(backend):
    """Of every margin 1 - p and p: nothing is lost where p is small, and what underflows is 0."""
    m = np.append(M, [-1e4, -1000, -709, -700, 700, 1000, 1e4, -np.inf, np.inf])
    p = filled(backend, m)
    e = np.exp(-np.abs(m))
    assert_allclose(p[:, 1], np.where(m < -708, 0, np.where(m < 0, e, 1) / (1 + e)), rtol=LOGISTIC_ULP * 2**-52)
    assert_array_equal(p[:, 0], 1 - p[:, 1])
    assert_array_equal(p.sum(axis=1), 1)
    assert_array_equal(p[m < -708], [[1, 0]] * 4)
    assert_array_equal(p[m > 100], [[0, 1]] * 4)
    assert np.isnan(filled(backend, np.array([np.nan]))).all()
    for n in range(9):
        assert_array_equal(filled(backend, m[:n].copy()), p[:n])
    for shape in ((len(m), 1), (len(m) - 1, 2)):
        with pytest.raises(ValueError, match="out has shape"):
            backend.binary_probabilities(m, np.zeros(shape))


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
def test_probabilities_of_whole_arrays(n_outputs):
    margins = np.random.default_rng(n_outputs).normal(size=(50, n_outputs)) * 3
    full = np.column_stack([0 * margins, margins]) if n_outputs == 1 else margins
    p = metrics.probabilities(margins)
    assert_allclose(p, np.exp(full) / np.exp(full).sum(axis=1, keepdims=True), rtol=1e-13)
    assert_allclose(np.exp(metrics.log_probabilities(margins)), p, rtol=1e-12)
    y, weight = np.arange(50) % p.shape[1], np.linspace(0, 2, 50)
    assert metrics.mean_log_loss(margins, y.astype(float)) == pytest.approx(log_loss(y, p), rel=1e-12)
    assert metrics.mean_log_loss(margins, y, weight) == pytest.approx(log_loss(y, p, sample_weight=weight), rel=1e-12)


def test_scores_are_those_of_scikit_learn():
    draw = np.random.default_rng(0)
    y, scores, weight = draw.random(200) < 0.3, np.round(draw.normal(size=200), 1), draw.random(200)  # rounded: with ties
    assert len(np.unique(scores)) < 100
    assert metrics.area_under_roc(scores, y) == pytest.approx(roc_auc_score(y, scores), rel=1e-14)
    assert np.isnan(metrics.area_under_roc(scores, np.ones(200, bool)))
    target = draw.normal(size=200)
    assert metrics.mean_squared_error(scores[:, None], target) == pytest.approx(mean_squared_error(target, scores))
    found = metrics.mean_squared_error(scores, target, weight)
    assert found == pytest.approx(mean_squared_error(target, scores, sample_weight=weight))


def units_off(found, exact):
    """Return |found - exact| in units of the last place of the exact value, which is longdouble."""
    return np.abs(found.astype(np.longdouble) - exact) / np.spacing(np.abs(exact).astype(found.dtype)).astype(np.longdouble)


def margins_of(dtype, limit):
    """Return margins over the whole range, dense around 0, and an odd number of them, so that there is a tail."""
    draw = np.random.default_rng(0)
    parts = [draw.uniform(-limit, limit, 20_000), draw.uniform(-2, 2, 20_000), draw.normal(size=999) * 1e-4, [0, limit, -limit]]
    return np.concatenate(parts).astype(dtype)


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="longdouble is no wider than float64 here")
@pytest.mark.parametrize(("function", "bound"), [("exponential_of", EXPONENTIAL_ULP), ("logistic_of", LOGISTIC_ULP)])
def test_primitives_in_units_of_the_last_place(compiled, dtype, function, bound):
    m = margins_of(dtype, {np.float32: 85, np.float64: 700}[dtype])
    exact = np.exp(m.astype(np.longdouble))
    if function == "logistic_of":
        exact = exact / (1 + exact)
    found = getattr(compiled.vectors.levels, function)(m)
    assert found.dtype == dtype
    assert units_off(found, exact).max() <= bound


def test_primitives_do_not_depend_on_the_place(compiled, dtype):
    """An element in the tail of an array gets the bits that it gets in the middle of a vector."""
    m = margins_of(dtype, 80)[:71]
    for function in (compiled.vectors.levels.exponential_of, compiled.vectors.levels.logistic_of):
        whole = function(m)
        for n in range(len(m) + 1):
            assert_array_equal(function(m[:n].copy()), whole[:n])


def test_primitives_at_the_ends(compiled, dtype):
    m = np.array([-np.inf, -1e4, 1e4, np.inf, np.nan], dtype)
    p = compiled.vectors.levels.logistic_of(m)
    assert_allclose(p, [0, 0, 1, 1, np.nan], atol=2e-38)
    e = compiled.vectors.levels.exponential_of(m)
    assert np.isfinite(e[:4]).all()
    assert (e[:2] < 2e-38).all()
    assert (e[2:4] > 1e37).all()
