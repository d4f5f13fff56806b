"""The weights of logistic regression: checks of their shapes, and their norm."""
from cython cimport floating

from hotloop.kernels.vectors cimport levels


cdef Model new_model(
    Py_ssize_t n_outputs, Py_ssize_t n_features, double[::1] b, double[:, :] W_total, double[::1] b_total
) except *:
    """Check that b and the sums fit to W, of shape (n_outputs, n_features); the caller sets the pointer to W.

    The arrays are None where there is no intercept or no averaging.
    """
    cdef Model model = Model(n_outputs, n_features, NULL, NULL, NULL, NULL)
    if n_outputs < 1:
        raise ValueError("W must have at least one output")
    if b is not None:
        if b.shape[0] != n_outputs:
            raise ValueError(f"b must have {n_outputs} entries")
        model.b = &b[0]
    if W_total is not None:
        if W_total.shape[0] != n_outputs or W_total.shape[1] != n_features:
            raise ValueError("W_total must have the shape of W")
        model.W_total = &W_total[0, 0] if n_features else NULL
    if (b_total is None) != (b is None or W_total is None) or (b_total is not None and b_total.shape[0] != n_outputs):
        raise ValueError("b_total goes with b and W_total and has the shape of b")
    if b_total is not None:
        model.b_total = &b_total[0]
    return model


cdef Intercepts new_intercepts(const Model *model, double[:, ::1] spare) except *:
    """Return the intercepts of a model; ``spare``, (3, n_outputs) zeros that the caller keeps, stands for what the model lacks."""
    cdef Intercepts intercepts = Intercepts(&spare[0, 0], &spare[1, 0], &spare[2, 0])
    if model.b != NULL:
        intercepts.b = intercepts.moved = model.b
    if model.b_total != NULL:
        intercepts.total = model.b_total
    return intercepts


def sum_of_squares(const floating[::1] w not None):
    """See hotloop.reference.sum_of_squares. The GIL is released."""
    cdef double total = 0.0
    with nogil:
        if w.shape[0]:
            total = levels.sum_of_squares(levels.active, w.shape[0], &w[0])
    return total
