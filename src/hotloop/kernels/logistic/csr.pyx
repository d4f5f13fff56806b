"""Logistic regression on rows given by their non-zeros: one sequential pass of per-sample SGD, margins.

Equations (LR-1) to (LR-11), and (LR-13) to (LR-15), by which a step costs the non-zeros of its row and never the columns. W is in
Fortran order: the weights of a column lie side by side. A row's columns are gathered in the order in which they stand. The
weights of rows ahead are prefetched where W is larger than a cache.

W has the type of the rows; intercepts, sums of iterates, scales and losses are float64. The iterates equal the reference's to
rounding (docs/exactness.md).
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite, log
from libc.stdint cimport int32_t

from hotloop.kernels.logistic.model cimport Intercepts, Model, new_intercepts, new_model
from hotloop.kernels.rows.source cimport (
    WEIGHTS_PREFETCHED, Ahead, Rows, Source, csr_rows, look_ahead, new_ahead, prefetch_weights, take_csr_row,
)
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, next_row, prefetch
from hotloop.kernels.vectors cimport levels

# Weights are materialized when the scale that L2 leaves them with is below this: the two parts of (LR-14) cancel as it falls.
cdef double SMALLEST_SCALE = 1e-3


cdef struct Lazy:
    # (LR-13), (LR-14): what the weights are made of besides U
    double *scale             # 1 factor
    double *scale_sum         # sum of its values since the weights were materialized
    double *shift_square      # shift . shift
    double *shift_coef        # of each output
    double *shift_coef_sum    # sums of scale shift_coef
    double *along             # u . shift


cdef Lazy new_lazy(double[::1] lazy, Py_ssize_t n_outputs) except *:
    if lazy.shape[0] != 3 + 3 * n_outputs:
        raise ValueError(f"lazy must have {3 + 3 * n_outputs} entries")
    cdef double *of_outputs = &lazy[0] + 3
    return Lazy(&lazy[0], &lazy[0] + 1, &lazy[0] + 2, of_outputs, of_outputs + n_outputs, of_outputs + 2 * n_outputs)


cdef inline void any_materialize(
    const Model *model, const Lazy *lazy, floating *W, const floating *shift, bint shifted, bint averaged
) noexcept nogil:
    cdef Py_ssize_t j, c, m = model.n_outputs
    cdef double w, scale = lazy.scale[0], scale_sum = lazy.scale_sum[0], moved
    for j in range(model.n_features):
        moved = shift[j] if shifted else 0.0
        for c in range(m):
            w = W[j * m + c]
            if averaged:
                model.W_total[j * m + c] += scale_sum * w + lazy.shift_coef_sum[c] * moved  # (LR-14)
            W[j * m + c] = <floating>(scale * (w + lazy.shift_coef[c] * moved))           # (LR-13)
    lazy.scale[0], lazy.scale_sum[0], lazy.shift_square[0] = 1.0, 0.0, 0.0
    for c in range(m):
        lazy.shift_coef[c] = lazy.shift_coef_sum[c] = lazy.along[c] = 0.0
    if shifted:
        for j in range(model.n_features):
            lazy.shift_square[0] += <double>shift[j] * shift[j]
            for c in range(m):
                lazy.along[c] += <double>shift[j] * W[j * m + c]


cdef void materialize_all(const Model *model, const Lazy *lazy, floating *W, const floating *shift) noexcept nogil:
    """Let W hold the weights and W_total their sum, with nothing put off."""
    if shift == NULL and model.W_total == NULL:
        any_materialize(model, lazy, W, shift, False, False)
    elif shift == NULL:
        any_materialize(model, lazy, W, shift, False, True)
    elif model.W_total == NULL:
        any_materialize(model, lazy, W, shift, True, False)
    else:
        any_materialize(model, lazy, W, shift, True, True)


cdef inline Status one_step(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Lazy *lazy,
    Py_ssize_t row, double weight, floating *slot, bint shifted
) noexcept nogil:
    """A step of one output; its margin and weight go to the slot of a group."""
    cdef const int32_t *at
    cdef const floating *x
    cdef floating *w = <floating *>model.W
    cdef const floating *shift = <const floating *>X.center
    cdef Py_ssize_t n = take_csr_row(v, X, row, 0, &at, &x)
    cdef double eta, m, a, c, along = 0.0, scale, inverse, scale_sum
    cdef floating sign
    if n < 0:
        return BAD_ROW
    # what does not depend on the margin first: the division would lengthen the chain from row to row
    eta = steps.eta[steps.n_updates]
    sign = <floating>(1.0 - 2.0 * steps.y[row * steps.y_stride])
    scale = lazy.scale[0] * (1.0 - eta * steps.alpha)
    inverse, scale_sum = 1.0 / scale, -lazy.scale_sum[0]
    m = levels.gather_dot(v, n, x, at, <const floating *>w)
    if shifted:                                                                           # (LR-15)
        along = levels.gather_dot(v, n, x, at, shift)
        m += lazy.shift_coef[0] * (along - lazy.shift_square[0]) - lazy.along[0]
    m = m * lazy.scale[0] + intercepts.b[0]                                               # (LR-1)
    if not isfinite(m):
        return DIVERGED
    slot[levels.MARGIN], slot[levels.WEIGHT] = sign * <floating>m, <floating>weight
    a = levels.step_along(v, <floating>(-sign * eta * weight), sign, <floating>m)
    c = a * inverse
    levels.scatter_add(v, n, <floating>c, scale_sum, x, at, w, model.W_total)             # (LR-5), (LR-13), (LR-14)
    lazy.scale[0] = scale
    lazy.scale_sum[0] += scale
    intercepts.moved[0] += a
    intercepts.total[0] += intercepts.moved[0]
    if shifted:
        lazy.along[0] += c * along
        lazy.shift_coef[0] -= c
        lazy.shift_coef_sum[0] += scale * lazy.shift_coef[0]
    if scale < SMALLEST_SCALE:  # of one output
        materialize_all(model, lazy, w, shift)
    steps.n_updates += 1
    return OK


cdef inline Status one_output(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Lazy *lazy,
    const Ahead *ahead, floating tag, bint shifted
) noexcept nogil:
    """A pass of one output; the losses of a group of rows are taken together."""
    cdef floating rows[levels.ROWS]
    cdef Status status = OK
    cdef Py_ssize_t row, slot, i
    cdef double weight
    while status == OK and steps.next < steps.n_steps:
        slot = 0
        while steps.next < steps.n_steps and slot < levels.GROUP:
            look_ahead(v, X, steps, ahead)
            prefetch(steps.eta + steps.n_updates + 256)
            status = next_row(steps, &row, &weight)
            if status == OK and weight != 0.0:
                status = one_step(v, X, steps, model, intercepts, lazy, row, weight, &rows[slot], shifted)
                slot += status == OK
            if status != OK:
                break
        for i in range(slot, (slot + 3) // 4 * 4):
            rows[levels.MARGIN + i] = rows[levels.WEIGHT + i] = 0
        levels.losses(v, (slot + 3) // 4 * 4, rows, &steps.loss)                          # (LR-3)
    return status


cdef inline double softmax_of(const levels.vectors *v, Py_ssize_t n, double *m, Py_ssize_t label, double *below) noexcept nogil:
    """Replace margins by exp(m - largest) and tell their sum; returns the loss."""
    cdef double largest = m[0], top = m[label]
    cdef Py_ssize_t c
    for c in range(n):
        largest = max(largest, m[c])
    for c in range(n):
        m[c] -= largest
    levels.exponential(v, n, <const double *>m, m)
    below[0] = 0.0
    for c in range(n):
        below[0] += m[c]
    return log(below[0]) + largest - top                                                  # (LR-7)


cdef inline Status several_outputs(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Lazy *lazy,
    const Ahead *ahead, floating *products, double *m, bint shifted
) noexcept nogil:
    """A pass of several outputs; products has two entries an output, m one."""
    cdef const int32_t *at
    cdef const floating *x
    cdef floating *W = <floating *>model.W
    cdef floating *moves = products + model.n_outputs
    cdef const floating *shift = <const floating *>X.center
    cdef Status status
    cdef Py_ssize_t row, n, c, label, n_outputs = model.n_outputs
    cdef double weight, eta, along = 0.0, scale, a, below
    while steps.next < steps.n_steps:
        look_ahead(v, X, steps, ahead)
        prefetch(steps.eta + steps.n_updates + 256)
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_csr_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, products)
        if shifted:
            along = levels.gather_dot(v, n, x, at, shift)
        for c in range(n_outputs):
            m[c] = products[c]
            if shifted:                                                                   # (LR-15)
                m[c] += lazy.shift_coef[c] * (along - lazy.shift_square[0]) - lazy.along[c]
            m[c] = m[c] * lazy.scale[0] + intercepts.b[c]                                 # (LR-1)
            if not isfinite(m[c]):
                return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        steps.loss += weight * softmax_of(v, n_outputs, m, label, &below)
        eta = steps.eta[steps.n_updates]
        scale = lazy.scale[0] * (1.0 - eta * steps.alpha)
        for c in range(n_outputs):
            a = -eta * weight * (m[c] / below - (c == label))                             # (LR-6), (LR-8)
            intercepts.moved[c] += a
            intercepts.total[c] += intercepts.moved[c]
            a /= scale
            moves[c] = <floating>a
            if shifted:
                lazy.along[c] += a * along
                lazy.shift_coef[c] -= a
                lazy.shift_coef_sum[c] += scale * lazy.shift_coef[c]
        levels.scatter_rows(v, n, n_outputs, <const floating *>moves, -lazy.scale_sum[0], x, at, W, model.W_total)
        lazy.scale[0] = scale
        lazy.scale_sum[0] += scale
        if scale < SMALLEST_SCALE:
            materialize_all(model, lazy, W, shift)
        steps.n_updates += 1
    return OK


cdef Status take_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Lazy *lazy,
    const Ahead *ahead, floating *products, double *m
) noexcept nogil:
    """Choose the loop over the steps: the last argument of each is constant, so that the compiler makes one of it for each value."""
    if model.n_outputs == 1:
        if X.center == NULL:
            return one_output(v, X, steps, model, intercepts, lazy, ahead, products[0], False)
        return one_output(v, X, steps, model, intercepts, lazy, ahead, products[0], True)
    if X.center == NULL:
        return several_outputs(v, X, steps, model, intercepts, lazy, ahead, products, m, False)
    return several_outputs(v, X, steps, model, intercepts, lazy, ahead, products, m, True)


def logistic_csr_pass(
    rows not None,
    steps not None,
    floating[::1, :] W not None,
    double[::1] b,
    double[::1, :] W_total,
    double[::1] b_total,
    double[::1] lazy not None,
):
    """See hotloop.reference.logistic_csr_pass. The GIL is released."""
    cdef Py_ssize_t n_outputs = W.shape[0], n_features = W.shape[1]
    cdef Rows X = csr_rows(rows, sizeof(floating), n_features)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, max(n_outputs, 2))
    cdef Model model = new_model(n_outputs, n_features, b, W_total, b_total)
    cdef Lazy parts = new_lazy(lazy, n_outputs)
    if one_pass.steps.n_steps == 0:
        return 0.0, 0
    cdef floating[::1] products = np.zeros(2 * n_outputs, np.float32 if floating is float else np.float64)
    cdef double[::1] margins = np.empty(n_outputs)
    cdef double[:, ::1] spare = np.zeros((3, n_outputs))
    cdef Intercepts intercepts = new_intercepts(&model, spare)
    cdef Status status
    model.W = &W[0, 0] if n_features else NULL
    cdef Ahead ahead = new_ahead(
        &X.source, sizeof(floating), model.W, n_outputs * sizeof(floating), model.W_total, n_outputs * sizeof(double))
    with nogil:
        status = take_steps(
            levels.active, &X.source, &one_pass.steps, &model, &intercepts, &parts, &ahead, &products[0], &margins[0])
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates


def materialize(shift, floating[::1, :] W not None, double[::1, :] W_total, double[::1] lazy not None):
    """See hotloop.reference.materialize."""
    cdef Model model = new_model(W.shape[0], W.shape[1], None, W_total, None)
    cdef Lazy parts = new_lazy(lazy, W.shape[0])
    cdef const floating[::1] shifts = shift
    cdef const floating *shift0 = NULL
    if shifts is not None and shifts.shape[0] != W.shape[1]:
        raise ValueError(f"shift must have {W.shape[1]} entries")
    if W.shape[1] == 0:
        return
    if shifts is not None:
        shift0 = &shifts[0]
    with nogil:
        materialize_all(&model, &parts, &W[0, 0], shift0)


cdef inline Py_ssize_t margins_of_rows(
    const levels.vectors *v, const Source *X, const Ahead *ahead, const floating *W, Py_ssize_t n_outputs, const double *b,
    floating *products, double *m, bint single
) noexcept nogil:
    """Compute the margins m of all rows; returns the first that does not lie in its arrays, or how many there are."""
    cdef const int32_t *at
    cdef const floating *x
    cdef Py_ssize_t i, c, n
    cdef int k
    for i in range(X.n_samples):
        for k in range(ahead.n if i + WEIGHTS_PREFETCHED < X.n_samples else 0):
            prefetch_weights(v, X, i + WEIGHTS_PREFETCHED, ahead.array[k], ahead.width[k])
        n = take_csr_row(v, X, i, 0, &at, &x)
        if n < 0:
            return i
        if single:
            products[0] = levels.gather_dot(v, n, x, at, W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, W, products)
        for c in range(n_outputs):
            m[i * n_outputs + c] = products[c] + b[c]                                     # (LR-1)
    return X.n_samples


def csr_margins(rows not None, const floating[::1, :] W not None, const double[::1] b not None):
    """See hotloop.reference.csr_margins. The GIL is released."""
    cdef Py_ssize_t n_outputs = W.shape[0], n
    cdef Rows X = csr_rows(rows, sizeof(floating), W.shape[1])
    cdef Py_ssize_t n_samples = X.source.n_samples
    if b.shape[0] != n_outputs:
        raise ValueError(f"b must have {n_outputs} entries")
    if X.source.center != NULL:  # (LR-15)
        b = np.asarray(b) - np.asarray(W, np.float64) @ rows.shift
    out = np.empty((n_samples, n_outputs))
    if n_samples == 0 or n_outputs == 0 or W.shape[1] == 0:
        out[:] = b
        return out
    cdef double[:, ::1] m = out
    cdef floating[::1] products = np.empty(n_outputs, np.float32 if floating is float else np.float64)
    cdef const levels.vectors *v = levels.active
    cdef Ahead ahead = new_ahead(&X.source, sizeof(floating), &W[0, 0], n_outputs * sizeof(floating), NULL, 0)
    with nogil:
        if n_outputs == 1:
            n = margins_of_rows(v, &X.source, &ahead, &W[0, 0], 1, &b[0], &products[0], &m[0, 0], True)
        else:
            n = margins_of_rows(v, &X.source, &ahead, &W[0, 0], n_outputs, &b[0], &products[0], &m[0, 0], False)
    if n < n_samples:
        raise ValueError(f"row {n} of X does not lie in its arrays, or has a column that does not exist")
    return out
