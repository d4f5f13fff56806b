"""Statistics of columns, the constants made of them, and weights that follow a change of constants."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone

from hotloop import LogisticSGDClassifier
from hotloop.data.csr import from_scipy
from hotloop.logistic.state import LogisticState
from hotloop.preprocessing.standardization import ColumnStatistics

EPS = {np.float32: 6e-8, np.float64: 1.2e-16}


def rows(dtype=np.float64, n_samples=60):
    """Columns of different mean and spread, the third one constant."""
    draw = np.random.default_rng(0)
    X = draw.standard_normal((n_samples, 4)) * [1, 100, 0, 0.01] + [0, -50, 7, 1]
    return X.astype(dtype), draw.choice([0.0, 0.5, 2.0], n_samples)


def statistics_of(X, weight):
    statistics = ColumnStatistics(X.shape[1])
    statistics.update(X, weight)
    return statistics


@pytest.mark.parametrize("standardize", ["auto", "std"])
def test_mean_and_deviation(backend, dtype, standardize):
    X, weight = rows(dtype)
    center, scale = statistics_of(X, weight).constants(standardize, dtype)
    mean = np.average(X.astype(np.float64), axis=0, weights=weight)
    variance = np.average((X - mean) ** 2, axis=0, weights=weight)
    assert center.dtype == scale.dtype == dtype
    assert_allclose(center, mean, rtol=4 * EPS[dtype], atol=4 * EPS[np.float64])  # a rounding a row, of deviations of about 1
    assert_allclose(scale[[0, 1, 3]], variance[[0, 1, 3]] ** -0.5, rtol=4 * EPS[dtype] + 1e-13)
    assert scale[2] == 0  # constant: it can tell nothing apart


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 5e-3), (7e5, 7e5 + 1), (1e9, 1e9 + 1), (-1e-9, 0)])
def test_a_column_of_two_values_has_their_distance_as_unit(backend, low, high, sparse):
    """Else a category that three rows have would count a hundred times as much as one that half of them have, (LR-9)."""
    draw = np.random.default_rng(0)
    weight = draw.choice([0.0, 0.5, 2.0], 5000)
    taken = draw.random((5000, 3)) < [0.5, 0.03, 0.0006]
    X = np.column_stack([np.where(taken, high, low), draw.choice([low, high, (low + high) / 2], 5000)])
    X[weight == 0, :3] = (low + high) / 2  # does not count
    center, scale = statistics_of(from_scipy(csr_matrix(X)) if sparse else X, weight).constants("std", np.float64)
    assert_allclose(scale[:3], 1 / (high - low), rtol=1e-12)
    assert_allclose(center, np.average(X, axis=0, weights=weight), rtol=1e-12)
    assert scale[3] == pytest.approx(np.average((X[:, 3] - center[3]) ** 2, weights=weight) ** -0.5)


def spreads_of(values):
    """That of the column dense, in two pieces, as non-zeros, as both, one piece of another type."""
    X = np.array(values, np.float64)[:, None]
    whole, first, rest = (from_scipy(csr_matrix(part)) for part in (X, X[:3], X[3:]))
    for pieces in ([X], [X[:3], X[3:]], [whole], [X[:3], rest], [first, X[3:]], [X[:3], X[3:].astype(np.float32)]):
        statistics = ColumnStatistics(1)
        for part in pieces:
            statistics.update(part, np.ones(len(part)), largest=False)
        yield statistics.spread()


@pytest.mark.parametrize("values", [[1, 1, 1, 0, 1], [2, 2, 3, 2, 3], [0, 0, 0, -7, -7], [5, 5, 5, 5, 0.5]])
def test_two_values_in_pieces(backend, values):
    for spread in spreads_of(values):
        assert spread == np.ptp(values)


@pytest.mark.parametrize("values", [[1, 1, 2, 0, 1], [2, 2, 2, 3, 4], [0, -1, 0, -7, -7], [3, 1, 1, 1, 2], [1, 2, 2, 3, 3]])
def test_a_third_value_is_seen_whatever_piece_it_is_in(backend, values):
    for spread in spreads_of(values):
        assert spread == pytest.approx(np.std(values))


def test_largest_absolute_value(backend, dtype):
    X, weight = rows(dtype)
    X[0] = 1e6  # a row of weight 0 does not count
    weight[:3] = 0, 1, 1
    X[1, 0] = -77  # a negative one does
    center, scale = statistics_of(X, weight).constants("maxabs", dtype)
    counted = X[weight > 0]
    assert_array_equal(center, np.zeros(4, dtype))
    assert_allclose(scale, 1 / np.abs(counted).max(axis=0), rtol=2 * EPS[dtype])
    assert scale[0] == dtype(1 / 77)


def test_one_unit_for_all_columns(backend):
    X = np.array([[0.0, 2.0], [-4.0, 0.0]])
    center, scale = statistics_of(X, np.ones(2)).constants("common", np.float64)
    assert_array_equal(center, np.zeros(2))
    assert_array_equal(scale, [0.25, 0.25])
    y = [0, 1] * 20
    X = np.random.default_rng(0).standard_normal((40, 2))
    options = {"max_iter": 2, "tol": None, "random_state": 0, "alpha": 0.0, "eta0": 0.1, "cv": None, "shuffle": False}
    model = LogisticSGDClassifier(standardize="common", **options)
    scaled = LogisticSGDClassifier(standardize=None, **options).fit(X / np.abs(X).max(), y)
    for fitted in (model.fit(X, y), clone(model).partial_fit(X[:32], y[:32], classes=[0, 1]).partial_fit(X[32:], y[32:])):
        assert np.isfinite(fitted.coef_).all()
    assert_allclose(model.fit(X, y).coef_ * np.abs(X).max(), scaled.coef_, rtol=1e-12)
    with pytest.raises(ValueError, match="standardize='common' does not go with sparse rows"):
        model.fit(csr_matrix(X), y)


def test_a_column_of_zeros_has_scale_0(backend):
    X = np.column_stack([np.zeros(5), np.arange(5.0)])
    for standardize in ("std", "maxabs"):
        _, scale = statistics_of(X, np.ones(5)).constants(standardize, np.float64)
        assert scale[0] == 0 < scale[1]


def test_a_spread_too_small_for_the_type_is_refused(backend):
    statistics = statistics_of(np.array([[0.0], [1e-42]]), np.ones(2))  # two values: their distance
    with np.errstate(all="raise", under="ignore", over="ignore"):
        with pytest.raises(ValueError, match="column 0 spans too narrow a range"):
            statistics.constants("std", np.float32)
        assert statistics.constants("std", np.float64)[1] == pytest.approx([1e42])


def test_a_spread_too_large_is_refused(backend):
    """Also of two values, whose distance is a number where the variance is none."""
    statistics = statistics_of(np.array([[0.0, 1e200], [1.0, -1e200]]), np.ones(2))
    with pytest.raises(ValueError, match="column 1 spans too wide a range"):
        statistics.constants("std", np.float64)


def test_none_and_unknown():
    statistics = statistics_of(*rows())
    assert statistics.constants(None, np.float64) == (None, None)
    with pytest.raises(ValueError, match="standardize is 'minmax', expected 'auto', 'std', 'maxabs', 'common' or None"):
        statistics.constants("minmax", np.float64)


@pytest.mark.parametrize("largest", [True, False])
def test_pieces_give_the_bits_of_the_whole(backend, dtype, largest):
    X, weight = rows(dtype)
    X[:, 1] = X[:, 1] > 0
    whole = ColumnStatistics(4)
    whole.update(X, weight, largest=largest)
    for cuts in ([1], [0, 30], range(1, 60)):
        pieces = ColumnStatistics(4)
        for part in np.split(np.arange(60), list(cuts)):
            pieces.update(X[part], weight[part], largest=largest)
        for name in ColumnStatistics.ARRAYS:
            assert_array_equal(getattr(pieces, name), getattr(whole, name), err_msg=name)


def test_a_copy_goes_its_own_way():
    X, weight = rows()
    statistics = statistics_of(X, weight)
    copy = statistics.copy()
    copy.update(X + 1, weight)
    for name in ColumnStatistics.ARRAYS:
        assert_array_equal(getattr(statistics, name), getattr(statistics_of(X, weight), name))
    assert copy.total_weight[0] == 2 * statistics.total_weight[0]


@pytest.mark.parametrize("standardize", ["std", "maxabs", None])
def test_mean_square_is_that_of_the_standardised_rows(backend, standardize):
    X, weight = rows()
    statistics = statistics_of(X, weight)
    center, scale = statistics.constants(standardize, np.float64)
    Z = X if center is None else (X - center) * scale
    assert statistics.mean_square(center, scale) == pytest.approx(np.average((Z**2).sum(axis=1), weights=weight), rel=1e-12)


def trained_state(dtype, n_outputs, X, center, scale, averaged=True):
    """Return a state with weights, and an average of three iterates, on rows seen through center and scale."""
    draw = np.random.default_rng(1)
    state = LogisticState.zeros(n_outputs, X.shape[1], dtype, fit_intercept=True, averaged=averaged)
    state.W, state.b = draw.standard_normal(state.W.shape).astype(dtype), draw.standard_normal(n_outputs)
    if averaged:
        state.W_total, state.b_total, state.n_averaged = 2.5 * state.W.astype(float), 3.5 * state.b, 3
    state.center, state.scale = center, scale
    return state


def terms(state, X):
    """Return the sum of the absolute terms of each margin, of whose size rounding errors are a part."""
    return np.abs(X.astype(np.float64)) @ np.abs(state.coef().astype(np.float64)).T + np.abs(state.intercept())


def constants_of(X, standardize):
    return statistics_of(X, np.ones(len(X))).constants(standardize, X.dtype)


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("standardize", ["std", "maxabs", None])
@pytest.mark.parametrize("offset", [0, 1000])
def test_margins_are_the_linear_function_of_the_caller(backend, dtype, n_outputs, standardize, averaged, offset):
    """X coef^T + intercept, (LR-11), to the rounding of its terms; also for columns far from 0."""
    X = rows(dtype)[0] + dtype(offset)
    state = trained_state(dtype, n_outputs, X, *constants_of(X, standardize), averaged)
    coef, intercept = state.coef(), state.intercept()
    assert coef.dtype == dtype
    expected = X.astype(np.float64) @ coef.T.astype(np.float64) + intercept
    assert (np.abs(state.margins(X) - expected) <= 8 * EPS[dtype] * terms(state, X)).all()
    assert np.ptp(expected, axis=0).min() > 0


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("path", [("std", "maxabs"), ("maxabs", "std"), (None, "std"), ("std", None)])
def test_restandardize_moves_no_prediction(backend, dtype, n_outputs, path):
    X = rows(dtype)[0]
    state = trained_state(dtype, n_outputs, X, *constants_of(X, path[0]))
    state.W[:, 2] *= path[0] != "std"  # a constant column has learnt nothing yet
    before, last = state.margins(X), state.copy()
    allowed = 32 * EPS[dtype] * terms(state, X)
    state.restandardize(*constants_of(X, path[1]))
    assert (np.abs(state.margins(X) - before) <= allowed).all()
    assert (state.W != last.W).any()
    assert state.W.dtype == dtype
    now, last_before = state.last_iterate().margins(X), last.last_iterate().margins(X)  # nor do those of the last iterate
    assert (np.abs(now - last_before) <= allowed).all()
    assert (np.abs(last_before - before) > allowed).any()


def test_a_column_turned_constant_moves_into_the_intercept(backend):
    """Rows in which a column is constant lose its weight; at the constant the predictions stay."""
    X = rows()[0]
    state = trained_state(np.float64, 1, X, None, None)
    before = state.margins(X)
    state.restandardize(*constants_of(X, "std"))
    assert state.W[0, 2] == 0
    assert_allclose(state.margins(X), before, rtol=1e-12)


def test_replaced_weights_are_those_of_the_caller(backend, dtype):
    """To rounding, as they are kept on standardised columns; a column constant so far takes part as it is."""
    X = rows(dtype)[0]
    state = trained_state(dtype, 1, X, *constants_of(X, "std"))
    coef, intercept = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([0.5])
    state.replace_weights(coef, intercept)
    assert_allclose(state.coef(), coef, rtol=4 * EPS[dtype])
    assert_allclose(state.intercept(), intercept, rtol=0, atol=4 * EPS[dtype] * terms(state, X).max())
    expected = X.astype(np.float64) @ coef.T + intercept
    assert (np.abs(state.margins(X) - expected) <= 8 * EPS[dtype] * terms(state, X)).all()
    assert state.n_averaged == 0
    coef[:], intercept[:] = 0, 0  # its own copies
    assert state.coef().all()
    assert state.scale.all()


@pytest.mark.parametrize("values", [[0, 1e-200, 1e-200, 3e-200], [0, 1e-200, 1e-200, 0], [0, 1e300, 1e300, 0]])
def test_two_values_whose_variance_is_no_number_are_what_they_were(backend, values):
    """Too near each other to tell apart, or too far: not two values with a unit of 1e-200."""
    statistics = statistics_of(np.array(values)[:, None], np.full(4, 1e10))
    with pytest.raises(ValueError, match=f"column 0 spans too {'wide' if values[1] > 1 else 'narrow'} a range"):
        statistics.constants("std", np.float64)


@pytest.mark.parametrize(
    ("dtype", "unit"), [(np.float64, 1e-160), (np.float64, 1e-200), (np.float64, 1e-310), (np.float32, 1e-40)]
)
@pytest.mark.parametrize("standardize", ["std", "maxabs"])
def test_a_column_of_too_narrow_a_range_is_named(dtype, unit, standardize):
    X = np.random.default_rng(0).standard_normal((50, 2))
    X[:, 1] *= unit
    statistics = ColumnStatistics(2)
    statistics.update(X.astype(dtype), np.ones(50))
    with pytest.raises(ValueError, match="column 1 spans too narrow a range"):
        statistics.constants(standardize, dtype)


def test_a_sum_of_weights_near_the_largest_number_warns_of_nothing():
    model = LogisticSGDClassifier(random_state=0)
    model.partial_fit(np.eye(2), [0, 1], classes=[0, 1], sample_weight=[1e300, 2e300])
    assert np.isfinite(model.predict_proba(np.eye(2))).all()


@pytest.mark.parametrize("weight", [1e17, 1e30, 1e300])
def test_a_row_of_all_the_weight_leaves_no_square_below_0(backend, weight):
    draw = np.random.default_rng(0)
    statistics = statistics_of(draw.standard_normal((50, 40)), np.ones(50))
    for x in draw.standard_normal((5, 1, 40)):
        statistics.update(x, np.array([weight]))
        mean, deviation = statistics.moments()
        assert (deviation >= 0).all()
    statistics.check_range("std", np.float64)
    assert np.isfinite(statistics.constants("std", np.float64)[1]).all()
