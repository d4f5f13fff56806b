"""Logistic regression with an L1 penalty: one sequential pass of per-sample SGD, over dense rows or non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (LR-16). Dense rows shrink all weights at each step; for rows given by their
non-zeros, (LR-17), a step costs the non-zeros, and the weights of a column lie side by side either way.

W has the type of the rows; intercepts, the cumulative penalty and losses are float64. The iterates equal the reference's to
rounding, and the same weights are exactly 0 (docs/exactness.md).
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite
from libc.stdint cimport int32_t

from hotloop.kernels.logistic.model cimport Intercepts, Model, new_intercepts, new_model
from hotloop.kernels.rows.source cimport Ahead, Rows, Source, look_ahead, new_ahead, take_csr_row, take_dense_row
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, logistic_gradient, next_row, softmax_gradient
from hotloop.kernels.vectors cimport levels

# Weights are materialized when the scale that L2 leaves is below the first number, or the sum of all L1 shrinking above the second:
# float64 then holds the difference of two such sums, by which a column still has to shrink, to 1e-12.
cdef double SMALLEST_SCALE = 1e-3
cdef double LARGEST_L1 = 1e4


cdef struct Penalty:
    double l1
    double l2
    # of CSR rows, (LR-17)
    double *applied_l1       # what of cumulative_l1 each weight has seen
    double *scale            # that L2 leaves the weights with
    double *cumulative_l1    # sum of all shrinking


cdef void materialize_all(const Model *model, const Penalty *penalty, floating *W) noexcept nogil:
    """Let W hold the weights, with nothing put off."""
    cdef double size, left
    cdef Py_ssize_t i
    for i in range(model.n_outputs * model.n_features):
        size = -W[i] if W[i] < 0 else W[i]
        left = size - (penalty.cumulative_l1[0] - penalty.applied_l1[i]) if size > 0 else 0.0  # (LR-17)
        left = penalty.scale[0] * max(left, 0.0)
        W[i] = <floating>(-left if W[i] < 0 else left)
        penalty.applied_l1[i] = 0.0
    penalty.scale[0], penalty.cumulative_l1[0] = 1.0, 0.0


cdef inline bint add_intercepts(
    Py_ssize_t n_outputs, const Intercepts *intercepts, const floating *products, double scale, double *m
) noexcept nogil:
    """Make margins m of the products, which are scaled; tells whether they are finite."""
    cdef Py_ssize_t c
    cdef bint finite = True
    for c in range(n_outputs):
        m[c] = scale * products[c] + intercepts.b[c]                                      # (LR-1)
        finite = finite and isfinite(m[c])
    return finite


cdef inline void take_intercept_steps(
    Py_ssize_t n_outputs, const Intercepts *intercepts, double eta, double weight, double *m
) noexcept nogil:
    """Make steps of the gradients m, and take them with the intercepts."""
    cdef Py_ssize_t c
    for c in range(n_outputs):
        m[c] *= -eta * weight
        intercepts.moved[c] += m[c]


cdef inline Status dense_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Penalty *penalty,
    floating *products, double *m, bint single
) noexcept nogil:
    """A pass over dense rows; products has two entries an output, m one."""
    cdef const floating *x
    cdef const int32_t *at
    cdef floating *W = <floating *>model.W
    cdef floating *moves = products + model.n_outputs
    cdef Status status
    cdef Py_ssize_t row, n, c, label, n_outputs = 1 if single else model.n_outputs
    cdef double weight, eta
    while steps.next < steps.n_steps:
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_dense_row(v, X, row, 0, &at, &x)
        if single:
            products[0] = levels.dot(v, n, x, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, products)
        if not add_intercepts(n_outputs, intercepts, <const floating *>products, 1.0, m):
            return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        steps.loss += weight * (logistic_gradient(v, 1, m, label) if single else softmax_gradient(v, n_outputs, m, label))
        eta = steps.eta[steps.n_updates]
        take_intercept_steps(n_outputs, intercepts, eta, weight, m)
        for c in range(n_outputs):
            moves[c] = <floating>m[c]
        levels.shrink_step(v, n, n_outputs, <floating>(eta * penalty.l1), <floating>(eta * penalty.l2), <const floating *>moves, x,
                           W)                                                             # (LR-16)
        steps.n_updates += 1
    return OK


cdef inline Status csr_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Penalty *penalty,
    const Ahead *ahead, floating *products, double *m, bint single
) noexcept nogil:
    """A pass over CSR rows; products has two entries an output, m one."""
    cdef const int32_t *at
    cdef const floating *x
    cdef floating *W = <floating *>model.W
    cdef floating *moves = products + model.n_outputs
    cdef Status status
    cdef Py_ssize_t row, n, c, label, n_outputs = 1 if single else model.n_outputs
    cdef double weight, eta
    while steps.next < steps.n_steps:
        look_ahead(v, X, steps, ahead)
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_csr_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.apply_l1(v, n, n_outputs, at, penalty.cumulative_l1[0], W, penalty.applied_l1)  # (LR-17)
        if single:
            products[0] = levels.gather_dot(v, n, x, at, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, products)
        if not add_intercepts(n_outputs, intercepts, <const floating *>products, penalty.scale[0], m):
            return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        steps.loss += weight * (logistic_gradient(v, 1, m, label) if single else softmax_gradient(v, n_outputs, m, label))
        eta = steps.eta[steps.n_updates]
        penalty.scale[0] *= 1.0 - eta * penalty.l2
        penalty.cumulative_l1[0] += eta * penalty.l1 / penalty.scale[0]
        take_intercept_steps(n_outputs, intercepts, eta, weight, m)
        for c in range(n_outputs):
            moves[c] = <floating>(m[c] / penalty.scale[0])
        levels.scatter_rows(v, n, n_outputs, <const floating *>moves, 0.0, x, at, W, NULL)
        if penalty.scale[0] < SMALLEST_SCALE or penalty.cumulative_l1[0] > LARGEST_L1:
            materialize_all(model, penalty, W)
        steps.n_updates += 1
    return OK


cdef Status take_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Intercepts *intercepts, const Penalty *penalty,
    const Ahead *ahead, floating *products, double *m
) noexcept nogil:
    """Choose the loop over the steps: the last argument of each is constant, so that the compiler makes one of it for each value."""
    if X.sparse:
        if model.n_outputs == 1:
            return csr_steps(v, X, steps, model, intercepts, penalty, ahead, products, m, True)
        return csr_steps(v, X, steps, model, intercepts, penalty, ahead, products, m, False)
    if model.n_outputs == 1:
        return dense_steps(v, X, steps, model, intercepts, penalty, products, m, True)
    return dense_steps(v, X, steps, model, intercepts, penalty, products, m, False)


cdef Penalty new_penalty(Model *model, double[::1, :] applied_l1, double[::1] lazy) except *:
    """Check what of the penalty is put off; its strengths are still to be set."""
    if applied_l1 is None or applied_l1.shape[0] != model.n_outputs or applied_l1.shape[1] != model.n_features:
        raise ValueError("applied_l1 must have the shape of W")
    if lazy is None or lazy.shape[0] != 2:
        raise ValueError("lazy must have 2 entries")
    cdef Penalty penalty = Penalty(0.0, 0.0, NULL, &lazy[0], &lazy[1])
    if model.n_features:
        penalty.applied_l1 = &applied_l1[0, 0]
    return penalty


def logistic_l1_pass(
    rows not None,
    steps not None,
    double l1_ratio,
    floating[::1, :] W not None,
    double[::1] b,
    double[::1, :] applied_l1,
    double[::1] lazy,
):
    """See hotloop.reference.logistic_l1_pass. The GIL is released."""
    cdef Py_ssize_t n_outputs = W.shape[0], n_features = W.shape[1]
    cdef Rows X = Rows(rows, sizeof(floating), n_features, 1, True)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, max(n_outputs, 2))
    cdef Model model = new_model(n_outputs, n_features, b, None, None)
    cdef Penalty penalty = Penalty(0.0, 0.0, NULL, NULL, NULL)
    if X.source.sparse:
        if X.source.center != NULL:
            raise ValueError("sparse rows are scaled, not centred")
        penalty = new_penalty(&model, applied_l1, lazy)
    if one_pass.steps.n_steps == 0:
        return 0.0, 0
    penalty.l1, penalty.l2 = one_pass.steps.alpha * l1_ratio, one_pass.steps.alpha * (1.0 - l1_ratio)
    cdef floating[::1] products = np.zeros(2 * n_outputs, np.float32 if floating is float else np.float64)
    cdef double[::1] m = np.empty(n_outputs)
    cdef double[:, ::1] spare = np.zeros((3, n_outputs))
    cdef Intercepts intercepts = new_intercepts(&model, spare)
    cdef Status status
    model.W = &W[0, 0] if n_features else NULL
    cdef Ahead ahead = new_ahead(
        &X.source, sizeof(floating), model.W, n_outputs * sizeof(floating), penalty.applied_l1, n_outputs * sizeof(double))
    with nogil:
        status = take_steps(
            levels.active, &X.source, &one_pass.steps, &model, &intercepts, &penalty, &ahead, &products[0], &m[0])
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates


def materialize_l1(floating[::1, :] W not None, double[::1, :] applied_l1 not None, double[::1] lazy not None):
    """See hotloop.reference.materialize_l1."""
    cdef Model model = new_model(W.shape[0], W.shape[1], None, None, None)
    cdef Penalty penalty = new_penalty(&model, applied_l1, lazy)
    if W.shape[1] == 0:
        return
    with nogil:
        materialize_all(&model, &penalty, &W[0, 0])
