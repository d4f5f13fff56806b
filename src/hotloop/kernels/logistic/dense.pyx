"""Logistic regression on dense rows: one sequential pass of per-sample SGD.

Equations (LR-1) to (LR-5), (LR-9), (LR-10), (LR-12), (LR-19). Memory order: X row by row, of any type (rows/source.pxd), W one
contiguous row an output. With one output four rows go in one pass over w (docs/decisions/0004): 14 multiply-adds a column for four
rows, X read once. Several outputs are lanes of many_dense.pyx. Losses, intercepts and sums of iterates are float64; weights, converted
rows and the margins inside a block have the type of W. Iterates equal the reference to rounding.
"""
from hotloop.kernels.logistic.many_dense import _softmax_pass

from cython cimport floating
from libc.math cimport exp, expm1, INFINITY, log, log1p

from hotloop.kernels.logistic.model cimport Model, new_model
from hotloop.kernels.rows.source cimport Rows, Source, dense_rows, load_row
from hotloop.kernels.rows.steps cimport DIVERGED, OK, Pass, Status, Steps, next_row
from hotloop.kernels.vectors cimport levels

cdef enum:
    AHEAD = 16        # rows in flight, at most, ahead of the block that is read


cdef struct Block:
    # The rows of a block, those of the next one, and what is known of the rows of a group: the first four slots hold the block before.
    levels.block_rows four
    double squares[8]                          # x . x of the rows p, then q
    Py_ssize_t place[levels.SLOTS]             # step of each slot
    const char *where[levels.SLOTS + AHEAD]    # its row
    Py_ssize_t n_ahead
    Py_ssize_t side                            # slots of the scratch that the next rows take, 0 to 3 or 4 to 7
    bint begun


cdef inline void mask_out(floating *rows, Py_ssize_t slot) noexcept nogil:
    """Make the row in a slot one that changes no weight."""
    rows[levels.SIGN + slot] = rows[levels.WEIGHT + slot] = rows[levels.STEP_SIZE + slot] = 0
    rows[levels.DECAY + slot] = 1


cdef Status gather(Steps *steps, const Source *X, Block *block, floating *rows, Py_ssize_t *n) noexcept nogil:
    """Collect what the rule needs of the next rows that move, up to a group of them, in slots 4, 5, ... The last block is filled up
    with copies of its last row, of weight 0."""
    cdef Py_ssize_t row, slot = 4
    cdef Status status = OK
    cdef double weight, eta
    while steps.next < steps.n_steps and slot < levels.GROUP + 4:
        status = next_row(steps, &row, &weight)
        if status != OK:
            break
        if weight != 0.0:  # else it moves nothing, not even the step counter
            eta = steps.eta[steps.n_updates]
            block.place[slot] = steps.place
            block.where[slot] = X.data + row * X.stride
            rows[levels.SIGN + slot] = <floating>(1.0 - 2.0 * steps.y[row * steps.y_stride])
            rows[levels.WEIGHT + slot] = <floating>weight
            rows[levels.STEP_SIZE + slot] = <floating>(eta * weight)
            rows[levels.DECAY + slot] = <floating>(1.0 - eta * steps.alpha)
            steps.n_updates += 1
            slot += 1
    while slot % 4:
        block.place[slot], block.where[slot] = block.place[slot - 1], block.where[slot - 1]
        mask_out(rows, slot)
        slot += 1
    n[0] = slot - 4
    # the rows that will be read first after these
    for slot in range(slot, slot + block.n_ahead):
        row = steps.order[min(steps.next + slot - 4 - n[0], steps.n_steps - 1)]
        block.where[slot] = X.data + (row if 0 <= row < steps.n_samples else 0) * X.stride
    return status


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
    cdef double scale, m, sign, step
    cdef double one = 0.0 if b == NULL else 1.0
    cdef Py_ssize_t i, j
    for i in range(4):
        m, scale = 0.0 if b == NULL else b[0], 1.0
        for j in range(i - 1, -1, -1):
            m += a[j] * (scale * r[first[j] + i] + one)                                    # (LR-12)
            scale *= rows[levels.DECAY + s + j]
        m += scale * r[i]
        sign, step = rows[levels.SIGN + s + i], rows[levels.STEP_SIZE + s + i]
        step *= importance_share(-sign * m, step * (squares[i] + one))
        rows[levels.STEP_SIZE + s + i] = <floating>step
        a[i] = 0.0 if step == 0 else -sign * step / (1 + exp(-sign * m))                  # (LR-2), (LR-4)


