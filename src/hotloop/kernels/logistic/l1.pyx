"""Logistic regression with an L1 penalty: one sequential pass of per-sample SGD, over dense rows or non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (LR-16). Dense rows shrink all weights at each step; for rows given by their
non-zeros, (LR-17), a step costs the non-zeros, and the weights of a column lie side by side either way.
"""
import numpy as np

from cython cimport floating
from libc.math cimport isfinite
from libc.stdint cimport int32_t

from hotloop.kernels.logistic.model cimport Model, new_model
from hotloop.kernels.rows.source cimport CACHED, Rows, Source, prefetch_ahead, prefetch_weights, take_row
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, next_row, take_gradient
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


cdef inline bint add_intercepts(const Model *model, const floating *found, double scale, double *m) noexcept nogil:
    """Make margins m of the products found, which are scaled; tells whether they are finite."""
    cdef Py_ssize_t c
    cdef bint finite = True
    for c in range(model.n_outputs):
        m[c] = scale * found[c] + (model.b[c] if model.b != NULL else 0.0)                # (LR-1)
        finite = finite and isfinite(m[c])
    return finite


cdef inline void take_intercept_steps(const Model *model, double eta, double weight, double *m) noexcept nogil:
    """Make steps of the gradients m, and take them with the intercepts."""
    cdef Py_ssize_t c
    for c in range(model.n_outputs):
        m[c] *= -eta * weight
        if model.b != NULL:
            model.b[c] += m[c]


cdef Status dense_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Penalty *penalty, floating *found, double *m
) noexcept nogil:
    """found and m have an entry an output."""
    cdef const floating *x
    cdef const int32_t *at
    cdef floating *W = <floating *>model.W
    cdef Status status
    cdef Py_ssize_t row, n, c, n_outputs = model.n_outputs
    cdef double weight, eta
    while steps.next < steps.n_steps:
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_row(v, X, row, 0, &at, &x)
        if n_outputs == 1:
            found[0] = levels.dot(v, n, x, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, found)
        if not add_intercepts(model, <const floating *>found, 1.0, m):
            return DIVERGED
        steps.loss += weight * take_gradient(v, n_outputs, m, <Py_ssize_t>steps.y[row * steps.y_stride])
        eta = steps.eta[steps.n_updates]
        take_intercept_steps(model, eta, weight, m)
        for c in range(n_outputs):
            found[c] = <floating>m[c]
        levels.shrink_step(v, n, n_outputs, <floating>(eta * penalty.l1), <floating>(eta * penalty.l2), <const floating *>found, x,
                           W)                                                             # (LR-16)
        steps.n_updates += 1
    return OK


cdef Status csr_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Model *model, const Penalty *penalty, floating *found, double *m
) noexcept nogil:
    """found and m have an entry an output."""
    cdef const int32_t *at
    cdef const floating *x
    cdef floating *W = <floating *>model.W
    cdef Status status
    cdef Py_ssize_t row, n, c, n_outputs = model.n_outputs
    cdef bint weights = model.n_features * n_outputs * <Py_ssize_t>sizeof(floating) > CACHED
    cdef double weight, eta
    while steps.next < steps.n_steps:
        row = prefetch_ahead(v, X, steps.order, steps.next, steps.n_steps, weights)
        if row >= 0:
            prefetch_weights(v, X, row, W, n_outputs * sizeof(floating))
            prefetch_weights(v, X, row, penalty.applied_l1, n_outputs * sizeof(double))
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.apply_l1(v, n, n_outputs, at, penalty.cumulative_l1[0], W, penalty.applied_l1)  # (LR-17)
        if n_outputs == 1:
            found[0] = levels.gather_dot(v, n, x, at, <const floating *>W)
        else:
            levels.gather_rows(v, n, n_outputs, x, at, <const floating *>W, found)
        if not add_intercepts(model, <const floating *>found, penalty.scale[0], m):
            return DIVERGED
        steps.loss += weight * take_gradient(v, n_outputs, m, <Py_ssize_t>steps.y[row * steps.y_stride])
        eta = steps.eta[steps.n_updates]
        penalty.scale[0] *= 1.0 - eta * penalty.l2
        penalty.cumulative_l1[0] += eta * penalty.l1 / penalty.scale[0]
        take_intercept_steps(model, eta, weight, m)
        for c in range(n_outputs):
            found[c] = <floating>(m[c] / penalty.scale[0])
        if n_outputs == 1:
            levels.scatter_add(v, n, found[0], 0.0, x, at, W, NULL)
        else:
            levels.scatter_rows(v, n, n_outputs, <const floating *>found, 0.0, x, at, W, NULL)
        if penalty.scale[0] < SMALLEST_SCALE or penalty.cumulative_l1[0] > LARGEST_L1:
            materialize_all(model, penalty, W)
        steps.n_updates += 1
    return OK


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
    cdef floating[::1] found = np.empty(n_outputs, np.float32 if floating is float else np.float64)
    cdef double[::1] m = np.empty(n_outputs)
    cdef Status status
    model.W = &W[0, 0] if n_features else NULL
    with nogil:
        if X.source.sparse:
            status = csr_steps(levels.active, &X.source, &one_pass.steps, &model, &penalty, &found[0], &m[0])
        else:
            status = dense_steps(levels.active, &X.source, &one_pass.steps, &model, &penalty, &found[0], &m[0])
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
