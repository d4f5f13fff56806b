"""Rows by their non-zeros: each pass equals the reference on the rows written out, and refuses what is no row."""

import numpy as np
import pytest
from csr_rows import csr_rows, drawn
from tolerances import SAMPLE, WEIGHTS, relative_error

from hotloop import reference
from hotloop.structs import ColumnMoments, CSRRows, Pass

sp = pytest.importorskip("scipy.sparse")


def take_pass(package, X, y, n_outputs, dtype, index, *, ones=False, shifted=False, scaled=False, alpha=0.01, passes=1):
    """Return W, b, their sums, loss and steps after a pass over weighted rows in mixed order, with repeats."""
    draw = np.random.default_rng(7)
    n, k = X.shape
    shift = (0.2 * draw.standard_normal(k)).astype(dtype) if shifted else None
    scale = draw.uniform(0.5, 1.2, k).astype(dtype) if scaled else None
    W, b = (0.1 * draw.standard_normal((k, n_outputs))).astype(dtype).T, 0.1 * draw.standard_normal(n_outputs)
    W_total, b_total, lazy = np.zeros((k, n_outputs)).T, np.zeros(n_outputs), np.zeros(3 + 3 * n_outputs)
    weight, order = draw.choice([0.0, 0.5, 1.0, 1.5], n), draw.integers(0, n, n)
    lazy[0] = 1
    package.materialize(shift, W, W_total, lazy)
    rows = csr_rows(X, dtype, index=index, ones=ones).standardized(shift, scale)
    eta, loss, n_updates = 0.05 / (1 + np.arange(n) / n), 0.0, 0
    for _ in range(passes):
        more = package.logistic_csr_pass(rows, Pass(order, y, weight, eta, alpha), W, b, W_total, b_total, lazy)
        loss, n_updates = loss + more[0], n_updates + more[1]
    package.materialize(shift, W, W_total, lazy)
    assert lazy[0] == 1
    assert not lazy[1]
    return W, b, W_total, b_total, loss, n_updates


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ones": True},
        {"scaled": True},
        {"ones": True, "scaled": True},
        {"shifted": True, "scaled": True},
        {"alpha": 0.0},
        {"alpha": 8.0, "shifted": True, "passes": 3},  # materialized on the way
    ],
    ids=str,
)
def test_pass(compiled, dtype, n_outputs, options):
    X, y = drawn(n_features=130, n_classes=max(2, n_outputs))
    y = y.astype(np.float64)
    exact = X.copy()
    exact.data = X.data.astype(dtype).astype(np.float64)
    expected = take_pass(reference, exact, y, n_outputs, np.float64, np.int32, **options)
    for index in (np.int32, np.int64):
        found = take_pass(compiled, X, y, n_outputs, dtype, index, **options)
        for a, b in zip(found[:4], expected[:4], strict=True):
            assert relative_error(a, b) <= WEIGHTS[dtype]
        assert found[4] == pytest.approx(expected[4], rel=SAMPLE[dtype].rtol)
        assert found[5] == expected[5]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 39, 100])
def test_rows_of_each_length(compiled, dtype, length):
    """The last lanes of a sum: nothing beyond the row counts, and the gather reads no column that the row does not have."""
    draw = np.random.default_rng(length)
    places = draw.permutation(100)[:length].astype(np.int32)
    values, W, b = draw.standard_normal(length).astype(dtype), draw.standard_normal((100, 1)).astype(dtype), np.ones(1)
    starts = np.array([0, length, length], np.int64)
    beyond = np.append(places, np.int32(2**31 - 1)), np.append(values, np.nan).astype(dtype)
    for x, expected in ((beyond[1], values.astype(np.float64) @ W[places, 0]), (None, W[places, 0].astype(np.float64).sum())):
        found = compiled.csr_margins(CSRRows(starts, beyond[0], x, 100, np.dtype(dtype), length), W.T, b)
        assert found.shape == (2, 1)
        assert found[1, 0] == 1
        assert found[0, 0] == pytest.approx(1 + expected, **{"rel": SAMPLE[dtype].rtol, "abs": SAMPLE[dtype].atol})


@pytest.mark.parametrize("label", [-1.0, 2.0, np.nan])
def test_labels_and_rows_that_do_not_exist_are_refused(backend, label):
    X, y = drawn(20)
    for n_outputs in (1, 2):
        wrong = y.astype(np.float64)
        wrong[:] = label
        with pytest.raises(ValueError, match="is no class index below 2"):
            take_pass(backend, X, wrong, n_outputs, np.float64, np.int32)


def test_a_row_outside_the_arrays_is_refused(compiled):
    W, b, one = np.zeros((1, 3)), np.zeros(1), np.ones(1)
    for starts in ([0, 3], [-1, 1], [2, 1], [0, 2**63 - 1], [-(2**63), 1], [2**63 - 1, -(2**63)]):
        rows = CSRRows(np.array(starts, np.int64), np.zeros(2, np.int32), None, 3, np.dtype(np.float64), 5)
        with pytest.raises(ValueError, match="is no row of X|does not lie in its arrays"):
            compiled.logistic_csr_pass(rows, Pass(np.zeros(1, np.intp), one, one, one), W, b, None, None, np.eye(1, 6)[0])
        with pytest.raises(ValueError, match="does not lie in its arrays"):
            compiled.csr_margins(rows, W, b)
        with pytest.raises(ValueError, match="does not lie in its arrays"):
            compiled.csr_column_moments(rows, one, ColumnMoments(*(np.zeros(n) for n in (1, 3, 3, 3, 3, 3, 3))))


def test_a_column_far_outside_is_refused(compiled):
    """With so many columns their weights are prefetched, before any column is checked."""
    one, n_features = np.ones(1), 200_000
    rows = CSRRows(np.array([0, 1]), np.array([2**62]), None, n_features, np.dtype(np.float64), 1)
    steps = Pass(np.zeros(1, np.intp), one, one, one)
    with pytest.raises(ValueError, match="does not lie in its arrays"):
        compiled.logistic_csr_pass(rows, steps, np.zeros((1, n_features)), np.zeros(1), None, None, np.eye(1, 6)[0])
