# The weights that a pass overwrites, in the struct that the primitives take, the intercepts, and the checks of their shapes.
from hotloop.kernels.vectors.levels cimport model as Model


cdef Model new_model(
    Py_ssize_t n_outputs, Py_ssize_t n_features, double[::1] b, double[:, :] W_total, double[::1] b_total
) except *


cdef struct Intercepts:
    # An entry an output. Where a model has none, zeros are read, and what is written is thrown away: no step asks for it.
    const double *b          # added to the margins
    double *moved            # b, for the steps to move
    double *total            # sum of the iterates


cdef Intercepts new_intercepts(const Model *model, double[:, ::1] spare) except *
