"""Logistic regression on rows given by their non-zeros: one sequential pass of per-sample SGD, margins.

Equations (LR-1) to (LR-11), and (LR-13) to (LR-15), by which a step costs the non-zeros of its row and never the columns. W is
feature-major: the weights of a column lie side by side. A row's columns are gathered in the order in which they stand. The
weights of rows ahead are fetched where W is larger than a cache.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite, log
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows.csr cimport Csr, NonZeros
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, prefetch, what_is_wrong

# Weights are settled when the factor that L2 leaves them with is below this: the two parts of (LR-14) cancel as it falls.
cdef double SMALLEST = 1e-3


cdef struct Folded:
    # (LR-13), (LR-14): what the weights are made of besides U; m entries each, or one
    double *keep          # 1 factor, then the sum of its values since the weights were settled, then shift . shift
    double *lean          # m of them, then m sums of keep lean, then m dots u . shift


cdef void settle_all(
    const levels.vectors *v, Py_ssize_t n_features, Py_ssize_t m, floating *W, double *total, const floating *shift, Folded *folded
) noexcept nogil:
    """Let W hold the weights and total their sum, with nothing folded."""
    cdef Py_ssize_t j, c
    cdef double w, keep = folded.keep[0], kept = folded.keep[1], moved
    for j in range(n_features):
        moved = 0.0 if shift == NULL else shift[j]
        for c in range(m):
            w = W[j * m + c]
            if total != NULL:
                total[j * m + c] += kept * w + folded.lean[m + c] * moved                 # (LR-14)
            W[j * m + c] = <floating>(keep * (w + folded.lean[c] * moved))                # (LR-13)
    folded.keep[0], folded.keep[1], folded.keep[2] = 1.0, 0.0, 0.0
    for c in range(3 * m):
        folded.lean[c] = 0.0
    if shift != NULL:
        for j in range(n_features):
            folded.keep[2] += <double>shift[j] * shift[j]
            for c in range(m):
                folded.lean[2 * m + c] += <double>shift[j] * W[j * m + c]


cdef inline void look_ahead(
    const levels.vectors *v, Steps *steps, const Csr *X, const floating *W, Py_ssize_t m, const double *total, bint fetch
) noexcept nogil:
    """Fetch what rows ahead of the next one need."""
    cdef Py_ssize_t row = nonzeros.look_ahead(v, X, steps.order, steps.next, steps.n_steps, fetch)
    prefetch(steps.eta + steps.moved + 256)
    if row >= 0:
        nonzeros.fetch_weights(v, X, row, W, m * sizeof(floating))
        if total != NULL:
            nonzeros.fetch_weights(v, X, row, total, m * sizeof(double))


cdef Trouble one_output(
    const levels.vectors *v, Steps *steps, const Csr *X, Py_ssize_t n_features, const floating *shift, const floating *scale,
    int32_t *places, floating *scratch, floating *w, double *total, double *b, double *b_total, Folded *folded
) noexcept nogil:
    cdef floating rows[levels.ROWS]
    cdef const int32_t *at
    cdef const floating *x
    cdef Trouble trouble = NONE
    cdef bint fetch = n_features * <Py_ssize_t>sizeof(floating) > nonzeros.CACHED
    cdef Py_ssize_t row, n, slot, i
    cdef double weight, eta, m, a, c, along, keep, inverse, kept
    cdef floating sign
    while trouble == NONE and steps.next < steps.n_steps:
        slot = 0
        while steps.next < steps.n_steps and slot < levels.GROUP:
            look_ahead(v, steps, X, <const floating *>w, 1, total, fetch)
            trouble = next_row(steps, &row, &weight)
            if trouble != NONE:
                break
            if weight == 0.0:
                continue
            n = nonzeros.take_row(v, X, row, scale, places, scratch, &at, &x)
            if n < 0:
                trouble = BAD_ROW
                break
            # what does not hang on the margin first: the division would lengthen the chain from row to row
            eta = steps.eta[steps.moved]
            sign = <floating>(1.0 - 2.0 * steps.y[row * steps.y_stride])
            keep = folded.keep[0] * (1.0 - eta * steps.alpha)
            inverse, kept = 1.0 / keep, -folded.keep[1]
            m = levels.gather_dot(v, n, x, at, <const floating *>w)
            along = 0.0
            if shift != NULL:                                                            # (LR-15)
                along = levels.gather_dot(v, n, x, at, shift)
                m += folded.lean[0] * (along - folded.keep[2]) - folded.lean[2]
            m *= folded.keep[0]
            if b != NULL:
                m += b[0]                                                                 # (LR-1)
            if not isfinite(m):
                trouble = DIVERGED
                break
            rows[levels.MARGIN + slot], rows[levels.WEIGHT + slot] = sign * <floating>m, <floating>weight
            a = levels.step_along(v, <floating>(-sign * eta * weight), sign, <floating>m)
            c = a * inverse
            levels.scatter_add(v, n, <floating>c, kept, x, at, w, total)                  # (LR-5), (LR-13), (LR-14)
            folded.keep[0] = keep
            folded.keep[1] += keep
            if b != NULL:
                b[0] += a
                if b_total != NULL:
                    b_total[0] += b[0]
            if shift != NULL:
                folded.lean[2] += c * along
                folded.lean[0] -= c
                folded.lean[1] += keep * folded.lean[0]
            if keep < SMALLEST:
                settle_all(v, n_features, 1, w, total, shift, folded)
            steps.moved += 1
            slot += 1
        for i in range(slot, (slot + 3) // 4 * 4):
            rows[levels.MARGIN + i] = rows[levels.WEIGHT + i] = 0
        levels.losses(v, (slot + 3) // 4 * 4, rows, &steps.loss)                          # (LR-3)
    return trouble


cdef Trouble several_outputs(
    const levels.vectors *v, Steps *steps, const Csr *X, Py_ssize_t n_features, Py_ssize_t n_outputs, const floating *shift,
    const floating *scale, int32_t *places, floating *scratch, floating *found, double *m, floating *W, double *total,
    double *b, double *b_total, Folded *folded
) noexcept nogil:
    cdef const int32_t *at
    cdef const floating *x
    cdef Trouble trouble = NONE
    cdef bint fetch = n_features * n_outputs * <Py_ssize_t>sizeof(floating) > nonzeros.CACHED
    cdef Py_ssize_t row, n, c, label
    cdef double weight, eta, along, keep, a, largest, below, top
    while steps.next < steps.n_steps:
        look_ahead(v, steps, X, <const floating *>W, n_outputs, total, fetch)
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            break
        if weight == 0.0:
            continue
        n = nonzeros.take_row(v, X, row, scale, places, scratch, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, found)
        along = 0.0 if shift == NULL else levels.gather_dot(v, n, x, at, shift)
        for c in range(n_outputs):
            m[c] = found[c]
            if shift != NULL:                                                            # (LR-15)
                m[c] += folded.lean[c] * (along - folded.keep[2]) - folded.lean[2 * n_outputs + c]
            m[c] = m[c] * folded.keep[0] + (b[c] if b != NULL else 0.0)                   # (LR-1)
            if not isfinite(m[c]):
                return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        largest, top, below = m[0], m[label], 0.0
        for c in range(n_outputs):
            largest = max(largest, m[c])
        for c in range(n_outputs):
            m[c] -= largest
        levels.exponential(v, n_outputs, <const double *>m, m)
        for c in range(n_outputs):
            below += m[c]
        steps.loss += weight * (log(below) + largest - top)                               # (LR-7)
        eta = steps.eta[steps.moved]
        keep = folded.keep[0] * (1.0 - eta * steps.alpha)
        for c in range(n_outputs):
            a = -eta * weight * (m[c] / below - (c == label))                             # (LR-6), (LR-8)
            if b != NULL:
                b[c] += a
                if b_total != NULL:
                    b_total[c] += b[c]
            a /= keep
            found[c] = <floating>a
            if shift != NULL:
                folded.lean[2 * n_outputs + c] += a * along
                folded.lean[c] -= a
                folded.lean[n_outputs + c] += keep * folded.lean[c]
        levels.scatter_rows(v, n, n_outputs, <const floating *>found, -folded.keep[1], x, at, W, total)
        folded.keep[0] = keep
        folded.keep[1] += keep
        if keep < SMALLEST:
            settle_all(v, n_features, n_outputs, W, total, shift, folded)
        steps.moved += 1
    return trouble


cdef check_weights(Py_ssize_t n_features, Py_ssize_t n_outputs, shift, scale, b, W_total, b_total, folded):
    if n_outputs < 1:
        raise ValueError("W must have at least one output")
    for array in (shift, scale):
        if array is not None and array.shape[0] != n_features:
            raise ValueError(f"shift and scale must have {n_features} entries")
    if b is not None and b.shape[0] != n_outputs:
        raise ValueError(f"b must have {n_outputs} entries")
    if W_total is not None and (W_total.shape[0] != n_features or W_total.shape[1] != n_outputs):
        raise ValueError("W_total must have the shape of W")
    if b_total is not None and (b is None or W_total is None or b_total.shape[0] != n_outputs):
        raise ValueError("b_total goes with b and W_total and has the shape of b")
    if folded.shape[0] != 3 + 3 * n_outputs:
        raise ValueError(f"folded must have {3 + 3 * n_outputs} entries")


def logistic_sparse_pass(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double alpha,
    shift,
    scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
    double[::1] folded not None,
):
    """See hotloop.reference.logistic_sparse_pass. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, n_features = W.shape[0], n_outputs = W.shape[1]
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row")
    check_weights(n_features, n_outputs, shift, scale, b, W_total, b_total, folded)
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    cdef Steps steps = new_steps(order, y, sample_weight, n_samples, max(n_outputs, 2))
    steps.eta, steps.alpha = &eta[0], alpha
    dtype = np.asarray(W).dtype
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype), found = np.empty(n_outputs, dtype)
    cdef double[::1] margins = np.empty(n_outputs)
    cdef bint empty = n_features == 0
    cdef const floating[::1] shifts = shift, scales = scale
    cdef const floating *shift0 = NULL if empty or shift is None else &shifts[0]
    cdef const floating *scale0 = NULL if empty or scale is None else &scales[0]
    cdef floating *W0 = NULL if empty else &W[0, 0]
    cdef double *W_total0 = NULL if empty or W_total is None else &W_total[0, 0]
    cdef double *b0 = NULL if b is None else &b[0]
    cdef double *b_total0 = NULL if b_total is None else &b_total[0]
    cdef Folded parts = Folded(&folded[0], &folded[3])
    cdef Trouble trouble
    with nogil:
        if n_outputs == 1:
            trouble = one_output(levels.active, &steps, &X.rows, n_features, shift0, scale0, &found_places[0], &scratch[0], W0,
                                 W_total0, b0, b_total0, &parts)
        else:
            trouble = several_outputs(levels.active, &steps, &X.rows, n_features, n_outputs, shift0, scale0, &found_places[0],
                                      &scratch[0], &found[0], &margins[0], W0, W_total0, b0, b_total0, &parts)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, n_samples, max(n_outputs, 2))
    return steps.loss, steps.moved


