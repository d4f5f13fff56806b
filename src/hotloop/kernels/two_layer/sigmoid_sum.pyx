"""The sum of sigmoids over many samples: values, derivatives of each sample and their sums.

Equations (NN-1), (NN-2), (NN-4) to (NN-6). Memory order: X row by row; W feature-major (n_features x n_hidden), so a row of X reads
whole contiguous lines of it. A sample costs about 2 k H flops forward, as many again backwards.
"""
import numpy as np

from cython cimport floating

from hotloop.kernels.vectors cimport levels

# Samples are taken in groups of about this many hidden units, so that the logistic function runs over long arrays in cache:
# one call an array instead of one a sample.
cdef enum:
    GROUP = 1024


cdef void pre_activations(
    Py_ssize_t n_features, Py_ssize_t n_hidden, const floating *x, const floating *W, floating *a
) noexcept nogil:
    """a = x W, for one sample."""
    cdef Py_ssize_t i, j
    for j in range(n_hidden):
        a[j] = 0
    for i in range(n_features):
        for j in range(n_hidden):
            a[j] += x[i] * W[i * n_hidden + j]                                            # (NN-1)


cdef void hidden_of_group(
    const levels.vectors *vectors, Py_ssize_t n_rows, Py_ssize_t n_features, Py_ssize_t n_hidden,
    const floating *X, const floating *W, const floating *v, floating *r, floating *s
) noexcept nogil:
    """r = max(x W, 0) and s = logistic(v r), for n_rows samples."""
    cdef Py_ssize_t i, j
    for i in range(n_rows):
        pre_activations(n_features, n_hidden, X + i * n_features, W, r + i * n_hidden)
        for j in range(n_hidden):
            r[i * n_hidden + j] = max(r[i * n_hidden + j], 0)                             # (NN-2)
            s[i * n_hidden + j] = v[j] * r[i * n_hidden + j]
    levels.logistic(vectors, n_rows * n_hidden, <const floating *>s, s)                   # (NN-4)


def _check(X, W, v):
    if W.shape[0] != X.shape[1] or v.shape[0] != W.shape[1]:
        raise ValueError(f"X has {X.shape[1]} columns, W has shape {W.shape[:2]}, v has {v.shape[0]} entries; "
                         "expected W (n_features, n_hidden) and v (n_hidden,)")
    return X.shape[1] > 0 and W.shape[1] > 0 and X.shape[0] > 0


