"""Logistic regression by adaptive steps, one step size a weight: AdaGrad, normalised or not, and FTRL-proximal, over dense rows or
non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (AD-1) to (AD-3). A dense row is a row that has all columns. A weight and its sum of
squared slopes lie side by side.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite, sqrt
from libc.stdint cimport int32_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.csr cimport Csr, NonZeros
from hotloop.kernels.rows.dense cimport Dense
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, take_slopes, what_is_wrong


cdef struct Rule:
    bint ftrl
    double eta
    double beta
    double l1             # alpha l1_ratio: times the steps so far it is the strength of (AD-2)
    double l2
    double t              # steps so far
    bint normalized


cdef Trouble take_steps(
    const levels.vectors *v, Steps *steps, const Csr *X, const Dense *D, Py_ssize_t n_features, Py_ssize_t m, const floating *center,
    const floating *scale, Rule rule, int32_t *places, floating *scratch, floating *w, floating *root, double *p, floating *pair,
    double *b_pair, floating *largest, double *met, floating *q
) noexcept nogil:
    cdef const int32_t *at
    cdef const floating *x
    cdef Trouble trouble = NONE
    cdef bint fetch = X != NULL and 2 * n_features * m * <Py_ssize_t>sizeof(floating) > nonzeros.CACHED
    cdef Py_ssize_t row, n, c, j
    cdef double weight, g, below, step = rule.eta
    cdef floating beta = <floating>rule.beta, eta = <floating>rule.eta, inverse = <floating>(1 / rule.eta)
    while steps.next < steps.n_steps:
        if X != NULL:
            row = nonzeros.look_ahead(v, X, steps.order, steps.next, steps.n_steps, fetch)
            if row >= 0:
                nonzeros.fetch_weights(v, X, row, pair, 2 * m * sizeof(floating))
                if largest != NULL:
                    nonzeros.fetch_weights(v, X, row, largest, sizeof(floating))
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        if X != NULL:
            n = nonzeros.take_row(v, X, row, scale, places, scratch, &at, &x)
            if n < 0:
                return BAD_ROW
        else:
            n, at = n_features, places
            x = samples.row(v, D.data + row * D.stride, D.type, n_features, center, scale, scratch)
        if rule.normalized:
            met[0] += levels.normalize(v, n, x, at, m, pair, largest, q) + (b_pair != NULL)
            x = q
            step = rule.eta * sqrt((rule.t + 1) / met[0]) if met[0] > 0 else 0.0           # (AD-3)
            eta = <floating>step
        for c in range(m):
            if not rule.ftrl:
                p[c] = levels.adaptive_margin(v, n, x, at, m, <const floating *>(pair + 2 * c))
            else:
                levels.adaptive_weights(v, n, at, m, <const floating *>(pair + 2 * c), <floating>(rule.l1 * rule.t),
                                        <floating>(rule.l2 * rule.t), beta, inverse, w + c * n, root + c * n)
                p[c] = 0.0
                if x == NULL:
                    for j in range(n):
                        p[c] += w[c * n + j]
                elif n > 0:
                    p[c] = levels.dot(v, n, x, <const floating *>(w + c * n))
            if b_pair != NULL:
                p[c] += b_pair[2 * c]                                                      # (LR-1)
            if not isfinite(p[c]):
                return DIVERGED
        steps.loss += weight * take_slopes(v, m, p, <Py_ssize_t>steps.y[row * steps.y_stride])
        for c in range(m):
            g = weight * p[c]
            levels.adaptive_update(v, n, x, at, m, pair + 2 * c, rule.ftrl, beta, eta, <floating>g, <const floating *>(w + c * n),
                                   <const floating *>(root + c * n))
            if b_pair != NULL:
                b_pair[2 * c + 1] += g * g
                below = rule.beta + sqrt(b_pair[2 * c + 1])
                if below > 0.0:
                    b_pair[2 * c] -= step * g / below                                      # (AD-1)
        rule.t += 1
        steps.moved += 1
    return trouble


def logistic_adaptive_pass(
    X,
    csr,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    str rule not None,
    double eta,
    double beta,
    double l1,
    double l2,
    double t,
    center,
    scale,
    floating[:, :, ::1] pairs not None,
    double[:, ::1] b_pairs,
    floating[::1] largest,
    double[::1] met,
):
    """See hotloop.reference.logistic_adaptive_pass. The GIL is released."""
    cdef Py_ssize_t n_features = pairs.shape[0], n_outputs = pairs.shape[1], n_samples, longest
    cdef samples.Samples dense
    cdef NonZeros sparse
    cdef const Csr *rows = NULL
    cdef Dense where = Dense(NULL, 0, 0)
    if X is not None:
        dense = samples.Samples(X)
        n_samples, longest, where = dense.n_samples, n_features, Dense(dense.data, dense.stride, dense.type)
        if dense.n_features != n_features:
            raise ValueError(f"X has {dense.n_features} columns, pairs {n_features}")
    else:
        sparse = NonZeros(*csr)
        rows, n_samples, longest = &sparse.rows, sparse.rows.n_samples, sparse.rows.longest
        if center is not None:
            raise ValueError("sparse rows are scaled, not centred")
    if rule not in ("adagrad", "ftrl", "normalized"):
        raise ValueError(f"rule is {rule!r}, expected 'adagrad', 'ftrl' or 'normalized'")
    cdef bint normalized = rule == "normalized"
    if normalized and (largest is None or largest.shape[0] != n_features or met is None or met.shape[0] != 1):
        raise ValueError(f"largest must have {n_features} entries, met one")
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row")
    for array in (center, scale):
        if array is not None and array.shape[0] != n_features:
            raise ValueError(f"center and scale must have {n_features} entries")
    if pairs.shape[2] != 2 or n_outputs < 1 or (b_pairs is not None and b_pairs.shape[0] != n_outputs):
        raise ValueError("pairs must be (n_features, n_outputs, 2), b_pairs (n_outputs, 2)")
    if b_pairs is not None and b_pairs.shape[1] != 2:
        raise ValueError("b_pairs must be (n_outputs, 2)")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    cdef Steps steps = new_steps(order, y, sample_weight, n_samples, max(n_outputs, 2))
    dtype = np.asarray(pairs).dtype
    cdef int32_t[::1] places = np.arange(max(longest, 1), dtype=np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype), w = np.empty(max(longest * n_outputs, 1), dtype)
    cdef floating[::1] root = np.empty(max(longest * n_outputs, 1), dtype)
    cdef double[::1] p = np.empty(n_outputs)
    cdef bint empty = n_features == 0
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if empty or center is None else &centers[0]
    cdef const floating *scale0 = NULL if empty or scale is None else &scales[0]
    cdef floating *pair0 = NULL if empty else &pairs[0, 0, 0]
    cdef double *b_pair0 = NULL if b_pairs is None else &b_pairs[0, 0]
    cdef floating[::1] q = np.empty(max(longest, 1) if normalized else 1, dtype)
    cdef floating *largest0 = NULL if empty or not normalized else &largest[0]
    cdef double *met0 = NULL if not normalized else &met[0]
    cdef Rule own = Rule(rule == "ftrl", eta, beta, l1, l2, t, normalized)
    cdef Trouble trouble
    with nogil:
        trouble = take_steps(levels.active, &steps, rows, &where, n_features, n_outputs, center0, scale0, own, &places[0],
                             &scratch[0], &w[0], &root[0], &p[0], pair0, b_pair0, largest0, met0, &q[0])
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, n_samples, max(n_outputs, 2))
    return steps.loss, steps.moved
