# Sums of gradients over rows, which minibatches and two_layer_backward share.
from cython cimport floating
from libc.stdint cimport int32_t, uint8_t, uint32_t

from hotloop.kernels.rows.source cimport Source
from hotloop.kernels.rows.steps cimport Status
from hotloop.kernels.two_layer.network cimport CheckedNetwork, Dropout, LossSum, Network, RowBlock, Weights, Workspace
from hotloop.kernels.vectors cimport levels


cdef struct Gradients:
    # Sums over rows, shaped and padded as the weights; that of b2 is float64.
    Weights sums
    double *db2
    uint8_t *touched         # 1 for the columns that CSR rows have
    int32_t *columns         # these columns
    Py_ssize_t n_columns
    LossSum losses
    # arguments
    const levels.vectors *v
    const Network *net
    const Weights *weights
    levels.layer layer       # all hidden units
    const Source *rows
    const Dropout *dropout
    const double *targets    # row i starts at targets + i target_stride
    Py_ssize_t target_stride
    const double *delta      # gradient by the outputs of each row; NULL: that of the loss
    # of a block
    void *A                  # x W1, then hidden units
    void *D                  # gradient by the pre-activations
    # of a row
    void *s                  # sigmoids of a sum of sigmoids
    void *mask
    void *kept               # hidden units after dropout
    double *o                # outputs, then the gradient by them
    double *part
    void *delta_of_row       # o in the type of the weights


cdef Gradients new_gradients(CheckedNetwork net, const Source *rows, Workspace space) except *
cdef void clear(Gradients *g, floating tag) noexcept nogil
cdef Status add_rows(Gradients *g, const RowBlock *block, uint32_t step, Py_ssize_t *bad, floating tag) noexcept nogil
