"""The two-layer network on many samples: hidden units and outputs, and the derivatives of each output by every weight.

Equations (NN-1) to (NN-3) and (NN-14). Eight rows go through the first layer at once; X is read once. A sample costs about 2 k H flops
forward, and its derivatives are k H C numbers, which are written once.
"""
import numpy as np

from cython cimport floating

from hotloop.kernels.two_layer.network cimport BLOCK, CheckedNetwork, Network, Weights, Workspace, times_derivative
from hotloop.kernels.vectors cimport levels

from hotloop.structs import Network as NetworkWeights


cdef void outputs_of_block(
    const Network *net, const Weights *weights, Py_ssize_t n, const floating *X, floating *z, double *margins, floating *o
) noexcept nogil:
    """Compute hidden units z, in padded rows, and outputs o of n rows; margins has room for the outputs of a row."""
    cdef const levels.vectors *v = levels.active
    cdef Py_ssize_t i, c, C = net.n_outputs
    cdef const floating *b2 = <const floating *>weights.b2
    cdef const floating *x[BLOCK]
    for i in range(n):
        x[i] = X + i * net.n_features
    levels.product(v, net.n_features, n, x, NULL, net.width, net.width, <const floating *>weights.W1, z)           # (NN-1)
    for i in range(n):
        levels.activate(v, net.activation, net.width, <const floating *>weights.b1, z + i * net.width)             # (NN-2)
        levels.margins(v, net.n_hidden, C, weights.V, net.width * <Py_ssize_t>sizeof(floating),
                       <const floating *>z + i * net.width, 0.0, margins, 1)
        for c in range(C):
            o[i * C + c] = <floating>(margins[c] + b2[c])                                 # (NN-3)


cdef CheckedNetwork linear_network(X, W1, b1, W2, b2, activation):
    """Return the checked network with linear outputs."""
    if X.shape[1] != W1.shape[0]:
        raise ValueError(f"the rows have {X.shape[1]} columns, the weights {W1.shape[0]}")
    return CheckedNetwork(NetworkWeights(np.asarray(W1), np.asarray(b1), np.asarray(W2), np.asarray(b2), "linear", activation))


def two_layer_forward(
    const floating[:, ::1] X not None,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    activation="relu",
):
    """See hotloop.reference.two_layer_forward. The GIL is released."""
    cdef CheckedNetwork net = linear_network(X, W1, b1, W2, b2, activation)
    cdef Workspace space = Workspace()
    cdef Py_ssize_t n_samples = X.shape[0], n_hidden = net.sizes.n_hidden, width = net.sizes.width, start = 0, i, j, n
    hidden, outputs = np.empty((n_samples, n_hidden), net.dtype), np.empty((n_samples, net.sizes.n_outputs), net.dtype)
    cdef floating[:, ::1] z = hidden, o = outputs
    cdef floating *z_of_block = <floating *>space.zeros(BLOCK * width * net.itemsize)
    cdef double *margins = <double *>space.zeros(net.sizes.n_outputs * sizeof(double))
    with nogil:
        while start < n_samples:
            n = min(<Py_ssize_t>BLOCK, n_samples - start)
            outputs_of_block(&net.sizes, &net.padded.weights, n, &X[start, 0], z_of_block, margins, &o[start, 0])
            for i in range(n):
                for j in range(n_hidden):
                    z[start + i, j] = z_of_block[i * width + j]
            start += n
    return hidden, outputs


cdef void derivatives_of_row(
    const Network *net, const Weights *weights, const floating *x, const floating *z, floating *dW1, floating *db1, floating *dW2,
    floating *db2
) noexcept nogil:
    """Write the derivatives of each output of a row by every weight, (NN-14); dW2 and db2 are 0 before."""
    cdef Py_ssize_t H = net.n_hidden, C = net.n_outputs, c, f, j
    cdef const floating *V = <const floating *>weights.V
    for c in range(C):
        for j in range(H):
            db1[c * H + j] = V[c * net.width + j]
            dW2[(c * H + j) * C + c] = z[j]
        db2[c * C + c] = 1
        times_derivative(net, z, <const floating *>NULL, db1 + c * H)
        for f in range(net.n_features):
            for j in range(H):
                dW1[(c * net.n_features + f) * H + j] = x[f] * db1[c * H + j]


def two_layer_jacobians(
    const floating[:, ::1] X not None,
    const floating[:, ::1] W1 not None,
    const floating[::1] b1 not None,
    const floating[:, ::1] W2 not None,
    const floating[::1] b2 not None,
    activation="relu",
):
    """See hotloop.reference.two_layer_jacobians. The GIL is released."""
    cdef CheckedNetwork net = linear_network(X, W1, b1, W2, b2, activation)
    cdef Workspace space = Workspace()
    cdef Py_ssize_t n_samples = X.shape[0], width = net.sizes.width, start = 0, i, n
    outputs = np.empty((n_samples, net.sizes.n_outputs), net.dtype)
    of_W1, of_b1 = np.empty((*outputs.shape, *np.shape(W1)), net.dtype), np.empty((*outputs.shape, *np.shape(b1)), net.dtype)
    of_W2, of_b2 = np.zeros((*outputs.shape, *np.shape(W2)), net.dtype), np.zeros((*outputs.shape, *np.shape(b2)), net.dtype)
    cdef floating[:, ::1] o = outputs
    cdef floating[:, :, :, ::1] dW1 = of_W1, dW2 = of_W2
    cdef floating[:, :, ::1] db1 = of_b1, db2 = of_b2
    cdef floating *z = <floating *>space.zeros(BLOCK * width * net.itemsize)
    cdef double *margins = <double *>space.zeros(net.sizes.n_outputs * sizeof(double))
    with nogil:
        while start < n_samples:
            n = min(<Py_ssize_t>BLOCK, n_samples - start)
            outputs_of_block(&net.sizes, &net.padded.weights, n, &X[start, 0], z, margins, &o[start, 0])
            for i in range(start, start + n):
                derivatives_of_row(&net.sizes, &net.padded.weights, &X[i, 0], <const floating *>z + (i - start) * width,
                                   &dW1[i, 0, 0, 0], &db1[i, 0, 0], &dW2[i, 0, 0, 0], &db2[i, 0, 0])
            start += n
    return outputs, of_W1, of_b1, of_W2, of_b2
