# What the kernels of the two-layer network share: its kind, sizes and weights, the outputs and the loss of a row.
from cython cimport floating
from libc.math cimport log
from libc.stdint cimport int32_t, uint32_t, uint64_t

from hotloop.kernels.rows.source cimport Source, prefetch_row, take_csr_row, take_dense_row
from hotloop.kernels.rows.steps cimport Pass, Status, Steps
from hotloop.kernels.vectors cimport levels

cdef enum:
    BLOCK = 8         # rows of a block
    TILE_BYTES = 256  # hidden units whose part of the outputs is one sum
    LINE = 64         # bytes of a cache line
    MAX_BLOCKS = 24   # blocks of memory that a call takes at most

cdef enum Output:
    SOFTMAX
    SIGMOID
    LINEAR
    SIGMOID_SUM


cdef enum Head:
    # How the outputs are made of the hidden units.
    ONE_OUTPUT
    SEVERAL_OUTPUTS
    SUM_OF_SIGMOIDS


# Return the loss of a row from its n outputs o, less the logarithm of a factor; replace o by delta = dloss/do, (NN-7).
ctypedef double (*LossAndDelta)(const levels.vectors *v, Py_ssize_t n, const double *y, double *o, double *factor) noexcept nogil


cdef struct Network:
    Output output
    Head head
    LossAndDelta loss_and_delta
    int activation
    Py_ssize_t n_features
    Py_ssize_t n_hidden
    Py_ssize_t width         # n_hidden padded to whole cache lines
    Py_ssize_t n_outputs
    Py_ssize_t n_targets     # numbers of y a row: 1 for softmax, else n_outputs


cdef struct Weights:
    # W1, b1, W2 transposed and b2, or arrays of the same shapes; the rows of the first three are padded to whole cache lines.
    void *W1
    void *b1
    void *V
    void *b2


cdef struct Dropout:
    uint32_t limit           # 2^32 times the share of the hidden units that a step drops
    uint32_t key
    uint64_t t               # steps before the pass
    double factor            # of the hidden units that are not dropped


cdef struct RowBlock:
    Py_ssize_t n
    Py_ssize_t row[BLOCK]
    Py_ssize_t place[BLOCK]  # step of the pass
    double weight[BLOCK]


cdef class Workspace:
    cdef void *blocks[MAX_BLOCKS]
    cdef int n_blocks
    cdef void *zeros(self, Py_ssize_t n_bytes) except NULL


cdef class PaddedWeights:
    cdef list given
    cdef list padded
    cdef Weights weights
    cdef int write_back(self) except -1


cdef class CheckedNetwork:
    cdef Network sizes
    cdef readonly object dtype
    cdef Py_ssize_t itemsize
    cdef PaddedWeights padded


cdef void *address(array) except NULL
cdef aligned_zeros(Py_ssize_t n, dtype)
cdef Dropout new_dropout(dropout) except *
cdef Py_ssize_t slots_of(rows, Py_ssize_t n_blocks) except -1
cdef Pass new_pass(steps, Py_ssize_t n_samples, const Network *net)
cdef pass_error(Pass taken, Status status)


cdef inline levels.layer layer_of(const Network *net, const Weights *weights) noexcept nogil:
    """Return the hidden units of a network, all of them, as the primitives take them."""
    return levels.layer(net.activation, net.output == SIGMOID, net.width, net.width, net.n_hidden, net.n_outputs, weights.W1, weights.b1,
                        weights.V, weights.b2)


cdef inline void prefetch_block(const levels.vectors *v, const Source *rows, const Steps *steps, Py_ssize_t n) noexcept nogil:
    """Prefetch the n rows that are visited next."""
    cdef Py_ssize_t i, row
    for i in range(n):
        row = steps.order[min(steps.next + i, steps.n_steps - 1)]
        if 0 <= row < rows.n_samples:
            prefetch_row(v, rows, row)


