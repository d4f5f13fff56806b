"""Logistic regression by adaptive steps, one step size a weight: AdaGrad, normalised or not, and FTRL-proximal, over dense rows or
non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (AD-1) to (AD-3). A dense row is a row that has all columns. A weight and its sum of
squared gradients lie side by side.

Weights and their sums have the type of the rows; intercepts and losses are float64. The iterates equal the reference's to rounding
(docs/exactness.md).
"""
import numpy as np

from cython cimport floating
from libc.math cimport fabs, isfinite, sqrt
from libc.stdint cimport int32_t

from hotloop.kernels.rows.source cimport Ahead, Rows, Source, look_ahead, new_ahead, take_csr_row, take_dense_row
from hotloop.kernels.rows.steps cimport (
    BAD_ROW, DIVERGED, OK, Gradient, Pass, Status, Steps, logistic_gradient, next_row, softmax_gradient,
)
from hotloop.kernels.vectors cimport levels

cdef dict KINDS = {"adagrad": ADAGRAD, "ftrl": FTRL, "normalized": NORMALIZED}


cdef enum Kind:
    ADAGRAD
    FTRL
    NORMALIZED


cdef struct Rule:
    levels.adaptive_rule now   # of the row at hand
    Kind kind
    double eta
    double l1             # alpha l1_ratio: times the steps so far it is the strength of (AD-2)
    double l2
    double t              # steps so far


cdef struct Adaptive:
    # What is learnt, and room for the row at hand; of the type of the weights where nothing else is said.
    Py_ssize_t n_features
    Py_ssize_t m          # outputs
    void *accumulators    # [column][output][2]
    double *b_accumulators  # [output][2], for the steps to move; room that nobody reads where there is no intercept
    const double *b       # [output][2], for the margins: b_accumulators, or zeros
    double n_intercepts   # 1 or 0
    void *feature_scale   # of "normalized", else NULL
    double *norm_sum
    double *p             # margins, then gradients, of each output
    Gradient gradient
    void *w               # [output][column of the row]
    void *root
    void *normalized_row


cdef inline double product(const levels.vectors *v, Py_ssize_t n, const floating *x, const floating *w) noexcept nogil:
    """Return x . w; x NULL is a row of ones."""
    cdef double total = 0.0
    cdef Py_ssize_t j
    if x != NULL:
        return levels.dot(v, n, x, w)
    for j in range(n):
        total += w[j]
    return total


cdef inline double margin_of(
    const levels.vectors *v, const Rule *rule, const Adaptive *model, Py_ssize_t c, Py_ssize_t n, const floating *x, const int32_t *at,
    Kind kind
) noexcept nogil:
    """Return the margin of a row for output c, (LR-1); FTRL's weights and roots of sums go to model.w and model.root."""
    cdef floating *w = <floating *>model.w + c * n
    cdef const floating *accumulators = <const floating *>model.accumulators + 2 * c
    if kind != FTRL:
        return levels.adaptive_margin(v, n, x, at, model.m, accumulators) + model.b[2 * c]  # (LR-1)
    levels.adaptive_weights(v, n, at, model.m, accumulators, &rule.now, w, <floating *>model.root + c * n)
    return product(v, n, x, <const floating *>w) + model.b[2 * c]


cdef inline void update(
    const levels.vectors *v, const Rule *rule, const Adaptive *model, Py_ssize_t c, double g, Py_ssize_t n, const floating *x,
    const int32_t *at
) noexcept nogil:
    """Move the weights of the columns of a row, and the intercept, by the gradient g of output c."""
    cdef double *b = model.b_accumulators + 2 * c
    cdef double below
    levels.adaptive_update(v, n, x, at, model.m, <floating *>model.accumulators + 2 * c, &rule.now, <floating>g,
                           <const floating *>model.w + c * n, <const floating *>model.root + c * n)
    b[1] += g * g
    below = rule.now.beta + sqrt(b[1])
    if below > 0.0:
        b[0] -= rule.now.eta * g / below                                                   # (AD-1)


cdef inline Status any_steps(
    const levels.vectors *v, const Source *X, Steps *steps, Rule *rule, const Adaptive *model, const Ahead *ahead, floating tag,
    Kind kind, bint sparse
) noexcept nogil:
    cdef const int32_t *at
    cdef const floating *x
    cdef Status status
    cdef Py_ssize_t row, n, c, m = model.m
    cdef double weight
    while steps.next < steps.n_steps:
        if sparse:
            look_ahead(v, X, steps, ahead)
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_csr_row(v, X, row, 0, &at, &x) if sparse else take_dense_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        if kind == NORMALIZED:
            model.norm_sum[0] += levels.normalize(v, n, x, at, m, <floating *>model.accumulators, <floating *>model.feature_scale,
                                                  <floating *>model.normalized_row) + model.n_intercepts
            x = <const floating *>model.normalized_row
            rule.now.eta = rule.eta * sqrt((rule.t + 1) / model.norm_sum[0]) if model.norm_sum[0] > 0 else 0.0  # (AD-3)
        rule.now.l1, rule.now.l2 = rule.l1 * rule.t, rule.l2 * rule.t
        for c in range(m):
            model.p[c] = margin_of(v, rule, model, c, n, x, at, kind)
            if not isfinite(model.p[c]):
                return DIVERGED
        steps.loss += weight * model.gradient(v, m, model.p, <Py_ssize_t>steps.y[row * steps.y_stride])
        for c in range(m):
            update(v, rule, model, c, weight * model.p[c], n, x, at)
        rule.t += 1
        steps.n_updates += 1
    return OK


