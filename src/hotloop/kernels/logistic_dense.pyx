"""Logistic regression on dense rows: one sequential pass of per-sample SGD, margins, column statistics.

Equations (LR-1) to (LR-11). Memory order: X row by row, W one contiguous row an output. A step reads a row of X and each row of W
once from memory and once more from cache, and writes W: 4 k flops an output. Margins, probabilities, losses, intercepts and
averages are float64, weights and standardised rows have the dtype of X. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.math cimport exp, fabs, isfinite, log, log1p

from hotloop.kernels cimport levels


cdef double log_loss(double m, double y) noexcept nogil:
    return log1p(exp(-fabs(m))) + max(m, 0.0) - y * m                                    # (LR-3)


cdef double softmax_in_place(const levels.vectors *v, Py_ssize_t n, double *m) noexcept nogil:
    """Replace the margins by their softmax (LR-6) and return ln sum_c exp(m_c)."""
    cdef double top = m[0], total = 0.0
    cdef Py_ssize_t c
    for c in range(1, n):
        top = max(top, m[c])
    for c in range(n):
        m[c] = m[c] - top
    v.f64.exponential(n, m, m)
    for c in range(n):
        total += m[c]
    for c in range(n):
        m[c] = m[c] / total
    return top + log(total)


cdef double loss_and_gradient(const levels.vectors *v, Py_ssize_t n_outputs, double y, double *m) noexcept nogil:
    """Return the loss of one sample from its margins m, and replace them by g = dloss/dm."""
    cdef double loss, p
    if n_outputs == 1:
        loss = log_loss(m[0], y)
        v.f64.logistic(1, m, &p)                                                         # (LR-2)
        m[0] = p - y                                                                     # (LR-4)
        return loss
    loss = -m[<Py_ssize_t>y]
    loss += softmax_in_place(v, n_outputs, m)                                            # (LR-7)
    m[<Py_ssize_t>y] -= 1.0                                                              # (LR-8)
    return loss


def logistic_pass(
    const floating[:, ::1] X not None,
    const double[::1] y not None,
    const double[::1] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double alpha,
    const floating[::1] center,
    const floating[::1] scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
):
    """See hotloop.reference.logistic_pass. The GIL is released; X, y and the other inputs may be read-only."""
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_outputs = W.shape[0]
    cdef Py_ssize_t n_classes = max(n_outputs, 2)
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if W.shape[1] != n_features or n_outputs < 1:
        raise ValueError(f"W has shape {(n_outputs, W.shape[1])}, expected (n_outputs, {n_features})")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (center.shape[0] != n_features or scale.shape[0] != n_features):
        raise ValueError(f"center and scale must have {n_features} entries")
    if b is not None and b.shape[0] != n_outputs:
        raise ValueError(f"b must have {n_outputs} entries")
    if W_total is not None and (W_total.shape[0] != n_outputs or W_total.shape[1] != n_features):
        raise ValueError("W_total must have the shape of W")
    if (b_total is None) != (b is None or W_total is None) or (b_total is not None and b_total.shape[0] != n_outputs):
        raise ValueError("b_total goes with b and W_total and has the shape of b")
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")

    cdef bint standardized = center is not None, averaged = W_total is not None
    cdef floating[::1] scratch = np.empty(n_features if standardized else 0, np.asarray(W).dtype)
    cdef double[::1] margins = np.empty(n_outputs)
    cdef double *m = &margins[0]
    # Pointers to the first elements; an array without elements has none, and none is then followed.
    cdef bint empty = n_features == 0 or n_samples == 0
    cdef const floating *X0 = NULL if empty else &X[0, 0]
    cdef const floating *center0 = &center[0] if standardized and not empty else NULL
    cdef const floating *scale0 = &scale[0] if standardized and not empty else NULL
    cdef floating *z0 = &scratch[0] if standardized and not empty else NULL
    cdef floating *W0 = NULL if empty else &W[0, 0]
    cdef double *W_total0 = &W_total[0, 0] if averaged and not empty else NULL
    cdef double *b0 = NULL if b is None else &b[0]
    cdef double *b_total0 = NULL if b_total is None else &b_total[0]

    cdef const levels.vectors *v = levels.active
    cdef const floating *x
    cdef double loss = 0.0, weight, step, keep
    cdef Py_ssize_t s, i, c, moved = 0, bad_row = -1, bad_label = -1, diverged = -1
    with nogil:
        for s in range(order.shape[0]):
            i = order[s]
            if not 0 <= i < n_samples:
                bad_row = s
                break
            weight = sample_weight[i]
            if weight == 0.0:  # such a row moves nothing, not even the step counter
                continue
            if not 0.0 <= y[i] < n_classes:
                bad_label = i
                break
            x = X0 + i * n_features
            if standardized:
                levels.standardize(v, n_features, x, center0, scale0, z0)                # (LR-9)
                x = z0
            for c in range(n_outputs):
                m[c] = levels.dot(v, n_features, x, <const floating *>W0 + c * n_features)
                if b0 != NULL:
                    m[c] += b0[c]                                                        # (LR-1)
                if not isfinite(m[c]):
                    diverged = s
            if diverged >= 0:
                break
            loss += weight * loss_and_gradient(v, n_outputs, y[i], m)
            step = eta[moved] * weight
            keep = 1.0 - eta[moved] * alpha
            for c in range(n_outputs):                                                   # (LR-5)
                levels.scale_add(v, n_features, <floating>keep, W0 + c * n_features, <floating>(-step * m[c]), x)
                if b0 != NULL:
                    b0[c] -= step * m[c]
                if averaged:                                                             # (LR-10)
                    levels.accumulate(v, n_features, <const floating *>W0 + c * n_features, W_total0 + c * n_features)
                    if b0 != NULL:
                        b_total0[c] += b0[c]
            moved += 1
    if bad_row >= 0:
        raise ValueError(f"order[{bad_row}] = {order[bad_row]} is no row of X, which has {n_samples}")
    if bad_label >= 0:
        raise ValueError(f"y[{bad_label}] = {y[bad_label]} is no class index below {n_classes}")
    if diverged >= 0:
        raise FloatingPointError(f"the margin of row {order[diverged]} is not finite at step {diverged} of the pass")
    return loss, moved


def linear_margins(
    const floating[:, ::1] X not None,
    const floating[::1] center,
    const floating[::1] scale,
    const floating[:, ::1] W not None,
    const double[::1] b not None,
):
    """See hotloop.reference.linear_margins. The GIL is released."""
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_outputs = W.shape[0]
    if W.shape[1] != n_features or b.shape[0] != n_outputs:
        raise ValueError(f"W has shape {(n_outputs, W.shape[1])} and b {b.shape[0]} entries, X has {n_features} columns")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (center.shape[0] != n_features or scale.shape[0] != n_features):
        raise ValueError(f"center and scale must have {n_features} entries")
    cdef bint standardized = center is not None
    out = np.empty((n_samples, n_outputs))
    cdef double[:, ::1] m = out
    if n_features == 0 or n_samples == 0 or n_outputs == 0:
        out[:] = b
        return out
    cdef floating[::1] scratch = np.empty(n_features, np.float32 if floating is float else np.float64)
    cdef const levels.vectors *v = levels.active
    cdef const floating *x
    cdef Py_ssize_t i, c
    with nogil:
        for i in range(n_samples):
            x = &X[i, 0]
            if standardized:
                levels.standardize(v, n_features, x, &center[0], &scale[0], &scratch[0])  # (LR-9)
                x = &scratch[0]
            for c in range(n_outputs):
                m[i, c] = b[c] + levels.dot(v, n_features, x, &W[c, 0])                   # (LR-1)
    return out


def column_moments(
    const floating[:, ::1] X not None,
    const double[::1] sample_weight not None,
    double[::1] total_weight not None,
    double[::1] mean not None,
    double[::1] deviation not None,
):
    """See hotloop.reference.column_moments. The GIL is released."""
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], i, j
    if sample_weight.shape[0] != n_samples:
        raise ValueError("sample_weight must have one entry a row of X")
    if mean.shape[0] != n_features or deviation.shape[0] != n_features or total_weight.shape[0] != 1:
        raise ValueError(f"mean and deviation must have {n_features} entries, total_weight one")
    cdef double weight, share, d
    with nogil:
        for i in range(n_samples):
            weight = sample_weight[i]
            if weight == 0.0:
                continue
            total_weight[0] += weight
            share = weight / total_weight[0]
            for j in range(n_features):                                                   # (LR-9)
                d = X[i, j] - mean[j]
                mean[j] += share * d
                deviation[j] += weight * d * (X[i, j] - mean[j])


def logistic_probability(const floating[:, ::1] X not None, const floating[::1] w not None):
    """See hotloop.reference.logistic_probability."""
    return _probabilities(_margins(X, w)).astype(np.asarray(w).dtype, copy=False)


def logistic_loss(const floating[:, ::1] X not None, const double[::1] y not None, const floating[::1] w not None):
    """See hotloop.reference.logistic_loss."""
    losses = _margins(X, w)
    cdef double[::1] m = losses
    cdef Py_ssize_t i
    if y.shape[0] != X.shape[0]:
        raise ValueError(f"y has {y.shape[0]} entries, X has {X.shape[0]} rows")
    with nogil:
        for i in range(m.shape[0]):
            m[i] = log_loss(m[i], y[i])                                                   # (LR-3)
    return losses.astype(np.asarray(w).dtype, copy=False)


def logistic_gradient(const floating[:, ::1] X not None, const double[::1] y not None, const floating[::1] w not None):
    """See hotloop.reference.logistic_gradient. The GIL is released."""
    cdef const double[::1] p = _probabilities(_margins(X, w))
    gradients = np.empty((X.shape[0], X.shape[1]), np.asarray(w).dtype)
    cdef floating[:, ::1] out = gradients
    cdef floating g
    cdef Py_ssize_t i, j
    if y.shape[0] != X.shape[0]:
        raise ValueError(f"y has {y.shape[0]} entries, X has {X.shape[0]} rows")
    with nogil:
        for i in range(X.shape[0]):
            g = <floating>(p[i] - y[i])                                                   # (LR-4)
            for j in range(X.shape[1]):
                out[i, j] = g * X[i, j]                                                   # (LR-5)
    return gradients


def _margins(X, w):
    """The margins w . x in float64."""
    return linear_margins(X, None, None, np.asarray(w)[None, :], np.zeros(1))[:, 0]


def _probabilities(double[::1] m):
    """Replace the margins by the probabilities and return them."""
    if m.shape[0]:
        levels.logistic(levels.active, m.shape[0], <const double *>&m[0], &m[0])          # (LR-2)
    return np.asarray(m)
