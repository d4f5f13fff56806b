"""Rows as the user has them: every type and stride gives the weights of the same rows converted, and none is copied."""

import contextlib
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from kernel_cases import BY_NAME, csr_of, steps_of
from kernel_cases import drawn_rows as drawn_rows_of
from kernel_cases import rows_of as rows_of_case
from passes import drawn_rows, logistic_arguments, of_dtype, run, take
from scipy.sparse import csr_matrix, random_array

from hotloop import LogisticSGDClassifier
from hotloop.data.validation import readable
from hotloop.structs import ColumnMoments, CSRRows, DenseRows, Pass, float_dtype

NARROW = [np.uint8, np.int8, np.uint16, np.int16, np.bool_, np.float16]
CSR_TOO = [
    "logistic_l1_pass",
    "logistic_adaptive_pass@ftrl",
    "logistic_dual_pass",
    "two_layer_pass",
    "two_layer_minibatch_pass",
]
TYPES = [*NARROW, np.float32, np.float64, np.uint32, np.int32, np.uint64, np.int64]


def rows_of(dtype, n_samples=60, n_features=33):
    """Return rows whose values the type holds exactly."""
    X = np.round(20 * np.random.default_rng(0).standard_normal((n_samples, n_features)))
    X = np.abs(X) if np.dtype(dtype).kind in "ub" else X
    return X.astype(dtype) / dtype(8) if np.dtype(dtype).kind == "f" else X.astype(dtype)


@pytest.mark.parametrize("of", TYPES)
@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_the_pass_reads_every_type(backend, of, standardised, n_outputs):
    X = rows_of(of)
    dtype = float_dtype(X.dtype)
    start = logistic_arguments(
        X.astype(np.float64), drawn_rows(60, 1)[1], n_outputs, eta=1e-3, intercept=True, standardised=standardised
    )
    want = take(backend.logistic_pass, start, dtype)
    got = take(backend.logistic_pass, start, dtype, X=X)
    for name, value in want.items():
        np.testing.assert_array_equal(got[name], value, err_msg=name)


@pytest.mark.parametrize("of", TYPES)
def test_margins_and_moments_read_every_type(backend, of):
    X = rows_of(of)
    dtype, draw = float_dtype(X.dtype), np.random.default_rng(1)
    W, b = draw.standard_normal((3, 33)).astype(dtype), draw.standard_normal(3)
    converted = X.astype(dtype)
    np.testing.assert_array_equal(
        backend.linear_margins(DenseRows(X), W, b), backend.linear_margins(DenseRows(converted), W, b)
    )
    both = []
    for rows in (X, converted):
        found = np.zeros((5, 33))
        backend.column_moments(DenseRows(rows), np.ones(60), ColumnMoments(np.zeros(1), *found), True)
        both.append(found)
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("of", [np.uint8, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 3, 7, 8, 21, 28, 33, 47, 48, 49, 95, 96, 97, 130])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_margin_does_not_depend_on_the_place_of_its_row(backend, of, n_features, n_outputs):
    """First to last row of four, in what is left of them, alone, beside others, at another stride: the same bits."""
    draw = np.random.default_rng(n_features)
    X = np.abs(draw.standard_normal((11, n_features)) * 20).astype(of)
    W, b = draw.standard_normal((n_outputs, n_features)).astype(float_dtype(of)), draw.standard_normal(n_outputs)
    whole = backend.linear_margins(DenseRows(X), W, b)
    assert len(np.unique(whole)) > n_outputs
    alone = [backend.linear_margins(DenseRows(X[i : i + 1]), W, b)[0] for i in range(11)]
    np.testing.assert_array_equal(whole, alone)
    for first in range(1, 5):
        np.testing.assert_array_equal(backend.linear_margins(DenseRows(X[first:]), W, b), whole[first:])
    np.testing.assert_array_equal(backend.linear_margins(DenseRows(X[::-1]), W, b), whole[::-1])
    np.testing.assert_array_equal(backend.linear_margins(DenseRows(X[::3]), W, b), whole[::3])


def test_every_float16(backend):
    """Each of the 63,488 finite ones, subnormal numbers too."""
    bits = np.arange(2**16, dtype=np.uint16)
    X = bits.view(np.float16)[:, None]
    X = X[np.isfinite(X[:, 0])]
    margins = backend.linear_margins(DenseRows(X), np.ones((1, 1), np.float32), np.zeros(1))
    np.testing.assert_array_equal(margins[:, 0], X[:, 0].astype(np.float64))


