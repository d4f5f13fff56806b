"""Logistic regression on dense rows: one sequential pass of per-sample SGD, margins.

Equations (LR-1) to (LR-12), (LR-19). Memory order: X row by row, of any type (samples.pxd), W one contiguous row an output. With one output
four rows go in one pass over w (docs/decisions/0004): 14 multiply-adds a column for four rows, X read once. Several outputs are
lanes of logistic_many.pyx. Margins of narrow rows are taken four at a time, too. Losses, intercepts, sums of iterates and
margins are float64; weights, converted rows and the margins inside a block have the type of W. Iterates equal the reference to
rounding.
"""
import numpy as np

from hotloop.kernels.logistic.many_dense import softmax_pass

from cython cimport floating
from libc.math cimport exp, expm1, fabs, INFINITY, log, log1p

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.cursor cimport DIVERGED, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    AT_A_TIME = 256   # probabilities
    AHEAD = 16        # rows in flight, at most, ahead of the block that is read
    AT_ONCE = 16_384  # bytes of rows

cdef double SMALLEST = -708.0  # below, exp is no normal number


cdef double log_loss(double m, double y) noexcept nogil:
    return log1p(exp(-fabs(m))) + max(m, 0.0) - y * m                                    # (LR-3)


cdef Trouble gather(
    Steps *steps, const char *X, Py_ssize_t stride, floating *rows, const char **where, Py_ssize_t *at, Py_ssize_t *n,
    Py_ssize_t n_ahead
) noexcept nogil:
    """Collect what the rule needs of the next rows that move, up to a group of them, in slots 4, 5, ...: the first four hold the
    block before. The last block is filled up with copies of its last row, of weight 0."""
    cdef Py_ssize_t row, slot = 4
    cdef Trouble trouble = NONE
    cdef double weight, eta
    while steps.next < steps.n_steps and slot < levels.GROUP + 4:
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            break
        if weight != 0.0:  # else it moves nothing, not even the step counter
            eta = steps.eta[steps.moved]
            at[slot] = steps.place
            where[slot] = X + row * stride
            rows[levels.SIGN + slot] = <floating>(1.0 - 2.0 * steps.y[row * steps.y_stride])
            rows[levels.WEIGHT + slot] = <floating>weight
            rows[levels.STEP + slot] = <floating>(eta * weight)
            rows[levels.KEEP + slot] = <floating>(1.0 - eta * steps.alpha)
            steps.moved += 1
            slot += 1
    while slot % 4:
        at[slot], where[slot] = at[slot - 1], where[slot - 1]
        rest(rows, slot)
        slot += 1
    n[0] = slot - 4
    # the rows that will be read first after these
    for slot in range(slot, slot + n_ahead):
        row = steps.order[min(steps.next + slot - 4 - n[0], steps.n_steps - 1)]
        where[slot] = X + (row if 0 <= row < steps.n_samples else 0) * stride
    return trouble


cdef inline void rest(floating *rows, Py_ssize_t slot) noexcept nogil:
    """Let the row in a slot move nothing."""
    rows[levels.SIGN + slot] = rows[levels.WEIGHT + slot] = rows[levels.STEP + slot] = 0
    rows[levels.KEEP + slot] = 1


cdef double importance_share(double u, double c) noexcept nogil:
    """See hotloop.reference.losses.importance_share."""
    cdef double E, d, grown, further
    cdef bint near
    if not (0 < c < INFINITY and -INFINITY < u <= 700):
        return 1.0
    E = exp(u)
    d = min(c / (1 + E), log1p(c / E) if u > -30 else log(E + c) - u)
    for _ in range(50):
        grown = E * expm1(d) if u > -30 else exp(u + d) - E
        further = d - (d + grown - c) / (1 + grown + E)
        if not further < d:
            break
        near = d - further <= 1e-8 * d
        d = further
        if near:
            break
    return d * (1 + E) / c                                                                # (LR-19)


