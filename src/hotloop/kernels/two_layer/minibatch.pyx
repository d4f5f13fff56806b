"""The two-layer network: one pass of minibatch training by SGD with momentum, Adam or AdamW, and sums of gradients.

Equations (NN-1) to (NN-8) and (NN-11) to (NN-13). Dense rows go through the products in groups of eight, sparse ones one by one; the
slopes of a batch are summed in arrays like the weights, in the order of the rows, and the step is taken once a batch. Sparse rows move
only the rows of W1 that a batch touches, and so do the moments of these rows. Memory order as in two_layer_pass.pyx. A row costs about
6 k H + 6 H C flops, a batch about 10 k H more.
"""
import numpy as np

cimport cython
from cython cimport floating
from libc.math cimport isfinite, pow, sqrt
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.two_layer.network cimport (
    BLOCK, SIGMOID_SUM, SOFTMAX, TILE_BYTES, LossSum, Network, NetworkRows, Source, add_loss, fetch_source, loss_and_delta, new_network,
    one_slope, settled, share_of_outputs, take_block,
)
from hotloop.kernels.two_layer.network import aligned, filled_up, targets_of
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    LINE = 64  # bytes

cdef enum Optimizer:
    SGD
    ADAM
    ADAMW

OPTIMIZERS = {"sgd": SGD, "adam": ADAM, "adamw": ADAMW}

cdef struct Slopes:
    # Sums over the rows of a batch, as the weights lie in memory; touched: the rows of W1 of sparse rows.
    void *W1
    void *b1
    void *V
    double *b2
    uint8_t *seen
    int32_t *touched
    Py_ssize_t n_touched


cdef struct Room:
    void *scratch
    int32_t *places
    void *A
    void *D
    void *s
    void *mask
    void *kept
    double *o
    double *share
    void *delta


cdef void forget(Slopes *sums, const Network *net, bint sparse, floating tag) noexcept nogil:
    """Set the sums to 0."""
    cdef Py_ssize_t width = net.width, j
    cdef floating *W1 = <floating *>sums.W1
    if sparse:
        for j in range(sums.n_touched):
            memset(W1 + sums.touched[j] * width, 0, width * sizeof(floating))
            sums.seen[sums.touched[j]] = 0
        sums.n_touched = 0
    else:
        memset(W1, 0, net.n_features * width * sizeof(floating))
    memset(sums.b1, 0, width * sizeof(floating))
    memset(sums.V, 0, net.n_outputs * width * sizeof(floating))
    memset(sums.b2, 0, net.n_outputs * sizeof(double))


