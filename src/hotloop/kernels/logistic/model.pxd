# The weights that a pass overwrites, in one struct, and the checks of their shapes.


cdef struct Model:
    Py_ssize_t n_outputs
    Py_ssize_t n_features
    void *W              # of the type of the weights; NULL where there are no columns
    double *W_total      # sum of the iterates; NULL: no averaging
    double *b            # NULL: no intercept
    double *b_total


cdef Model new_model(
    Py_ssize_t n_outputs, Py_ssize_t n_features, double[::1] b, double[:, :] W_total, double[::1] b_total
) except *
