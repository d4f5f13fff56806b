# The threads of a pass over a two-layer network: one main loop, a worker loop for each of the others.
from hotloop.kernels.two_layer.block cimport Work


cdef void run_pass(Work *work, Py_ssize_t itemsize) noexcept nogil
