from hotloop.kernels cimport levels


cdef double softmax_in_place(const levels.vectors *v, Py_ssize_t n, double *m) noexcept nogil