def sigmoid_sum_forward(const floating[:, ::1] X not None, const floating[:, ::1] W not None, const floating[::1] v not None):
    """See hotloop.reference.sigmoid_sum_forward. The GIL is released."""
    dtype = np.asarray(v).dtype
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_hidden = W.shape[1], group, q, start, i, j, n_rows
    hidden, sigmoids, outputs = np.zeros((n_samples, n_hidden), dtype), np.empty((n_samples, n_hidden), dtype), np.zeros(n_samples, dtype)
    if not _check(X, W, v):
        sigmoids[:] = 0.5
        outputs[:] = 0.5 * n_hidden
        return hidden, sigmoids, outputs
    cdef floating[:, ::1] r = hidden, s = sigmoids
    cdef floating[::1] y = outputs
    cdef const levels.vectors *vectors = levels.active
    group = max(1, GROUP // n_hidden)
    with nogil:
        for q in range((n_samples + group - 1) // group):
            start = q * group
            n_rows = min(group, n_samples - start)
            hidden_of_group(vectors, n_rows, n_features, n_hidden, &X[start, 0], &W[0, 0], &v[0], &r[start, 0], &s[start, 0])
            for i in range(start, start + n_rows):
                for j in range(n_hidden):
                    y[i] += s[i, j]                                                       # (NN-4)
    return hidden, sigmoids, outputs


cdef void gradients_of_sample(
    Py_ssize_t n_features, Py_ssize_t n_hidden, const floating *x, const floating *v, const floating *r, floating *s,
    floating *y, floating *dW, floating *dv
) noexcept nogil:
    """y, dW and dv of one sample from its r and s; s is overwritten."""
    cdef Py_ssize_t f, j
    cdef floating derivative, total = 0
    for j in range(n_hidden):
        total += s[j]                                                                     # (NN-4)
        derivative = s[j] * (1 - s[j])
        dv[j] = derivative * r[j]                                                              # (NN-5)
        s[j] = derivative * v[j] if r[j] > 0 else 0
    y[0] = total
    for f in range(n_features):
        for j in range(n_hidden):
            dW[f * n_hidden + j] = x[f] * s[j]                                            # (NN-6)


def sigmoid_sum_gradients(const floating[:, ::1] X not None, const floating[:, ::1] W not None, const floating[::1] v not None):
    """See hotloop.reference.sigmoid_sum_gradients. One pass over X; the GIL is released."""
    dtype = np.asarray(v).dtype
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_hidden = W.shape[1], group, q, start, i, n_rows
    outputs = np.empty(n_samples, dtype)
    of_W, of_v = np.empty((n_samples, n_features, n_hidden), dtype), np.empty((n_samples, n_hidden), dtype)
    if not _check(X, W, v):
        outputs[:] = 0.5 * n_hidden
        of_v[:] = 0.0
        return outputs, of_W, of_v
    cdef floating[::1] y = outputs
    cdef floating[:, :, ::1] dW = of_W
    cdef floating[:, ::1] dv = of_v
    group = max(1, GROUP // n_hidden)
    cdef floating[:, ::1] r = np.empty((group, n_hidden), dtype), s = np.empty((group, n_hidden), dtype)
    cdef const levels.vectors *vectors = levels.active
    with nogil:
        for q in range((n_samples + group - 1) // group):
            start = q * group
            n_rows = min(group, n_samples - start)
            hidden_of_group(vectors, n_rows, n_features, n_hidden, &X[start, 0], &W[0, 0], &v[0], &r[0, 0], &s[0, 0])
            for i in range(n_rows):
                gradients_of_sample(n_features, n_hidden, &X[start + i, 0], &v[0], <const floating *>&r[i, 0], &s[i, 0],
                                    &y[start + i], &dW[start + i, 0, 0], &dv[start + i, 0])
    return outputs, of_W, of_v


cdef void add_gradients_of_sample(
    Py_ssize_t n_features, Py_ssize_t n_hidden, const floating *x, const floating *v, const floating *r, floating *s,
    double dy, double *dW, double *dv
) noexcept nogil:
    """Add dy times the derivatives of one sample to dW and dv; s is overwritten."""
    cdef Py_ssize_t f, j
    cdef double derivative
    for j in range(n_hidden):
        derivative = dy * s[j] * (1 - s[j])
        dv[j] += derivative * r[j]                                                             # (NN-5)
        s[j] = <floating>(derivative * v[j]) if r[j] > 0 else 0
    for f in range(n_features):
        for j in range(n_hidden):
            dW[f * n_hidden + j] += x[f] * s[j]                                           # (NN-6)


def sigmoid_sum_backward(
    const floating[:, ::1] X not None, const floating[:, ::1] W not None, const floating[::1] v not None,
    const floating[::1] dy not None
):
    """See hotloop.reference.sigmoid_sum_backward. One pass over X; sums are float64; the GIL is released."""
    dtype = np.asarray(v).dtype
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_hidden = W.shape[1], group, q, start, i, n_rows
    if dy.shape[0] != n_samples:
        raise ValueError(f"dy has {dy.shape[0]} entries, X has {n_samples} rows")
    of_W, of_v = np.zeros((n_features, n_hidden)), np.zeros(n_hidden)
    if not _check(X, W, v):
        return of_W.astype(dtype), of_v.astype(dtype)
    cdef double[:, ::1] dW = of_W
    cdef double[::1] dv = of_v
    group = max(1, GROUP // n_hidden)
    cdef floating[:, ::1] r = np.empty((group, n_hidden), dtype), s = np.empty((group, n_hidden), dtype)
    cdef const levels.vectors *vectors = levels.active
    with nogil:
        for q in range((n_samples + group - 1) // group):
            start = q * group
            n_rows = min(group, n_samples - start)
            hidden_of_group(vectors, n_rows, n_features, n_hidden, &X[start, 0], &W[0, 0], &v[0], &r[0, 0], &s[0, 0])
            for i in range(n_rows):
                add_gradients_of_sample(n_features, n_hidden, &X[start + i, 0], &v[0], <const floating *>&r[i, 0], &s[i, 0],
                                        dy[start + i], &dW[0, 0], &dv[0])
    return of_W.astype(dtype, copy=False), of_v.astype(dtype, copy=False)
