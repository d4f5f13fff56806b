"""The two-layer network: the outputs of many rows.

Equations (NN-1) to (NN-4). Eight dense rows go through the first layer at once, CSR rows one by one; X is read once. A row costs about
2 k H + 2 H C flops.
"""
import numpy as np

from cython cimport floating
from libc.stdint cimport int32_t

from hotloop.kernels.rows.source cimport Rows, Source
from hotloop.kernels.two_layer.network cimport (
    BLOCK, CheckedNetwork, Network, RowBlock, Weights, Workspace, outputs_of_row, slots_of, take_block,
)
from hotloop.kernels.vectors cimport levels


cdef struct Work:
    const levels.vectors *v
    const Network *net
    const Weights *weights
    const Source *rows
    void *A                  # hidden units of a block
    void *s
    double *part             # of the outputs of a row
    double *outputs          # of all rows


cdef bint outputs_of_rows(Work *work, floating tag) noexcept nogil:
    """Compute the outputs of all rows; False where a CSR row does not lie in its arrays."""
    cdef const levels.vectors *v = work.v
    cdef const Network *net = work.net
    cdef Py_ssize_t most = 1 if work.rows.sparse else BLOCK, start = 0, i, m
    cdef floating *A = <floating *>work.A
    cdef floating *z
    cdef const floating *x[BLOCK]
    cdef const int32_t *at = NULL
    cdef RowBlock block
    while start < work.rows.n_samples:
        block.n = min(most, work.rows.n_samples - start)
        for i in range(block.n):
            block.row[i] = start + i
        m = take_block(v, work.rows, &block, 0, x, &at)
        if m < 0:
            return False
        levels.product(v, m, block.n, x, at, net.width, net.width, <const floating *>work.weights.W1, A)           # (NN-1)
        for i in range(block.n):
            z = A + i * net.width
            levels.activate(v, net.activation, net.width, <const floating *>work.weights.b1, z)                    # (NN-2)
            outputs_of_row(v, net, work.weights, <const floating *>z, <floating *>work.s, work.part,
                           work.outputs + (start + i) * net.n_outputs)                                             # (NN-3), (NN-4)
        start += block.n
    return True


def two_layer_outputs(rows not None, network not None):
    """See hotloop.reference.two_layer_outputs. The GIL is released."""
    cdef CheckedNetwork net = CheckedNetwork(network)
    cdef Rows given = Rows(rows, net.itemsize, net.sizes.n_features, slots_of(rows, 1))
    cdef Workspace space = Workspace()
    outputs = np.empty((given.source.n_samples, net.sizes.n_outputs))
    if not given.source.n_samples:
        return outputs
    cdef double[:, ::1] o = outputs
    cdef Py_ssize_t n_bytes = net.sizes.width * net.itemsize
    cdef Work work = Work(
        v=levels.active, net=&net.sizes, weights=&net.padded.weights, rows=&given.source, A=space.zeros(BLOCK * n_bytes),
        s=space.zeros(n_bytes), part=<double *>space.zeros(net.sizes.n_outputs * sizeof(double)), outputs=&o[0, 0])
    cdef bint complete
    with nogil:
        if net.itemsize == sizeof(float):
            complete = outputs_of_rows(&work, <float>0)
        else:
            complete = outputs_of_rows(&work, <double>0)
    if not complete:
        raise ValueError("a row of X does not lie in its arrays, or has a column that does not exist")
    return outputs