@pytest.mark.parametrize("view", ["every other row", "backwards", "some columns", "read-only"])
def test_strided_rows(backend, dtype, view):
    X = np.random.default_rng(0).standard_normal((120, 40)).astype(dtype)
    rows = {"every other row": X[::2], "backwards": X[::-1][:60], "some columns": X[:60, 3:36], "read-only": X[:60]}[view]
    rows.flags.writeable = view != "read-only"
    assert readable(rows, dtype)
    start = logistic_arguments(np.array(rows, np.float64), drawn_rows(60, 1)[1])
    want, got = take(backend.logistic_pass, start, dtype), take(backend.logistic_pass, start, dtype, X=rows)
    np.testing.assert_array_equal(got["W"], want["W"])


def test_rows_a_kernel_cannot_read_are_refused(compiled):
    X = np.zeros((6, 4))
    packed = np.frombuffer(bytearray(1 + X.nbytes), np.uint8)[1:].view(np.float64).reshape(6, 4)
    for rows in (X.T, X[:, ::2], X.astype(">f8"), X.astype(complex), X.astype(np.longdouble), packed):
        assert not readable(rows, np.float64)
        own = of_dtype(logistic_arguments(np.zeros((len(rows), rows.shape[1])), np.zeros(len(rows))), np.float64)
        with pytest.raises(ValueError, match="X"):
            run(compiled.logistic_pass, own | {"X": rows})


@pytest.mark.parametrize("of", [*NARROW, np.float32, np.float64])
def test_fit_and_predict_copy_nothing(compiled, of):
    """The peak of all memory allocated in fit, partial_fit and predict_proba stays below a quarter of the rows."""
    X = np.random.default_rng(0).integers(0, 2, (20_000, 400)).astype(of)
    y = X[:, 0].astype(np.int64)
    model, online = LogisticSGDClassifier(max_iter=2, tol=None, cv=None), LogisticSGDClassifier()
    online.partial_fit(X[:100], y[:100], classes=[0, 1])
    for work in (lambda: model.fit(X, y), lambda: online.partial_fit(X, y), lambda: model.predict_proba(X)):
        tracemalloc.start()
        work()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < max(X.nbytes, 8_000_000) / 4


@pytest.mark.parametrize("of", [np.uint8, np.float16, np.float64])
def test_the_estimator_learns_the_same(backend, of):
    X = rows_of(of, 300)
    y = (X[:, 0] > X[:, 1]).astype(int)
    options = {"max_iter": 3, "tol": None, "random_state": 0, "cv": None}
    want = LogisticSGDClassifier(**options).fit(X.astype(float_dtype(of)), y)
    for rows in (X, np.asfortranarray(X), X[::-1][::-1]):
        got = LogisticSGDClassifier(**options).fit(rows, y)
        np.testing.assert_array_equal(got.coef_, want.coef_)
        np.testing.assert_array_equal(got.predict_proba(rows), want.predict_proba(X))


def csr_margins_of(backend, n_features=50, **changed):
    """Return the margins of 20 full rows of 50 non-zeros, all weights 1, with some of the arrays changed."""
    arrays = {
        "indptr": np.arange(0, 20 * n_features + 1, n_features),
        "indices": np.tile(np.arange(n_features, dtype=np.int32), 20),
        "data": np.ones(20 * n_features, np.float16),
        "max_row_nnz": n_features,
    }
    rows = CSRRows(**(arrays | changed), n_features=n_features, dtype=np.dtype(np.float16))
    return backend.csr_margins(rows, np.ones((1, n_features), order="F"), np.zeros(1))


def test_no_length_of_the_longest_row_is_too_much(compiled):
    """Room for 2^61 numbers of 8 bytes would be 0 bytes."""
    for length in (50, 1000, 2**61, 2**62):
        np.testing.assert_array_equal(csr_margins_of(compiled, max_row_nnz=length), np.full((20, 1), 50.0))


@pytest.mark.parametrize("shape", [(), (1000, 2)])
def test_values_of_non_zeros_are_a_vector(compiled, shape):
    with pytest.raises(ValueError, match="the values of the non-zeros must be numbers"):
        csr_margins_of(compiled, data=np.ones(shape))


