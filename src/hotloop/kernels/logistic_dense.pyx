"""Logistic regression on dense rows: one sequential pass of per-sample SGD, margins, column statistics.

Equations (LR-1) to (LR-12). Memory order: X row by row, W one contiguous row an output. With one output four rows go in one pass
over w (docs/decisions/0004): 14 multiply-adds a column for four rows, X read once. With several a step reads each row of W once
for its margin and once for its update: 4 k flops an output. Losses, intercepts and sums of iterates are float64; weights,
standardised rows and the margins inside a block have the type of X. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.math cimport exp, fabs, isfinite, log, log1p

from hotloop.kernels cimport levels, samples


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


cdef double softmax_gradient(const levels.vectors *v, Py_ssize_t n_outputs, double y, double *m) noexcept nogil:
    """Return the loss of one sample from its margins m, and replace them by g = dloss/dm."""
    cdef double loss = -m[<Py_ssize_t>y]
    loss += softmax_in_place(v, n_outputs, m)                                            # (LR-7)
    m[<Py_ssize_t>y] -= 1.0                                                              # (LR-8)
    return loss


cdef enum Trouble:
    NONE
    BAD_ROW
    BAD_LABEL
    DIVERGED


cdef struct Steps:
    # What a pass visits, and how far it has come. Strides count entries: 0 for one number that stands for all.
    const Py_ssize_t *order
    Py_ssize_t n_steps
    const double *y
    Py_ssize_t y_stride
    const double *sample_weight
    Py_ssize_t weight_stride
    Py_ssize_t n_samples
    Py_ssize_t n_classes
    const double *eta
    double alpha
    double loss          # sum over steps of weight times loss
    Py_ssize_t moved     # steps that took a step size
    Py_ssize_t place     # step at which trouble was met
    Py_ssize_t next      # step to visit next


cdef extern from *:
    """
    #define hotloop_prefetch(x) __builtin_prefetch(x)
    """
    void prefetch "hotloop_prefetch"(const void *) noexcept nogil


cdef inline Trouble next_row(Steps *steps, Py_ssize_t *row, double *weight) noexcept nogil:
    """Find the next row and its weight; refuse a row or label that does not exist."""
    cdef Py_ssize_t soon = steps.order[min(steps.next + 32, steps.n_steps - 1)]
    if 0 <= soon < steps.n_samples:
        prefetch(steps.y + soon * steps.y_stride)
        prefetch(steps.sample_weight + soon * steps.weight_stride)
    steps.place = steps.next
    row[0] = steps.order[steps.next]
    if not 0 <= row[0] < steps.n_samples:
        return BAD_ROW
    weight[0] = steps.sample_weight[row[0] * steps.weight_stride]
    if weight[0] != 0.0 and not 0.0 <= steps.y[row[0] * steps.y_stride] < steps.n_classes:
        return BAD_LABEL
    steps.next += 1
    return NONE


# Rows in flight ahead of the block that is read, to hide the latency of memory behind the work on the rows before.
cdef enum:
    AHEAD = 8


cdef Trouble gather(
    Steps *steps, const char *X, Py_ssize_t stride, floating *rows, const char **where, Py_ssize_t *at, Py_ssize_t *n
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
    for slot in range(slot, slot + AHEAD):
        row = steps.order[min(steps.next + slot - 4 - n[0], steps.n_steps - 1)]
        where[slot] = X + (row if 0 <= row < steps.n_samples else 0) * stride
    return trouble


cdef inline void rest(floating *rows, Py_ssize_t slot) noexcept nogil:
    """Let the row in a slot move nothing."""
    rows[levels.SIGN + slot] = rows[levels.WEIGHT + slot] = rows[levels.STEP + slot] = 0
    rows[levels.KEEP + slot] = 1


cdef Trouble blocked_pass(
    const levels.vectors *v, Steps *steps, Py_ssize_t n_features, const char *X, Py_ssize_t stride, Py_ssize_t n_bytes, int type,
    const floating *center, const floating *scale, floating *scratch, floating *w, double *w_total, double *b, double *b_total
) noexcept nogil:
    """One output, four rows a block, one pass a block: the work on a block also finishes the block before (LR-12)."""
    cdef const floating *p[4]
    cdef const floating *q[4]
    cdef const floating *ahead[4]
    cdef floating r[12]
    cdef floating rows[levels.ROWS]
    cdef Py_ssize_t at[levels.SLOTS]
    cdef const char *where[levels.SLOTS + AHEAD]
    cdef Trouble trouble = NONE
    cdef Py_ssize_t n, s, i, field, side = 0
    cdef bint begun = False, direct = samples.as_they_are(type, center, <const floating *>w)
    for i in range(12):
        r[i] = 0
    for i in range(4):  # before the first block there is one that moves nothing
        rest(rows, i)
    while trouble == NONE and steps.next < steps.n_steps:
        trouble = gather(steps, X, stride, rows, where, at, &n)
        for s in range(0, n, 4):  # the rows p are those of slots s to s + 3, the rows q the four after them
            for i in range(4):
                q[i] = samples.row(v, where[s + 4 + i], type, n_features, center, scale, scratch + (side + i) * n_features)
                ahead[i] = <const floating *>where[s + 4 + AHEAD + i]
                if not direct:
                    v.fetch(n_bytes, ahead[i])
                    ahead[i] = q[i]
                if not begun:
                    p[i] = q[i]
            begun = True
            i = levels.block(v, n_features, w, w_total, rows, s, b, b_total, p, q, ahead, r)
            if i >= 0:  # the rows before it still count
                steps.place = at[s + i]
                for i in range(s + i, s + 4):
                    rest(rows, i)
                levels.block(v, n_features, w, w_total, rows, s, b, b_total, p, p, p, r)
                levels.losses(v, s + 4, rows, &steps.loss)
                return DIVERGED
            for i in range(4):
                p[i] = q[i]
            side = 4 - side
        levels.losses(v, n, rows, &steps.loss)
        for i in range(4):
            at[i] = at[n + i]
            field = 0
            while field < levels.ROWS:
                rows[field + i] = rows[field + n + i]
                field += levels.SLOTS
    if begun:
        i = levels.block(v, n_features, w, w_total, rows, 0, b, b_total, p, p, p, r)
        if i >= 0:
            steps.place = at[i]
            for i in range(i, 4):
                rest(rows, i)
            levels.block(v, n_features, w, w_total, rows, 0, b, b_total, p, p, p, r)
            trouble = DIVERGED
        levels.losses(v, 4, rows, &steps.loss)
    return trouble


cdef Trouble softmax_pass(
    const levels.vectors *v, Steps *steps, Py_ssize_t n_features, Py_ssize_t n_outputs, const char *X, Py_ssize_t stride,
    int type, const floating *center, const floating *scale, floating *scratch, floating *W, double *W_total, double *b,
    double *b_total, double *m
) noexcept nogil:
    """Several outputs, row by row."""
    cdef const floating *x
    cdef Trouble trouble
    cdef double weight, step, keep
    cdef Py_ssize_t row, c
    while steps.next < steps.n_steps:
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:  # such a row moves nothing, not even the step counter
            continue
        x = samples.row(v, X + row * stride, type, n_features, center, scale, scratch)
        for c in range(n_outputs):
            m[c] = levels.dot(v, n_features, x, <const floating *>W + c * n_features)
            if b != NULL:
                m[c] += b[c]                                                             # (LR-1)
            if not isfinite(m[c]):
                return DIVERGED
        steps.loss += weight * softmax_gradient(v, n_outputs, steps.y[row * steps.y_stride], m)
        step = steps.eta[steps.moved] * weight
        keep = 1.0 - steps.eta[steps.moved] * steps.alpha
        for c in range(n_outputs):                                                       # (LR-5)
            levels.scale_add(v, n_features, <floating>keep, W + c * n_features, <floating>(-step * m[c]), x)
            if b != NULL:
                b[c] -= step * m[c]
            if W_total != NULL:                                                          # (LR-10)
                levels.accumulate(v, n_features, <const floating *>W + c * n_features, W_total + c * n_features)
            if b_total != NULL:
                b_total[c] += b[c]
        steps.moved += 1
    return NONE


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
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")

    cdef Steps steps = Steps(&order[0], order.shape[0], &y[0], y.strides[0] // <Py_ssize_t>sizeof(double), &sample_weight[0],
                             sample_weight.strides[0] // <Py_ssize_t>sizeof(double), n_samples, max(n_outputs, 2), &eta[0], alpha,
                             0.0, 0, 0, 0)
    cdef floating[::1] scratch = np.empty(8 * n_features, np.asarray(W).dtype)
    cdef double[::1] margins = np.empty(n_outputs)
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
        if n_outputs == 1:
            trouble = blocked_pass(levels.active, &steps, n_features, rows.data, rows.stride, rows.n_bytes, rows.type, center0,
                                   scale0, scratch0, W0, W_total0, b0, b_total0)
        else:
            trouble = softmax_pass(levels.active, &steps, n_features, n_outputs, rows.data, rows.stride, rows.type, center0, scale0,
                                   scratch0, W0, W_total0, b0, b_total0, &margins[0])
    place = steps.place
    if trouble == BAD_ROW:
        raise ValueError(f"order[{place}] = {order[place]} is no row of X, which has {n_samples}")
    if trouble == BAD_LABEL:
        raise ValueError(f"y[{order[place]}] = {y[order[place]]} is no class index below {steps.n_classes}")
    if trouble == DIVERGED:
        raise FloatingPointError(f"the margin of row {order[place]} is not finite at step {place} of the pass")
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
    cdef floating[::1] scratch = np.empty(n_features, np.float32 if floating is float else np.float64)
    cdef const levels.vectors *v = levels.active
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if center is None else &centers[0]
    cdef const floating *scale0 = NULL if scale is None else &scales[0]
    cdef const floating *x
    cdef Py_ssize_t i, c
    with nogil:
        for i in range(n_samples):
            x = samples.row(v, rows.data + i * rows.stride, rows.type, n_features, center0, scale0, &scratch[0])
            for c in range(n_outputs):
                m[i, c] = b[c] + levels.dot(v, n_features, x, &W[c, 0])                   # (LR-1)
    return out


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
