"""Logistic regression by adaptive steps, one step size a weight: AdaGrad, normalised or not, and FTRL-proximal, over dense rows or
non-zeros.

Equations (LR-1) to (LR-4), (LR-6) to (LR-9), (AD-1) to (AD-3). A dense row is a row that has all columns. A weight and its sum of
squared gradients lie side by side.
"""
import numpy as np

from cython cimport floating
from libc.math cimport fabs, isfinite, sqrt
from libc.stdint cimport int32_t

from hotloop.kernels.rows.source cimport CACHED, Rows, Source, prefetch_ahead, prefetch_weights, take_row
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, next_row, take_gradient
from hotloop.kernels.vectors cimport levels

_RULES = "adagrad", "ftrl", "normalized"


cdef struct Rule:
    levels.adaptive_rule now   # of the row at hand
    bint normalized
    double eta
    double l1             # alpha l1_ratio: times the steps so far it is the strength of (AD-2)
    double l2
    double t              # steps so far


cdef struct Adaptive:
    # What is learnt, and room for the row at hand; of the type of the weights where nothing else is said.
    Py_ssize_t n_features
    Py_ssize_t m          # outputs
    void *pair            # [column][output][2]
    double *b_pair        # [output][2]; NULL: no intercept
    void *feature_scale   # of "normalized", else NULL
    double *norm_sum
    double *p             # margins, then gradients, of each output
    void *w               # [output][column of the row]
    void *root
    void *normalized_row


cdef inline double margin_of(
    const levels.vectors *v, const Rule *rule, const Adaptive *model, Py_ssize_t c, Py_ssize_t n, const floating *x, const int32_t *at
) noexcept nogil:
    """Return the margin of a row for output c, (LR-1); FTRL's weights and roots of sums go to model.w and model.root."""
    cdef Py_ssize_t m = model.m, j
    cdef floating *w = <floating *>model.w + c * n
    cdef const floating *pair = <const floating *>model.pair + 2 * c
    cdef double found
    if not rule.now.ftrl:
        found = levels.adaptive_margin(v, n, x, at, m, pair)
    else:
        levels.adaptive_weights(v, n, at, m, pair, &rule.now, w, <floating *>model.root + c * n)
        found = 0.0
        if x == NULL:
            for j in range(n):
                found += w[j]
        elif n > 0:
            found = levels.dot(v, n, x, <const floating *>w)
    if model.b_pair != NULL:
        found += model.b_pair[2 * c]                                                       # (LR-1)
    return found


cdef inline void update(
    const levels.vectors *v, const Rule *rule, const Adaptive *model, Py_ssize_t c, double g, Py_ssize_t n, const floating *x,
    const int32_t *at
) noexcept nogil:
    """Move the weights of the columns of a row, and the intercept, by the gradient g of output c."""
    cdef double below
    levels.adaptive_update(v, n, x, at, model.m, <floating *>model.pair + 2 * c, &rule.now, <floating>g,
                           <const floating *>model.w + c * n, <const floating *>model.root + c * n)
    if model.b_pair == NULL:
        return
    model.b_pair[2 * c + 1] += g * g
    below = rule.now.beta + sqrt(model.b_pair[2 * c + 1])
    if below > 0.0:
        model.b_pair[2 * c] -= rule.now.eta * g / below                                    # (AD-1)


