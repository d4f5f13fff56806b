"""The two-layer network on many samples: hidden units and outputs, and the derivatives of each output by every weight.

Equations (NN-1) to (NN-3) and (NN-14). Eight rows go through the first layer at once; X is read once. A sample costs about 2 k H flops
forward, and its derivatives are k H C numbers, which are written once.
"""
import numpy as np

from cython cimport floating

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.two_layer.network cimport BLOCK, Network, new_network, one_slope
from hotloop.kernels.two_layer.network import aligned, filled_up


cdef void outputs_of_block(
    const levels.vectors *v, const Network *net, Py_ssize_t n, const floating *X, const floating *W1, const floating *b1,
    const floating *V, const floating *b2, floating *z, double *margins, floating *o
) noexcept nogil:
    """Hidden units z, as wide as the rows of W1, and outputs o of n rows."""
    cdef Py_ssize_t i, c, C = net.n_outputs
    cdef const floating *x[BLOCK]
    for i in range(n):
        x[i] = X + i * net.n_features
    levels.product(v, net.n_features, n, x, NULL, net.width, net.width, W1, z)            # (NN-1)
    for i in range(n):
        levels.activate(v, net.activation, net.width, b1, z + i * net.width)              # (NN-2)
        levels.margins(v, net.n_hidden, C, V, net.width * <Py_ssize_t>sizeof(floating), <const floating *>z + i * net.width, 0.0,
                       margins, 1)
        for c in range(C):
            o[i * C + c] = <floating>(margins[c] + b2[c])                                 # (NN-3)


def two_layer_forward(
    const floating[:, ::1] X not None,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    activation="relu",
):
    """See hotloop.reference.two_layer_forward. The GIL is released."""
    own_W1, own_b1, own_W2 = np.asarray(W1), np.asarray(b1), np.asarray(W2)
    cdef Network net = new_network(np.asarray(X), None, None, None, own_W1, own_b1, own_W2, np.asarray(b2), "linear", activation, 0.0, 0)
    cdef Py_ssize_t n_samples = X.shape[0], q, start, i, j, n
    hidden, outputs = np.empty((n_samples, net.n_hidden), own_b1.dtype), np.empty((n_samples, net.n_outputs), own_b1.dtype)
    cdef const floating[:, ::1] W = filled_up(own_W1), V = filled_up(np.ascontiguousarray(own_W2.T)), b = filled_up(own_b1[None])
    cdef floating[:, ::1] own_z = aligned((BLOCK, net.width), own_b1.dtype), z = hidden, o = outputs
    cdef double[::1] margins = np.empty(net.n_outputs)
    with nogil:
        for q in range((n_samples + BLOCK - 1) // BLOCK):
            start = q * BLOCK
            n = min(<Py_ssize_t>BLOCK, n_samples - start)
            outputs_of_block(levels.active, &net, n, &X[start, 0], &W[0, 0], &b[0, 0], &V[0, 0], &b2[0], &own_z[0, 0], &margins[0],
                             &o[start, 0])
            for i in range(n):
                for j in range(net.n_hidden):
                    z[start + i, j] = own_z[i, j]
    return hidden, outputs


def two_layer_jacobians(
    const floating[:, ::1] X not None,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    activation="relu",
):
    """See hotloop.reference.two_layer_jacobians. The GIL is released."""
    own_W1, own_b1, own_W2 = np.asarray(W1), np.asarray(b1), np.asarray(W2)
    cdef Network net = new_network(np.asarray(X), None, None, None, own_W1, own_b1, own_W2, np.asarray(b2), "linear", activation, 0.0, 0)
    cdef Py_ssize_t n_samples = X.shape[0], q, start, s, i, f, j, c, n
    dtype = own_b1.dtype
    outputs = np.empty((n_samples, net.n_outputs), dtype)
    of_W1, of_b1 = np.empty((*outputs.shape, *own_W1.shape), dtype), np.empty((*outputs.shape, net.n_hidden), dtype)
    of_W2, of_b2 = np.zeros((*outputs.shape, *own_W2.shape), dtype), np.zeros((*outputs.shape, net.n_outputs), dtype)
    cdef const floating[:, ::1] W = filled_up(own_W1), V = filled_up(np.ascontiguousarray(own_W2.T)), b = filled_up(own_b1[None])
    cdef floating[:, ::1] z = aligned((BLOCK, net.width), dtype), o = outputs
    cdef floating[:, :, :, ::1] dW1 = of_W1, dW2 = of_W2
    cdef floating[:, :, ::1] db1 = of_b1, db2 = of_b2
    cdef double[::1] margins = np.empty(net.n_outputs)
    with nogil:
        for q in range((n_samples + BLOCK - 1) // BLOCK):
            start = q * BLOCK
            n = min(<Py_ssize_t>BLOCK, n_samples - start)
            outputs_of_block(levels.active, &net, n, &X[start, 0], &W[0, 0], &b[0, 0], &V[0, 0], &b2[0], &z[0, 0], &margins[0],
                             &o[start, 0])
            for i in range(n):
                s = start + i
                for c in range(net.n_outputs):                                            # (NN-14)
                    for j in range(net.n_hidden):
                        db1[s, c, j] = V[c, j]
                        dW2[s, c, j, c] = z[i, j]
                    db2[s, c, c] = 1
                    one_slope(levels.active, &net, <const floating *>&z[i, 0], <const floating *>NULL, &db1[s, c, 0])
                    for f in range(net.n_features):
                        for j in range(net.n_hidden):
                            dW1[s, c, f, j] = X[s, f] * db1[s, c, j]
    return outputs, of_W1, of_b1, of_W2, of_b2