cdef Trouble add_rows(
    const levels.vectors *v, const Network *net, const Source *rows, Py_ssize_t n, const Py_ssize_t *row, const double *weights,
    const double *y, const double *given_delta, uint32_t step, const floating *center, const floating *scale, const floating *W1,
    const floating *b1, const floating *V, const floating *b2, Slopes *sums, Room *room, LossSum *losses, Py_ssize_t *bad
) noexcept nogil:
    """Add the slopes of up to eight rows (of one that is sparse) to the sums. The slopes by the outputs are those of the loss, or given
    by row."""
    cdef Py_ssize_t width = net.width, tile = TILE_BYTES // sizeof(floating), n_tiles = (width + tile - 1) // tile
    cdef Py_ssize_t i, j, c, h, m
    cdef const floating *x[BLOCK]
    cdef const int32_t *at = NULL
    cdef floating *A = <floating *>room.A
    cdef floating *D = <floating *>room.D
    cdef floating *s = <floating *>room.s
    cdef floating *mask = <floating *>room.mask if net.dropped else NULL
    cdef floating *z
    cdef floating *kept
    cdef floating *delta = <floating *>room.delta
    cdef floating slope
    cdef double *o = room.o
    cdef double loss, factor = 1.0
    m = take_block(v, rows, n, row, center, scale, <floating *>room.scratch, room.places, x, &at)
    if m < 0:
        return BAD_ROW
    levels.product(v, m, n, x, at, width, width, W1, A)                                   # (NN-1)
    for i in range(n):
        z = A + i * width
        kept = z
        levels.activate(v, net.activation, width, b1, z)                                  # (NN-2)
        if net.dropped:
            kept = <floating *>room.kept
            levels.drop(v, 0, width, net.dropped, net.key, step + <uint32_t>i, <floating>net.kept, <const floating *>z, mask, kept)
        for c in range(net.n_outputs):
            o[c] = 0.0 if net.output == SIGMOID_SUM else b2[c]
        for j in range(n_tiles):
            h = j * tile
            share_of_outputs(v, net, width, min(tile, net.n_hidden - h), <const floating *>kept + h, V + h, s + h, room.share)
            for c in range(net.n_outputs):
                o[c] += room.share[c]                                                     # (NN-3), (NN-4)
        if given_delta != NULL:
            for c in range(net.n_outputs):
                o[c] = given_delta[row[i] * net.n_outputs + c]
        else:
            for c in range(net.n_outputs):
                if not isfinite(o[c]):
                    bad[0] = i
                    return DIVERGED
            loss = loss_and_delta(v, net, y + row[i] * net.n_targets, o, &factor)         # (NN-7)
            add_loss(losses, weights[i], loss, factor)
        for c in range(net.n_outputs):
            o[c] *= weights[i]
            delta[c] = <floating>o[c]
            if net.output != SIGMOID_SUM:  # which has none
                sums.b2[c] += o[c]
        if net.output == SIGMOID_SUM:
            for j in range(net.n_hidden):
                slope = delta[0] * s[j] * (1 - s[j])                                      # (NN-5)
                (<floating *>sums.V)[j] += slope * kept[j]
                s[j] = slope
            for j in range(net.n_hidden):
                D[i * width + j] = s[j] * V[j]
            one_slope(v, net, <const floating *>z, <const floating *>mask, D + i * width)
        else:
            levels.slope_back(v, net.activation, width, width, net.n_outputs, <const floating *>delta, <const floating *>z,
                              <const floating *>mask, V, <floating>1, D + i * width)      # (NN-8)
            for c in range(net.n_outputs):
                levels.scale_add(v, net.n_hidden, <floating>1, <floating *>sums.V + c * width, delta[c], <const floating *>kept)
        levels.scale_add(v, net.n_hidden, <floating>1, <floating *>sums.b1, <floating>1, <const floating *>D + i * width)
    if rows.sparse:
        for j in range(m):
            if not sums.seen[at[j]]:
                sums.seen[at[j]] = 1
                sums.touched[sums.n_touched] = at[j]
                sums.n_touched += 1
    levels.add_outer(v, m, n, x, at, width, width, <const floating *>D, <floating *>sums.W1)
    return NONE


cdef struct Rule:
    Optimizer optimizer
    double alpha
    double momentum
    bint nesterov
    double beta1
    double beta2
    double epsilon


cdef void move(
    const levels.vectors *v, const Rule *rule, Py_ssize_t n, const floating *g, floating *w, floating *first, floating *second, double eta,
    double alpha, double correction
) noexcept nogil:
    if rule.optimizer == SGD:
        levels.momentum(v, n, g, w, first, <floating>eta, <floating>alpha, <floating>rule.momentum, rule.nesterov)    # (NN-12)
    elif rule.optimizer == ADAM:
        levels.adam(v, n, g, w, first, second, <floating>(eta * correction), <floating>alpha, <floating>1, <floating>rule.beta1,
                    <floating>rule.beta2, <floating>rule.epsilon)                         # (NN-13)
    else:
        levels.adam(v, n, g, w, first, second, <floating>(eta * correction), <floating>0, <floating>(1.0 - eta * alpha),
                    <floating>rule.beta1, <floating>rule.beta2, <floating>rule.epsilon)   # (NN-13)


