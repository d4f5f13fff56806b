"""The two-layer network on dense rows: the sum of sigmoids over many samples, and one sequential pass of per-sample SGD.

Equations (NN-1) to (NN-9). Memory order: X row by row; W1 feature-major (n_features x n_hidden), so a row of X reads whole
contiguous lines of it; W2 one row a hidden unit (n_hidden x n_outputs). The pass reads X once; a step costs about 4 k H + 6 H C
flops. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite, log

from hotloop.kernels cimport levels

# Samples are taken in groups of about this many hidden units, so that the logistic function runs over long arrays in cache:
# one call an array instead of one a sample.
cdef enum:
    GROUP = 1024


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
    cdef floating slope, total = 0
    for j in range(n_hidden):
        total += s[j]                                                                     # (NN-4)
        slope = s[j] * (1 - s[j])
        dv[j] = slope * r[j]                                                              # (NN-5)
        s[j] = slope * v[j] if r[j] > 0 else 0
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
    cdef double slope
    for j in range(n_hidden):
        slope = dy * s[j] * (1 - s[j])
        dv[j] += slope * r[j]                                                             # (NN-5)
        s[j] = <floating>(slope * v[j]) if r[j] > 0 else 0
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


cdef enum Output:
    SOFTMAX
    LINEAR
    SIGMOID_SUM

OUTPUTS = {"softmax": SOFTMAX, "linear": LINEAR, "sigmoid_sum": SIGMOID_SUM}


cdef void forward(
    const levels.vectors *vectors, Output output, Py_ssize_t n_features, Py_ssize_t n_hidden, Py_ssize_t n_outputs,
    const floating *x, const floating *W1, const floating *b1, const floating *W2, const floating *b2,
    floating *z, floating *s, double *o
) noexcept nogil:
    """Hidden activations z, for the sum of sigmoids also s, and the outputs o of one sample."""
    cdef Py_ssize_t i, j, c
    for j in range(n_hidden):
        z[j] = b1[j]
    for i in range(n_features):
        levels.scale_add(vectors, n_hidden, <floating>1, z, x[i], W1 + i * n_hidden)      # (NN-1)
    for j in range(n_hidden):
        z[j] = max(z[j], 0)                                                               # (NN-2)
    if output == SIGMOID_SUM:
        for j in range(n_hidden):
            s[j] = W2[j] * z[j]
        levels.logistic(vectors, n_hidden, <const floating *>s, s)
        o[0] = 0
        for j in range(n_hidden):
            o[0] += s[j]                                                                  # (NN-4)
        return
    for c in range(n_outputs):
        o[c] = b2[c]
    for j in range(n_hidden):
        for c in range(n_outputs):
            o[c] += z[j] * W2[j * n_outputs + c]                                          # (NN-3)


cdef double loss_and_delta(const levels.vectors *vectors, Output output, Py_ssize_t n_outputs, double y, double *o) noexcept nogil:
    """Return the loss of one sample from its outputs o, and replace them by delta = dloss/do."""
    cdef double loss
    if output == SOFTMAX:
        loss = -o[<Py_ssize_t>y]
        loss += softmax_in_place(vectors, n_outputs, o)                                   # (LR-7)
        o[<Py_ssize_t>y] -= 1.0                                                           # (NN-7)
        return loss
    o[0] -= y                                                                             # (NN-7)
    return 0.5 * o[0] * o[0]


cdef void backward(
    const levels.vectors *vectors, Output output, Py_ssize_t n_features, Py_ssize_t n_hidden, Py_ssize_t n_outputs,
    const floating *x, floating *W1, floating *b1, floating *W2, floating *b2,
    const floating *z, const floating *s, const double *delta, double step, double keep, floating *D
) noexcept nogil:
    """Update all weights of one sample; D takes dloss/da, from W2 as it was before its own update."""
    cdef Py_ssize_t i, j, c
    cdef double sum, slope
    cdef floating *w
    for j in range(n_hidden):
        w = W2 + j * n_outputs
        if output == SIGMOID_SUM:
            slope = delta[0] * s[j] * (1 - s[j])
            sum = slope * w[0]                                                            # (NN-8)
            w[0] = <floating>(keep * w[0] - step * slope * z[j])                          # (NN-9)
        else:
            sum = 0
            for c in range(n_outputs):
                sum += w[c] * delta[c]                                                    # (NN-8)
                w[c] = <floating>(keep * w[c] - step * delta[c] * z[j])                   # (NN-9)
        D[j] = <floating>sum if z[j] > 0 else 0
    if output != SIGMOID_SUM:
        for c in range(n_outputs):
            b2[c] -= <floating>(step * delta[c])
    for i in range(n_features):
        levels.scale_add(vectors, n_hidden, <floating>keep, W1 + i * n_hidden, <floating>(-step * x[i]), <const floating *>D)
    levels.scale_add(vectors, n_hidden, <floating>1, b1, <floating>-step, <const floating *>D)


def _check_network(X, center, scale, W1, b1, W2, b2, output):
    if output not in OUTPUTS:
        raise ValueError(f"output is {output!r}, expected one of {', '.join(OUTPUTS)}")
    n_hidden, n_outputs = W2.shape[:2]
    if X.shape[1] < 1 or n_hidden < 1 or n_outputs < 1:
        raise ValueError("a network needs at least one column, one hidden unit and one output")
    if tuple(W1.shape[:2]) != (X.shape[1], n_hidden) or b1.shape[0] != n_hidden or b2.shape[0] != n_outputs:
        raise ValueError(f"X has {X.shape[1]} columns, W1 shape {W1.shape[:2]}, b1 {b1.shape[0]} entries, W2 shape {W2.shape[:2]}, "
                         f"b2 {b2.shape[0]} entries: they do not fit together")
    if output != "softmax" and n_outputs != 1:
        raise ValueError(f"output {output!r} has one column of W2, not {n_outputs}")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (center.shape[0] != X.shape[1] or scale.shape[0] != X.shape[1]):
        raise ValueError(f"center and scale must have {X.shape[1]} entries")
    return OUTPUTS[output]


def two_layer_outputs(
    const floating[:, ::1] X not None,
    const floating[::1] center,
    const floating[::1] scale,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    output,
):
    """See hotloop.reference.two_layer_outputs. The GIL is released."""
    cdef Output kind = _check_network(X, center, scale, W1, b1, W2, b2, output)
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_hidden = W1.shape[1], n_outputs = W2.shape[1], i
    cdef bint standardized = center is not None
    dtype = np.asarray(b2).dtype
    values = np.empty((n_samples, n_outputs))
    cdef double[:, ::1] o = values
    cdef floating[::1] row = np.empty(n_features, dtype), z = np.empty(n_hidden, dtype), s = np.empty(n_hidden, dtype)
    cdef const levels.vectors *vectors = levels.active
    cdef const floating *x
    with nogil:
        for i in range(n_samples):
            x = &X[i, 0]
            if standardized:
                levels.standardize(vectors, n_features, x, &center[0], &scale[0], &row[0])    # (LR-9)
                x = &row[0]
            forward(vectors, kind, n_features, n_hidden, n_outputs, x, &W1[0, 0], &b1[0], &W2[0, 0], &b2[0], &z[0], &s[0], &o[i, 0])
    return values


def two_layer_pass(
    const floating[:, ::1] X not None,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double alpha,
    const floating[::1] center,
    const floating[::1] scale,
    floating[:, ::1] W1 not None,
    floating[::1] b1 not None,
    floating[:, ::1] W2 not None,
    floating[::1] b2 not None,
    output,
):
    """See hotloop.reference.two_layer_pass. The GIL is released; X, y and the other inputs may be read-only."""
    cdef Output kind = _check_network(X, center, scale, W1, b1, W2, b2, output)
    cdef Py_ssize_t n_samples = X.shape[0], n_features = X.shape[1], n_hidden = W1.shape[1], n_outputs = W2.shape[1]
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")
    cdef bint standardized = center is not None
    dtype = np.asarray(b2).dtype
    cdef floating[::1] row = np.empty(n_features, dtype)
    cdef floating[::1] z = np.empty(n_hidden, dtype), s = np.empty(n_hidden, dtype), D = np.empty(n_hidden, dtype)
    cdef double[::1] o = np.empty(n_outputs)
    cdef const levels.vectors *vectors = levels.active
    cdef const floating *x
    cdef double loss = 0.0, weight
    cdef Py_ssize_t t, i, c, moved = 0, bad_row = -1, bad_label = -1, diverged = -1
    with nogil:
        for t in range(order.shape[0]):
            i = order[t]
            if not 0 <= i < n_samples:
                bad_row = t
                break
            weight = sample_weight[i]
            if weight == 0.0:  # such a row moves nothing, not even the step counter
                continue
            if kind == SOFTMAX and not 0.0 <= y[i] < n_outputs:
                bad_label = i
                break
            x = &X[i, 0]
            if standardized:
                levels.standardize(vectors, n_features, x, &center[0], &scale[0], &row[0])    # (LR-9)
                x = &row[0]
            forward(vectors, kind, n_features, n_hidden, n_outputs, x, <const floating *>&W1[0, 0], <const floating *>&b1[0],
                    <const floating *>&W2[0, 0], <const floating *>&b2[0], &z[0], &s[0], &o[0])
            for c in range(n_outputs):
                if not isfinite(o[c]):
                    diverged = t
            if diverged >= 0:
                break
            loss += weight * loss_and_delta(vectors, kind, n_outputs, y[i], &o[0])
            backward(vectors, kind, n_features, n_hidden, n_outputs, x, &W1[0, 0], &b1[0], &W2[0, 0], &b2[0],
                     <const floating *>&z[0], <const floating *>&s[0], <const double *>&o[0],
                     eta[moved] * weight, 1.0 - eta[moved] * alpha, &D[0])
            moved += 1
    if bad_row >= 0:
        raise ValueError(f"order[{bad_row}] = {order[bad_row]} is no row of X, which has {n_samples}")
    if bad_label >= 0:
        raise ValueError(f"y[{bad_label}] = {y[bad_label]} is no class index below {n_outputs}")
    if diverged >= 0:
        raise FloatingPointError(f"an output of row {order[diverged]} is not finite at step {diverged} of the pass")
    return loss, moved
