# What the kernels of the two-layer network share: its rows, layers and losses.
from cython cimport floating
from libc.math cimport exp, fabs, log
from libc.stdint cimport int32_t, uint32_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows cimport dense as samples

cdef enum:
    BLOCK = 8        # rows of a block
    TILE_BYTES = 256 # hidden units whose share of the outputs is one sum

cdef enum Output:
    SOFTMAX
    SIGMOID
    LINEAR
    SIGMOID_SUM


cdef struct Network:
    Output output
    int activation
    Py_ssize_t n_features
    Py_ssize_t n_hidden
    Py_ssize_t width         # n_hidden filled up to whole cache lines
    Py_ssize_t n_outputs
    Py_ssize_t n_targets     # numbers of y a row: 1 for softmax, else n_outputs
    uint32_t dropped         # 2^32 times the share of the hidden units that a step drops
    uint32_t key
    double kept              # factor of the others


cdef struct Source:
    # Rows as they lie in memory, dense or by their non-zeros.
    bint sparse
    Py_ssize_t n_samples
    Py_ssize_t n_features
    Py_ssize_t room          # numbers a row may have
    const char *data
    Py_ssize_t stride
    Py_ssize_t n_bytes
    int type
    nonzeros.Csr csr


cdef class NetworkRows:
    cdef object held
    cdef Source source


cdef Network new_network(X, y, center, scale, W1, b1, W2, b2, output, activation, double dropout, key) except *


cdef inline void fetch_source(const levels.vectors *v, const Source *rows, Py_ssize_t row) noexcept nogil:
    if rows.sparse:
        nonzeros.fetch_row(v, &rows.csr, row)
    else:
        v.fetch(rows.n_bytes, rows.data + row * rows.stride)


cdef inline Py_ssize_t take_block(
    const levels.vectors *v, const Source *rows, Py_ssize_t n, const Py_ssize_t *row, const floating *center,
    const floating *scale, floating *scratch, int32_t *places, const floating **x, const int32_t **at
) noexcept nogil:
    """Find n rows as the products read them, one where they are sparse; returns how many columns are to be taken, all of dense rows; -1
    where a sparse row does not lie in its arrays."""
    cdef Py_ssize_t k = rows.n_features, i, j, m
    at[0] = NULL
    if rows.sparse:
        m = nonzeros.take_row(v, &rows.csr, row[0], scale, places, scratch, at, x)
        if x[0] == NULL:
            for j in range(m):
                scratch[j] = 1
            x[0] = scratch
        return m
    for i in range(n):
        x[i] = samples.row(v, rows.data + row[i] * rows.stride, rows.type, k, center, scale, scratch + i * k)
    return k


cdef inline void share_of_outputs(
    const levels.vectors *v, const Network *net, Py_ssize_t stride, Py_ssize_t width, const floating *z, const floating *V, floating *s,
    double *o
) noexcept nogil:
    """What `width` hidden units z add to the outputs o, with rows of V `stride` apart; for the sum of sigmoids also s."""
    cdef Py_ssize_t j
    cdef double total = 0.0
    if net.output == SIGMOID_SUM:
        for j in range(width):
            s[j] = V[j] * z[j]
        levels.logistic(v, width, <const floating *>s, s)
        for j in range(width):
            total += s[j]
        o[0] = total                                                                      # (NN-4)
    elif net.n_outputs == 1:
        o[0] = levels.dot(v, width, z, V)                                                 # (NN-3)
    else:
        levels.margins(v, width, net.n_outputs, V, stride * <Py_ssize_t>sizeof(floating), z, 0.0, o, 1)


cdef inline void one_slope(
    const levels.vectors *v, const Network *net, const floating *z, const floating *mask, floating *d
) noexcept nogil:
    """d <- d dz/da mask."""
    cdef Py_ssize_t j
    cdef floating slope
    for j in range(net.n_hidden):
        if net.activation == levels.RELU:
            slope = 1 if z[j] > 0 else 0
        elif net.activation == levels.TANH:
            slope = 1 - z[j] * z[j]
        else:
            slope = z[j] * (1 - z[j])
        d[j] = d[j] * slope * (mask[j] if mask != NULL else 1)


cdef struct LossSum:
    # sum of weight (loss) = total + weight ln(product): one logarithm for many rows, 9.8 -> 11.3 M rows/s at 28-32-1
    double total
    double product
    double weight


cdef inline double settled(LossSum *losses) noexcept nogil:
    """Return the sum; its product is then 1."""
    if losses.product != 1.0:
        losses.total += losses.weight * log(losses.product)
        losses.product = 1.0
    return losses.total


cdef inline void add_loss(LossSum *losses, double weight, double loss, double factor) noexcept nogil:
    """Add weight (loss + ln(factor)); the factor is below 2^32."""
    if weight != losses.weight or losses.product > 1e280:
        settled(losses)
        losses.weight = weight
    losses.total += weight * loss
    losses.product *= factor


cdef inline double loss_and_delta(
    const levels.vectors *v, const Network *net, const double *y, double *o, double *factor
) noexcept nogil:
    """Return the loss of one sample from its outputs o, less the logarithm of a factor, and replace them by delta = dloss/do, (NN-7)."""
    cdef double loss = 0.0, top, total, e
    cdef Py_ssize_t c, n = net.n_outputs
    if net.output == SOFTMAX:
        top = o[0]
        for c in range(1, n):
            top = max(top, o[c])
        loss = top - o[<Py_ssize_t>y[0]]
        for c in range(n):
            o[c] -= top
        v.f64.exponential(n, o, o)
        total = 0.0
        for c in range(n):
            total += o[c]
        for c in range(n):
            o[c] /= total                                                                 # (LR-6)
        o[<Py_ssize_t>y[0]] -= 1.0
        factor[0] = total                                                                 # (LR-7)
        return loss
    factor[0] = 1.0
    for c in range(n):
        if net.output == SIGMOID:
            e = exp(-fabs(o[c]))
            factor[0] *= 1.0 + e
            loss += max(o[c], 0.0) - y[c] * o[c]                                          # (LR-3)
            if factor[0] > 1e9:
                loss += log(factor[0])
                factor[0] = 1.0
            o[c] = (1.0 if o[c] >= 0 else e) / (1.0 + e) - y[c]
        else:
            o[c] -= y[c]
            loss += 0.5 * o[c] * o[c]
    return loss
