"""What the kernels of the two-layer network share: its rows, layers and losses; checks of their arguments."""
import numpy as np

cimport cython

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows cimport dense as samples

OUTPUTS = {"softmax": SOFTMAX, "sigmoid": SIGMOID, "linear": LINEAR, "sigmoid_sum": SIGMOID_SUM}
ACTIVATIONS = {"relu": levels.RELU, "tanh": levels.TANH, "logistic": levels.LOGISTIC}
LINE = 64  # bytes


@cython.auto_pickle(False)
cdef class NetworkRows:
    """An array of rows, or (starts, places, values) of rows by their non-zeros, see hotloop.kernels.nonzeros."""

    def __cinit__(self, X, Py_ssize_t n_features):
        cdef samples.Samples dense
        cdef nonzeros.NonZeros sparse
        if isinstance(X, tuple):
            sparse = nonzeros.NonZeros(*X)
            self.held = sparse
            self.source.sparse, self.source.csr = True, sparse.rows
            self.source.n_samples, self.source.n_features = sparse.rows.n_samples, n_features
            self.source.room = max(1, sparse.rows.longest)
        else:
            dense = samples.Samples(X)
            self.held = dense
            self.source.sparse, self.source.data, self.source.type = False, dense.data, dense.type
            self.source.n_samples, self.source.n_features = dense.n_samples, dense.n_features
            self.source.stride, self.source.n_bytes = dense.stride, dense.n_bytes
            self.source.room = BLOCK * dense.n_features


cdef Network new_network(X, y, center, scale, W1, b1, W2, b2, output, activation, double dropout, key) except *:
    """Check that the arguments fit together; y is None where there are no targets."""
    if output not in OUTPUTS:
        raise ValueError(f"output is {output!r}, expected one of {', '.join(OUTPUTS)}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}, expected a number from 0 to below 1")
    sparse = isinstance(X, tuple)
    if not sparse and np.ndim(X) != 2:
        raise ValueError(f"X has {np.ndim(X)} dimensions, expected 2")
    n_features, n_hidden, n_outputs = W1.shape[0] if sparse else X.shape[1], W2.shape[0], W2.shape[1]
    if n_features < 1 or n_hidden < 1 or n_outputs < 1:
        raise ValueError("a network needs at least one column, one hidden unit and one output")
    if W1.shape != (n_features, n_hidden) or b1.shape[0] != n_hidden or b2.shape[0] != n_outputs:
        raise ValueError(f"X has {n_features} columns, W1 shape {W1.shape}, b1 {b1.shape[0]} entries, W2 shape {W2.shape}, "
                         f"b2 {b2.shape[0]} entries: they do not fit together")
    if output == "sigmoid_sum" and n_outputs != 1:
        raise ValueError(f"output {output!r} has one column of W2, not {n_outputs}")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and (center.shape[0] != n_features or scale.shape[0] != n_features):
        raise ValueError(f"center and scale must have {n_features} entries")
    if sparse and center is not None and center.any():
        raise ValueError("the rows of a network by their non-zeros have no center: it must be 0")
    n_targets = 1 if output == "softmax" else n_outputs
    if y is not None and y.shape[1] != n_targets:
        raise ValueError(f"y has {y.shape[1]} columns, expected {n_targets} for output {output!r}")
    itemsize = b1.dtype.itemsize
    width = -(-n_hidden * itemsize // LINE) * LINE // itemsize
    return Network(OUTPUTS[output], ACTIVATIONS[activation], n_features, n_hidden, width, n_outputs, n_targets,
                   <uint32_t>min(dropout * 2.0**32, 2.0**32 - 1), key & 0xffffffff, 1 / (1 - dropout))


def aligned(shape, dtype):
    """Return an array of zeros that starts at a cache line."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start:start + n_bytes].view(dtype).reshape(shape)


def filled_up(W):
    """Return W with its rows filled up with zeros to whole cache lines that start at one: W itself where they do."""
    width = -(-W.shape[1] * W.itemsize // LINE) * LINE // W.itemsize
    if width == W.shape[1] and W.flags.c_contiguous and W.ctypes.data % LINE == 0:
        return W
    filled = aligned((W.shape[0], width), W.dtype)
    filled[:, :W.shape[1]] = W
    return filled


def targets_of(y):
    """Return the targets as an array of one row a sample."""
    y = np.ascontiguousarray(y, dtype=np.float64)
    return y.reshape(-1, 1) if y.ndim == 1 else y
