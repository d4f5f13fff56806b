"""The two-layer network: one pass of minibatch training by SGD with momentum, Adam or AdamW.

Equations (NN-1) to (NN-8) and (NN-11) to (NN-13). The gradients of a batch are summed as in gradients.pyx, and the step is taken once a
batch. CSR rows move only the rows of W1 that a batch touches, and so do the moments of these rows. Memory order as in sgd.pyx. A row
costs about 6 k H + 6 H C flops, a batch about 10 k H more. Iterates equal the reference to rounding.
"""
from cython cimport floating
from libc.math cimport pow, sqrt
from libc.stdint cimport uint32_t

from hotloop.kernels.rows.source cimport Rows
from hotloop.kernels.rows.steps cimport DIVERGED, OK, Pass, Status, Steps, next_row
from hotloop.kernels.two_layer.gradients cimport Gradients, add_rows, clear, new_gradients
from hotloop.kernels.two_layer.network cimport (
    BLOCK, SIGMOID_SUM, CheckedNetwork, Dropout, PaddedWeights, RowBlock, Weights, Workspace, new_dropout, new_pass, pass_error,
    prefetch_block, slots_of, sum_of_losses,
)
from hotloop.kernels.vectors cimport levels

import hotloop.structs as structs

cdef enum Rule:
    SGD
    ADAM
    ADAMW

cdef dict RULE = dict(zip(structs.OPTIMIZERS, (SGD, ADAM, ADAMW), strict=True))


cdef struct Optimizer:
    Rule rule
    Py_ssize_t batch_size
    Py_ssize_t n_batches     # that the moments have seen
    double momentum
    bint nesterov
    double beta_1
    double beta_2
    double epsilon
    Weights first            # velocities of SGD; first moments
    Weights second
    # of a batch
    double eta
    double share             # 1 / its rows
    double correction        # of the bias of the moments


cdef Status add_batch(Gradients *g, Steps *steps, Py_ssize_t batch_size, Py_ssize_t *n_rows, floating tag) noexcept nogil:
    """Add the gradients of the next batch to the sums, which are 0; n_rows becomes the rows that it has."""
    cdef Py_ssize_t most = 1 if g.rows.sparse else BLOCK, bad = 0
    cdef RowBlock block
    cdef Status status = OK
    cdef uint32_t step = <uint32_t>(g.dropout.t + steps.n_updates)
    n_rows[0] = 0
    while n_rows[0] < batch_size and steps.next < steps.n_steps:
        block.n = 0
        while block.n < min(most, batch_size - n_rows[0]) and steps.next < steps.n_steps:
            status = next_row(steps, &block.row[block.n], &block.weight[block.n])
            if status != OK:
                return status
            if block.weight[block.n] != 0.0:
                block.place[block.n] = steps.place
                block.n += 1
        prefetch_block(g.v, g.rows, steps, most)
        if block.n == 0:
            break
        status = add_rows(g, &block, step + <uint32_t>n_rows[0], &bad, tag)
        if status == DIVERGED:
            steps.place = block.place[bad]
        if status != OK:
            return status
        n_rows[0] += block.n
    return OK


cdef void update(
    const levels.vectors *v, const Optimizer *o, double alpha, Py_ssize_t n, const floating *g, floating *w, floating *first,
    floating *second
) noexcept nogil:
    """Take the step of n weights w by their gradient g."""
    cdef levels.adam_rule rule = levels.adam_rule(o.eta * o.correction, alpha, 1.0, o.beta_1, o.beta_2, o.epsilon)
    if o.rule == SGD:
        levels.momentum(v, n, g, w, first, <floating>o.eta, <floating>alpha, <floating>o.momentum, o.nesterov)  # (NN-12)
        return
    if o.rule == ADAMW:
        rule.alpha, rule.decay = 0.0, 1.0 - o.eta * alpha
    levels.adam(v, n, g, w, first, second, &rule)                                         # (NN-13)


cdef void average_and_update(
    const levels.vectors *v, const Optimizer *o, double alpha, Py_ssize_t n, floating *g, floating *w, floating *first, floating *second
) noexcept nogil:
    """Divide the sum g of the gradients by the rows of the batch, and take the step of n weights w."""
    levels.scale_add(v, n, <floating>o.share, g, <floating>0, <const floating *>g)
    update(v, o, alpha, n, <const floating *>g, w, first, second)


