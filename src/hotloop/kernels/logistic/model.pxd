# The weights that a pass overwrites, in the struct that the primitives take, and the checks of their shapes.
from hotloop.kernels.vectors.levels cimport model as Model


cdef Model new_model(
    Py_ssize_t n_outputs, Py_ssize_t n_features, double[::1] b, double[:, :] W_total, double[::1] b_total
) except *
