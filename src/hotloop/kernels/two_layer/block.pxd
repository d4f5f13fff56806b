# A block of rows of a pass, and what the threads of the pass share.
from cython cimport floating
from libc.stdint cimport int32_t

from hotloop.kernels.rows.source cimport Source
from hotloop.kernels.rows.steps cimport Status, Steps
from hotloop.kernels.threads.pool cimport thread_pool
from hotloop.kernels.two_layer.network cimport BLOCK, Dropout, LossSum, Network, RowBlock
from hotloop.kernels.two_layer.panels cimport Panel
from hotloop.kernels.vectors cimport levels


cdef struct Block:
    RowBlock rows
    Py_ssize_t m                  # columns that the products read
    const void *x[BLOCK]
    const int32_t *at
    Py_ssize_t n_updates          # steps taken before it
    double scale                  # W1 is scale times what is stored
    Py_ssize_t since              # steps since the stored numbers were multiplied by it
    int n_threads                 # threads that take it
    void (*wait)(thread_pool *) noexcept nogil  # until these threads have come as far
    bint final_barrier            # whether these threads wait for each other at its end


cdef struct Work:
    const levels.vectors *v
    const Network *net
    const Dropout *dropout
    const Source *rows
    Steps *steps
    const double *targets         # row i starts at targets + i target_stride
    Py_ssize_t target_stride
    LossSum losses
    thread_pool *pool
    const Panel *panels
    int n_panels                  # one for each thread asked for
    void *A                       # x W1 of the rows of a block
    void *D                       # -step / scale times the gradient by the pre-activations
    void *z
    void *s                       # sigmoids of a sum of sigmoids
    void *mask
    void *kept                    # hidden units after dropout; z without dropout
    void *G                       # Gram entries of two blocks
    double *o                     # of each thread: outputs, then the gradient by them; the same in the type of the weights
    double *parts                 # of the outputs, by tile, of two rows
    Block blocks[2]
    int parity                    # of the block that the threads take
    bint over                     # whether there are no more blocks
    Status status


cdef void next_block(Work *work, Block *block, int parity, floating tag) noexcept nogil
cdef void multiply_by_scale(Work *work, int n_threads, int rank, double *scale, floating tag) noexcept nogil
cdef Status take_steps(Work *work, const Block *block, int rank, double *scale, Py_ssize_t *since, floating tag) noexcept nogil