cdef void update_network(Gradients *g, const Optimizer *o, double alpha, floating tag) noexcept nogil:
    """Take the step of a batch."""
    cdef Py_ssize_t width = g.net.width, C = g.net.n_outputs, i, j, c
    cdef floating *dW1 = <floating *>g.sums.W1
    cdef floating *W1 = <floating *>g.weights.W1
    cdef floating *first = <floating *>o.first.W1
    cdef floating *second = <floating *>o.second.W1
    cdef floating *db2 = <floating *>g.sums.b2
    if g.rows.sparse:
        for i in range(g.n_columns):
            j = g.columns[i] * width
            average_and_update(g.v, o, alpha, width, dW1 + j, W1 + j, first + j, second + j)
    else:
        average_and_update(g.v, o, alpha, g.net.n_features * width, dW1, W1, first, second)
    average_and_update(g.v, o, 0.0, width, <floating *>g.sums.b1, <floating *>g.weights.b1, <floating *>o.first.b1,
                       <floating *>o.second.b1)
    average_and_update(g.v, o, alpha, C * width, <floating *>g.sums.V, <floating *>g.weights.V, <floating *>o.first.V,
                       <floating *>o.second.V)
    if g.net.output != SIGMOID_SUM:
        for c in range(C):
            db2[c] = <floating>(g.db2[c] * o.share)
        update(g.v, o, 0.0, C, <const floating *>db2, <floating *>g.weights.b2, <floating *>o.first.b2, <floating *>o.second.b2)


cdef Status take_batches(Gradients *g, Steps *steps, Optimizer *o, floating tag) noexcept nogil:
    """Train on the rows of all steps; steps.loss becomes the sum of the losses of the batches that were taken."""
    cdef Py_ssize_t n_rows = 0
    cdef Status status = OK
    while steps.next < steps.n_steps:
        clear(g, tag)
        status = add_batch(g, steps, o.batch_size, &n_rows, tag)
        if status != OK or n_rows == 0:
            break
        steps.loss = sum_of_losses(&g.losses)
        o.n_batches += 1
        o.eta, o.share = steps.eta[steps.n_updates], 1.0 / n_rows
        if o.rule != SGD:
            o.correction = sqrt(1.0 - pow(o.beta_2, o.n_batches)) / (1.0 - pow(o.beta_1, o.n_batches))
        update_network(g, o, steps.alpha, tag)
        steps.n_updates += n_rows
    return status


cdef Optimizer new_optimizer(optimizer) except *:
    """Return the optimizer of hotloop.structs, checked, without moments."""
    if optimizer.name not in RULE:
        raise ValueError(f"optimizer is {optimizer.name!r}, expected one of {', '.join(RULE)}")
    if optimizer.batch_size < 1:
        raise ValueError(f"batch_size is {optimizer.batch_size}, expected a positive number")
    if not 0 <= optimizer.n_batches < 2**62:
        raise ValueError(f"n_batches is {optimizer.n_batches}, expected a number from 0 to below 2^62")
    cdef Weights none = Weights(NULL, NULL, NULL, NULL)
    return Optimizer(
        RULE[optimizer.name], optimizer.batch_size, optimizer.n_batches, optimizer.momentum, optimizer.nesterov, optimizer.beta_1,
        optimizer.beta_2, optimizer.epsilon, none, none, 0.0, 1.0, 1.0)


cdef list padded_moments(moments, network, int n_sets):
    """Return what the optimizer keeps for each weight, once or twice, as padded weights."""
    weights = network.W1, network.b1, network.W2, network.b2
    kept = list(moments)[:4 * n_sets]
    if len(kept) < 4 * n_sets or any(
        m.shape != w.shape or m.dtype != w.dtype or not m.flags.carray for m, w in zip(kept, n_sets * weights, strict=True)
    ):
        raise ValueError(f"moments must be {4 * n_sets} arrays of the shapes and the type of W1, b1, W2, b2")
    return [PaddedWeights(*kept[4 * k:4 * k + 4]) for k in range(n_sets)]


def two_layer_minibatch_pass(rows not None, steps not None, network not None, optimizer not None, moments not None, dropout not None):
    """See hotloop.reference.two_layer_minibatch_pass. The GIL is released; what is not overwritten may be read-only."""
    cdef CheckedNetwork net = CheckedNetwork(network, True)
    cdef Rows given = Rows(rows, net.itemsize, net.sizes.n_features, slots_of(rows, 1))
    cdef Pass taken = new_pass(steps, given.source.n_samples, &net.sizes)
    cdef Dropout drop = new_dropout(dropout)
    cdef Optimizer batches = new_optimizer(optimizer)
    if taken.steps.n_steps == 0:
        return 0.0, 0
    cdef Workspace space = Workspace()
    cdef Gradients g = new_gradients(net, &given.source, space)
    cdef list kept = padded_moments(moments, network, 1 if batches.rule == SGD else 2)
    cdef PaddedWeights first = kept[0], second = kept[len(kept) - 1]
    batches.first, batches.second = first.weights, second.weights
    g.dropout, g.targets, g.target_stride = &drop, taken.targets, taken.target_stride
    cdef Status status
    with nogil:
        if net.itemsize == sizeof(float):
            status = take_batches(&g, &taken.steps, &batches, <float>0)
        else:
            status = take_batches(&g, &taken.steps, &batches, <double>0)
    net.padded.write_back()
    first.write_back()
    second.write_back()
    if status != OK:
        raise pass_error(taken, status)
    return taken.steps.loss, taken.steps.n_updates