cdef Trouble take_batches(
    const levels.vectors *v, Steps *steps, const Network *net, const Source *rows, const Rule *rule, Py_ssize_t batch_size,
    const double *y, uint64_t t, Py_ssize_t n_batches, const floating *center, const floating *scale, floating *W1, floating *b1,
    floating *V, floating *b2, floating **first, floating **second, Slopes *sums, Room *room, floating *slopes_of_b2
) noexcept nogil:
    cdef Py_ssize_t row[BLOCK]
    cdef Py_ssize_t place[BLOCK]
    cdef double weights[BLOCK]
    cdef Py_ssize_t most = 1 if rows.sparse else BLOCK, n, i, j, c, soon, bad = 0, taken, start, width = net.width
    cdef double weight = 0.0, eta, share, correction, before
    cdef LossSum losses = LossSum(0.0, 1.0, 0.0)
    cdef Trouble trouble = NONE
    while trouble == NONE and steps.next < steps.n_steps:
        forget(sums, net, rows.sparse, <floating>0)
        taken, start = 0, steps.moved
        before = settled(&losses)
        while trouble == NONE and taken < batch_size and steps.next < steps.n_steps:
            n = 0
            while n < min(most, batch_size - taken) and steps.next < steps.n_steps:
                trouble = next_row(steps, &row[n], &weight)
                if trouble != NONE:
                    break
                if weight != 0.0:
                    place[n], weights[n] = steps.place, weight
                    n += 1
            for i in range(most):
                soon = steps.order[min(steps.next + i, steps.n_steps - 1)]
                if 0 <= soon < steps.n_samples:
                    fetch_source(v, rows, soon)
            if n == 0 or trouble != NONE:
                break
            trouble = add_rows(v, net, rows, n, row, weights, y, <const double *>NULL, <uint32_t>(t + start + taken), center, scale,
                               <const floating *>W1, <const floating *>b1, <const floating *>V, <const floating *>b2, sums, room,
                               &losses, &bad)
            if trouble == DIVERGED:
                steps.place = place[bad]
            taken += n
        if trouble != NONE:
            losses.total, losses.product = before, 1.0
            break
        if taken == 0:
            break
        eta, share = steps.eta[start], 1.0 / taken
        n_batches += 1
        correction = sqrt(1.0 - pow(rule.beta2, n_batches)) / (1.0 - pow(rule.beta1, n_batches)) if rule.optimizer != SGD else 1.0
        if rows.sparse:
            for i in range(sums.n_touched):
                j = sums.touched[i] * width
                levels.scale_add(v, width, <floating>share, <floating *>sums.W1 + j, <floating>0, <const floating *>sums.W1 + j)
                move(v, rule, width, <const floating *>sums.W1 + j, W1 + j, first[0] + j, second[0] + j, eta, rule.alpha, correction)
        else:
            j = net.n_features * width
            levels.scale_add(v, j, <floating>share, <floating *>sums.W1, <floating>0, <const floating *>sums.W1)
            move(v, rule, j, <const floating *>sums.W1, W1, first[0], second[0], eta, rule.alpha, correction)
        levels.scale_add(v, width, <floating>share, <floating *>sums.b1, <floating>0, <const floating *>sums.b1)
        move(v, rule, width, <const floating *>sums.b1, b1, first[1], second[1], eta, 0.0, correction)
        j = net.n_outputs * width
        levels.scale_add(v, j, <floating>share, <floating *>sums.V, <floating>0, <const floating *>sums.V)
        move(v, rule, j, <const floating *>sums.V, V, first[2], second[2], eta, rule.alpha, correction)
        if net.output != SIGMOID_SUM:
            for c in range(net.n_outputs):
                slopes_of_b2[c] = <floating>(sums.b2[c] * share)
            move(v, rule, net.n_outputs, <const floating *>slopes_of_b2, b2, first[3], second[3], eta, 0.0, correction)
        steps.moved += taken
    steps.loss = settled(&losses)
    return trouble


@cython.auto_pickle(False)
cdef class Workroom:
    """Sums and room for the rows of a batch, of one type."""
    cdef list held
    cdef Slopes sums
    cdef Room room

    def __cinit__(self, Py_ssize_t n_features, Py_ssize_t width, Py_ssize_t n_outputs, Py_ssize_t room, bint sparse, dtype):
        cdef Py_ssize_t n_places = room if sparse else 1
        numbers = [aligned(n, dtype) for n in (n_features * width, width, n_outputs * width, room, BLOCK * width, BLOCK * width, width,
                                               width, width, n_outputs + LINE)]
        doubles = [np.zeros(n_outputs) for _ in range(3)]
        n_touched = n_features if sparse else 1
        places = [np.zeros(n_touched, np.uint8), np.zeros(n_touched, np.int32), np.zeros(n_places, np.int32)]
        self.held = [numbers, doubles, places]
        at = [<size_t>array.ctypes.data for array in (*numbers, *doubles, *places)]
        self.sums = Slopes(<void *><size_t>at[0], <void *><size_t>at[1], <void *><size_t>at[2], <double *><size_t>at[10],
                           <uint8_t *><size_t>at[13], <int32_t *><size_t>at[14], 0)
        self.room = Room(<void *><size_t>at[3], <int32_t *><size_t>at[15], <void *><size_t>at[4], <void *><size_t>at[5],
                         <void *><size_t>at[6], <void *><size_t>at[7], <void *><size_t>at[8], <double *><size_t>at[11],
                         <double *><size_t>at[12], <void *><size_t>at[9])

    def found(self):
        """Return the sums of W1, b1, V and b2 as they lie in memory."""
        return self.held[0][0], self.held[0][1], self.held[0][2], self.held[1][0]


