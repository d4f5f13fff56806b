"""The two-layer network: the steps of a block of rows, by one thread or by several that share the hidden units.

Equations (NN-1) to (NN-11). Eight dense rows are one block (docs/decisions/0023): two products of the rows with W1, one before the
first of its steps and one after the last, and in between only what is n_hidden or n_outputs long. CSR rows are blocks of one: they
touch their own rows of W1 only.
"""
from cython cimport floating
from libc.math cimport fabs, isfinite
from libc.stdint cimport uint32_t

from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Status, Steps, next_row
from hotloop.kernels.threads.pool cimport MAX_THREADS
from hotloop.kernels.two_layer.network cimport (
    BLOCK, LINE, LINEAR, ONE_OUTPUT, SEVERAL_OUTPUTS, SIGMOID, SUM_OF_SIGMOIDS, TILE_BYTES, Dropout, Head, Network, RowBlock, add_loss,
    partial_outputs, prefetch_block, take_block,
)
from hotloop.kernels.two_layer.panels cimport Panel
from hotloop.kernels.vectors cimport levels

cdef enum:
    MAX_SINCE = 64  # steps after which W1 is multiplied by its scale, so that the scale stays far from 0

cdef double SMALLEST_SCALE = 2.0**-20
cdef double STRONG_L2 = 0.5  # eta alpha of a step, from which its row is a block of its own


cdef struct Share:
    # What one thread takes of a block.
    int rank
    Py_ssize_t n_panels
    const Panel *panels[MAX_THREADS]
    double *o
    void *delta              # o in the type of the weights, once it is the gradient
    void *G


cdef void set_share(Share *share, const Work *work, const Block *block, int rank, floating tag) noexcept nogil:
    """Find what a thread takes of a block."""
    cdef int p, parity = block == &work.blocks[1]
    share.rank, share.n_panels = rank, 0
    for p in range(work.n_panels):
        if p % block.n_threads == rank:
            share.panels[share.n_panels] = &work.panels[p]
            share.n_panels += 1
    share.o = work.o + 2 * rank * (work.net.n_outputs + LINE)
    share.delta = share.o + work.net.n_outputs + LINE // 2
    share.G = <floating *>work.G + parity * BLOCK * BLOCK


cdef void next_block(Work *work, Block *block, int parity, floating tag) noexcept nogil:
    """Find and read the next rows whose weight is not 0; there are none where the pass is over or a row is refused."""
    cdef Steps *steps = work.steps
    cdef RowBlock *rows = &block.rows
    cdef Py_ssize_t most = 1 if work.rows.sparse else BLOCK, slot = parity * most
    rows.n, block.n_updates = 0, steps.n_updates
    while work.status == OK and rows.n < most and steps.next < steps.n_steps:
        if steps.eta[steps.n_updates + rows.n] * steps.alpha > STRONG_L2:  # eight such factors are below what a float holds
            if rows.n:
                break
            most = 1
        work.status = next_row(steps, &rows.row[rows.n], &rows.weight[rows.n])
        if work.status == OK and rows.weight[rows.n] != 0.0:  # a row of weight 0 takes no step
            rows.place[rows.n] = steps.place
            rows.n += 1
    prefetch_block(work.v, work.rows, steps, most)  # while this block is worked on
    if rows.n:
        block.m = take_block(work.v, work.rows, rows, slot, <const floating **>block.x, &block.at)
        if block.m < 0:
            work.status, rows.n = BAD_ROW, 0


cdef inline Status block_of_one(Work *work, const Block *block, double *scale, floating tag, bint sigmoid) noexcept nogil:
    """Take a block of a network of one output and one tile of hidden units, in one call.

    One row of 28-32-1 takes 93 ns by steps_of_block, 59 so.
    """
    cdef const RowBlock *rows = &block.rows
    cdef levels.row_step steps[BLOCK]
    cdef double eta, o
    cdef double *e = work.o
    cdef Py_ssize_t i, done
    for i in range(rows.n):
        eta = work.steps.eta[block.n_updates + i]
        steps[i].y = work.targets[rows.row[i] * work.target_stride]
        steps[i].step = eta * rows.weight[i]
        steps[i].decay = 1.0 - eta * work.steps.alpha
        steps[i].scale = scale[0]
        scale[0] *= steps[i].decay
        steps[i].factor = -steps[i].step / scale[0]
    done = levels.block_of_one(work.v, &work.panels[0].layer, block.m, rows.n, <const floating **>block.x, block.at, steps,
                               <floating *>work.A, <floating *>work.D, <floating *>work.z)
    for i in range(done):
        e[i] = -fabs(steps[i].output)
    if sigmoid:
        levels.exponential(work.v, done, e, e)
    for i in range(done):
        o = steps[i].output
        if sigmoid:
            add_loss(&work.losses, rows.weight[i], max(o, 0.0) - steps[i].y * o, 1.0 + e[i])                       # (LR-3)
        else:
            add_loss(&work.losses, rows.weight[i], 0.5 * (o - steps[i].y) ** 2, 1.0)
    work.steps.n_updates += done
    if done == rows.n:
        return OK
    work.steps.place, scale[0] = rows.place[done], steps[done].scale
    return DIVERGED


