"""The two-layer network: sums of gradients over rows.

Equations (NN-1) to (NN-8) and (NN-11). Eight dense rows go through the products at once, CSR rows one by one. The gradients are summed
in arrays like the weights, in the order of the rows; CSR rows touch their own rows of W1 only. A row costs about 6 k H + 6 H C flops.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memset

from hotloop.kernels.rows.source cimport Rows, Source
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Status
from hotloop.kernels.two_layer.network cimport (
    BLOCK, LINE, SIGMOID_SUM, CheckedNetwork, Dropout, LossSum, Network, RowBlock, Weights, Workspace, add_loss, layer_of,
    outputs_of_row, slots_of, take_block, times_derivative,
)
from hotloop.kernels.vectors cimport levels


cdef Gradients new_gradients(CheckedNetwork net, const Source *rows, Workspace space) except *:
    """Return sums of 0 and room for a block of rows, which space keeps; without targets, dropout and delta."""
    cdef Gradients g
    cdef Py_ssize_t itemsize = net.itemsize, n_bytes = net.sizes.width * itemsize, C = net.sizes.n_outputs, k = net.sizes.n_features
    memset(&g, 0, sizeof(Gradients))
    g.v, g.net, g.weights, g.rows, g.losses = levels.active, &net.sizes, &net.padded.weights, rows, LossSum(0.0, 1.0, 0.0)
    g.layer = layer_of(&net.sizes, &net.padded.weights)
    g.sums = Weights(space.zeros(k * n_bytes), space.zeros(n_bytes), space.zeros(C * n_bytes), space.zeros(C * itemsize))
    g.db2 = <double *>space.zeros(C * sizeof(double))
    if rows.sparse:
        g.touched, g.columns = <uint8_t *>space.zeros(k), <int32_t *>space.zeros(k * sizeof(int32_t))
    g.A, g.D = space.zeros(BLOCK * n_bytes), space.zeros(BLOCK * n_bytes)
    g.s, g.mask, g.kept = space.zeros(n_bytes), space.zeros(n_bytes), space.zeros(n_bytes)
    g.o, g.part = <double *>space.zeros(C * sizeof(double)), <double *>space.zeros(C * sizeof(double))
    g.delta_of_row = space.zeros((C + LINE) * itemsize)
    return g


cdef void clear(Gradients *g, floating tag) noexcept nogil:
    """Set the sums to 0."""
    cdef Py_ssize_t n_bytes = g.net.width * sizeof(floating), j
    cdef char *dW1 = <char *>g.sums.W1
    if g.rows.sparse:
        for j in range(g.n_columns):
            memset(dW1 + g.columns[j] * n_bytes, 0, n_bytes)
            g.touched[g.columns[j]] = 0
        g.n_columns = 0
    else:
        memset(dW1, 0, g.net.n_features * n_bytes)
    memset(g.sums.b1, 0, n_bytes)
    memset(g.sums.V, 0, g.net.n_outputs * n_bytes)
    memset(g.db2, 0, g.net.n_outputs * sizeof(double))


cdef bint delta_of_row(Gradients *g, Py_ssize_t row, double weight, floating *delta) noexcept nogil:
    """Replace the outputs of a row by weight times the gradient by them, and add it to db2; False where an output is not finite."""
    cdef Py_ssize_t c, C = g.net.n_outputs
    cdef double loss, factor = 1.0
    if g.delta != NULL:
        for c in range(C):
            g.o[c] = g.delta[row * C + c]
    else:
        for c in range(C):
            if not isfinite(g.o[c]):
                return False
        loss = g.net.loss_and_delta(g.v, C, g.targets + row * g.target_stride, g.o, &factor)       # (NN-7)
        add_loss(&g.losses, weight, loss, factor)
    for c in range(C):
        g.o[c] *= weight
        delta[c] = <floating>g.o[c]
        if g.net.output != SIGMOID_SUM:  # which has no b2
            g.db2[c] += g.o[c]
    return True


cdef void hidden_gradient(Gradients *g, const floating *z, const floating *kept, const floating *mask, floating *d) noexcept nogil:
    """Set d to the gradient of a row by its pre-activations, and add that by W2."""
    cdef const levels.vectors *v = g.v
    cdef const Network *net = g.net
    cdef const floating *V = <const floating *>g.layer.V
    cdef const floating *delta = <const floating *>g.delta_of_row
    cdef floating *dV = <floating *>g.sums.V
    cdef floating *s = <floating *>g.s
    cdef floating derivative
    cdef Py_ssize_t j, c
    if net.output == SIGMOID_SUM:
        for j in range(net.n_hidden):
            derivative = delta[0] * s[j] * (1 - s[j])                                     # (NN-5)
            dV[j] += derivative * kept[j]
            s[j] = derivative
        for j in range(net.n_hidden):
            d[j] = s[j] * V[j]
        times_derivative(net, z, mask, d)
    else:
        levels.hidden_gradient(v, &g.layer, delta, z, mask, <floating>1, d)               # (NN-8)
        for c in range(net.n_outputs):
            levels.scale_add(v, net.n_hidden, <floating>1, dV + c * net.width, delta[c], kept)


cdef Status add_rows(Gradients *g, const RowBlock *block, uint32_t step, Py_ssize_t *bad, floating tag) noexcept nogil:
    """Add the gradients of a block of rows, the first of them at this step; bad becomes the row whose outputs are not finite."""
    cdef const levels.vectors *v = g.v
    cdef const Network *net = g.net
    cdef const Dropout *dropout = g.dropout
    cdef Py_ssize_t width = net.width, i, j, m
    cdef const floating *x[BLOCK]
    cdef const int32_t *at = NULL
    cdef floating *D = <floating *>g.D
    cdef floating *mask = NULL
    cdef floating *z
    cdef floating *kept
    m = take_block(v, g.rows, block, 0, x, &at)
    if m < 0:
        return BAD_ROW
    levels.product(v, m, block.n, x, at, width, width, <const floating *>g.weights.W1, <floating *>g.A)             # (NN-1)
    for i in range(block.n):
        z = kept = <floating *>g.A + i * width
        levels.activate(v, net.activation, width, <const floating *>g.weights.b1, z)      # (NN-2)
        if dropout != NULL and dropout.limit:
            mask, kept = <floating *>g.mask, <floating *>g.kept
            levels.drop(v, 0, width, dropout.limit, dropout.key, step + <uint32_t>i, <floating>dropout.factor,
                        <const floating *>z, mask, kept)                                  # (NN-11)
        outputs_of_row(v, net, g.weights, <const floating *>kept, <floating *>g.s, g.part, g.o)                    # (NN-3), (NN-4)
        if not delta_of_row(g, block.row[i], block.weight[i], <floating *>g.delta_of_row):
            bad[0] = i
            return DIVERGED
        hidden_gradient(g, <const floating *>z, <const floating *>kept, <const floating *>mask, D + i * width)
        levels.scale_add(v, net.n_hidden, <floating>1, <floating *>g.sums.b1, <floating>1, <const floating *>D + i * width)
    if g.rows.sparse:
        for j in range(m):
            if not g.touched[at[j]]:
                g.touched[at[j]] = 1
                g.columns[g.n_columns] = at[j]
                g.n_columns += 1
    levels.add_outer(v, m, block.n, x, at, width, width, <const floating *>D, <floating *>g.sums.W1)
    return OK


cdef Status add_all_rows(Gradients *g, floating tag) noexcept nogil:
    """Add the gradients of every row."""
    cdef Py_ssize_t most = 1 if g.rows.sparse else BLOCK, start = 0, i, bad = 0
    cdef RowBlock block
    cdef Status status = OK
    while start < g.rows.n_samples and status == OK:
        block.n = min(most, g.rows.n_samples - start)
        for i in range(block.n):
            block.row[i], block.weight[i] = start + i, 1.0
        status = add_rows(g, &block, 0, &bad, tag)
        start += block.n
    return status


def two_layer_backward(rows not None, const double[:, ::1] delta not None, network not None):
    """See hotloop.reference.two_layer_backward. The GIL is released."""
    cdef CheckedNetwork net = CheckedNetwork(network)
    cdef Rows given = Rows(rows, net.itemsize, net.sizes.n_features, slots_of(rows, 1))
    if delta.shape[0] != given.source.n_samples or delta.shape[1] != net.sizes.n_outputs:
        raise ValueError(f"delta has shape {np.shape(delta)}, expected {(given.source.n_samples, net.sizes.n_outputs)}: "
                         "one derivative a row and output")
    dW1, db1, dW2, db2 = (np.zeros_like(w) for w in (network.W1, network.b1, network.W2, network.b2))
    if not given.source.n_samples:
        return dW1, db1, dW2, db2
    cdef Workspace space = Workspace()
    cdef Gradients g = new_gradients(net, &given.source, space)
    g.delta = &delta[0, 0]
    cdef Status status
    with nogil:
        status = add_all_rows(&g, <float>0) if net.itemsize == sizeof(float) else add_all_rows(&g, <double>0)
    if status != OK:
        raise ValueError("a row of X does not lie in its arrays, or has a column that does not exist")
    H, width = net.sizes.n_hidden, net.sizes.width
    dW1[:] = array_at(g.sums.W1, net.sizes.n_features, width, net.dtype)[:, :H]
    db1[:] = array_at(g.sums.b1, 1, width, net.dtype)[0, :H]
    dW2.T[:] = array_at(g.sums.V, net.sizes.n_outputs, width, net.dtype)[:, :H]
    db2[:] = array_at(g.db2, 1, net.sizes.n_outputs, np.dtype(np.float64))[0]
    return dW1, db1, dW2, db2


cdef array_at(void *memory, Py_ssize_t n_rows, Py_ssize_t width, dtype):
    """Return the numbers in memory as an array, which does not keep the memory."""
    return np.frombuffer(<char[:n_rows * width * dtype.itemsize]>memory, dtype).reshape(n_rows, width)