def two_layer_minibatch_pass(
    X not None,
    y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] eta not None,
    double alpha,
    center,
    scale,
    floating[:, ::1] W1 not None,
    floating[::1] b1 not None,
    floating[:, ::1] W2 not None,
    floating[::1] b2 not None,
    output,
    activation,
    Py_ssize_t batch_size,
    optimizer,
    moments not None,
    Py_ssize_t n_batches=0,
    double momentum=0.0,
    bint nesterov=False,
    double beta_1=0.9,
    double beta_2=0.999,
    double epsilon=1e-8,
    double dropout=0.0,
    key=0,
    t=0,
):
    """See hotloop.reference.two_layer_minibatch_pass. The GIL is released; X, y and the other inputs may be read-only."""
    own_W1, own_b1, own_W2, own_b2 = np.asarray(W1), np.asarray(b1), np.asarray(W2), np.asarray(b2)
    cdef const double[:, ::1] Y = targets_of(y)
    cdef Network net = new_network(X, np.asarray(Y), center, scale, own_W1, own_b1, own_W2, own_b2, output, activation, dropout, key)
    cdef NetworkRows given = NetworkRows(X, net.n_features)
    cdef Py_ssize_t n_samples = given.source.n_samples
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer is {optimizer!r}, expected one of {', '.join(OPTIMIZERS)}")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected a positive number")
    if Y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    dtype = own_b1.dtype
    weights = own_W1, own_b1, own_W2, own_b2
    # W1, b1 and W2 transposed with rows of whole cache lines, and what each optimiser keeps beside them
    n_kept = 4 if optimizer == "sgd" else 8
    if len(moments) < n_kept or any(np.shape(m) != np.shape(w) for m, w in zip(moments[:n_kept], 2 * weights)):
        raise ValueError(f"moments must be {n_kept} arrays of the shapes of W1, b1, W2, b2")
    kept = [weights, *(tuple(moments[4 * k:4 * k + 4]) for k in range(1 if optimizer == "sgd" else 2))]
    filled = [(filled_up(a), filled_up(b[None])[0], filled_up(np.ascontiguousarray(c.T)), d) for a, b, c, d in kept]
    while len(filled) < 3:
        filled.append(filled[1])
    cdef floating[:, ::1] part
    cdef floating[::1] line
    cdef floating *pointers[3][4]
    cdef Py_ssize_t k
    for k in range(3):
        part, line = filled[k][0], filled[k][1]
        pointers[k][0], pointers[k][1] = &part[0, 0], &line[0]
        part, line = filled[k][2], filled[k][3]
        pointers[k][2], pointers[k][3] = &part[0, 0], &line[0]
    cdef Workroom workroom = Workroom(net.n_features, net.width, net.n_outputs, given.source.room, given.source.sparse, dtype)
    cdef floating[::1] slopes_of_b2 = np.zeros(net.n_outputs, dtype)
    cdef const floating[::1] center_of = None if given.source.sparse else center, scale_of = scale
    cdef const floating *center0 = NULL
    cdef const floating *scale0 = NULL
    if center_of is not None:
        center0 = &center_of[0]
    if scale_of is not None:
        scale0 = &scale_of[0]
    cdef double zero = 0.0
    cdef uint64_t t0 = t
    cdef Steps steps = new_steps(order, np.asarray(Y)[:, 0], sample_weight, n_samples, net.n_outputs)
    if net.output != SOFTMAX:
        steps.y, steps.y_stride, steps.n_classes = &zero, 0, 1
    steps.eta = &eta[0]
    cdef Rule rule = Rule(OPTIMIZERS[optimizer], alpha, momentum, nesterov, beta_1, beta_2, epsilon)
    cdef Trouble trouble
    with nogil:
        trouble = take_batches(
            levels.active, &steps, &net, &given.source, &rule, batch_size, &Y[0, 0], t0, n_batches, center0, scale0, pointers[0][0],
            pointers[0][1], pointers[0][2], pointers[0][3], pointers[1], pointers[2], &workroom.sums, &workroom.room, &slopes_of_b2[0])
    for (a, b, c, _), (filled_a, filled_b, filled_c, _) in zip(kept, filled):
        if filled_a is not a:
            a[:] = filled_a[:, :net.n_hidden]
        b[:] = filled_b[:net.n_hidden]
        c.T[:] = filled_c[:, :net.n_hidden]
    if trouble == DIVERGED:
        raise FloatingPointError(f"an output of row {order[steps.place]} is not finite at step {steps.place} of the pass")
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, np.asarray(Y)[:, 0], n_samples, net.n_outputs)
    return steps.loss, steps.moved