cdef Status take_steps(
    const levels.vectors *v, const Source *X, Steps *steps, Rule *rule, const Adaptive *model, floating tag
) noexcept nogil:
    cdef const int32_t *at
    cdef const floating *x
    cdef Status status
    cdef Py_ssize_t row, n, c, m = model.m
    cdef bint weights = X.sparse and 2 * model.n_features * m * <Py_ssize_t>sizeof(floating) > CACHED
    cdef double weight
    while steps.next < steps.n_steps:
        if X.sparse:
            row = prefetch_ahead(v, X, steps.order, steps.next, steps.n_steps, weights)
            if row >= 0:
                prefetch_weights(v, X, row, model.pair, 2 * m * sizeof(floating))
                if model.feature_scale != NULL:
                    prefetch_weights(v, X, row, model.feature_scale, sizeof(floating))
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        if rule.normalized:
            model.norm_sum[0] += levels.normalize(v, n, x, at, m, <floating *>model.pair, <floating *>model.feature_scale,
                                                  <floating *>model.normalized_row) + (model.b_pair != NULL)
            x = <const floating *>model.normalized_row
            rule.now.eta = rule.eta * sqrt((rule.t + 1) / model.norm_sum[0]) if model.norm_sum[0] > 0 else 0.0  # (AD-3)
        rule.now.l1, rule.now.l2 = rule.l1 * rule.t, rule.l2 * rule.t
        for c in range(m):
            model.p[c] = margin_of(v, rule, model, c, n, x, at)
            if not isfinite(model.p[c]):
                return DIVERGED
        steps.loss += weight * take_gradient(v, m, model.p, <Py_ssize_t>steps.y[row * steps.y_stride])
        for c in range(m):
            update(v, rule, model, c, weight * model.p[c], n, x, at)
        rule.t += 1
        steps.n_updates += 1
    return OK


cdef Rule new_rule(rule) except *:
    if rule.name not in _RULES:
        raise ValueError(f"rule is {rule.name!r}, expected 'adagrad', 'ftrl' or 'normalized'")
    cdef levels.adaptive_rule now = levels.adaptive_rule(rule.name == "ftrl", rule.beta, rule.eta, 0.0, 0.0)
    return Rule(now, rule.name == "normalized", rule.eta, rule.l1, rule.l2, rule.t)


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
    cdef Rule own = new_rule(rule)
    cdef Rows X = Rows(rows, sizeof(floating), n_features, 1, True)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, max(m, 2), -1)
    if X.source.sparse and X.source.center != NULL:
        raise ValueError("sparse rows are scaled, not centred")
    if own.normalized and (feature_scale is None or feature_scale.shape[0] != n_features or norm_sum is None
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
    cdef Adaptive model = Adaptive(n_features, m, NULL, NULL, NULL, NULL, &p[0], &w[0], &root[0], &normalized_row[0])
    if n_features:
        model.pair = &accumulators[0, 0, 0]
    if b_accumulators is not None:
        model.b_pair = &b_accumulators[0, 0]
    if own.normalized:
        model.feature_scale, model.norm_sum = &feature_scale[0] if n_features else NULL, &norm_sum[0]
    cdef Status status
    with nogil:
        status = take_steps(levels.active, &X.source, &one_pass.steps, &own, &model, <floating>0)
    if status != OK:
        raise one_pass.error(status)
    return one_pass.steps.loss, one_pass.steps.n_updates


def adaptive_weights(rule not None, const floating[::1, :, :] accumulators not None, const floating[::1] feature_scale):
    """See hotloop.reference.adaptive_weights. The GIL is released."""
    cdef Rule own = new_rule(rule)
    cdef Py_ssize_t m = accumulators.shape[1], n_features = accumulators.shape[2], j, c
    if feature_scale is not None and feature_scale.shape[0] != n_features:
        raise ValueError(f"feature_scale must have {n_features} entries")
    found = np.empty((m, n_features), np.float32 if floating is float else np.float64, order="F")
    cdef floating[::1, :] W = found
    cdef double z, size, below, l1 = own.l1 * own.t, l2 = own.l2 * own.t
    cdef bint scaled = feature_scale is not None
    with nogil:
        for j in range(n_features):
            for c in range(m):
                z = accumulators[0, c, j]
                if own.now.ftrl:                                                           # (AD-2)
                    size = fabs(z) - l1
                    size = 0.0 if size < 0.0 else size
                    below = (own.now.beta + sqrt(<double>accumulators[1, c, j])) / own.eta + l2
                    z = 0.0 if below == 0.0 else (size if z < 0 else -size) / below
                if scaled:
                    z = z / feature_scale[j] if feature_scale[j] != 0 else 0.0             # (AD-3)
                W[c, j] = <floating>z
    return found
