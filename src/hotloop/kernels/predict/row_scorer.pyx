"""One row at a time with the least overhead: for services that score single rows."""
from dataclasses import replace

import numpy as np

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer

from hotloop.kernels.two_layer.network cimport (
    SIGMOID, SIGMOID_SUM, SOFTMAX, CheckedNetwork, Network, Weights, Workspace, partial_outputs,
)
from hotloop.kernels.vectors cimport levels


cdef class _RowScorer:
    """What row_scorer returns. Some 0.2 microseconds a call at 28 columns and two classes."""

    cdef double[:, ::1] w64
    cdef float[:, ::1] w32
    cdef double[::1] b
    cdef Py_ssize_t n_features, n_outputs
    cdef bint one_vs_rest

    def __init__(self, coef, intercept, one_vs_rest):
        self.w64 = np.array(coef, np.float64, order="C")
        with np.errstate(over="ignore"):  # of float32 rows the margin is then infinite
            self.w32 = np.array(coef, np.float32, order="C")
        self.b = np.array(intercept, np.float64)
        self.one_vs_rest = one_vs_rest
        self.n_outputs, self.n_features = self.w64.shape[0], self.w64.shape[1]
        if self.b.shape[0] != self.n_outputs:
            raise ValueError(f"intercept has {self.b.shape[0]} entries, coef {self.n_outputs} rows")

    def __call__(self, x):
        """Return P(second class), or an array of the probability of each of several classes."""
        cdef double m = 0.0
        cdef double[::1] out
        if self.n_outputs == 1:
            self.margins(x, &m)
            levels.logistic(levels.active, 1, <const double *>&m, &m)                     # (LR-2)
            return m
        values = np.empty(self.n_outputs)
        out = values
        self.margins(x, &out[0])
        if self.one_vs_rest:
            with np.errstate(invalid="ignore"):  # of NaN, which stays NaN
                values = -np.logaddexp(0, -values)                                       # (LR-18)
            out = values
        less_largest(out)
        levels.exponential(levels.active, self.n_outputs, <const double *>&out[0], &out[0])
        values /= values.sum()                                                           # (LR-6)
        return values

    cdef int margins(self, x, double *m) except -1:
        cdef Py_buffer view
        cdef Py_ssize_t c
        cdef bint wide = see_row(x, self.n_features, &view)
        try:
            for c in range(self.n_outputs):                                              # (LR-1)
                m[c] = self.b[c]
                if self.n_features == 0:
                    continue
                if wide:
                    m[c] += levels.dot(levels.active, self.n_features, <const double *>view.buf, <const double *>&self.w64[c, 0])
                else:
                    m[c] += levels.dot(levels.active, self.n_features, <const float *>view.buf, <const float *>&self.w32[c, 0])
        finally:
            PyBuffer_Release(&view)
        return 0


@cython.auto_pickle(False)
cdef class _NetworkScorer:
    """What network_scorer returns. Computes in float64."""

    cdef const double[::1] center, scale
    cdef double[::1] target_center, target_scale, x, o
    cdef CheckedNetwork checked
    cdef Network net
    cdef Weights weights
    cdef Workspace space
    cdef double *z
    cdef double *s

    def __init__(self, network, center, scale, target_center, target_scale):
        self.checked = CheckedNetwork(replace(network, **{
            name: np.array(getattr(network, name), np.float64, order="C") for name in ("W1", "b1", "W2", "b2")}))
        self.net, self.weights = self.checked.sizes, self.checked.padded.weights
        if (center is None) != (scale is None):
            raise ValueError("center and scale come together or not at all")
        self.center = np.zeros(self.net.n_features) if center is None else np.array(center, np.float64)
        self.scale = np.ones(self.net.n_features) if scale is None else np.array(scale, np.float64)
        if self.center.shape[0] != self.net.n_features or self.scale.shape[0] != self.net.n_features:
            raise ValueError(f"center and scale must have {self.net.n_features} entries")
        self.space, self.x, self.o = Workspace(), np.empty(self.net.n_features), np.empty(self.net.n_outputs)
        self.z = <double *>self.space.zeros(self.net.width * sizeof(double))
        self.s = <double *>self.space.zeros(self.net.width * sizeof(double))
        self.target_center = np.broadcast_to(np.asarray(target_center, np.float64), self.net.n_outputs).copy()
        self.target_scale = np.broadcast_to(np.asarray(target_scale, np.float64), self.net.n_outputs).copy()

    def __call__(self, x):
        """Return P(second class), the probability of each class or label, or the value or values."""
        self.outputs(x)
        cdef Py_ssize_t n = self.net.n_outputs, c
        if self.net.output == SIGMOID:
            levels.logistic(levels.active, n, <const double *>&self.o[0], &self.o[0])     # (LR-2)
        elif self.net.output != SOFTMAX:
            for c in range(n):
                self.o[c] = (self.o[c] - self.target_center[c]) / self.target_scale[c]
        elif n > 1:
            values = np.array(self.o)
            less_largest(values)
            values = np.exp(values)
            return values / values.sum()                                                 # (LR-6)
        return self.o[0] if n == 1 else np.array(self.o)

    cdef int outputs(self, x) except -1:
        cdef const levels.vectors *v = levels.active
        cdef Py_buffer view
        cdef Py_ssize_t k = self.net.n_features, width = self.net.width, i, c
        cdef const double *row = &self.x[0]
        cdef const double *b2 = <const double *>self.weights.b2
        if see_row(x, k, &view):
            for i in range(k):
                self.x[i] = ((<const double *>view.buf)[i] - self.center[i]) * self.scale[i]     # (LR-9)
        else:
            for i in range(k):
                self.x[i] = ((<const float *>view.buf)[i] - self.center[i]) * self.scale[i]
        PyBuffer_Release(&view)
        levels.product(v, k, 1, &row, NULL, width, width, <const double *>self.weights.W1, self.z)         # (NN-1)
        levels.activate(v, self.net.activation, width, <const double *>self.weights.b1, self.z)            # (NN-2)
        partial_outputs(v, self.net.head, self.net.n_outputs, width, self.net.n_hidden, <const double *>self.z,
                        <const double *>self.weights.V, self.s, &self.o[0])
        if self.net.output != SIGMOID_SUM:
            for c in range(self.net.n_outputs):
                self.o[c] += b2[c]                                                        # (NN-3)
        return 0


cdef int less_largest(double[::1] m) except -1:
    """Take the largest entry from all. NumPy would warn of infinities."""
    cdef double largest = m[0]
    cdef Py_ssize_t c
    for c in range(1, m.shape[0]):
        largest = max(largest, m[c])
    for c in range(m.shape[0]):
        m[c] -= largest
    return 0


cdef bint see_row(x, Py_ssize_t n_features, Py_buffer *view) except -1:
    """Open x, one row, for reading, and tell whether it is of float64; the caller releases it."""
    PyObject_GetBuffer(x, view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
    cdef bint wide = view.format[0] == b"d", right = view.ndim == 1 and view.shape[0] == n_features
    cdef bint known = (wide or view.format[0] == b"f") and view.format[1] == 0
    if right and known:
        return wide
    PyBuffer_Release(view)
    raise ValueError("x must be an array of float32 or float64" if right else f"x must be one row of {n_features} numbers")


def row_scorer(coef, intercept, one_vs_rest=False):
    """See hotloop.reference.row_scorer."""
    return _RowScorer(coef, intercept, one_vs_rest)


def network_scorer(network, center=None, scale=None, target_center=0.0, target_scale=1.0):
    """See hotloop.reference.network_scorer."""
    return _NetworkScorer(network, center, scale, target_center, target_scale)