cdef void take_shares(floating *rows, Py_ssize_t s, const floating *r, const double *b, const double *squares) noexcept nogil:
    """Shorten the steps of a block to their shares, row after row: the margins are those that the block will find."""
    cdef Py_ssize_t[3] first = [3, 5, 6]  # of x_j . x_i in r, less i
    cdef double[4] a
    cdef double kept, m, sign, step
    cdef double one = 0.0 if b == NULL else 1.0
    cdef Py_ssize_t i, j
    for i in range(4):
        m, kept = 0.0 if b == NULL else b[0], 1.0
        for j in range(i - 1, -1, -1):
            m += a[j] * (kept * r[first[j] + i] + one)                                    # (LR-12)
            kept *= rows[levels.KEEP + s + j]
        m += kept * r[i]
        sign, step = rows[levels.SIGN + s + i], rows[levels.STEP + s + i]
        step *= importance_share(-sign * m, step * (squares[i] + one))
        rows[levels.STEP + s + i] = <floating>step
        a[i] = 0.0 if step == 0 else -sign * step / (1 + exp(-sign * m))                  # (LR-2), (LR-4)


cdef Trouble blocked_pass(
    const levels.vectors *v, Steps *steps, Py_ssize_t n_features, const char *X, Py_ssize_t stride, Py_ssize_t n_bytes, int type,
    const floating *center, const floating *scale, floating *scratch, floating *w, double *w_total, double *b, double *b_total,
    bint importance_aware
) noexcept nogil:
    """One output, four rows a block, one pass a block: the work on a block also finishes the block before (LR-12)."""
    cdef const floating *p[4]
    cdef const floating *q[4]
    cdef const floating *ahead[4]
    cdef floating r[12]
    cdef floating rows[levels.ROWS]
    cdef Py_ssize_t at[levels.SLOTS]
    cdef const char *where[levels.SLOTS + AHEAD]
    cdef double squares[8]  # of the rows p, then q
    cdef Trouble trouble = NONE
    cdef Py_ssize_t n, s, i, field, side = 0
    cdef bint begun = False, direct = samples.as_they_are(type, center, <const floating *>w)
    cdef Py_ssize_t n_ahead = AHEAD if n_bytes <= 512 else 8
    for i in range(12):
        r[i] = 0
    for i in range(8):
        squares[i] = 0
    for i in range(4):  # before the first block there is one that moves nothing
        rest(rows, i)
    while trouble == NONE and steps.next < steps.n_steps:
        trouble = gather(steps, X, stride, rows, where, at, &n, n_ahead)
        for s in range(0, n, 4):  # the rows p are those of slots s to s + 3, the rows q the four after them
            for i in range(4):
                q[i] = samples.row(v, where[s + 4 + i], type, n_features, center, scale, scratch + (side + i) * n_features)
                ahead[i] = <const floating *>where[s + 4 + n_ahead + i]
                if not direct:
                    v.fetch(n_bytes, ahead[i])
                    ahead[i] = q[i]
                if importance_aware and n_features > 0:
                    squares[4 + i] = levels.dot(v, n_features, q[i], q[i])
                if not begun:
                    p[i] = q[i]
            begun = True
            if importance_aware:
                take_shares(rows, s, r, b, squares)
            i = levels.block(v, n_features, w, w_total, rows, s, b, b_total, p, q, ahead, r)
            if i >= 0:  # the rows before it still count
                steps.place = at[s + i]
                for i in range(s + i, s + 4):
                    rest(rows, i)
                levels.block(v, n_features, w, w_total, rows, s, b, b_total, p, p, p, r)
                levels.losses(v, s + 4, rows, &steps.loss)
                return DIVERGED
            for i in range(4):
                p[i], squares[i] = q[i], squares[4 + i]
            side = 4 - side
        levels.losses(v, n, rows, &steps.loss)
        for i in range(4):
            at[i] = at[n + i]
            field = 0
            while field < levels.ROWS:
                rows[field + i] = rows[field + n + i]
                field += levels.SLOTS
    if begun:
        if importance_aware:
            take_shares(rows, 0, r, b, squares)
        i = levels.block(v, n_features, w, w_total, rows, 0, b, b_total, p, p, p, r)
        if i >= 0:
            steps.place = at[i]
            for i in range(i, 4):
                rest(rows, i)
            levels.block(v, n_features, w, w_total, rows, 0, b, b_total, p, p, p, r)
            trouble = DIVERGED
        levels.losses(v, 4, rows, &steps.loss)
    return trouble


