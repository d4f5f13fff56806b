"""Steps under an L1 penalty or an elastic net: worked steps, the reference, dense and CSR rows, exact zeros."""

import numpy as np
import pytest
from csr_rows import csr_rows, drawn
from numpy.testing import assert_allclose
from tolerances import SAMPLE, STEPS, WEIGHTS, relative_error

from hotloop import reference
from hotloop.structs import CSRRows, DenseRows, Pass

STRENGTHS = {"l1": (0.02, 1.0), "elastic net": (0.04, 0.25), "l2": (0.03, 0.0), "strong": (12.02, 1 / 601)}  # alpha, l1_ratio


def take_pass(package, X, y, n_outputs, dtype, strengths, *, dense=False, ones=False, scaled=False, intercept=True, passes=1):
    """Return W, b, loss and steps after passes over weighted rows in mixed order, with repeats."""
    draw = np.random.default_rng(7)
    n, k = X.shape
    scale = draw.uniform(0.5, 1.2, k).astype(dtype) if scaled else None
    center = (0.2 * draw.standard_normal(k)).astype(dtype) if scaled and dense else None
    W, b = (0.1 * draw.standard_normal((k, n_outputs))).astype(dtype).T, 0.1 * draw.standard_normal(n_outputs)
    applied_l1, lazy = np.zeros((n_outputs, k), order="F"), np.array([1.0, 0.0])
    weight, order = draw.choice([0.0, 0.5, 1.0, 1.5], n), draw.integers(0, n, n)
    rows = csr_rows(X, dtype, ones=ones).standardized(None, scale)
    if dense:
        rows = DenseRows(X.toarray().astype(dtype), center, scale)
    put_off = (None, None) if dense else (applied_l1, lazy)
    alpha, l1_ratio = STRENGTHS[strengths]
    eta, loss, n_updates = 0.05 / (1 + np.arange(n) / n), 0.0, 0
    for _ in range(passes):
        steps = Pass(order, y, weight, eta, alpha)
        more = package.logistic_l1_pass(rows, steps, l1_ratio, W, b if intercept else None, *put_off)
        loss, n_updates = loss + more[0], n_updates + more[1]
    package.materialize_l1(W, applied_l1, lazy)
    assert (lazy == [1, 0]).all()
    assert not applied_l1.any()
    return W, b, loss, n_updates


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@pytest.mark.parametrize("strengths", STRENGTHS)
@pytest.mark.parametrize(
    "options",
    [{}, {"dense": True}, {"ones": True}, {"scaled": True}, {"scaled": True, "dense": True}, {"intercept": False}],
    ids=str,
)
def test_pass(compiled, dtype, n_outputs, strengths, options):
    X, y = drawn(n_features=130, n_classes=max(2, n_outputs))
    y, options = y.astype(np.float64), {**options, "passes": 3 if strengths == "strong" else 1}  # which materializes on the way
    exact = X.copy()
    exact.data = X.data.astype(dtype).astype(np.float64)
    expected = take_pass(reference, exact, y, n_outputs, np.float64, strengths, **options)
    found = take_pass(compiled, X, y, n_outputs, dtype, strengths, **options)
    for a, b in zip(found[:2], expected[:2], strict=True):
        assert relative_error(a, b) <= WEIGHTS[dtype]
    assert found[2] == pytest.approx(expected[2], rel=SAMPLE[dtype].rtol)
    assert found[3] == expected[3]
    zero = expected[0] == 0
    centred = options.get("dense") and options.get("scaled")  # then every row moves every weight
    assert zero.any() or centred or strengths == "l2"
    assert (found[0][zero] == 0).sum() >= 0.99 * zero.sum()


def test_steps_by_hand(backend, dtype):
    """x = (2, 0, -1), y = 1, w = (0, 1, 0.3), eta = 1/2, l1 = 0.4, l2 = 0.2: m = -0.3, g = s(-0.3) - 1."""
    g = 1 / (1 + np.exp(0.3)) - 1
    before = np.array([[0, 1, 0.3]], dtype)
    first = np.array([-0.5 * g * 2 - 0.2, 0.9 - 0.2, 0])  # 0.9 0.3 + 0.5 g = -0.017, within 0.2 of 0
    one = Pass(np.zeros(1, np.intp), np.ones(1), np.ones(1), np.full(1, 0.5), 0.6)
    csr = CSRRows(np.array([0, 2]), np.array([0, 2], np.int32), np.array([2, -1], dtype), 3, np.dtype(dtype), 2)
    for rows in (csr, DenseRows(np.array([[2, 0, -1]], dtype))):
        W, b, applied_l1, lazy = before.copy(), np.zeros(1), np.zeros((1, 3)), np.array([1.0, 0.0])
        put_off = (applied_l1, lazy) if rows is csr else (None, None)
        for steps in (1, 2):
            backend.logistic_l1_pass(rows, one, 2 / 3, W, b, *put_off)
            shown = W.copy()
            backend.materialize_l1(shown, applied_l1.copy(), lazy.copy())
            if steps == 1:
                assert_allclose(shown[0], first, **STEPS[dtype]._asdict())
                assert b[0] == pytest.approx(-0.5 * g, rel=1e-6)
        m = 2 * first[0] - 0.5 * g
        second = -1 / (1 + np.exp(m))
        expected = [0.9 * first[0] - second - 0.2, 0.9 * first[1] - 0.2, 0.5 * second + 0.2 if second < -0.4 else 0]
        assert_allclose(shown[0], expected, **STEPS[dtype]._asdict())


def test_small_shrinking_adds_up_in_float32(compiled):
    """A weight of 1 in a million steps of 1e-9 each: float32 holds none of them alone."""
    n = 200_000
    rows = CSRRows(np.arange(n + 1), np.zeros(n, np.int32), np.full(n, 1e-30, np.float32), 1, np.dtype(np.float32), 1)
    W, applied_l1, lazy = np.ones((1, 1), np.float32), np.zeros((1, 1)), np.array([1.0, 0.0])
    steps = Pass(np.arange(n), np.zeros(n), np.ones(n), np.ones(n), 1e-7)
    compiled.logistic_l1_pass(rows, steps, 1.0, W, None, applied_l1, lazy)
    compiled.materialize_l1(W, applied_l1, lazy)
    assert W[0, 0] == pytest.approx(1 - 0.02, rel=1e-6)


def test_a_weight_of_0_stays_0(backend, dtype):
    """Also where rounding has left it more shrinking than there was: x = (2, 0), y = 1, eta = 1/2, m = 0, g = -1/2."""
    W, applied_l1, lazy = np.zeros((1, 2), dtype, order="F"), np.full((1, 2), 0.5, order="F"), np.array([1.0, 0.25])
    rows = CSRRows(np.array([0, 1]), np.zeros(1, np.int32), np.full(1, 2, dtype), 2, np.dtype(dtype), 1)
    one = Pass(np.zeros(1, np.intp), np.ones(1), np.ones(1), np.full(1, 0.5), 0.0)
    backend.logistic_l1_pass(rows, one, 1.0, W, None, applied_l1, lazy)
    backend.materialize_l1(W, applied_l1, lazy)
    assert W.tolist() == [[0.5, 0]]


@pytest.mark.parametrize("label", [-1.0, 2.0, np.nan])
def test_labels_that_do_not_exist_are_refused(backend, label):
    X, y = drawn(20)
    for dense in (False, True):
        with pytest.raises(ValueError, match="is no class index below 2"):
            take_pass(backend, X, np.full(20, label), 1, np.float64, "l1", dense=dense)
