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

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.cursor cimport AHEAD, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    RECENT = 64  # blocks whose iterates are summed in the type of the weights


cdef struct Models:
    Py_ssize_t n_models
    Py_ssize_t width                 # lanes: n_models and some that never move
    bint softmax
    const unsigned char *multiplicity  # of row and model, row by row; or NULL
    const double *target             # the class that is 1, for each model
    Py_ssize_t eta_stride            # from one step to the next
    Py_ssize_t model_stride          # from one model to the next
    const double *alpha
    Py_ssize_t *moved                # steps that each model took
    double *loss                     # of separate models, or NULL


cdef void rest(Models *models, floating *lanes, Py_ssize_t place) noexcept nogil:
    """Let nothing move at a place of a block."""
    cdef Py_ssize_t width = models.width, m
    for m in range(width):
        lanes[place * width + m], lanes[(4 + place) * width + m], lanes[(8 + place) * width + m] = 0, 0, 1


cdef void fill(
    const levels.vectors *v, Steps *steps, Models *models, Py_ssize_t row, double weight, floating *lanes, Py_ssize_t place
) noexcept nogil:
    """Write what the recurrence needs of a row at a place of a block: sign, step and keep of each model; other lanes rest."""
    cdef Py_ssize_t width = models.width, m
    cdef floating *sign = lanes + place * width
    cdef floating *step = lanes + (4 + place) * width
    cdef floating *keep = lanes + (8 + place) * width
    cdef double eta, y = steps.y[row * steps.y_stride]
    if models.softmax:
        eta = steps.eta[steps.moved]
        for m in range(models.n_models):
            sign[m], step[m], keep[m] = 0, <floating>(eta * weight), <floating>(1.0 - eta * steps.alpha)
        sign[<Py_ssize_t>y] = 1
        steps.moved += 1
    elif models.multiplicity == NULL:  # all models move, and have moved, alike
        levels.prepare(v, models.n_models, y, weight, models.target, NULL, steps.eta + steps.moved * models.eta_stride, 0,
                       models.model_stride, models.alpha, NULL, sign, step, keep)
        steps.moved += 1
    else:
        levels.prepare(v, models.n_models, y, weight, models.target, models.multiplicity + row * models.n_models, steps.eta,
                       models.eta_stride, models.model_stride, models.alpha, models.moved, sign, step, keep)