def logistic_pass(
    X not None,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double alpha,
    center,
    scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
    bint importance_aware=False,
):
    """See hotloop.reference.logistic_pass. The GIL is released; X, y and the other inputs may be read-only."""
    cdef samples.Samples rows = samples.Samples(X)
    cdef Py_ssize_t n_samples = rows.n_samples, n_features = rows.n_features, n_outputs = W.shape[0]
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
    if importance_aware and n_outputs > 1:
        raise ValueError("importance-aware steps are there for one output only")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")

    if n_outputs > 1:
        return softmax_pass(X, y, sample_weight, order, eta, alpha, center, scale, W, b, W_total, b_total)

    cdef Steps steps = new_steps(order, y, sample_weight, n_samples, 2)
    steps.eta, steps.alpha = &eta[0], alpha
    cdef floating[::1] scratch = np.empty(8 * n_features, np.asarray(W).dtype)
    # Pointers to the first elements; an array without elements has none, and none is then followed.
    cdef bint empty = n_features == 0
    cdef floating *W0 = NULL if empty else &W[0, 0]
    cdef floating *scratch0 = NULL if empty else &scratch[0]
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if empty or center is None else &centers[0]
    cdef const floating *scale0 = NULL if empty or scale is None else &scales[0]
    cdef double *W_total0 = NULL if empty or W_total is None else &W_total[0, 0]
    cdef double *b0 = NULL if b is None else &b[0]
    cdef double *b_total0 = NULL if b_total is None else &b_total[0]
    cdef Trouble trouble
    with nogil:
        trouble = blocked_pass(levels.active, &steps, n_features, rows.data, rows.stride, rows.n_bytes, rows.type, center0, scale0,
                               scratch0, W0, W_total0, b0, b_total0, importance_aware)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, n_samples, 2)
    return steps.loss, steps.moved


def linear_margins(
    X not None,
    center,
    scale,
    const floating[:, ::1] W not None,
    const double[::1] b not None,
):
    """See hotloop.reference.linear_margins. The GIL is released."""
    cdef samples.Samples rows = samples.Samples(X)
    cdef Py_ssize_t n_samples = rows.n_samples, n_features = rows.n_features, n_outputs = W.shape[0]
    if W.shape[1] != n_features or b.shape[0] != n_outputs:
        raise ValueError(f"W has shape {(n_outputs, W.shape[1])} and b {b.shape[0]} entries, X has {n_features} columns")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (center.shape[0] != n_features or scale.shape[0] != n_features):
        raise ValueError(f"center and scale must have {n_features} entries")
    out = np.empty((n_samples, n_outputs))
    cdef double[:, ::1] m = out
    if n_features == 0 or n_samples == 0 or n_outputs == 0:
        out[:] = b
        return out
    # rows at once: each output reads them from the first-level cache
    cdef Py_ssize_t i = 0, c, k, n, some = max(4, AT_ONCE // (n_features * sizeof(floating)))
    cdef bint direct = samples.as_they_are(rows.type, NULL if center is None else &W[0, 0], &W[0, 0])
    cdef floating[::1] scratch = np.empty(0 if direct else some * n_features, np.asarray(W).dtype)
    cdef floating *scratch0 = NULL if direct else &scratch[0]
    cdef const levels.vectors *v = levels.active
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if center is None else &centers[0]
    cdef const floating *scale0 = NULL if scale is None else &scales[0]
    cdef const char *x
    with nogil:
        while i < n_samples:
            n, x = min(some, n_samples - i), rows.data + i * rows.stride
            if not direct:
                for k in range(n):
                    levels.load(v, rows.type, n_features, x + k * rows.stride, center0, scale0, scratch0 + k * n_features)
                x = <const char *>scratch0
            for c in range(n_outputs):                                                    # (LR-1)
                levels.margins(v, n_features, n, x, rows.stride if direct else n_features * sizeof(floating), &W[c, 0], b[c],
                               &m[i, c], n_outputs)
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
                if m[i + k] < SMALLEST:
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
    return linear_margins(X, None, None, np.asarray(w)[None, :], np.zeros(1))[:, 0]


def _probabilities(double[::1] m):
    """Replace the margins by the probabilities and return them."""
    if m.shape[0]:
        levels.logistic(levels.active, m.shape[0], <const double *>&m[0], &m[0])          # (LR-2)
    return np.asarray(m)
