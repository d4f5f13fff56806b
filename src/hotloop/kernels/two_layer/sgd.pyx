"""The two-layer network: one sequential pass of per-sample SGD over rows of any type, dense or by their non-zeros.

Equations (NN-1) to (NN-11). Eight dense rows go in one block (docs/decisions/0023): two products of the rows with W1, one before the
first of its steps and one after the last, and in between only what is n_hidden or n_outputs long. Sparse rows are blocks of one: they
touch their own rows of W1 only. Memory order: X row by row; W1 feature-major (n_features x n_hidden), so a row of X reads whole
contiguous lines of it; W2 transposed, one row an output. Rows of W1 and W2 are filled up to whole cache lines, in copies where they
are not. The pass reads X once; a step costs about 4 k H + 6 H C flops; of rows that are mostly zeros only the others are taken.
Iterates equal the reference to rounding. Several threads take tiles of hidden units; the outputs are summed over tiles of a fixed
size, so the bits do not depend on how many there are.
"""
import numpy as np

from cython cimport floating
from libc.math cimport fabs, isfinite
from libc.stdint cimport int32_t, uint32_t, uint64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.two_layer.network cimport (
    BLOCK, LINEAR, SIGMOID, SIGMOID_SUM, SOFTMAX, TILE_BYTES, LossSum, Network, NetworkRows, Source, add_loss, fetch_source, loss_and_delta,
    new_network, settled, share_of_outputs, take_block,
)
from hotloop.kernels.two_layer.network import aligned, filled_up, targets_of
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    FOLD = 64    # steps after which the factor of W1 is multiplied into it, so that it stays far from 0
    ALONE = 3    # blocks that one thread takes before the others help
    WARM = 2     # blocks after which the others have what they need in their caches
    LINE = 64    # bytes
    GAP = 1024   # bytes between the panels of two threads

cdef double SMALLEST_SCALE = 2.0**-20
cdef double STRONG = 0.5  # L2 of a step, from which a row is a block of its own
cdef double alone_until = 0.0  # of team_clock: until then no help is asked for, since it was late; no result depends on it

cdef extern from "threads/team.h" nogil:
    struct team:
        pass
    void team_meet(team *)
    int team_size(team *)
    void team_run(team *, int, void (*)(void *, int) noexcept nogil, void *)
    double team_clock()
    enum:
        MOST_THREADS


cdef struct Block:
    Py_ssize_t n                  # rows
    Py_ssize_t m                  # columns to take
    Py_ssize_t row[BLOCK]
    Py_ssize_t place[BLOCK]
    double weights[BLOCK]
    const void *x[BLOCK]
    const int32_t *at
    Py_ssize_t moved              # steps taken before it
    double scale                  # W1 is scale times what stands in memory
    Py_ssize_t since              # steps since that was multiplied into it
    int ranks                     # threads that take it
    bint parting                  # they meet once more at its end


cdef struct Panel:
    # Hidden units that one thread takes. Those of several threads lie apart, each panel like a network of its own: else what the CPU
    # fetches ahead of a row of one panel are lines that the other thread writes (784-512-10, two threads: 4 times slower than one).
    Py_ssize_t first              # unit
    Py_ssize_t width              # units
    Py_ssize_t stride             # from one row of them to the next
    Py_ssize_t of_W1              # where W1 starts
    Py_ssize_t of_V
    Py_ssize_t of_block           # A and D
    Py_ssize_t of_units           # what has one entry a unit


cdef struct Work:
    # What the threads of a pass share.
    const levels.vectors *v
    team *team
    Steps *steps
    LossSum losses
    const Network *net
    const Panel *panels
    int n_panels                  # one for each thread asked for
    const Source *rows
    const double *y
    const void *center
    const void *scale_of_x
    void *W1
    void *b1
    void *V
    void *b2
    char *scratch                 # of two blocks
    Py_ssize_t scratch_bytes
    int32_t *places               # of two blocks
    Py_ssize_t n_places
    void *A
    void *D
    void *z
    void *s
    void *mask
    void *kept
    void *G                       # Gram entries of two blocks
    double *o                     # outputs and the slopes by them, of each thread
    double *shares                # of the outputs, by tile, of two rows
    uint64_t t                    # steps before the pass
    Block blocks[2]
    int parity                    # of the block in hand
    bint over
    Trouble trouble