cdef void add_losses(
    const levels.vectors *v, Models *models, const floating *lanes, const floating *found, const double *weights, floating *rows
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


cdef Trouble many_pass(
    const levels.vectors *v, Steps *steps, Models *models, Py_ssize_t n_features, const char *X, Py_ssize_t stride,
    Py_ssize_t n_bytes, int type, const floating *center, const floating *scale, floating *scratch, floating *W,
    double *W_total, floating *recent, double *b, double *b_total, bint intercept, floating *lanes, floating *r, floating *found
) noexcept nogil:
    """Four rows a block; the work on a block also finishes the block before. lanes has room for two blocks. Iterates are summed
    in `recent`, zeros at first (or NULL), and from there every RECENT blocks in float64."""
    cdef const floating *p[4]
    cdef const floating *q[4]
    cdef const floating *ahead[4]
    cdef double weight, weights[8]
    cdef double labels[8]
    cdef Py_ssize_t at[8]
    cdef floating rows[levels.ROWS]
    cdef Py_ssize_t width = models.width, row = 0, i, n, next_one, side = 0
    # the pieces of a pass that tells a loss give the bits of the whole
    cdef Py_ssize_t most = 1 if models.softmax or models.loss != NULL else RECENT
    cdef Py_ssize_t blocks = 0, n_weights = n_features * width
    cdef Trouble trouble = NONE
    cdef bint begun = False, last = False
    cdef bint direct = samples.as_they_are(type, center, <const floating *>W)
    for i in range(4):
        rest(models, lanes, i)
        rest(models, lanes + 12 * width, i)
        weights[i] = 0.0
    while not last:
        n = 0
        while n < 4 and trouble == NONE and steps.next < steps.n_steps:
            trouble = next_row(steps, &row, &weight)
            if trouble == NONE and weight != 0.0:
                i = 4 - side + n
                at[i], weights[i], labels[i] = steps.place, weight, steps.y[row * steps.y_stride]
                fill(v, steps, models, row, weight, lanes + (4 - side) * 3 * width, n)
                q[n] = samples.row(v, X + row * stride, type, n_features, center, scale, scratch + i * n_features)
                next_one = steps.order[min(steps.place + AHEAD, steps.n_steps - 1)]
                ahead[n] = <const floating *>(X + (next_one if 0 <= next_one < steps.n_samples else row) * stride)
                if not direct:
                    v.fetch(n_bytes, ahead[n])
                    ahead[n] = q[n]
                n += 1
        last = n == 0
        if last and not begun:
            break
        while n < 4:
            i = 4 - side + n
            weights[i] = 0.0
            rest(models, lanes + (4 - side) * 3 * width, n)
            q[n] = q[n - 1] if n else p[3]
            ahead[n] = q[n]
            n += 1
        if not begun:
            for i in range(4):
                p[i] = q[i]
            begun = True
        n = levels.many(v, n_features, width, W, recent, lanes + side * 3 * width, b, b_total, intercept, models.softmax, p, q,
                        ahead, r, found)
        if n >= 0:  # the rows before it still count
            steps.place = at[side + n]
            for i in range(n, 4):
                weights[side + i] = 0.0
                rest(models, lanes + side * 3 * width, i)
            levels.many(v, n_features, width, W, recent, lanes + side * 3 * width, b, b_total, intercept, models.softmax, p, p,
                        p, r, found)
            trouble, last = DIVERGED, True
        if models.softmax:
            for i in range(4):
                if weights[side + i] != 0.0:                                             # (LR-7)
                    steps.loss += weights[side + i] * (found[8 * width + 2 * i] + log(found[8 * width + 2 * i + 1])
                                                       - found[i * width + <Py_ssize_t>labels[side + i]])
        elif models.loss != NULL:
            add_losses(v, models, lanes + side * 3 * width, found, weights + side, rows)
        for i in range(4):
            p[i] = q[i]
        side = 4 - side
        blocks += 1
        if recent != NULL and (blocks == most or last):
            levels.accumulate(v, n_weights, recent, W_total)
            memset(recent, 0, n_weights * sizeof(floating))
            blocks = 0
    return trouble


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


cdef Trouble in_lanes(
    Steps *steps, Models *models, samples.Samples rows, center, scale, floating[:, ::1] W, double[::1] b, double[:, ::1] W_total,
    double[::1] b_total
):
    """Copy the weights to lanes, take the pass and copy them back."""
    cdef const levels.vectors *v = levels.active
    cdef Py_ssize_t n_lanes = v.f32.n_lanes if floating is float else v.f64.n_lanes
    cdef Py_ssize_t n_models = models.n_models, n_features = rows.n_features, width = (n_models + n_lanes - 1) // n_lanes * n_lanes
    dtype = np.float32 if floating is float else np.float64
    models.width = width
    cdef floating[::1] lanes_of_W = to_lanes(W, dtype, n_lanes, width)
    cdef double[::1] lanes_of_total = None if W_total is None else to_lanes(W_total, np.float64, n_lanes, width)
    # lanes beyond the classes of a softmax: a margin that no class comes near
    cdef double[::1] lanes_of_b = aligned(width, np.float64)
    cdef double[::1] lanes_of_b_total = aligned(width, np.float64)
    cdef floating[::1] scratch = np.empty(8 * max(n_features, 1), dtype)
    cdef floating[::1] lanes = aligned(24 * width, dtype)
    cdef floating[::1] r = aligned(16 + 4 * width, dtype)[8:]  # so that the dots begin a line
    cdef floating[::1] found = aligned(8 * width + 8, dtype)
    cdef const floating[::1] centers = center, scales = scale
    cdef const floating *center0 = NULL if center is None or n_features == 0 else &centers[0]
    cdef const floating *scale0 = NULL if scale is None or n_features == 0 else &scales[0]
    cdef floating *W0 = NULL if n_features == 0 else &lanes_of_W[0]
    cdef double *total0 = NULL if W_total is None or n_features == 0 else &lanes_of_total[0]
    cdef floating[::1] sums = None if W_total is None else aligned(max(1, n_features) * width, dtype)
    cdef floating *recent0 = NULL if sums is None else &sums[0]
    cdef double *b_total0 = NULL if b_total is None else &lanes_of_b_total[0]
    cdef bint intercept = b is not None
    cdef Trouble trouble
    np.asarray(lanes_of_b)[n_models:] = -1e30 if models.softmax else 0.0
    if b is not None:
        np.asarray(lanes_of_b)[:n_models] = b
    if b_total is not None:
        np.asarray(lanes_of_b_total)[:n_models] = b_total
    with nogil:
        trouble = many_pass(v, steps, models, n_features, rows.data, rows.stride, rows.n_bytes, rows.type, center0, scale0,
                            &scratch[0], W0, total0, recent0, &lanes_of_b[0], b_total0, intercept, &lanes[0], &r[0], &found[0])

    if n_features:
        np.asarray(W)[:] = from_lanes(lanes_of_W, n_lanes, n_features)[:n_models]
        if W_total is not None:
            np.asarray(W_total)[:] = from_lanes(lanes_of_total, n_lanes, n_features)[:n_models]
    if b is not None:
        np.asarray(b)[:] = lanes_of_b[:n_models]
    if b_total is not None:
        np.asarray(b_total)[:] = lanes_of_b_total[:n_models]
    return trouble


def softmax_pass(
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
    """See hotloop.reference.logistic_pass, of several outputs; the arguments are checked there. The GIL is released."""
    cdef samples.Samples rows = samples.Samples(X)
    cdef Steps steps = new_steps(order, y, sample_weight, rows.n_samples, W.shape[0])
    steps.eta, steps.alpha = &eta[0], alpha
    cdef Models models = Models(W.shape[0], 0, True, NULL, NULL, 0, 0, NULL, NULL, NULL)
    cdef Trouble trouble = in_lanes(&steps, &models, rows, center, scale, W, b, W_total, b_total)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, rows.n_samples, W.shape[0])
    return steps.loss, steps.moved


def logistic_many_pass(
    X not None,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const unsigned char[:, ::1] multiplicity,
    const double[::1] target not None,
    const Py_ssize_t[::1] order not None,
    const double[:, :] eta not None,
    const double[::1] alpha not None,
    center,
    scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] W_total,
    double[::1] b_total,
    double[::1] loss=None,
):
    """See hotloop.reference.logistic_many_pass. The GIL is released."""
    cdef samples.Samples rows = samples.Samples(X)
    cdef Py_ssize_t n_models = W.shape[0]
    if y.shape[0] != rows.n_samples or sample_weight.shape[0] != rows.n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if W.shape[1] != rows.n_features or n_models < 1:
        raise ValueError(f"W has shape {(n_models, W.shape[1])}, expected (n_models, {rows.n_features})")
    if multiplicity is not None and (multiplicity.shape[0] != rows.n_samples or multiplicity.shape[1] != n_models):
        raise ValueError("multiplicity must have one entry a row of X and model")
    if target.shape[0] != n_models or alpha.shape[0] != n_models or eta.shape[1] != n_models or eta.shape[0] < order.shape[0]:
        raise ValueError("target and alpha must have one entry a model, eta one a step and model")
    if loss is not None and loss.shape[0] != 1:
        raise ValueError("loss must have one entry")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (len(center) != rows.n_features or len(scale) != rows.n_features):
        raise ValueError(f"center and scale must have {rows.n_features} entries")
    if b is not None and b.shape[0] != n_models:
        raise ValueError(f"b must have {n_models} entries")
    if W_total is not None and (W_total.shape[0] != n_models or W_total.shape[1] != rows.n_features):
        raise ValueError("W_total must have the shape of W")
    if (b_total is None) != (b is None or W_total is None) or (b_total is not None and b_total.shape[0] != n_models):
        raise ValueError("b_total goes with b and W_total and has the shape of b")
    counts = np.zeros(n_models, np.intp)
    cdef const unsigned char *multiplicity0 = NULL
    if order.shape[0] == 0:
        return counts
    if rows.n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    if multiplicity is not None:
        multiplicity0 = &multiplicity[0, 0]
    cdef Py_ssize_t[::1] moved = counts
    cdef double *loss0 = NULL if loss is None else &loss[0]
    cdef Steps steps = new_steps(order, y, sample_weight, rows.n_samples, 2**31)
    steps.eta = &eta[0, 0]
    cdef Models models = Models(n_models, 0, False, multiplicity0, &target[0],
                                eta.strides[0] // <Py_ssize_t>sizeof(double), eta.strides[1] // <Py_ssize_t>sizeof(double),
                                &alpha[0], &moved[0], loss0)
    cdef Trouble trouble = in_lanes(&steps, &models, rows, center, scale, W, b, W_total, b_total)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, rows.n_samples, 2**31)
    if multiplicity is None:
        counts[:] = steps.moved
    return counts
