"""AdaGrad, FTRL-proximal, normalised steps: worked steps, the reference, dense and CSR rows."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from csr_rows import csr_rows, drawn
from numpy.testing import assert_allclose
from tolerances import SAMPLE, STEPS, WEIGHTS, relative_error

from hotloop import reference
from hotloop.structs import AdaptiveRule, CSRRows, DenseRows, Pass

RULES = {
    "adagrad": AdaptiveRule("adagrad", 0.3, t=5.0),
    "ftrl": AdaptiveRule("ftrl", 0.3, 1.0, 0.004, 0.01, 5.0),
    "normalized": AdaptiveRule("normalized", 0.3, t=5.0),
}


def take_pass(package, X, y, n_outputs, dtype, rule, *, dense=False, ones=False, standardised=False, intercept=True):
    draw = np.random.default_rng(7)
    n, k = X.shape
    scale = draw.uniform(0.5, 1.2, k).astype(dtype) if standardised else None
    center = (0.2 * draw.standard_normal(k)).astype(dtype) if standardised and dense else None
    learnt = np.zeros((2, n_outputs, k), dtype, order="F"), np.zeros((2, n_outputs), order="F") if intercept else None
    weight, order = draw.choice([0.0, 0.5, 1.0, 1.5], n), draw.integers(0, n, n)
    rows = csr_rows(X, dtype, ones=ones).standardized(None, scale)
    if dense:
        rows = DenseRows(X.toarray().astype(dtype), center, scale)
    learnt += (np.zeros(k, dtype), np.array([30.0])) if rule == "normalized" else (None, None)
    loss, n_updates = package.logistic_adaptive_pass(rows, Pass(order, y, weight), RULES[rule], *learnt)
    W = package.adaptive_weights(replace(RULES[rule], t=5.0 + n_updates), learnt[0], learnt[2])
    assert W.dtype == dtype
    found = W, *learnt[0], *(array for array in learnt[1:] if array is not None)
    return found, loss, n_updates


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@pytest.mark.parametrize(
    "options", [{}, {"dense": True}, {"ones": True}, {"standardised": True, "dense": True}, {"standardised": True}], ids=str
)
def test_pass(compiled, dtype, n_outputs, rule, options):
    X, y = drawn(n_features=70, n_classes=max(2, n_outputs))
    y = y.astype(np.float64)
    exact = X.copy()
    exact.data = X.data.astype(dtype).astype(np.float64)
    expected, loss, n_updates = take_pass(reference, exact, y, n_outputs, np.float64, rule, **options)
    found, found_loss, found_moved = take_pass(compiled, X, y, n_outputs, dtype, rule, **options)
    for a, b in zip(found, expected, strict=True):
        assert relative_error(a, b) <= WEIGHTS[dtype]
    assert found_loss == pytest.approx(loss, rel=SAMPLE[dtype].rtol)
    assert found_moved == n_updates
    if rule == "ftrl" and not options:
        assert ((found[0] == 0) == (expected[0] == 0)).all()
        assert 0 < (found[0] == 0).mean() < 1


@pytest.mark.parametrize("rule", RULES)
def test_without_intercept(compiled, dtype, rule):
    X, y = drawn()
    found, expected = (
        take_pass(package, X, y.astype(np.float64), 1, of, rule, intercept=False)[0]
        for package, of in ((compiled, dtype), (reference, np.float64))
    )
    for a, b in zip(found, expected, strict=True):
        assert relative_error(a, b) <= WEIGHTS[dtype]


def one_row(backend, dtype, rule, *, steps=1, feature_scale=None, norm_sum=None):
    """Return weight or z and sum of each column, (3, 2), and those of the intercept after steps on x = (2, 0, -1), y = 1."""
    accumulators, b_accumulators = np.zeros((2, 1, 3), dtype, order="F"), np.zeros((2, 1))
    accumulators[1] = 4.0 if rule.name == "normalized" else 0.0
    rows = CSRRows(np.array([0, 2]), np.array([0, 2], np.int32), np.array([2, -1], dtype), 3, np.dtype(dtype), 2)
    one = Pass(np.zeros(steps, np.intp), np.ones(1), np.ones(1))
    backend.logistic_adaptive_pass(rows, one, rule, accumulators, b_accumulators, feature_scale, norm_sum)
    return accumulators[:, 0].T, b_accumulators[:, 0]


def test_steps_by_hand(backend, dtype):
    """From w = 0: p = 1/2, g = -1/2, slopes (-1, 0, 1/2), and the first step of AdaGrad is eta against their signs."""
    close = STEPS[dtype]._asdict()
    pairs, b_pairs = one_row(backend, dtype, AdaptiveRule("adagrad", 0.1))
    assert_allclose(pairs, [[0.1, 1], [0, 0], [-0.1, 0.25]], **close)
    assert_allclose(b_pairs, [0.1, 0.25], **close)
    # m = 2 0.1 + 0.1 + 0.1 = 0.4, g = -1 / (1 + exp(0.4)); slopes (2 g, 0, -g)
    g = -1 / (1 + np.exp(0.4))
    pairs, _ = one_row(backend, dtype, AdaptiveRule("adagrad", 0.1), steps=2)
    n = np.array([1 + 4 * g * g, 0.25 + g * g])
    assert_allclose(pairs[[0, 2], 0], [0.1 - 0.2 * g / np.sqrt(n[0]), -0.1 + 0.1 * g / np.sqrt(n[1])], **close)
    assert_allclose(pairs[[0, 2], 1], n, **close)
    # FTRL with w = 0: z takes the slopes; then |z| - l1 over (beta + sqrt(n)) / eta + l2
    rule = AdaptiveRule("ftrl", 0.1, 1.0, 0.6, 0.3)
    pairs, _ = one_row(backend, dtype, rule)
    assert_allclose(pairs, [[-1, 1], [0, 0], [0.5, 0.25]], **close)
    W = backend.adaptive_weights(replace(rule, t=1.0), np.asfortranarray(pairs.T[:, None]), None)
    assert_allclose(W[0], [(1 - 0.6) / ((1 + 1) / 0.1 + 0.3), 0, 0], **close)


def test_a_normalised_step_by_hand(backend, dtype):
    """x = (2, 0, -1) over the largest values (2, 1, 1) is (1, 0, -1); the first was 1/2 so far, its sum 4 becomes 4/16."""
    feature_scale, norm_sum = np.array([0.5, 1, 1], dtype), np.array([2.0])
    rule = AdaptiveRule("normalized", 0.1)
    pairs, b_pairs = one_row(backend, dtype, rule, feature_scale=feature_scale, norm_sum=norm_sum)
    assert feature_scale.tolist() == [2, 1, 1]
    assert norm_sum[0] == 5  # 1 and 1 of the row, 1 of the intercept
    step = 0.1 * np.sqrt(1 / 5)
    n = np.array([0.25 + 0.25, 4, 4 + 0.25])
    u = [step * 0.5 / np.sqrt(n[0]), 0, -step * 0.5 / np.sqrt(n[2])]
    assert_allclose(pairs, np.transpose([u, n]), **STEPS[dtype]._asdict())
    assert_allclose(b_pairs, [step, 0.25], **STEPS[dtype]._asdict())


def test_ftrl_without_penalty_takes_the_steps_of_adagrad(backend):
    """McMahan et al. 2013, section 3.1."""
    X, y = drawn(150)
    rows, steps, found = csr_rows(X, np.float64), Pass(np.arange(150), y.astype(np.float64), np.ones(150)), {}
    for name in ("adagrad", "ftrl"):
        accumulators, rule = np.zeros((2, 1, X.shape[1]), order="F"), AdaptiveRule(name, 0.3, 1.0)
        backend.logistic_adaptive_pass(rows, steps, rule, accumulators, np.zeros((2, 1)), None, None)
        found[name] = backend.adaptive_weights(rule, accumulators, None), accumulators[1]
    assert relative_error(found["ftrl"], found["adagrad"]) < 1e-12


@pytest.mark.parametrize("rule", ["adagrad", "ftrl", "normalized"])
@pytest.mark.parametrize("weight", [1e-25, 1e-170])
def test_slopes_whose_squares_vanish_move_nothing(backend, rule, weight):
    """In float32 or float64; the kernels took them over the smallest number there is."""
    X = np.random.default_rng(0).uniform(0.5, 1, (20, 5)).astype(np.float32)
    accumulators, b_accumulators = np.zeros((2, 1, 5), np.float32, order="F"), np.zeros((2, 1))
    normalized = (np.zeros(5, np.float32), np.zeros(1)) if rule == "normalized" else (None, None)
    steps = Pass(np.arange(20), np.ones(20), np.full(20, weight))
    backend.logistic_adaptive_pass(DenseRows(X), steps, AdaptiveRule(rule, 0.5), accumulators, b_accumulators, *normalized)
    assert np.isfinite(accumulators).all()
    assert np.abs(accumulators[0]).max() <= 0.5 * 20
    assert np.isfinite(b_accumulators).all()


@pytest.mark.parametrize("rule", ["adagrad", "ftrl"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_accumulators_are_two(backend, rule, n):
    """The second of one was read beyond its end."""
    with pytest.raises(ValueError, match="accumulators must have shape"):
        backend.adaptive_weights(AdaptiveRule(rule, 0.1), np.zeros((n, 3, 5), order="F"), None)


FAR_COLUMN = """
import ctypes, sys
import numpy as np
from hotloop import kernels
from hotloop.structs import AdaptiveRule, CSRRows, Pass