def two_layer_backward(
    X not None,
    const double[:, ::1] delta not None,
    center,
    scale,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    output,
    activation="relu",
):
    """See hotloop.reference.two_layer_backward. The GIL is released."""
    own_W1, own_b1, own_W2, own_b2 = np.asarray(W1), np.asarray(b1), np.asarray(W2), np.asarray(b2)
    cdef Network net = new_network(X, None, center, scale, own_W1, own_b1, own_W2, own_b2, output, activation, 0.0, 0)
    cdef NetworkRows given = NetworkRows(X, net.n_features)
    cdef Py_ssize_t n_samples = given.source.n_samples, most = 1 if given.source.sparse else BLOCK, q, i, n, bad = 0
    if delta.shape[0] != n_samples or delta.shape[1] != net.n_outputs:
        raise ValueError(f"delta has shape {np.asarray(delta).shape}, expected {(n_samples, net.n_outputs)}: one slope a row and output")
    cdef const floating[:, ::1] W = filled_up(own_W1), V = filled_up(np.ascontiguousarray(own_W2.T)), b = filled_up(own_b1[None])
    cdef Workroom workroom = Workroom(net.n_features, net.width, net.n_outputs, given.source.room, given.source.sparse, own_b1.dtype)
    cdef const floating[::1] center_of = None if given.source.sparse else center, scale_of = scale
    cdef const floating *center0 = NULL
    cdef const floating *scale0 = NULL
    if center_of is not None:
        center0 = &center_of[0]
    if scale_of is not None:
        scale0 = &scale_of[0]
    cdef Py_ssize_t row[BLOCK]
    cdef double ones[BLOCK]
    cdef LossSum losses = LossSum(0.0, 1.0, 0.0)
    cdef const double *delta0 = NULL
    cdef Trouble trouble = NONE
    if n_samples:
        delta0 = &delta[0, 0]
    with nogil:
        for i in range(BLOCK):
            ones[i] = 1.0
        for q in range((n_samples + most - 1) // most):
            n = min(most, n_samples - q * most)
            for i in range(n):
                row[i] = q * most + i
            trouble = add_rows(levels.active, &net, &given.source, n, row, ones, <const double *>NULL, delta0, <uint32_t>0, center0, scale0,
                               &W[0, 0], &b[0, 0], &V[0, 0], &b2[0], &workroom.sums, &workroom.room, &losses, &bad)
            if trouble != NONE:
                break
    if trouble != NONE:
        raise ValueError("a row of X does not lie in its arrays")
    of_W1, of_b1, of_V, of_b2 = workroom.found()
    of_W1 = of_W1.reshape(net.n_features, net.width)[:, :net.n_hidden]
    of_W2 = of_V.reshape(net.n_outputs, net.width)[:, :net.n_hidden].T
    return np.ascontiguousarray(of_W1), of_b1[:net.n_hidden].copy(), np.ascontiguousarray(of_W2), of_b2.astype(own_b2.dtype)