cdef Status take_steps(
    const levels.vectors *v, const Source *X, Steps *steps, Rule *rule, const Adaptive *model, const Ahead *ahead, floating tag
) noexcept nogil:
    """Choose the loop over the steps: its last two arguments are constant, so that the compiler makes one of it for each pair."""
    if X.sparse:
        if rule.kind == ADAGRAD:
            return any_steps(v, X, steps, rule, model, ahead, tag, ADAGRAD, True)
        if rule.kind == FTRL:
            return any_steps(v, X, steps, rule, model, ahead, tag, FTRL, True)
        return any_steps(v, X, steps, rule, model, ahead, tag, NORMALIZED, True)
    if rule.kind == ADAGRAD:
        return any_steps(v, X, steps, rule, model, ahead, tag, ADAGRAD, False)
    if rule.kind == FTRL:
        return any_steps(v, X, steps, rule, model, ahead, tag, FTRL, False)
    return any_steps(v, X, steps, rule, model, ahead, tag, NORMALIZED, False)


cdef Rule new_rule(rule) except *:
    if rule.name not in KINDS:
        raise ValueError(f"rule is {rule.name!r}, expected 'adagrad', 'ftrl' or 'normalized'")
    cdef levels.adaptive_rule now = levels.adaptive_rule(rule.name == "ftrl", rule.beta, rule.eta, 0.0, 0.0)
    return Rule(now, KINDS[rule.name], rule.eta, rule.l1, rule.l2, rule.t)


def logistic_adaptive_pass(
    rows not None,
    steps not None,
    rule not None,
    floating[::1, :, :] accumulators not None,
    double[::1, :] b_accumulators,
    floating[::1] feature_scale,
    double[::1] norm_sum,
):
    """See hotloop.reference.logistic_adaptive_pass. The GIL is released."""
    cdef Py_ssize_t m = accumulators.shape[1], n_features = accumulators.shape[2], room
    cdef Rule learning = new_rule(rule)
    cdef Rows X = Rows(rows, sizeof(floating), n_features, 1, True)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, max(m, 2), -1)
    if X.source.sparse and X.source.center != NULL:
        raise ValueError("sparse rows are scaled, not centred")
    if learning.kind == NORMALIZED and (feature_scale is None or feature_scale.shape[0] != n_features or norm_sum is None
                                        or norm_sum.shape[0] != 1):
        raise ValueError(f"feature_scale must have {n_features} entries, norm_sum one")
    if accumulators.shape[0] != 2 or m < 1:
        raise ValueError("accumulators must have shape (2, n_outputs, n_features)")
    if b_accumulators is not None and (b_accumulators.shape[0] != 2 or b_accumulators.shape[1] != m):
        raise ValueError(f"b_accumulators must have shape {(2, m)}")
    if one_pass.steps.n_steps == 0:
        return 0.0, 0
    room = max(X.source.room, 1)
    dtype = np.float32 if floating is float else np.float64
    cdef floating[::1] w = np.empty(room * m, dtype), root = np.empty(room * m, dtype), normalized_row = np.empty(room, dtype)
    cdef double[::1] p = np.empty(m)
    cdef double[:, :, ::1] spare = np.zeros((2, m, 2))  # what stands for the intercepts where there are none
    cdef Adaptive model = Adaptive(
        n_features, m, NULL, &spare[0, 0, 0], &spare[1, 0, 0], 0.0, NULL, NULL, &p[0],
        logistic_gradient, &w[0], &root[0], &normalized_row[0])
    if m > 1:
        model.gradient = softmax_gradient
    if n_features:
        model.accumulators = &accumulators[0, 0, 0]
    if b_accumulators is not None:
        model.b_accumulators, model.n_intercepts = &b_accumulators[0, 0], 1.0
        model.b = model.b_accumulators
    if learning.kind == NORMALIZED:
        model.feature_scale, model.norm_sum = &feature_scale[0] if n_features else NULL, &norm_sum[0]
    cdef Ahead ahead = new_ahead(
        &X.source, sizeof(floating), model.accumulators, 2 * m * sizeof(floating), model.feature_scale, sizeof(floating))
    cdef Status status
    with nogil:
        status = take_steps(levels.active, &X.source, &one_pass.steps, &learning, &model, &ahead, <floating>0)
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates


def adaptive_weights(rule not None, const floating[::1, :, :] accumulators not None, const floating[::1] feature_scale):
    """See hotloop.reference.adaptive_weights. The GIL is released."""
    cdef Rule learnt = new_rule(rule)
    cdef Py_ssize_t m = accumulators.shape[1], n_features = accumulators.shape[2], j, c
    if accumulators.shape[0] != 2:
        raise ValueError("accumulators must have shape (2, n_outputs, n_features)")
    if feature_scale is not None and feature_scale.shape[0] != n_features:
        raise ValueError(f"feature_scale must have {n_features} entries")
    weights = np.empty((m, n_features), np.float32 if floating is float else np.float64, order="F")
    cdef floating[::1, :] W = weights
    cdef double z, size, below, l1 = learnt.l1 * learnt.t, l2 = learnt.l2 * learnt.t
    cdef bint scaled = feature_scale is not None
    with nogil:
        for j in range(n_features):
            for c in range(m):
                z = accumulators[0, c, j]
                if learnt.now.ftrl:                                                        # (AD-2)
                    size = fabs(z) - l1
                    size = 0.0 if size < 0.0 else size
                    below = (learnt.now.beta + sqrt(<double>accumulators[1, c, j])) / learnt.eta + l2
                    z = 0.0 if below == 0.0 else (size if z < 0 else -size) / below
                if scaled:
                    z = z / feature_scale[j] if feature_scale[j] != 0 else 0.0             # (AD-3)
                W[c, j] = <floating>z
    return weights