cdef void collect(Work *work, Block *block, floating *scratch, int32_t *places, floating tag) noexcept nogil:
    """Find the next rows that move anything and read them; none where there are no more."""
    cdef Steps *steps = work.steps
    cdef Py_ssize_t most = 1 if work.rows.sparse else BLOCK, row = 0, i, soon
    cdef double weight = 0.0
    block.n, block.moved = 0, steps.moved
    while work.trouble == NONE and block.n < most and steps.next < steps.n_steps:
        if steps.eta[steps.moved + block.n] * steps.alpha > STRONG:  # eight such factors are below what a float holds
            if block.n:
                break
            most = 1
        work.trouble = next_row(steps, &row, &weight)
        if work.trouble == NONE and weight != 0.0:  # else it moves nothing, not even the step counter
            block.row[block.n], block.place[block.n], block.weights[block.n] = row, steps.place, weight
            block.n += 1
    for i in range(most):  # rows of the block after come while this one is worked on
        soon = steps.order[min(steps.next + i, steps.n_steps - 1)]
        if 0 <= soon < steps.n_samples:
            fetch_source(work.v, work.rows, soon)
    if block.n:
        block.m = take_block(work.v, work.rows, block.n, block.row, <const floating *>work.center, <const floating *>work.scale_of_x,
                             scratch, places, <const floating **>block.x, &block.at)
        if block.m < 0:
            work.trouble, block.n = BAD_ROW, 0


cdef Trouble block_of_one(Work *work, const Block *block, double *scale, floating tag) noexcept nogil:
    """A block of a network of one output and one tile of hidden units, in one call: 93 ns a row of 28-32-1 by steps_of_block, 59 so."""
    cdef const Network *net = work.net
    cdef double numbers[BLOCK][5]
    cdef double eta
    cdef double *o = work.o
    cdef double *e = o + BLOCK
    cdef Py_ssize_t i, done
    for i in range(block.n):
        eta = work.steps.eta[block.moved + i]
        numbers[i][0] = work.y[block.row[i]]
        numbers[i][1] = eta * block.weights[i]
        numbers[i][2] = 1.0 - eta * work.steps.alpha
        numbers[i][3] = scale[0]
        scale[0] *= numbers[i][2]
        numbers[i][4] = -numbers[i][1] / scale[0]
    done = levels.block_of_one(
        work.v, net.activation, net.output == SIGMOID, net.width, net.n_hidden, block.m, block.n, <const floating **>block.x, block.at,
        numbers, <floating *>work.W1, <floating *>work.b1, <floating *>work.V, <floating *>work.b2, <floating *>work.A,
        <floating *>work.D, <floating *>work.z, o)
    for i in range(done):
        e[i] = -fabs(o[i])
    if net.output == SIGMOID:
        work.v.f64.exponential(done, e, e)
    for i in range(done):
        if net.output == SIGMOID:
            add_loss(&work.losses, block.weights[i], max(o[i], 0.0) - numbers[i][0] * o[i], 1.0 + e[i])       # (LR-3)
        else:
            add_loss(&work.losses, block.weights[i], 0.5 * (o[i] - numbers[i][0]) ** 2, 1.0)
    work.steps.moved += done
    if done == block.n:
        return NONE
    work.steps.place, scale[0] = block.place[done], numbers[done][3]
    return DIVERGED


cdef Py_ssize_t panels_of(const Work *work, int ranks, int rank, const Panel **own) noexcept nogil:
    """Find the panels of a thread; returns how many there are."""
    cdef Py_ssize_t p, n = 0
    for p in range(work.n_panels):
        if p % ranks == rank:
            own[n] = &work.panels[p]
            n += 1
    return n