def settle(shift, floating[:, ::1] W not None, double[:, ::1] W_total, double[::1] folded not None):
    """See hotloop.reference.settle."""
    cdef Py_ssize_t n_features = W.shape[0], n_outputs = W.shape[1]
    check_weights(n_features, n_outputs, shift, None, None, W_total, None, folded)
    if n_features == 0:
        return
    cdef const floating[::1] shifts = shift
    cdef const floating *shift0 = NULL if shift is None else &shifts[0]
    cdef double *W_total0 = NULL if W_total is None else &W_total[0, 0]
    cdef Folded parts = Folded(&folded[0], &folded[3])
    with nogil:
        settle_all(levels.active, n_features, n_outputs, &W[0, 0], W_total0, shift0, &parts)


def sparse_margins(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const floating[:, ::1] W not None,
    const double[::1] b not None,
):
    """See hotloop.reference.sparse_margins. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, n_outputs = W.shape[1], i, c, n = 0
    if b.shape[0] != n_outputs:
        raise ValueError(f"b must have {n_outputs} entries")
    out = np.empty((n_samples, n_outputs))
    if n_samples == 0 or n_outputs == 0 or W.shape[0] == 0:
        out[:] = b
        return out
    cdef double[:, ::1] m = out
    dtype = np.float32 if floating is float else np.float64
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype), found = np.empty(n_outputs, dtype)
    cdef const int32_t *at
    cdef const floating *x
    cdef bint fetch = W.shape[0] * n_outputs * <Py_ssize_t>sizeof(floating) > nonzeros.CACHED
    with nogil:
        for i in range(n_samples):
            if fetch and i + nonzeros.WEIGHTS_FETCHED < n_samples:
                nonzeros.fetch_weights(levels.active, &X.rows, i + nonzeros.WEIGHTS_FETCHED, &W[0, 0], n_outputs * sizeof(floating))
            n = nonzeros.take_row(levels.active, &X.rows, i, <const floating *>NULL, &found_places[0], &scratch[0], &at, &x)
            if n < 0:
                break
            if n_outputs == 1:
                found[0] = levels.gather_dot(levels.active, n, x, at, &W[0, 0])
            else:
                levels.gather_rows(levels.active, n, n_outputs, x, at, &W[0, 0], &found[0])
            for c in range(n_outputs):
                m[i, c] = found[c] + b[c]                                                 # (LR-1)
    if n < 0:
        raise ValueError(f"row {i} does not lie in the arrays")
    return out


def sum_of_squares(const floating[::1] w not None):
    """See hotloop.reference.sum_of_squares. The GIL is released."""
    cdef double total = 0.0
    with nogil:
        if w.shape[0]:
            total = levels.sum_of_squares(levels.active, w.shape[0], &w[0])
    return total
