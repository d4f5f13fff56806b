"""Many logistic models, or the classes of a softmax, in one read of dense rows: (LR-12) with a model a lane.

A block of four rows takes its six inner products once for all models, and for each model four dots and the update of the block
before: 8 multiply-adds a column, row and model, with no sum across lanes. Weights are copied to lanes and back at each call.
Losses, intercepts and sums of iterates are float64; weights, margins and the sums of up to 64 blocks of separate models have the
type of W. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.math cimport log
from libc.string cimport memset

from hotloop.kernels.logistic.model cimport new_model
from hotloop.kernels.rows.source cimport Rows, Source, dense_rows, load_row
from hotloop.kernels.rows.steps cimport AHEAD, DIVERGED, OK, Pass, Status, Steps, next_row
from hotloop.kernels.vectors cimport levels

cdef enum:
    RECENT = 64  # blocks whose iterates are summed in the type of the weights
    MOST_CLASSES = 0x7fffffff


cdef struct Models:
    Py_ssize_t n_models
    Py_ssize_t width                 # lanes: n_models and some that never move
    bint softmax
    const unsigned char *weight_multiplier  # of row and model, row by row; or NULL
    double *loss                     # of separate models, or NULL
    levels.model_steps of_each       # of separate models


cdef struct Lanes:
    # What the lanes hold, arrays of width models, of the type of the weights where nothing else is said.
    levels.lanes weights             # its total has the iterates of the last blocks, zeros at first
    double *W_total
    void *r                          # inner products
    void *found                      # margins


cdef struct Block:
    # The rows of a block, those of the next one, and what is known of each: entries 0 to 3 or 4 to 7 by side.
    levels.block_rows four
    double weights[8]
    double labels[8]
    Py_ssize_t place[8]              # step
    Py_ssize_t side
    bint begun
    bint last                        # there is no row q that moves
    Status status


cdef inline void mask_out(const Models *models, floating *steps, Py_ssize_t place) noexcept nogil:
    """Let nothing move at a place of a block."""
    cdef Py_ssize_t width = models.width, m
    for m in range(width):
        steps[place * width + m], steps[(4 + place) * width + m], steps[(8 + place) * width + m] = 0, 0, 1


cdef void fill_lanes(
    const levels.vectors *v, Steps *steps, const Models *models, Py_ssize_t row, double weight, floating *lanes, Py_ssize_t place
) noexcept nogil:
    """Write what the recurrence needs of a row at a place of a block: sign, step and scale of each model; other lanes rest."""
    cdef Py_ssize_t width = models.width, m
    cdef floating *sign = lanes + place * width
    cdef floating *step = lanes + (4 + place) * width
    cdef floating *scale = lanes + (8 + place) * width
    cdef double eta, y = steps.y[row * steps.y_stride]
    if models.softmax:
        eta = steps.eta[steps.n_updates]
        for m in range(models.n_models):
            sign[m], step[m], scale[m] = 0, <floating>(eta * weight), <floating>(1.0 - eta * steps.alpha)
        sign[<Py_ssize_t>y] = 1
        steps.n_updates += 1
    elif models.weight_multiplier == NULL:  # all models move, and have moved, alike
        levels.prepare(v, models.n_models, y, weight, NULL, steps.eta + steps.n_updates * steps.eta_stride, &models.of_each, sign,
                       step, scale)
        steps.n_updates += 1
    else:
        levels.prepare(v, models.n_models, y, weight, models.weight_multiplier + row * models.n_models, steps.eta, &models.of_each,
                       sign, step, scale)


cdef void add_losses(
    const levels.vectors *v, const Models *models, const floating *lanes, const floating *found, const double *weights, floating *rows
) noexcept nogil:
    """Add weight times loss of the four rows of a block under each of separate models, all of which every row moves."""
    cdef Py_ssize_t i, m, n, start
    for i in range(4):
        start = i * models.width
        while weights[i] != 0.0 and start < i * models.width + models.n_models:
            n = min(i * models.width + models.n_models - start, levels.GROUP)
            for m in range(n):
                rows[levels.MARGIN + m] = lanes[start + m] * found[start + m]
                rows[levels.WEIGHT + m] = <floating>weights[i]
            start += n
            while n % 4:
                rows[levels.MARGIN + n] = rows[levels.WEIGHT + n] = 0
                n += 1
            levels.losses(v, n, rows, models.loss)


cdef void read_block(
    const levels.vectors *v, const Source *X, Steps *steps, const Models *models, Block *block, floating *lanes
) noexcept nogil:
    """Read the next four rows that move, the rows q; where there are fewer, copies that move nothing."""
    cdef Py_ssize_t n = 0, i, row = 0, next_one, side = 4 - block.side
    cdef floating *scratch = <floating *>X.scratch
    cdef double weight
    while n < 4 and block.status == OK and steps.next < steps.n_steps:
        block.status = next_row(steps, &row, &weight)
        if block.status == OK and weight != 0.0:
            i = side + n
            block.place[i], block.weights[i], block.labels[i] = steps.place, weight, steps.y[row * steps.y_stride]
            fill_lanes(v, steps, models, row, weight, lanes + side * 3 * models.width, n)
            block.four.q[n] = load_row(v, X, X.data + row * X.stride, scratch + i * X.n_features)
            next_one = steps.order[min(steps.place + AHEAD, steps.n_steps - 1)]
            block.four.ahead[n] = X.data + (next_one if 0 <= next_one < steps.n_samples else row) * X.stride
            if not X.direct:
                v.prefetch(X.n_bytes, block.four.ahead[n])
                block.four.ahead[n] = block.four.q[n]
            n += 1
    block.last = n == 0
    if block.last and not block.begun:
        return
    while n < 4:
        block.weights[side + n] = 0.0
        mask_out(models, lanes + side * 3 * models.width, n)
        block.four.q[n] = block.four.q[n - 1] if n else block.four.p[3]
        block.four.ahead[n] = block.four.q[n]
        n += 1
    if not block.begun:
        for i in range(4):
            block.four.p[i] = block.four.q[i]
        block.begun = True


cdef Status take_block(
    const levels.vectors *v, Steps *steps, const Models *models, const Lanes *lanes, Block *block, Py_ssize_t n_features,
    floating *of_block
) noexcept nogil:
    """Take the steps of the rows p, and the inner products of the rows q in the same pass over the weights; add the losses."""
    cdef levels.block_rows again
    cdef floating *found = <floating *>lanes.found
    cdef floating rows[levels.ROWS]
    cdef double *weights = block.weights + block.side
    cdef Py_ssize_t width = models.width, i, n
    cdef Status status = OK
    n = levels.many(v, n_features, width, models.softmax, &lanes.weights, <const floating *>of_block, &block.four,
                    <floating *>lanes.r, found)                                           # (LR-12)
    if n >= 0:  # the rows before it still count
        status, steps.place = DIVERGED, block.place[block.side + n]
        for i in range(n, 4):
            weights[i] = 0.0
            mask_out(models, of_block, i)
        for i in range(4):
            again.p[i] = again.q[i] = again.ahead[i] = block.four.p[i]
        levels.many(v, n_features, width, models.softmax, &lanes.weights, <const floating *>of_block, &again, <floating *>lanes.r,
                    found)
    if models.softmax:
        for i in range(4):
            if weights[i] != 0.0:                                                         # (LR-7)
                steps.loss += weights[i] * (found[8 * width + 2 * i] + log(found[8 * width + 2 * i + 1])
                                            - found[i * width + <Py_ssize_t>block.labels[block.side + i]])
    elif models.loss != NULL:
        add_losses(v, models, <const floating *>of_block, <const floating *>found, weights, rows)
    return status


cdef Status many_pass(
    const levels.vectors *v, const Source *X, Steps *steps, const Models *models, const Lanes *lanes, floating *of_blocks
) noexcept nogil:
    """Four rows a block; the work on a block also finishes the block before. Iterates are summed in lanes.weights.total, and from
    there every RECENT blocks in float64."""
    cdef Block block
    cdef floating *recent = <floating *>lanes.weights.total
    cdef Py_ssize_t width = models.width, n_weights = X.n_features * width, i, n_recent = 0
    # a pass with losses may be cut into calls: sums that are moved after every block give the same bits
    cdef Py_ssize_t most = 1 if models.softmax or models.loss != NULL else RECENT
    block.begun, block.last, block.side, block.status = False, False, 0, OK
    for i in range(4):
        mask_out(models, of_blocks, i)
        mask_out(models, of_blocks + 12 * width, i)
        block.weights[i] = 0.0
    while not block.last:
        read_block(v, X, steps, models, &block, of_blocks)
        if not block.begun:
            break
        if take_block(v, steps, models, lanes, &block, X.n_features, of_blocks + block.side * 3 * width) != OK:
            block.status, block.last = DIVERGED, True
        for i in range(4):
            block.four.p[i] = block.four.q[i]
        block.side = 4 - block.side
        n_recent += 1
        if recent != NULL and (n_recent == most or block.last):
            levels.accumulate(v, n_weights, <const floating *>recent, lanes.W_total)
            memset(recent, 0, n_weights * sizeof(floating))
            n_recent = 0
    return block.status


cdef aligned(size, dtype):
    """Return zeros from the start of a cache line on: vectors that cross one would cost twice."""
    itemsize = np.dtype(dtype).itemsize
    zeros = np.zeros(size + 64 // itemsize, dtype)
    first = -zeros.ctypes.data % 64 // itemsize
    return zeros[first:first + size]


cdef to_lanes(values, dtype, n_lanes, width):
    """Return one row a model as W[width / n_lanes][n_features][n_lanes], 0 in the lanes beyond the models."""
    padded = np.zeros((width, values.shape[1]), dtype)
    padded[:values.shape[0]] = values
    lanes = aligned(padded.size, dtype)
    lanes.reshape(width // n_lanes, values.shape[1], n_lanes)[:] = (
        padded.reshape(width // n_lanes, n_lanes, values.shape[1]).swapaxes(1, 2)
    )
    return lanes


cdef from_lanes(values, n_lanes, n_features):
    """Return one row a lane of what to_lanes made."""
    return np.asarray(values).reshape(-1, n_features, n_lanes).swapaxes(1, 2).reshape(-1, n_features)


cdef Status in_lanes(
    Rows X, Pass one_pass, Models *models, floating[:, ::1] W, double[::1] b, double[:, ::1] W_total, double[::1] b_total
):
    """Copy the weights to lanes, take the pass and copy them back."""
    cdef const levels.vectors *v = levels.active
    cdef Py_ssize_t n_lanes = v.f32.n_lanes if floating is float else v.f64.n_lanes
    cdef Py_ssize_t n_models = W.shape[0], n_features = W.shape[1], width = (n_models + n_lanes - 1) // n_lanes * n_lanes
    dtype = np.float32 if floating is float else np.float64
    models.n_models, models.width = n_models, width
    cdef floating[::1] lanes_of_W = to_lanes(W, dtype, n_lanes, width)
    cdef double[::1] lanes_of_total = None if W_total is None else to_lanes(W_total, np.float64, n_lanes, width)
    cdef floating[::1] recent = None if W_total is None else aligned(max(1, n_features) * width, dtype)
    cdef double[::1] lanes_of_b = aligned(width, np.float64), lanes_of_b_total = aligned(width, np.float64)
    cdef floating[::1] steps = aligned(24 * width, dtype)
    cdef floating[::1] r = aligned(16 + 4 * width, dtype)[8:]  # so that the dots begin a line
    cdef floating[::1] found = aligned(8 * width + 8, dtype)
    cdef Lanes lanes = Lanes(levels.lanes(NULL, NULL, &lanes_of_b[0], NULL, b is not None), NULL, &r[0], &found[0])
    cdef Status status
    if n_features:
        lanes.weights.W = &lanes_of_W[0]
    if W_total is not None:
        lanes.W_total, lanes.weights.total = &lanes_of_total[0] if n_features else NULL, &recent[0]
    # lanes beyond the classes of a softmax: a margin that no class comes near
    np.asarray(lanes_of_b)[n_models:] = -1e30 if models.softmax else 0.0
    if b is not None:
        np.asarray(lanes_of_b)[:n_models] = b
    if b_total is not None:
        np.asarray(lanes_of_b_total)[:n_models] = b_total
        lanes.weights.b_total = &lanes_of_b_total[0]
    with nogil:
        status = many_pass(v, &X.source, &one_pass.steps, models, &lanes, &steps[0])
    if n_features:
        np.asarray(W)[:] = from_lanes(lanes_of_W, n_lanes, n_features)[:n_models]
        if W_total is not None:
            np.asarray(W_total)[:] = from_lanes(lanes_of_total, n_lanes, n_features)[:n_models]
    if b is not None:
        np.asarray(b)[:] = lanes_of_b[:n_models]
    if b_total is not None:
        np.asarray(b_total)[:] = lanes_of_b_total[:n_models]
    return status


def _softmax_pass(
    Rows X not None, Pass one_pass not None, floating[:, ::1] W not None, double[::1] b, double[:, ::1] W_total, double[::1] b_total
):
    """See hotloop.reference.logistic_pass, of several outputs; the arguments are checked there. The GIL is released."""
    cdef Models models = Models(W.shape[0], 0, True, NULL, NULL, levels.model_steps(NULL, NULL, NULL, 0, 0))
    cdef Status status = in_lanes(X, one_pass, &models, W, b, W_total, b_total)
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates


def logistic_many_pass(
    rows not None,
    steps not None,
    const unsigned char[:, ::1] weight_multiplier,
    const double[::1] target not None,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
    double[::1] loss=None,
):
    """See hotloop.reference.logistic_many_pass. The GIL is released."""
    cdef Py_ssize_t n_models = W.shape[0]
    cdef Rows X = dense_rows(rows, sizeof(floating), W.shape[1], 8)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, MOST_CLASSES, n_models)
    new_model(n_models, W.shape[1], b, W_total, b_total)
    if weight_multiplier is not None and (weight_multiplier.shape[0] != X.source.n_samples or weight_multiplier.shape[1] != n_models):
        raise ValueError("weight_multiplier must have one entry a row of X and model")
    if target.shape[0] != n_models:
        raise ValueError("target must have one entry a model")
    if loss is not None and loss.shape[0] != 1:
        raise ValueError("loss must have one entry")
    counts = np.zeros(n_models, np.intp)
    if one_pass.steps.n_steps == 0:
        return counts
    cdef Py_ssize_t[::1] n_updates = counts
    cdef const Steps *given = &one_pass.steps
    cdef Models models = Models(n_models, 0, False, NULL, NULL, levels.model_steps(
        &target[0], given.alphas, &n_updates[0], given.eta_stride, given.model_stride))
    if weight_multiplier is not None:
        models.weight_multiplier = &weight_multiplier[0, 0]
    if loss is not None:
        models.loss = &loss[0]
    cdef Status status = in_lanes(X, one_pass, &models, W, b, W_total, b_total)
    if status != OK:
        raise one_pass.error(status)
    if weight_multiplier is None:
        counts[:] = one_pass.steps.n_updates
    return counts