def networks_rows(case, X, dtype):
    """Return rows of a network by their non-zeros."""
    return csr_of(csr_matrix(X), dtype) if isinstance(X, np.ndarray) else rows_of_case(case, X, dtype)


@pytest.mark.parametrize("wide", [np.int32, np.int64])
@pytest.mark.parametrize("column", [-1, 7, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*(name for name in BY_NAME if "csr" in name), *CSR_TOO])
def test_a_column_that_does_not_exist_is_refused(compiled, name, dtype, column, wide):
    """Also where another thread changes the columns after all checks."""
    case = BY_NAME[name]
    X, y = drawn_rows_of(case.case)
    rows = networks_rows(case.case, X[:, :7], dtype)
    indices = rows.indices.astype(wide)
    indices[len(indices) // 2] = column
    with pytest.raises(ValueError, match=r"row (\d+ )?of X does not lie in its arrays, or has a column that does not exist"):
        case.take(compiled, replace(rows, indices=indices), steps_of(case.case, y), case.start(7, dtype))


def test_a_matrix_changed_by_another_thread_kills_nothing(compiled):
    """Column numbers are checked where they are read: each epoch reads them anew."""
    draw = np.random.default_rng(0)
    X = random_array((2000, 1 << 14), density=20 / (1 << 14), format="csr", rng=draw)
    indices, y = X.indices.copy(), draw.integers(0, 2, 2000)

    def spoil():
        for _ in range(40):
            X.indices[::7] = 2**31 - 1
            X.indices[:] = indices

    thread = threading.Thread(target=spoil)
    thread.start()
    for _ in range(10):
        with contextlib.suppress(ValueError, IndexError):  # of the kernels, of NumPy
            LogisticSGDClassifier(cv=None, max_iter=20, tol=None).fit(X, y)
    thread.join()
    X.indices[:] = indices
    LogisticSGDClassifier(cv=None, max_iter=2, tol=None).fit(X, y)


@pytest.mark.parametrize("n_columns", [0, 2])
def test_a_row_has_one_label(backend, n_columns):
    """Labels in no column would be read beyond their array."""
    X, _ = drawn_rows(30, 4)
    steps = Pass(np.arange(30), np.zeros((30, n_columns)), np.ones(30), np.ones(30))
    with pytest.raises(ValueError, match=f"y has {n_columns} columns, expected 1"):
        backend.logistic_pass(DenseRows(X), steps, np.zeros((1, 4)), None, None, None)


@pytest.mark.parametrize("step", [2, -1])
def test_moments_of_weights_at_any_stride(backend, step):
    X, _ = drawn_rows(30, 4)
    weights, both = np.random.default_rng(1).random(60), []
    for weight in (weights[::step][:30], weights[::step][:30].copy()):
        found = np.zeros((5, 4))
        backend.column_moments(DenseRows(X), weight, ColumnMoments(np.zeros(1), *found), True)
        both.append(found)
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("name", ["y", "sample_weight", "eta"])
def test_steps_at_odd_strides_are_refused(compiled, name):
    """Numbers of a packed record lie 12 bytes apart: the steps would read the numbers between them."""
    X, y = drawn_rows(30, 4)
    records = np.zeros(30, [("number", np.int32), ("value", np.float64)])
    steps = {"order": np.arange(30), "y": y, "sample_weight": np.ones(30), "eta": np.full(30, 0.1)} | {name: records["value"]}
    with pytest.raises(ValueError, match=f"{name} must be"):
        compiled.logistic_pass(DenseRows(X), Pass(**steps), np.zeros((1, 4)), None, None, None)


@pytest.mark.parametrize("name", ["logistic_csr_pass", "logistic_l1_pass", "two_layer_outputs", "two_layer_pass"])
def test_rows_without_values_are_rows_of_ones(backend, name):
    case = BY_NAME[name]
    X, y = drawn_rows_of(case.case)
    X = csr_matrix(X[:40, :7])
    X.data[:] = 1
    found = []
    for ones in (True, False):
        rows, arrays = csr_of(X, np.float64, ones=ones), case.start(7, np.float64)
        told = case.take(backend, rows, steps_of(case.case, y[:40]), arrays)
        found.append(case.found(backend, arrays, told))
    for with_values, without in zip(*found, strict=True):
        np.testing.assert_array_equal(with_values, without)