cdef inline void products_of_block(Work *work, const Block *block, const Share *share, floating tag) noexcept nogil:
    """Compute x W1 of the panels of a thread, and the first thread also the Gram entries."""
    cdef const Panel *panel
    cdef const floating **x = <const floating **>block.x
    cdef Py_ssize_t p
    for p in range(share.n_panels):
        panel = share.panels[p]
        levels.product(work.v, block.m, block.rows.n, x, block.at, panel.layer.stride, panel.layer.width,
                       <const floating *>panel.layer.W1, <floating *>work.A + panel.of_block)                      # (NN-1)
    if share.rank == 0:
        levels.gram(work.v, block.m, block.rows.n, x, <floating *>share.G)


cdef inline void hidden_units(
    Work *work, const Block *block, const Share *share, Py_ssize_t i, double scale, double *parts, floating tag, Head head, bint dropped
) noexcept nogil:
    """Compute the hidden units of a thread for row i of a block, and the parts of the outputs of their tiles."""
    cdef const Network *net = work.net
    cdef const Dropout *dropout = work.dropout
    cdef const Panel *panel
    cdef floating *z = <floating *>work.z
    cdef floating *kept = <floating *>work.kept
    cdef Py_ssize_t tile = TILE_BYTES // sizeof(floating), p, j, h, u, width
    for p in range(share.n_panels):
        panel = share.panels[p]
        u = panel.of_units
        width = panel.layer.width
        levels.hidden(work.v, &panel.layer, i, <const floating *>work.A + panel.of_block + i * panel.layer.stride,
                      <const floating *>share.G + BLOCK * i, <const floating *>work.D + panel.of_block, <floating>scale,
                      z + u)                                                              # (NN-2), (NN-10)
        if dropped:
            levels.drop(work.v, panel.first, width, dropout.limit, dropout.key, <uint32_t>(dropout.t + block.n_updates + i),
                        <floating>dropout.factor, <const floating *>z + u, <floating *>work.mask + u, kept + u)    # (NN-11)
        for j in range((width + tile - 1) // tile):
            h = j * tile
            partial_outputs(work.v, head, net.n_outputs, panel.layer.stride, min(tile, net.n_hidden - panel.first - h),
                            <const floating *>kept + u + h, <const floating *>panel.layer.V + h, <floating *>work.s + u + h,
                            parts + (panel.first + h) // tile * net.n_outputs)


cdef bint sum_of_parts(const Network *net, const double *parts, Py_ssize_t n_tiles, double *o) noexcept nogil:
    """Add the parts of the outputs, tile by tile; False where an output is not finite."""
    cdef bint finite = True
    cdef Py_ssize_t c, j
    for c in range(net.n_outputs):
        o[c] = parts[c]
        for j in range(1, n_tiles):
            o[c] += parts[j * net.n_outputs + c]
        finite = finite and isfinite(o[c])
    return finite


cdef inline void backward(
    Work *work, const Share *share, Py_ssize_t i, double keep, double step, double scale, floating tag, Head head, bint dropped
) noexcept nogil:
    """Take the step of row i of a block for the hidden units of a thread; D becomes the row's part of the step of W1."""
    cdef const Panel *panel
    cdef const floating *delta = <const floating *>share.delta
    cdef const floating *mask = NULL
    cdef const floating *z
    cdef floating *d
    cdef floating factor = <floating>(-step / scale)
    cdef Py_ssize_t p, u
    for p in range(share.n_panels):
        panel = share.panels[p]
        u = panel.of_units
        z = <const floating *>work.z + u
        d = <floating *>work.D + panel.of_block + i * panel.layer.stride
        if dropped:
            mask = <const floating *>work.mask + u
        if head == SUM_OF_SIGMOIDS:
            levels.backward_sum(work.v, &panel.layer, delta[0], <floating>keep, <floating>step, factor, z, mask,
                                <const floating *>work.s + u, d)
        else:
            levels.backward(work.v, &panel.layer, delta, <floating>keep, <floating>step, factor, z, mask, d)


cdef inline Status steps_of_block(
    Work *work, const Block *block, int rank, double *scale, floating tag, Head head, bint dropped
) noexcept nogil:
    """Take the steps of a block for the hidden units of a thread.

    Before step i W1 is scale_i (W1_0 + sum_{l<i} x_l D_l), with D_l = -step / scale_{l+1} times the gradient by the pre-activations. So
    the pre-activations of row i are scale_i (x_i W1_0 + sum_{l<i} (x_i . x_l) D_l) + b1, (NN-10).
    """
    cdef const Network *net = work.net
    cdef const RowBlock *rows = &block.rows
    cdef const Panel *panel
    cdef Py_ssize_t n_tiles = (net.width * sizeof(floating) + TILE_BYTES - 1) // TILE_BYTES, i, c, p, done = rows.n
    cdef floating *b2 = <floating *>work.panels[0].layer.b2
    cdef double *parts
    cdef double *o
    cdef double eta, keep, step, loss, factor = 1.0
    cdef bint with_b2 = head != SUM_OF_SIGMOIDS
    cdef Share share
    set_share(&share, work, block, rank, tag)
    o = share.o
    products_of_block(work, block, &share, tag)
    for i in range(rows.n):
        eta = work.steps.eta[block.n_updates + i]
        keep, step = 1.0 - eta * work.steps.alpha, eta * rows.weight[i]
        if i == 1:
            block.wait(work.pool)                                                         # the Gram entries are there
        parts = work.parts + (i % 2) * n_tiles * net.n_outputs
        hidden_units(work, block, &share, i, scale[0], parts, tag, head, dropped)
        if rank == 0 and with_b2:
            for c in range(net.n_outputs):
                parts[c] += b2[c]                                                         # (NN-3)
        block.wait(work.pool)
        if not sum_of_parts(net, parts, n_tiles, o):
            done = i
            if rank == 0:
                work.steps.place = rows.place[i]
            break
        loss = net.loss_and_delta(work.v, net.n_outputs, work.targets + rows.row[i] * work.target_stride, o, &factor)  # (NN-7)
        for c in range(net.n_outputs):
            (<floating *>share.delta)[c] = <floating>o[c]
        if rank == 0:
            add_loss(&work.losses, rows.weight[i], loss, factor)
            work.steps.n_updates += 1
            if with_b2:
                for c in range(net.n_outputs):
                    b2[c] -= <floating>(step * o[c])                                      # (NN-9)
        scale[0] *= keep
        backward(work, &share, i, keep, step, scale[0], tag, head, dropped)
    for p in range(share.n_panels):
        panel = share.panels[p]
        levels.add_outer(work.v, block.m, done, <const floating **>block.x, block.at, panel.layer.stride, panel.layer.width,
                         <const floating *>work.D + panel.of_block, <floating *>panel.layer.W1)                    # (NN-9), (NN-10)
    return OK if done == rows.n else DIVERGED


cdef void multiply_by_scale(Work *work, int n_threads, int rank, double *scale, floating tag) noexcept nogil:
    """Multiply W1 by its scale, which becomes 1, for the hidden units of a thread."""
    cdef const Panel *panel
    cdef floating *W1
    cdef floating factor = <floating>scale[0]
    cdef Py_ssize_t p, j, stride
    if scale[0] == 1.0:
        return
    scale[0] = 1.0
    for p in range(work.n_panels):
        if p % n_threads != rank:
            continue
        panel = &work.panels[p]
        W1, stride = <floating *>panel.layer.W1, panel.layer.stride
        for j in range(work.net.n_features):
            levels.scale_add(work.v, panel.layer.width, factor, W1 + j * stride, <floating>0, <const floating *>W1 + j * stride)


cdef Status chosen_steps(Work *work, const Block *block, int rank, double *scale, floating tag) noexcept nogil:
    """Choose the loop over the rows of a block: its last arguments are constant, so that the compiler makes one of it for each kind."""
    cdef const Network *net = work.net
    cdef bint one_tile = net.width * sizeof(floating) <= TILE_BYTES
    if work.dropout.limit:
        if net.head == SUM_OF_SIGMOIDS:
            return steps_of_block(work, block, rank, scale, tag, SUM_OF_SIGMOIDS, True)
        if net.head == SEVERAL_OUTPUTS:
            return steps_of_block(work, block, rank, scale, tag, SEVERAL_OUTPUTS, True)
        return steps_of_block(work, block, rank, scale, tag, ONE_OUTPUT, True)
    if net.head == SUM_OF_SIGMOIDS:
        return steps_of_block(work, block, rank, scale, tag, SUM_OF_SIGMOIDS, False)
    if net.head == SEVERAL_OUTPUTS:
        return steps_of_block(work, block, rank, scale, tag, SEVERAL_OUTPUTS, False)
    if one_tile and net.output == SIGMOID:
        return block_of_one(work, block, scale, tag, True)
    if one_tile and net.output == LINEAR:
        return block_of_one(work, block, scale, tag, False)
    return steps_of_block(work, block, rank, scale, tag, ONE_OUTPUT, False)


cdef Status take_steps(Work *work, const Block *block, int rank, double *scale, Py_ssize_t *since, floating tag) noexcept nogil:
    """Take the steps of a block for the hidden units of a thread, and multiply W1 by its scale where it is due."""
    cdef Status status = chosen_steps(work, block, rank, scale, tag)
    since[0] += block.rows.n
    if since[0] >= MAX_SINCE or scale[0] < SMALLEST_SCALE:
        multiply_by_scale(work, block.n_threads, rank, scale, tag)
        since[0] = 0
    return status