cdef Trouble steps_of_block(Work *work, const Block *block, int rank, int parity, double *scale_of_W1, floating tag) noexcept nogil:
    """Take the steps of a block, for the hidden units of a thread. Before step i W1 is scale_i (W1_0 + sum_{l<i} x_l D_l), with
    D_l = -step / scale_{l+1} times the slope by the pre-activations: so those of row i are scale_i (x_i W1_0 + sum_{l<i} (x_i . x_l) D_l)
    + b1, (NN-10)."""
    cdef const levels.vectors *v = work.v
    cdef const Network *net = work.net
    cdef const Panel *panel
    cdef Py_ssize_t tile = TILE_BYTES // sizeof(floating), n_tiles = (net.width + tile - 1) // tile, i, c, j, h, u, p, done = block.n
    cdef const floating **x = <const floating **>block.x
    cdef floating *W1 = <floating *>work.W1
    cdef floating *b1 = <floating *>work.b1
    cdef floating *V = <floating *>work.V
    cdef floating *b2 = <floating *>work.b2
    cdef floating *A = <floating *>work.A
    cdef floating *D = <floating *>work.D
    cdef floating *z = <floating *>work.z
    cdef floating *s = <floating *>work.s
    cdef floating *masks = <floating *>work.mask
    cdef floating *mask = NULL
    cdef floating *kept = <floating *>work.kept if net.dropped else z
    cdef floating *G = <floating *>work.G + parity * BLOCK * BLOCK
    cdef double *o = work.o + 2 * rank * (net.n_outputs + LINE)
    cdef floating *delta = <floating *>(o + net.n_outputs + LINE // 2)
    cdef double *shares
    cdef double scale = scale_of_W1[0], eta, keep, step, loss, factor = 1.0
    cdef Trouble trouble = NONE
    cdef const Panel *own[MOST_THREADS]
    cdef Py_ssize_t n_own = panels_of(work, block.ranks, rank, own)
    for p in range(n_own):
        panel = own[p]
        levels.product(v, block.m, block.n, x, block.at, panel.stride, panel.width, <const floating *>W1 + panel.of_W1,
                       A + panel.of_block)                                                # (NN-1)
    if rank == 0:
        levels.gram(v, block.m, block.n, x, G)
    for i in range(block.n):
        eta = work.steps.eta[block.moved + i]
        keep, step = 1.0 - eta * work.steps.alpha, eta * block.weights[i]
        if i == 1 and block.ranks > 1:
            team_meet(work.team)                                                          # the Gram entries are there
        shares = work.shares + (i % 2) * n_tiles * net.n_outputs
        for p in range(n_own):
            panel = own[p]
            u = panel.of_units
            levels.hidden(v, net.activation, panel.stride, panel.width, i, <const floating *>A + panel.of_block + i * panel.stride,
                          <const floating *>G + BLOCK * i, <const floating *>D + panel.of_block, <floating>scale,
                          <const floating *>b1 + u, z + u)                                # (NN-2), (NN-10)
            if net.dropped:
                levels.drop(v, panel.first, panel.width, net.dropped, net.key, <uint32_t>(work.t + block.moved + i),
                            <floating>net.kept, <const floating *>z + u, masks + u, kept + u)    # (NN-11)
            for j in range((panel.width + tile - 1) // tile):
                h = j * tile
                share_of_outputs(v, net, panel.stride, min(tile, net.n_hidden - panel.first - h), <const floating *>kept + u + h,
                                 <const floating *>V + panel.of_V + h, s + u + h, shares + (panel.first + h) // tile * net.n_outputs)
        if rank == 0 and net.output != SIGMOID_SUM:
            for c in range(net.n_outputs):
                shares[c] += b2[c]                                                        # (NN-3)
        if block.ranks > 1:
            team_meet(work.team)
        for c in range(net.n_outputs):
            o[c] = shares[c]
            for j in range(1, n_tiles):
                o[c] += shares[j * net.n_outputs + c]
            if not isfinite(o[c]):
                trouble = DIVERGED
        if trouble == DIVERGED:
            done = i
            if rank == 0:
                work.steps.place = block.place[i]
            break
        loss = loss_and_delta(v, net, work.y + block.row[i] * net.n_targets, o, &factor)  # (NN-7)
        for c in range(net.n_outputs):
            delta[c] = <floating>o[c]
        if rank == 0:
            add_loss(&work.losses, block.weights[i], loss, factor)
            work.steps.moved += 1
            if net.output != SIGMOID_SUM:
                for c in range(net.n_outputs):
                    b2[c] -= <floating>(step * o[c])                                      # (NN-9)
        scale *= keep
        for p in range(n_own):
            panel = own[p]
            u, h = panel.of_units, panel.of_block + i * panel.stride
            if net.dropped:
                mask = masks + u
            if net.output == SIGMOID_SUM:
                levels.backward_sum(v, net.activation, panel.width, delta[0], <floating>keep, <floating>step, <floating>(-step / scale),
                                    <const floating *>z + u, <const floating *>mask, <const floating *>s + u, V + panel.of_V, b1 + u, D + h)
            else:
                levels.backward(v, net.activation, panel.stride, panel.width, net.n_outputs, <const floating *>delta, <floating>keep,
                                <floating>step, <floating>(-step / scale), <const floating *>z + u, <const floating *>mask,
                                V + panel.of_V, b1 + u, D + h)
    for p in range(n_own):
        panel = own[p]
        levels.add_outer(v, block.m, done, x, block.at, panel.stride, panel.width, <const floating *>D + panel.of_block,
                         W1 + panel.of_W1)                                                # (NN-9)
    scale_of_W1[0] = scale
    return trouble


cdef void fold(Work *work, int ranks, int rank, double *scale, floating tag) noexcept nogil:
    """Multiply the factor of W1 into the hidden units of a thread."""
    cdef const Panel *own[MOST_THREADS]
    cdef const Panel *panel
    cdef floating *W1
    cdef floating factor = <floating>scale[0]
    cdef Py_ssize_t p, j
    if scale[0] == 1.0:
        return
    scale[0] = 1.0
    for p in range(panels_of(work, ranks, rank, own)):
        panel = own[p]
        W1 = <floating *>work.W1 + panel.of_W1
        for j in range(work.net.n_features):
            levels.scale_add(work.v, panel.width, factor, W1 + j * panel.stride, <floating>0, <const floating *>W1 + j * panel.stride)


cdef Trouble take_block_of_steps(Work *work, const Block *block, int rank, int parity, double *scale, Py_ssize_t *since,
                                 floating tag) noexcept nogil:
    """steps_of_block, and what has to be done now and then."""
    cdef const Network *net = work.net
    cdef Trouble trouble
    if net.n_outputs == 1 and net.output in (SIGMOID, LINEAR) and not net.dropped and net.width * sizeof(floating) <= TILE_BYTES:
        trouble = block_of_one(work, block, scale, tag)
    else:
        trouble = steps_of_block(work, block, rank, parity, scale, tag)
    since[0] += block.n
    if since[0] >= FOLD or scale[0] < SMALLEST_SCALE:
        fold(work, block.ranks, rank, scale, tag)
        since[0] = 0
    return trouble


cdef void help(Work *work, int rank, floating tag) noexcept nogil:
    """What every thread but the first does in a pass."""
    cdef const Block *block
    cdef double scale
    cdef Py_ssize_t since
    cdef Trouble trouble
    while True:
        team_meet(work.team)
        if work.over:
            return
        block = &work.blocks[work.parity]  # the first thread goes on to the next only after this one has met it in this one
        scale, since = block.scale, block.since
        trouble = take_block_of_steps(work, block, rank, work.parity, &scale, &since, tag)
        if block.parting or trouble != NONE:
            team_meet(work.team)


cdef void dismiss(Work *work) noexcept nogil:
    """Let the others find that they are not needed any more."""
    work.over = True
    team_meet(work.team)


cdef void lead(Work *work, floating tag) noexcept nogil:
    """What the first thread does: it chooses the rows, and whether the others help. Where they are late, since their CPUs are busy
    with something else, it goes on alone, for so long that the attempt has cost a fiftieth."""
    global alone_until
    cdef Block *block
    cdef Py_ssize_t since = 0, alone = ALONE, tried = 0
    cdef double scale = 1.0, start, seconds, best_alone = 1e300, together = 0.0
    cdef int ranks = team_size(work.team) if work.n_panels > 1 else 1
    cdef bint several = ranks > 1
    while work.trouble == NONE:
        work.parity = 1 - work.parity
        block = &work.blocks[work.parity]
        start = team_clock() if several else 0.0
        collect(work, block, <floating *>(work.scratch + work.parity * work.scratch_bytes),
                work.places + work.parity * work.n_places, tag)
        if not block.n:
            break
        block.scale, block.since = scale, since
        block.ranks = ranks if several and not alone else 1
        block.parting = tried <= WARM
        if block.ranks > 1:
            team_meet(work.team)
        work.trouble = take_block_of_steps(work, block, 0, work.parity, &scale, &since, tag)
        if block.ranks > 1 and (block.parting or work.trouble != NONE):
            team_meet(work.team)
        if not several:
            continue
        seconds = team_clock() - start
        if block.ranks == 1:
            best_alone, alone = min(best_alone, seconds), alone - 1
            continue
        tried += 1
        if tried <= WARM:
            continue
        # one block that is late, as when the CPU takes an interrupt, says nothing
        together = seconds if together == 0.0 else 0.875 * together + 0.125 * min(seconds, 3 * best_alone)
        if together > best_alone:
            alone_until = start + seconds + 50 * (WARM + 1) * max(seconds, together)
            dismiss(work)
            several = False
    if several:
        dismiss(work)
    fold(work, 1, 0, &scale, tag)


cdef void share_out(Panel *panels, Py_ssize_t n_panels, const Network *net, Py_ssize_t tile, Py_ssize_t gap) noexcept:
    """Tiles of hidden units to the panels; they lie apart if there is a gap."""
    cdef Py_ssize_t n_tiles = (net.width + tile - 1) // tile, p, first, width
    for p in range(n_panels):
        first = n_tiles * p // n_panels * tile
        width = min(net.width, n_tiles * (p + 1) // n_panels * tile) - first
        if gap:
            panels[p] = Panel(first, width, width, net.n_features * first + p * gap, net.n_outputs * first + p * gap,
                              BLOCK * first + p * gap, first + p * gap)
        else:
            panels[p] = Panel(first, width, net.width, first, first, first, first)


def _of_panel(Panel panel, own, n_features, n_outputs, filled):
    """Return pairs: the part of W1, b1 and V in the memory of a panel, and that of the whole."""
    starts = (panel.of_W1, n_features), (panel.of_units, 1), (panel.of_V, n_outputs)
    units = slice(panel.first, panel.first + panel.width)
    return [(memory[start:start + n * panel.width].reshape(n, panel.width), whole[:, units])
            for memory, (start, n), whole in zip(own, starts, filled)]


cdef void work_of_f32(void *work, int rank) noexcept nogil:
    if rank == 0:
        lead(<Work *>work, <float>0)
    else:
        help(<Work *>work, rank, <float>0)


cdef void work_of_f64(void *work, int rank) noexcept nogil:
    if rank == 0:
        lead(<Work *>work, <double>0)
    else:
        help(<Work *>work, rank, <double>0)


def two_layer_outputs(
    X not None,
    center,
    scale,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    output,
    activation="relu",
):
    """See hotloop.reference.two_layer_outputs. The GIL is released."""
    own_W2, own_b1 = np.asarray(W2), np.asarray(b1)
    cdef Network net = new_network(X, None, center, scale, np.asarray(W1), own_b1, own_W2, np.asarray(b2), output, activation, 0.0, 0)
    cdef NetworkRows given = NetworkRows(X, net.n_features)
    cdef Py_ssize_t n_samples = given.source.n_samples, most = 1 if given.source.sparse else BLOCK, q, start, n, m, i, j, c, h
    cdef Py_ssize_t tile = TILE_BYTES // sizeof(floating), n_tiles = (net.width + tile - 1) // tile
    dtype = own_b1.dtype
    values = np.empty((n_samples, net.n_outputs))
    cdef double[:, ::1] o = values
    cdef const floating[:, ::1] W = filled_up(np.asarray(W1)), V = filled_up(own_W2.T), b = filled_up(own_b1[None])
    cdef floating[::1] scratch = aligned(given.source.room, dtype), s = aligned(net.width, dtype)
    cdef floating[:, ::1] A = aligned((BLOCK, net.width), dtype)
    cdef double[::1] share = np.empty(net.n_outputs)
    cdef int32_t[::1] places = np.empty(given.source.room if given.source.sparse else 1, np.int32)
    cdef const floating[::1] center_of = None if given.source.sparse else center, scale_of = scale
    cdef const levels.vectors *v = levels.active
    cdef const floating *center0 = NULL
    cdef const floating *scale0 = NULL
    if center_of is not None:
        center0 = &center_of[0]
    if scale_of is not None:
        scale0 = &scale_of[0]
    cdef const floating *x[BLOCK]
    cdef Py_ssize_t row[BLOCK]
    cdef const int32_t *at
    cdef bint malformed = False
    with nogil:
        for q in range((n_samples + most - 1) // most):
            start = q * most
            n = min(most, n_samples - start)
            for i in range(n):
                row[i] = start + i
            m = take_block(v, &given.source, n, row, center0, scale0, &scratch[0], &places[0], x, &at)
            if m < 0:
                malformed = True
                break
            levels.product(v, m, n, x, at, net.width, net.width, &W[0, 0], &A[0, 0])      # (NN-1)
            for i in range(n):
                levels.activate(v, net.activation, net.width, &b[0, 0], &A[i, 0])         # (NN-2)
                for c in range(net.n_outputs):
                    o[start + i, c] = 0.0 if net.output == SIGMOID_SUM else b2[c]
                for j in range(n_tiles):
                    h = j * tile
                    share_of_outputs(v, &net, net.width, min(tile, net.n_hidden - h), <const floating *>&A[i, h], &V[0, h], &s[h],
                                     &share[0])
                    for c in range(net.n_outputs):
                        o[start + i, c] += share[c]                                       # (NN-3), (NN-4)
    if malformed:
        raise ValueError("a row of X does not lie in its arrays")
    return values


def two_layer_pass(
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
    activation="relu",
    double dropout=0.0,
    key=0,
    t=0,
    int n_jobs=1,
):
    """See hotloop.reference.two_layer_pass. The GIL is released; X, y and the other inputs may be read-only."""
    own_W1, own_b1, own_W2, own_b2 = np.asarray(W1), np.asarray(b1), np.asarray(W2), np.asarray(b2)
    cdef const double[:, ::1] Y = targets_of(y)
    cdef Network net = new_network(X, np.asarray(Y), center, scale, own_W1, own_b1, own_W2, own_b2, output, activation, dropout, key)
    cdef NetworkRows given = NetworkRows(X, net.n_features)
    cdef Py_ssize_t n_samples = given.source.n_samples, n_tiles
    if Y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step")
    if order.shape[0] == 0:
        return 0.0, 0
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    dtype = own_b1.dtype
    filled_W1, filled_b1, filled_V = filled_up(own_W1), filled_up(own_b1[None]), filled_up(own_W2.T)
    n_tiles = (net.width * dtype.itemsize + TILE_BYTES - 1) // TILE_BYTES
    n_jobs = max(1, min(n_jobs, n_tiles, MOST_THREADS)) if team_clock() >= alone_until else 1
    cdef Panel panels[MOST_THREADS]
    cdef bint apart = n_jobs > 1 and not given.source.sparse  # of sparse rows a copy of W1 may cost more than the pass
    cdef Py_ssize_t gap = GAP // dtype.itemsize if apart else 0, width = net.width + n_jobs * gap
    share_out(panels, n_jobs, &net, TILE_BYTES // dtype.itemsize, gap)
    own = [filled_W1, filled_b1, filled_V]
    if apart:
        own = [aligned(len(a) * net.width + n_jobs * gap, dtype) for a in own]
    for p in range(n_jobs if apart else 0):
        for place, array in _of_panel(panels[p], own, net.n_features, net.n_outputs, (filled_W1, filled_b1, filled_V)):
            place[:] = array
    cdef floating[::1] W = own[0].reshape(-1), V = own[2].reshape(-1), b = own[1].reshape(-1)
    cdef floating[:, ::1] scratch = aligned((2, given.source.room), dtype)
    cdef floating[::1] A = aligned(BLOCK * net.width + n_jobs * gap, dtype), D = aligned(BLOCK * net.width + n_jobs * gap, dtype)
    cdef floating[:, ::1] units = aligned((4, width), dtype)
    cdef floating[::1] G = aligned(2 * BLOCK * BLOCK, dtype)
    cdef double[:, ::1] o = aligned((n_jobs, 2 * (net.n_outputs + LINE)), np.float64)
    cdef double[::1] shares = aligned(2 * n_tiles * net.n_outputs, np.float64)
    cdef int32_t[:, ::1] places = np.empty((2, given.source.room if given.source.sparse else 1), np.int32)
    cdef const floating[::1] center_of = None if given.source.sparse else center, scale_of = scale
    cdef double zero = 0.0
    cdef Steps steps = new_steps(order, np.asarray(Y)[:, 0], sample_weight, n_samples, net.n_outputs)
    if net.output != SOFTMAX:  # y holds targets, any numbers: every row is of the one class there is
        steps.y, steps.y_stride, steps.n_classes = &zero, 0, 1
    steps.eta, steps.alpha = &eta[0], alpha
    cdef const floating *center0 = NULL
    cdef const floating *scale0 = NULL
    if center_of is not None:
        center0 = &center_of[0]
    if scale_of is not None:
        scale0 = &scale_of[0]
    cdef team threads
    cdef Block block
    block.n = 0
    cdef Work work = Work(
        v=levels.active, team=&threads, steps=&steps, losses=LossSum(0.0, 1.0, 0.0), net=&net, panels=&panels[0], n_panels=n_jobs,
        rows=&given.source, y=&Y[0, 0], center=center0, scale_of_x=scale0, W1=&W[0], b1=&b[0], V=&V[0], b2=&b2[0],
        scratch=<char *>&scratch[0, 0], scratch_bytes=given.source.room * sizeof(floating), places=&places[0, 0],
        n_places=places.shape[1], A=&A[0], D=&D[0],
        z=&units[0, 0], s=&units[1, 0], mask=&units[2, 0], kept=&units[3, 0], G=&G[0], o=&o[0, 0], shares=&shares[0], t=t,
        blocks=[block, block], parity=0, over=False, trouble=NONE)
    with nogil:
        if n_jobs == 1:
            lead(&work, <floating>0)
        elif floating is float:
            team_run(&threads, n_jobs, work_of_f32, &work)
        else:
            team_run(&threads, n_jobs, work_of_f64, &work)
    for p in range(n_jobs if apart else 0):
        for place, array in _of_panel(panels[p], own, net.n_features, net.n_outputs, (filled_W1, filled_b1, filled_V)):
            array[:] = place
    if filled_W1 is not own_W1:
        own_W1[:] = filled_W1[:, :net.n_hidden]
    own_b1[:] = filled_b1[0, :net.n_hidden]
    own_W2.T[:] = filled_V[:, :net.n_hidden]
    if work.trouble == DIVERGED:
        raise FloatingPointError(f"an output of row {order[steps.place]} is not finite at step {steps.place} of the pass")
    if work.trouble != NONE:
        raise what_is_wrong(work.trouble, steps.place, order, np.asarray(Y)[:, 0], n_samples, net.n_outputs)
    return settled(&work.losses), steps.moved
