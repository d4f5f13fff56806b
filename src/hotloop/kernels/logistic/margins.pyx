"""Logistic regression on dense rows: margins, probabilities, losses and gradients of each row.

Equations (LR-1) to (LR-5), (LR-9). Memory order: X row by row, of any type (rows/source.pxd), W one contiguous row an output. Margins
of narrow rows are taken four at a time. Losses, intercepts and margins are float64; converted rows have the type of W.
"""
import numpy as np

from cython cimport floating
from libc.math cimport exp, fabs, log1p

from hotloop.kernels.rows.source cimport Rows, Source, dense_rows, load_row
from hotloop.kernels.vectors cimport levels

from hotloop.structs import DenseRows

cdef enum:
    AT_A_TIME = 256   # probabilities
    AT_ONCE = 16_384  # bytes of rows

cdef double SMALLEST_MARGIN = -708.0  # below, exp is no normal number


cdef double log_loss(double m, double y) noexcept nogil:
    return log1p(exp(-fabs(m))) + max(m, 0.0) - y * m                                    # (LR-3)


def linear_margins(rows not None, const floating[:, ::1] W not None, const double[::1] b not None):
    """See hotloop.reference.linear_margins. The GIL is released."""
    cdef Py_ssize_t n_features = W.shape[1], n_outputs = W.shape[0], i = 0, c, k, n
    # rows at once: each output reads them from the first-level cache
    cdef Py_ssize_t n_at_once = max(4, AT_ONCE // (max(1, n_features) * <Py_ssize_t>sizeof(floating)))
    cdef Rows X = dense_rows(rows, sizeof(floating), n_features, n_at_once)
    cdef const Source *source = &X.source
    cdef Py_ssize_t n_samples = source.n_samples
    if b.shape[0] != n_outputs:
        raise ValueError(f"b must have {n_outputs} entries")
    out = np.empty((n_samples, n_outputs))
    cdef double[:, ::1] m = out
    if n_features == 0 or n_samples == 0 or n_outputs == 0:
        out[:] = b
        return out
    cdef const levels.vectors *v = levels.active
    cdef floating *scratch = <floating *>source.scratch
    cdef Py_ssize_t stride = source.stride if source.direct else n_features * <Py_ssize_t>sizeof(floating)
    cdef const char *x
    with nogil:
        while i < n_samples:
            n, x = min(n_at_once, n_samples - i), source.data + i * source.stride
            if not source.direct:
                for k in range(n):
                    load_row(v, source, x + k * source.stride, scratch + k * n_features)  # (LR-9)
                x = <const char *>scratch
            for c in range(n_outputs):                                                    # (LR-1)
                levels.margins(v, n_features, n, x, stride, &W[c, 0], b[c], &m[i, c], n_outputs)
            i += n
    return out


def binary_probabilities(const double[::1] m not None, double[:, :] out not None):
    """See hotloop.reference.binary_probabilities. The GIL is released."""
    cdef double p[AT_A_TIME]
    cdef Py_ssize_t i = 0, k, n, n_samples = m.shape[0]
    if out.shape[0] != n_samples or out.shape[1] != 2:
        raise ValueError(f"out has shape {(out.shape[0], out.shape[1])}, expected {(n_samples, 2)}")
    with nogil:
        while i < n_samples:
            n = min(AT_A_TIME, n_samples - i)
            levels.logistic(levels.active, n, &m[i], p)                                   # (LR-2)
            for k in range(n):
                if m[i + k] < SMALLEST_MARGIN:
                    p[k] = 0.0
                out[i + k, 0] = 1.0 - p[k]
                out[i + k, 1] = p[k]
            i += n


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
    return linear_margins(DenseRows(X), np.asarray(w)[None, :], np.zeros(1))[:, 0]


def _probabilities(double[::1] m):
    """Replace the margins by the probabilities and return them."""
    if m.shape[0]:
        levels.logistic(levels.active, m.shape[0], <const double *>&m[0], &m[0])          # (LR-2)
    return np.asarray(m)