kernels.use_level(sys.argv[1])
dtype, rule = np.dtype(sys.argv[2]), AdaptiveRule(sys.argv[3], 0.5, 1.0, 0.0, 0.0, 0.0)
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
base, width, far = 0x200000000000, 2 * dtype.itemsize, 2**30
for page in (base, base + width * far):  # private, anonymous, fixed, replaces nothing
    assert libc.mmap(page, 1 << 20, 3, 0x100022, -1, 0) == page
first = np.ctypeslib.as_array((ctypes.c_char * (1 << 20)).from_address(base)).view(dtype)[:1]
wide = np.lib.stride_tricks.as_strided(first, (2, 1, far + 16), (dtype.itemsize, width, width))
learnt = []
for column, accumulators in ((3, np.zeros((2, 1, 16), dtype, order="F")), (far + 3, wide)):
    n_features = accumulators.shape[2]
    rows = CSRRows(np.array([0, 1]), np.array([column], np.int32), np.array([2.0], dtype), n_features, dtype, 1)
    steps = Pass(np.zeros(1, np.intp), np.zeros(1), np.ones(1))
    kernels.logistic_adaptive_pass(rows, steps, rule, accumulators, None, None, None)
    learnt.append(accumulators[:, 0, column].tolist())
assert learnt[0] == learnt[1] and learnt[0][1] > 0, learnt
"""


@pytest.mark.skipif(sys.platform != "linux", reason="maps pages as Linux does")
@pytest.mark.parametrize("rule", ["adagrad", "ftrl"])
def test_a_column_beyond_2_to_the_30_is_a_column_like_others(compiled, dtype, rule):
    """Such a state takes 17 GB; here only the pages are mapped that a row meets."""
    code = [sys.executable, "-c", FAR_COLUMN, compiled.active_level(), np.dtype(dtype).name, rule]
    done = subprocess.run(code, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
