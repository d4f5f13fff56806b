# What a pass over rows visits, step by step, what can be wrong with a step, and the loss of one row.
from libc.math cimport exp, fabs, log, log1p

from hotloop.kernels.vectors cimport levels


cdef enum Status:
    OK
    BAD_ROW
    BAD_LABEL
    DIVERGED


cdef enum:
    AHEAD = 8            # rows in flight ahead of the block that is read, to hide the latency of memory behind the work before it


cdef struct Steps:
    # What a pass visits, and how far it has come. Strides count entries: 0 for one number that stands for all.
    const Py_ssize_t *order
    Py_ssize_t n_steps
    const double *y            # labels
    Py_ssize_t y_stride
    const double *sample_weight
    Py_ssize_t weight_stride
    Py_ssize_t n_samples
    Py_ssize_t n_classes
    const double *eta
    Py_ssize_t eta_stride      # from one step to the next
    Py_ssize_t model_stride    # from one model to the next
    double alpha
    const double *alphas       # of many models
    double loss                # sum over steps of weight times loss
    Py_ssize_t n_updates       # steps that took a step size
    Py_ssize_t place           # step at which status was found
    Py_ssize_t next            # step to visit next


cdef class Pass:
    cdef Steps steps
    cdef const double *targets       # row i starts at targets + i target_stride
    cdef Py_ssize_t target_stride
    cdef readonly Py_ssize_t n_targets
    cdef double no_label
    cdef object given
    cdef Py_buffer order
    cdef Py_buffer y
    cdef Py_buffer sample_weight
    cdef Py_buffer eta
    cdef Py_buffer alpha
    cdef int take_y(self, Py_ssize_t n_classes) except -1
    cdef int take_eta(self, Py_ssize_t n_models) except -1
    cdef error(self, Status status)


cdef extern from *:
    """
    #define hotloop_prefetch(x) __builtin_prefetch(x, 0, 1)
    """
    void prefetch "hotloop_prefetch"(const void *) noexcept nogil


cdef inline Status next_row(Steps *steps, Py_ssize_t *row, double *weight) noexcept nogil:
    """Find the next row and its weight; refuse a row or label that does not exist."""
    cdef Py_ssize_t soon = steps.order[min(steps.next + 32, steps.n_steps - 1)]
    prefetch(steps.order + steps.next + 256)  # among rows at random it does not come by itself: 120 -> 88 ns a sparse row of 75
    if 0 <= soon < steps.n_samples:
        prefetch(steps.y + soon * steps.y_stride)
        prefetch(steps.sample_weight + soon * steps.weight_stride)
    steps.place = steps.next
    row[0] = steps.order[steps.next]
    if not 0 <= row[0] < steps.n_samples:
        return BAD_ROW
    weight[0] = steps.sample_weight[row[0] * steps.weight_stride]
    if weight[0] != 0.0 and not 0.0 <= steps.y[row[0] * steps.y_stride] < steps.n_classes:
        return BAD_LABEL
    steps.next += 1
    return OK


ctypedef double (*Gradient)(const levels.vectors *v, Py_ssize_t n_outputs, double *m, Py_ssize_t label) noexcept nogil


cdef inline double logistic_gradient(const levels.vectors *v, Py_ssize_t n_outputs, double *m, Py_ssize_t label) noexcept nogil:
    """Replace the margin of a row of one output by the gradient g of its loss; returns the loss."""
    cdef double loss = log1p(exp(-fabs(m[0]))) + max(m[0], 0.0) - label * m[0]            # (LR-3)
    levels.logistic(v, 1, <const double *>m, m)                                           # (LR-2)
    m[0] -= label                                                                         # (LR-4)
    return loss


cdef inline double softmax_gradient(const levels.vectors *v, Py_ssize_t n_outputs, double *m, Py_ssize_t label) noexcept nogil:
    """Replace the margins of a row of several outputs by the gradient g of its loss; returns the loss."""
    cdef double largest = m[0], below = 0.0, loss
    cdef Py_ssize_t c
    for c in range(n_outputs):
        largest = max(largest, m[c])
    loss = largest - m[label]
    for c in range(n_outputs):
        m[c] -= largest
    levels.exponential(v, n_outputs, <const double *>m, m)
    for c in range(n_outputs):
        below += m[c]
    for c in range(n_outputs):
        m[c] = m[c] / below - (c == label)                                                # (LR-6), (LR-8)
    return loss + log(below)                                                              # (LR-7)