cdef inline Py_ssize_t take_block(
    const levels.vectors *v, const Source *rows, const RowBlock *block, Py_ssize_t slot, const floating **x, const int32_t **at
) noexcept nogil:
    """Find the rows of a block as the products read them; a CSR row is a block of its own.

    Returns how many columns the products read, all of dense rows; -1 where a CSR row does not lie in its arrays.
    """
    cdef Py_ssize_t i, j, m = 0
    cdef floating *ones
    if not rows.sparse:
        for i in range(block.n):
            m = take_dense_row(v, rows, block.row[i], slot + i, at, &x[i])
        return m
    m = take_csr_row(v, rows, block.row[0], slot, at, x)
    if m >= 0 and x[0] == NULL:
        ones = <floating *>rows.scratch + slot * rows.room
        for j in range(m):
            ones[j] = 1
        x[0] = ones
    return m


cdef inline void partial_outputs(
    const levels.vectors *v, Head head, Py_ssize_t n_outputs, Py_ssize_t stride, Py_ssize_t width, const floating *z,
    const floating *V, floating *s, double *o
) noexcept nogil:
    """Set o to what `width` hidden units z add to the outputs; V has rows `stride` apart. Sum of sigmoids: also set s to the sigmoids."""
    cdef Py_ssize_t j
    cdef double total = 0.0
    if head == SUM_OF_SIGMOIDS:
        for j in range(width):
            s[j] = V[j] * z[j]
        levels.logistic(v, width, <const floating *>s, s)
        for j in range(width):
            total += s[j]
        o[0] = total                                                                      # (NN-4)
    elif head == ONE_OUTPUT:
        o[0] = levels.dot(v, width, z, V)                                                 # (NN-3)
    else:
        levels.margins(v, width, n_outputs, V, stride * <Py_ssize_t>sizeof(floating), z, 0.0, o, 1)


cdef inline void outputs_of_row(
    const levels.vectors *v, const Network *net, const Weights *weights, const floating *z, floating *s, double *part, double *o
) noexcept nogil:
    """Set o to the outputs of a row from its hidden units z, summed tile by tile; part has room for as many numbers."""
    cdef Py_ssize_t tile = TILE_BYTES // sizeof(floating), n_tiles = (net.width + tile - 1) // tile, j, c, h
    cdef const floating *V = <const floating *>weights.V
    cdef const floating *b2 = <const floating *>weights.b2
    for c in range(net.n_outputs):
        o[c] = 0.0 if net.head == SUM_OF_SIGMOIDS else b2[c]
    for j in range(n_tiles):
        h = j * tile
        partial_outputs(v, net.head, net.n_outputs, net.width, min(tile, net.n_hidden - h), z + h, V + h, s + h, part)
        for c in range(net.n_outputs):
            o[c] += part[c]                                                               # (NN-3), (NN-4)


cdef inline void times_derivative(const Network *net, const floating *z, const floating *mask, floating *d) noexcept nogil:
    """d <- d dz/da mask; without dropout the mask is NULL."""
    cdef Py_ssize_t j
    cdef floating derivative
    for j in range(net.n_hidden):
        if net.activation == levels.RELU:
            derivative = 1 if z[j] > 0 else 0
        elif net.activation == levels.TANH:
            derivative = 1 - z[j] * z[j]
        else:
            derivative = z[j] * (1 - z[j])
        d[j] = d[j] * derivative * (mask[j] if mask != NULL else 1)


cdef struct LossSum:
    # sum of weight (loss) = total + weight ln(product): one logarithm for many rows, 9.8 -> 11.3 M rows/s at 28-32-1
    double total
    double product
    double weight


cdef inline double sum_of_losses(LossSum *losses) noexcept nogil:
    """Return the sum; its product is then 1."""
    if losses.product != 1.0:
        losses.total += losses.weight * log(losses.product)
        losses.product = 1.0
    return losses.total


cdef inline void add_loss(LossSum *losses, double weight, double loss, double factor) noexcept nogil:
    """Add weight (loss + ln(factor)); the factor is below 2^32."""
    if weight != losses.weight or losses.product > 1e280:
        sum_of_losses(losses)
        losses.weight = weight
    losses.total += weight * loss
    losses.product *= factor
