"""What the kernels of the two-layer network share: its weights, padded to whole cache lines; the checks of its arguments."""
from dataclasses import replace

import numpy as np

cimport cython
from cpython.buffer cimport PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from libc.math cimport exp, fabs, log
from libc.stdlib cimport calloc, free

from hotloop.kernels.rows.steps cimport DIVERGED, Pass, Status
from hotloop.kernels.vectors cimport levels

from hotloop.structs import ACTIVATIONS, OUTPUTS, CSRRows

cdef dict OUTPUT = dict(zip(OUTPUTS, (SOFTMAX, SIGMOID, LINEAR, SIGMOID_SUM), strict=True))
cdef dict ACTIVATION = dict(zip(ACTIVATIONS, (levels.RELU, levels.TANH, levels.LOGISTIC), strict=True))


cdef void *address(array) except NULL:
    """Return where an array starts; the caller keeps the array."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_STRIDES)
    PyBuffer_Release(&view)
    return view.buf


@cython.auto_pickle(False)
cdef class Workspace:
    """Memory for the length of a call."""

    cdef void *zeros(self, Py_ssize_t n_bytes) except NULL:
        """Return that many bytes of zeros, from the start of a cache line on."""
        assert self.n_blocks < MAX_BLOCKS
        cdef char *block = <char *>calloc(n_bytes + LINE, 1)
        if block == NULL:
            raise MemoryError(f"no memory for {n_bytes} bytes of a network")
        self.blocks[self.n_blocks] = block
        self.n_blocks += 1
        return block + (LINE - <size_t>block % LINE) % LINE

    def __dealloc__(self):
        cdef int i
        for i in range(self.n_blocks):
            free(self.blocks[i])


@cython.auto_pickle(False)
cdef class PaddedWeights:
    """W1, b1, W2 and b2, or arrays of the same shapes, as the vector primitives read them: (W1, b1, W2 transposed) in padded rows."""

    def __cinit__(self, W1, b1, W2, b2):
        self.given = [W1, b1, W2, b2]
        self.padded = [padded(W1), padded(b1[None]), padded(W2.T)]
        W1, b1, V = self.padded
        self.weights = Weights(address(W1), address(b1), address(V), address(b2))

    cdef int write_back(self) except -1:
        """Copy the padded rows to the given arrays, where they are copies."""
        W1, b1, W2, _ = self.given
        for array, rows in ((W1, self.padded[0]), (b1, self.padded[1][0]), (W2.T, self.padded[2])):
            if rows is not array:
                array[:] = rows[..., :len(b1)]
        return 0


cdef double softmax_loss(const levels.vectors *v, Py_ssize_t n, const double *y, double *o, double *factor) noexcept nogil:
    cdef double loss, top = o[0], total = 0.0
    cdef Py_ssize_t c
    for c in range(1, n):
        top = max(top, o[c])
    loss = top - o[<Py_ssize_t>y[0]]
    for c in range(n):
        o[c] -= top
    levels.exponential(v, n, o, o)
    for c in range(n):
        total += o[c]
    for c in range(n):
        o[c] /= total                                                                     # (LR-6)
    o[<Py_ssize_t>y[0]] -= 1.0
    factor[0] = total                                                                     # (LR-7)
    return loss


cdef double sigmoid_loss(const levels.vectors *v, Py_ssize_t n, const double *y, double *o, double *factor) noexcept nogil:
    cdef double loss = 0.0, e
    cdef Py_ssize_t c
    factor[0] = 1.0
    for c in range(n):
        e = exp(-fabs(o[c]))
        factor[0] *= 1.0 + e
        loss += max(o[c], 0.0) - y[c] * o[c]                                              # (LR-3)
        if factor[0] > 1e9:
            loss += log(factor[0])
            factor[0] = 1.0
        o[c] = (1.0 if o[c] >= 0 else e) / (1.0 + e) - y[c]
    return loss


cdef double square_loss(const levels.vectors *v, Py_ssize_t n, const double *y, double *o, double *factor) noexcept nogil:
    cdef double loss = 0.0
    cdef Py_ssize_t c
    factor[0] = 1.0
    for c in range(n):
        o[c] -= y[c]
        loss += 0.5 * o[c] * o[c]
    return loss


@cython.auto_pickle(False)
cdef class CheckedNetwork:
    """A network of hotloop.structs, checked, with padded weights.

    Parameters
    ----------
    network : hotloop.structs.Network
    trained : bool
        Whether the weights are overwritten.
    """

    def __cinit__(self, network, bint trained=False):
        output, activation = network.output, network.activation
        if not isinstance(output, str) or not isinstance(activation, str):
            raise TypeError(f"output and activation are {output!r} and {activation!r}, expected words")
        if output not in OUTPUTS:
            raise ValueError(f"output is {output!r}, expected one of {', '.join(OUTPUT)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATION)}")
        W1, b1, W2, b2 = network.W1, network.b1, network.W2, network.b2
        self.dtype = W1.dtype
        for name, array, n_dimensions in (("W1", W1, 2), ("b1", b1, 1), ("W2", W2, 2), ("b2", b2, 1)):
            check_array(name, array, n_dimensions, self.dtype, trained)
        n_features, n_hidden, n_outputs = W1.shape[0], W2.shape[0], W2.shape[1]
        if n_features < 1 or n_hidden < 1 or n_outputs < 1:
            raise ValueError("a network needs at least one column, one hidden unit and one output")
        if W1.shape[1] != n_hidden or b1.shape[0] != n_hidden or b2.shape[0] != n_outputs:
            raise ValueError(f"W1 has shape {W1.shape}, b1 {b1.shape[0]} entries, W2 shape {W2.shape}, b2 {b2.shape[0]} entries: "
                             "they do not fit together")
        if output == "sigmoid_sum" and n_outputs != 1:
            raise ValueError(f"output {output!r} has one column of W2, not {n_outputs}")
        self.itemsize, self.padded = self.dtype.itemsize, PaddedWeights(W1, b1, W2, b2)
        n_targets = 1 if output == "softmax" else n_outputs
        cdef Head head = ONE_OUTPUT if n_outputs == 1 else SEVERAL_OUTPUTS
        cdef LossAndDelta loss_and_delta = square_loss
        if output == "sigmoid_sum":
            head = SUM_OF_SIGMOIDS
        elif output == "softmax":
            loss_and_delta = softmax_loss
        elif output == "sigmoid":
            loss_and_delta = sigmoid_loss
        self.sizes = Network(
            OUTPUT[output], head, loss_and_delta, ACTIVATION[activation], n_features, n_hidden,
            padded_width(n_hidden, self.itemsize), n_outputs, n_targets)


cdef int check_array(name, array, int n_dimensions, dtype, bint trained) except -1:
    """Refuse an array of weights that no kernel can take."""
    if array.ndim != n_dimensions:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected {n_dimensions}")
    flags = array.flags
    if dtype.char not in "fd" or not dtype.isnative or array.dtype != dtype or not flags.c_contiguous:
        raise ValueError(f"{name} must be a C-contiguous array of float32 or float64, of one type with the other weights")
    if trained and not flags.writeable:
        raise ValueError(f"{name} is read-only")
    return 0


cdef Pass new_pass(steps, Py_ssize_t n_samples, const Network *net):
    """Return the checked pass over so many rows; targets of several outputs are copied where those of a row are not contiguous."""
    if steps.y.ndim == 2 and not steps.y.flags.c_contiguous:
        steps = replace(steps, y=np.ascontiguousarray(steps.y))
    cdef Pass taken = Pass(steps, n_samples, net.n_outputs if net.output == SOFTMAX else 0)
    if taken.n_targets != net.n_targets:
        raise ValueError(f"y has {taken.n_targets} columns, expected {net.n_targets} for output {OUTPUTS[<int>net.output]!r}")
    return taken


cdef pass_error(Pass taken, Status status):
    """Return the error to raise."""
    if status != DIVERGED:
        return taken.error(status)
    place = taken.steps.place
    return FloatingPointError(f"an output of row {taken.steps.order[place]} is not finite at step {place} of the pass")


cdef Dropout new_dropout(dropout) except *:
    """Return the dropout of hotloop.structs, checked."""
    cdef double rate = dropout.rate
    if not 0 <= rate < 1:
        raise ValueError(f"dropout is {rate}, expected a number from 0 to below 1")
    return Dropout(<uint32_t>min(rate * 2.0**32, 2.0**32 - 1), dropout.key & 0xffffffff, dropout.t, 1 / (1 - rate))


cdef Py_ssize_t slots_of(rows, Py_ssize_t n_blocks) except -1:
    """Return how many converted rows the scratch must hold for so many blocks; CSR rows with a shift are refused."""
    if not isinstance(rows, CSRRows):
        return n_blocks * BLOCK
    if rows.shift is not None and rows.shift.any():
        raise ValueError("CSR rows of a network have no shift: it must be 0")
    return n_blocks


cdef Py_ssize_t padded_width(Py_ssize_t n, Py_ssize_t itemsize):
    """Return n numbers padded to whole cache lines."""
    return (n * itemsize + LINE - 1) // LINE * LINE // itemsize


cdef aligned_zeros(Py_ssize_t n, dtype):
    """Return n zeros that start at a cache line."""
    cdef Py_ssize_t n_bytes = n * dtype.itemsize
    memory = np.zeros(n_bytes + LINE, np.uint8)
    cdef Py_ssize_t start = (LINE - <size_t>address(memory) % LINE) % LINE
    return memory[start:start + n_bytes].view(dtype)


cdef padded(W):
    """Return W with its rows padded with zeros to whole cache lines that start at one: W itself where they do."""
    cdef Py_ssize_t n_rows = W.shape[0], n = W.shape[1], width = padded_width(n, W.itemsize)
    if width == n and W.flags.c_contiguous and <size_t>address(W) % LINE == 0:
        return W
    rows = aligned_zeros(n_rows * width, W.dtype).reshape(n_rows, width)
    rows[:, :n] = W
    return rows
