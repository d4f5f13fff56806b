"""One row at a time with the least overhead: for services that score single rows."""
import numpy as np

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.two_layer cimport network
from hotloop.kernels.two_layer.network import aligned, filled_up


cdef class _RowScorer:
    """What row_scorer returns. Some 0.2 microseconds a call at 28 columns and two classes."""

    cdef double[:, ::1] w64
    cdef float[:, ::1] w32
    cdef double[::1] b
    cdef Py_ssize_t n_features, n_outputs
    cdef bint one_vs_rest

    def __init__(self, coef, intercept, one_vs_rest):
        self.w64 = np.array(coef, np.float64, order="C")
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
            values = -np.logaddexp(0, -values)                                           # (LR-18)
            out = values
        values -= values.max()
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
    cdef const double[:, ::1] W1, b1, V
    cdef double[::1] b2, target_center, target_scale, x, o
    cdef double[:, ::1] a
    cdef network.Network net

    def __init__(self, center, scale, W1, b1, W2, b2, output, activation, target_center, target_scale):
        W1, b1, W2, b2 = (np.array(w, np.float64) for w in (W1, b1, W2, b2))
        self.center = np.zeros(len(W1)) if center is None else np.array(center, np.float64)
        self.scale = np.ones(len(W1)) if scale is None else np.array(scale, np.float64)
        self.x = np.empty(len(W1))
        self.net = network.new_network(np.asarray(self.x)[None], None, np.asarray(self.center), np.asarray(self.scale), W1, b1, W2, b2,
                                       output, activation, 0.0, 0)
        self.W1, self.b1, self.V = filled_up(W1), filled_up(b1[None]), filled_up(np.ascontiguousarray(W2.T))
        self.b2, self.a = b2, aligned((2, self.net.width), np.float64)
        self.o = np.empty(self.net.n_outputs)
        self.target_center = np.broadcast_to(np.asarray(target_center, np.float64), self.net.n_outputs).copy()
        self.target_scale = np.broadcast_to(np.asarray(target_scale, np.float64), self.net.n_outputs).copy()

    def __call__(self, x):
        """Return P(second class), the probability of each class or label, or the value or values."""
        self.outputs(x)
        cdef Py_ssize_t n = self.net.n_outputs, c
        if self.net.output == network.SIGMOID:
            levels.logistic(levels.active, n, <const double *>&self.o[0], &self.o[0])     # (LR-2)
        elif self.net.output != network.SOFTMAX:
            for c in range(n):
                self.o[c] = (self.o[c] - self.target_center[c]) / self.target_scale[c]
        elif n > 1:
            values = np.array(self.o)
            values -= values.max()
            values = np.exp(values)
            return values / values.sum()                                                 # (LR-6)
        return self.o[0] if n == 1 else np.array(self.o)

    cdef int outputs(self, x) except -1:
        cdef Py_buffer view
        cdef Py_ssize_t k = self.net.n_features, i, c
        cdef const double *row = &self.x[0]
        cdef double *a = &self.a[0, 0]
        if see_row(x, k, &view):
            for i in range(k):
                self.x[i] = ((<const double *>view.buf)[i] - self.center[i]) * self.scale[i]     # (LR-9)
        else:
            for i in range(k):
                self.x[i] = ((<const float *>view.buf)[i] - self.center[i]) * self.scale[i]
        PyBuffer_Release(&view)
        levels.product(levels.active, k, 1, &row, NULL, self.net.width, self.net.width, &self.W1[0, 0], a)         # (NN-1)
        levels.activate(levels.active, self.net.activation, self.net.width, &self.b1[0, 0], a)                     # (NN-2)
        network.share_of_outputs(levels.active, &self.net, self.net.width, self.net.n_hidden, <const double *>a, &self.V[0, 0],
                                 &self.a[1, 0], &self.o[0])
        if self.net.output != network.SIGMOID_SUM:
            for c in range(self.net.n_outputs):
                self.o[c] += self.b2[c]                                                   # (NN-3)
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


def network_scorer(center, scale, W1, b1, W2, b2, output, activation, target_center=0.0, target_scale=1.0):
    """See hotloop.reference.network_scorer."""
    return _NetworkScorer(center, scale, W1, b1, W2, b2, output, activation, target_center, target_scale)
