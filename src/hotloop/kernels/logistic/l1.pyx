"""Logistic regression with an L1 penalty: one sequential pass of per-sample SGD, over dense rows or non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (LR-16). Dense rows shrink all weights at each step; for rows given by their
non-zeros, (LR-17), a step costs the non-zeros, and weights are feature-major either way.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite
from libc.stdint cimport int32_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.csr cimport Csr, NonZeros
from hotloop.kernels.rows.dense cimport Dense
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, take_slopes, what_is_wrong

# Weights are settled when the factor that L2 leaves them with is below this, and when they have shrunk by more than this: what a
# column owes is the difference of two such sums, 1e-12 of them in float64.
cdef double SMALLEST = 1e-3
cdef double LARGEST = 1e4


cdef void settle_all(Py_ssize_t n_weights, floating *W, double *shrunk, double *folded) noexcept nogil:
    """Let W hold the weights, with nothing folded and nothing owed."""
    cdef double size, left
    cdef Py_ssize_t i
    for i in range(n_weights):
        size = -W[i] if W[i] < 0 else W[i]
        left = size - (folded[1] - shrunk[i]) if size > 0 else 0.0                        # (LR-17)
        left = folded[0] * max(left, 0.0)
        W[i] = <floating>(-left if W[i] < 0 else left)
        shrunk[i] = 0.0
    folded[0], folded[1] = 1.0, 0.0


cdef Trouble dense_steps(
    const levels.vectors *v, Steps *steps, const Dense *X, Py_ssize_t n, Py_ssize_t n_outputs, const floating *center,
    const floating *scale, double l1, double l2, int32_t *all_columns, floating *scratch, floating *found, double *m, floating *W,
    double *b
) noexcept nogil:
    cdef const floating *x
    cdef Trouble trouble
    cdef Py_ssize_t row, c
    cdef double weight, eta
    while steps.next < steps.n_steps:
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        x = samples.row(v, X.data + row * X.stride, X.type, n, center, scale, scratch)
        if n_outputs == 1:
            found[0] = levels.dot(v, n, x, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, all_columns, <const floating *>W, found)
        for c in range(n_outputs):
            m[c] = found[c] + (b[c] if b != NULL else 0.0)                                # (LR-1)
            if not isfinite(m[c]):
                return DIVERGED
        steps.loss += weight * take_slopes(v, n_outputs, m, <Py_ssize_t>steps.y[row * steps.y_stride])
        eta = steps.eta[steps.moved]
        for c in range(n_outputs):
            m[c] *= -eta * weight
            found[c] = <floating>m[c]
            if b != NULL:
                b[c] += m[c]
        levels.shrink_step(v, n, n_outputs, <floating>(eta * l1), <floating>(eta * l2), <const floating *>found, x, W)  # (LR-16)
        steps.moved += 1
    return NONE


cdef Trouble sparse_steps(
    const levels.vectors *v, Steps *steps, const Csr *X, Py_ssize_t n_features, Py_ssize_t n_outputs, const floating *scale, double l1,
    double l2, int32_t *places, floating *scratch, floating *found, double *m, floating *W, double *b, double *shrunk, double *folded
) noexcept nogil:
    cdef const int32_t *at
    cdef const floating *x
    cdef Trouble trouble
    cdef bint fetch = n_features * n_outputs * <Py_ssize_t>sizeof(floating) > nonzeros.CACHED
    cdef Py_ssize_t row, n, c
    cdef double weight, eta
    while steps.next < steps.n_steps:
        row = nonzeros.look_ahead(v, X, steps.order, steps.next, steps.n_steps, fetch)
        if row >= 0:
            nonzeros.fetch_weights(v, X, row, W, n_outputs * sizeof(floating))
            nonzeros.fetch_weights(v, X, row, shrunk, n_outputs * sizeof(double))
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        n = nonzeros.take_row(v, X, row, scale, places, scratch, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.catch_up(v, n, n_outputs, at, folded[1], W, shrunk)                        # (LR-17)
        if n_outputs == 1:
            found[0] = levels.gather_dot(v, n, x, at, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, found)
        for c in range(n_outputs):
            m[c] = folded[0] * found[c] + (b[c] if b != NULL else 0.0)                    # (LR-1)
            if not isfinite(m[c]):
                return DIVERGED
        steps.loss += weight * take_slopes(v, n_outputs, m, <Py_ssize_t>steps.y[row * steps.y_stride])
        eta = steps.eta[steps.moved]
        folded[0] *= 1.0 - eta * l2
        folded[1] += eta * l1 / folded[0]
        for c in range(n_outputs):
            m[c] *= -eta * weight
            found[c] = <floating>(m[c] / folded[0])
            if b != NULL:
                b[c] += m[c]
        if n_outputs == 1:
            levels.scatter_add(v, n, found[0], 0.0, x, at, W, NULL)
        else:
            levels.scatter_rows(v, n, n_outputs, <const floating *>found, 0.0, x, at, W, NULL)
        if folded[0] < SMALLEST or folded[1] > LARGEST:
            settle_all(n_features * n_outputs, W, shrunk, folded)
        steps.moved += 1
    return NONE


def logistic_l1_pass(
    X,
    csr,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double l1,
    double l2,
    center,
    scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] shrunk,
    double[::1] folded,
):
    """See hotloop.reference.logistic_l1_pass. The GIL is released."""
    cdef Py_ssize_t n_features = W.shape[0], n_outputs = W.shape[1], n_samples, longest
    cdef samples.Samples dense = None
    cdef NonZeros sparse = None
    cdef const Csr *csr_rows = NULL
    cdef Dense where = Dense(NULL, 0, 0)
    if X is not None:
        dense = samples.Samples(X)
        n_samples, longest, where = dense.n_samples, n_features, Dense(dense.data, dense.stride, dense.type)
        if dense.n_features != n_features:
            raise ValueError(f"X has {dense.n_features} columns, W {n_features}")
    else:
        sparse = NonZeros(*csr)
        csr_rows, n_samples, longest = &sparse.rows, sparse.rows.n_samples, sparse.rows.longest
        if center is not None:
            raise ValueError("sparse rows are scaled, not centred")
        check_folded(W, shrunk, folded)
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row")
    for array in (center, scale):
        if array is not None and array.shape[0] != n_features:
            raise ValueError(f"center and scale must have {n_features} entries")
    if n_outputs < 1 or (b is not None and b.shape[0] != n_outputs):
        raise ValueError("W must have an output or more, b one entry an output")
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    cdef Steps steps = new_steps(order, y, sample_weight, n_samples, max(n_outputs, 2))
    steps.eta = &eta[0]
    dtype = np.asarray(W).dtype
    cdef int32_t[::1] places = np.arange(max(longest, 1), dtype=np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype), found = np.empty(n_outputs, dtype)
    cdef double[::1] m = np.empty(n_outputs)
    cdef bint empty = n_features == 0
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if empty or center is None else &centers[0]
    cdef const floating *scale0 = NULL if empty or scale is None else &scales[0]
    cdef floating *W0 = NULL if empty else &W[0, 0]
    cdef double *shrunk0 = NULL if empty or shrunk is None else &shrunk[0, 0]
    cdef double *folded0 = NULL if folded is None else &folded[0]
    cdef double *b0 = NULL if b is None else &b[0]
    cdef Trouble trouble
    with nogil:
        if csr_rows == NULL:
            trouble = dense_steps(levels.active, &steps, &where, n_features, n_outputs, center0, scale0, l1, l2, &places[0], &scratch[0],
                                  &found[0], &m[0], W0, b0)
        else:
            trouble = sparse_steps(levels.active, &steps, csr_rows, n_features, n_outputs, scale0, l1, l2, &places[0], &scratch[0],
                                   &found[0], &m[0], W0, b0, shrunk0, folded0)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, n_samples, max(n_outputs, 2))
    return steps.loss, steps.moved


cdef check_folded(W, shrunk, folded):
    if shrunk is None or (shrunk.shape[0], shrunk.shape[1]) != (W.shape[0], W.shape[1]):
        raise ValueError("shrunk must have the shape of W")
    if folded is None or folded.shape[0] != 2:
        raise ValueError("folded must have 2 entries")


def settle_l1(floating[:, ::1] W not None, double[:, ::1] shrunk not None, double[::1] folded not None):
    """See hotloop.reference.settle_l1."""
    check_folded(W, shrunk, folded)
    if W.shape[0] == 0 or W.shape[1] == 0:
        return
    with nogil:
        settle_all(W.shape[0] * W.shape[1], &W[0, 0], &shrunk[0, 0], &folded[0])