cdef inline void read_block(
    const levels.vectors *v, const Source *X, Block *block, Py_ssize_t s, floating *scratch, bint with_squares
) noexcept nogil:
    """Read the four rows after slot s + 3, the rows q."""
    cdef Py_ssize_t i, n = X.n_features
    for i in range(4):
        block.four.q[i], block.four.ahead[i] = block.where[s + 4 + i], block.where[s + 4 + block.n_ahead + i]
    if not X.direct:
        for i in range(4):
            block.four.q[i] = load_row(v, X, <const char *>block.four.q[i], scratch + (block.side + i) * n)
            v.prefetch(X.n_bytes, block.four.ahead[i])
            block.four.ahead[i] = block.four.q[i]
        block.side = 4 - block.side
    if with_squares and n > 0:
        for i in range(4):
            block.squares[4 + i] = levels.dot(v, n, <const floating *>block.four.q[i], <const floating *>block.four.q[i])
    if not block.begun:
        for i in range(4):
            block.four.p[i] = block.four.q[i]
        block.begun = True


cdef inline Status take_block(
    const levels.vectors *v, Steps *steps, const Model *model, Block *block, Py_ssize_t s, floating *rows, floating *r
) noexcept nogil:
    """Take the steps of the rows p, of slots s to s + 3, and the inner products of the rows q in the same pass over w."""
    cdef levels.block_rows again
    cdef Py_ssize_t i = levels.block(v, model, rows, s, &block.four, r)                   # (LR-12)
    if i < 0:
        for i in range(4):
            block.four.p[i], block.squares[i] = block.four.q[i], block.squares[4 + i]
        return OK
    steps.place = block.place[s + i]  # the rows before it still count
    for i in range(s + i, s + 4):
        mask_out(rows, i)
    for i in range(4):
        again.p[i] = again.q[i] = again.ahead[i] = block.four.p[i]
    levels.block(v, model, rows, s, &again, r)
    return DIVERGED


cdef Status blocked_pass(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, floating *scratch, bint importance_aware
) noexcept nogil:
    """One output, four rows a block, one pass a block: the work on a block also finishes the block before (LR-12)."""
    cdef Block block
    cdef floating r[12]
    cdef floating rows[levels.ROWS]
    cdef Status status = OK, of_block
    cdef Py_ssize_t n, s, i, field
    block.begun, block.side, block.n_ahead = False, 0, AHEAD if X.n_bytes <= 512 else 8
    for i in range(12):
        r[i] = 0
    for i in range(8):
        block.squares[i] = 0
    for i in range(4):  # before the first block there is one that moves nothing
        mask_out(rows, i)
    while status == OK and steps.next < steps.n_steps:
        status = gather(steps, X, &block, rows, &n)
        for s in range(0, n, 4):
            read_block(v, X, &block, s, scratch, importance_aware)
            if importance_aware:
                take_shares(rows, s, r, model.b, block.squares)
            of_block = take_block(v, steps, model, &block, s, rows, r)
            if of_block != OK:
                levels.losses(v, s + 4, rows, &steps.loss)
                return of_block
        levels.losses(v, n, rows, &steps.loss)
        for i in range(4):
            block.place[i] = block.place[n + i]
            field = 0
            while field < levels.ROWS:
                rows[field + i] = rows[field + n + i]
                field += levels.SLOTS
    if not block.begun:
        return status
    for i in range(4):
        block.four.q[i] = block.four.ahead[i] = block.four.p[i]
    if importance_aware:
        take_shares(rows, 0, r, model.b, block.squares)
    if take_block(v, steps, model, &block, 0, rows, r) != OK:
        status = DIVERGED
    levels.losses(v, 4, rows, &steps.loss)
    return status


def logistic_pass(
    rows not None,
    steps not None,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
    bint importance_aware=False,
):
    """See hotloop.reference.logistic_pass. The GIL is released; X, y and the other inputs may be read-only."""
    cdef Py_ssize_t n_outputs = W.shape[0], n_features = W.shape[1]
    cdef Rows X = dense_rows(rows, sizeof(floating), n_features, 8)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, max(n_outputs, 2))
    cdef Model model = new_model(n_outputs, n_features, b, W_total, b_total)
    cdef Status status
    if importance_aware and n_outputs > 1:
        raise ValueError("importance-aware steps are there for one output only")
    if one_pass.steps.n_steps == 0:
        return 0.0, 0
    if n_outputs > 1:
        return _softmax_pass(X, one_pass, W, b, W_total, b_total)
    model.W = &W[0, 0] if n_features else NULL
    with nogil:
        status = blocked_pass(levels.active, &X.source, &one_pass.steps, &model, <floating *>X.source.scratch, importance_aware)
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates
