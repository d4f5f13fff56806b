"""Many logistic models over rows given by their non-zeros, in one read: the weights of a column for all models lie side by side.

Equations (LR-1) to (LR-5), (LR-10), (LR-13) and (LR-14) for each model, without a shift. A non-zero reads its column once for all
models. The delayed sums of the averages lie beside the weights, so that a column is met once: their "margins" are computed and thrown
away, which costs less than to meet it twice. Margins, weights and delayed sums have the type of W; scales, intercepts and their sums
are float64. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.stdint cimport int32_t

from hotloop.kernels.rows.source cimport Rows, Source, csr_rows, prefetch_row, prefetch_weights, take_csr_row
from hotloop.kernels.rows.steps cimport BAD_ROW, OK, Pass, Status, Steps, next_row
from hotloop.kernels.vectors cimport levels

cdef enum:
    ROWS_PREFETCHED = 24     # so many rows ahead their columns and values are prefetched
    WEIGHTS_PREFETCHED = 1   # and so many ahead the weights of their columns
    LINE = 64                # bytes of a cache line
# As in csr.pyx: weights are materialized before the two parts of (LR-14) cancel.
cdef double SMALLEST_SCALE = 1e-3


cdef struct Models:
    Py_ssize_t n_models
    Py_ssize_t width                   # numbers a column: weights, then delayed sums
    Py_ssize_t n_features
    const unsigned char *weight_multiplier  # of row and model, row by row
    void *W                            # [column][width]
    double *b
    double *b_total
    bint intercept
    double *scale                      # (LR-13)
    double *scale_sum                  # (LR-14)
    Py_ssize_t *n_updates              # steps that each model took
    # of the row at hand, a number a model
    double *weights
    double *eta
    double *counts                     # 1 where the row moves the model, else 0
    double *lag


cdef void materialize_model(const Models *models, Py_ssize_t i, floating *W) noexcept nogil:
    """Let W hold the weights of a model and their sum, with nothing put off."""
    cdef Py_ssize_t j, m = models.n_models, width = models.width
    cdef floating scale = <floating>models.scale[i], scale_sum = <floating>models.scale_sum[i]
    for j in range(models.n_features):
        if width > m:
            W[j * width + m + i] += scale_sum * W[j * width + i]                          # (LR-14)
        W[j * width + i] *= scale                                                         # (LR-13)
    models.scale[i], models.scale_sum[i] = 1.0, 0.0


cdef inline void look_ahead(const levels.vectors *v, const Source *X, const Steps *steps, const Models *models, floating *W) noexcept nogil:
    """Prefetch rows ahead of the next one, and the weights of the one after it."""
    cdef Py_ssize_t ahead = steps.order[min(steps.next + ROWS_PREFETCHED, steps.n_steps - 1)], i = 0
    if 0 <= ahead < X.n_samples:
        prefetch_row(v, X, ahead)
    ahead = steps.order[min(steps.next + WEIGHTS_PREFETCHED, steps.n_steps - 1)]
    if 0 <= ahead < X.n_samples:
        while i < models.width:
            prefetch_weights(v, X, ahead, W + i, models.width * sizeof(floating))
            i += LINE // sizeof(floating)


cdef inline void count_row(const Steps *steps, const Models *models, Py_ssize_t row, double weight) noexcept nogil:
    """Find weight and step size of a row in each model, and count the step.

    A row that does not move a model has weight 0 there: without branches, which folds drawn at random would mislead.
    """
    cdef Py_ssize_t i, m = models.n_models
    cdef double row_weight
    cdef bint moves
    for i in range(m):
        row_weight = weight * models.weight_multiplier[row * m + i]
        moves = row_weight != 0.0
        models.weights[i] = row_weight
        models.eta[i] = moves * steps.eta[models.n_updates[i] * steps.eta_stride + i * steps.model_stride]
        models.counts[i] = moves
        models.n_updates[i] += moves


cdef inline double step_models(
    const Steps *steps, const Models *models, double y, const floating *p, floating *step, floating *lag
) noexcept nogil:
    """Move intercepts and scales, and write the step of each model along the row; returns the smallest scale."""
    cdef Py_ssize_t i, m = models.n_models
    cdef double a, a_of_lane, scale, least = 1.0, intercept = models.intercept
    for i in range(m):
        a = -models.eta[i] * models.weights[i] * (p[i] - y)                               # (LR-4)
        scale = models.scale[i] * (1.0 - models.eta[i] * steps.alphas[i])
        a_of_lane = a / scale                                                             # (LR-13)
        step[i] = <floating>a_of_lane
        models.lag[i] = -models.scale_sum[i] * a_of_lane                                  # (LR-14)
        models.scale[i] = scale
        models.scale_sum[i] += models.counts[i] * scale
        models.b[i] += intercept * a
        models.b_total[i] += models.counts[i] * models.b[i]
        least = scale if scale < least else least
    if models.width > m:
        for i in range(m):
            lag[i] = <floating>models.lag[i]
    return least


cdef Status many_csr_pass(
    const levels.vectors *v, const Source *X, Steps *steps, const Models *models, floating *numbers_of_row
) noexcept nogil:
    """numbers_of_row has room for two rows of W and a number a model."""
    cdef const int32_t *at
    cdef const floating *x
    cdef Status status
    cdef Py_ssize_t row, n, i, m = models.n_models, width = models.width
    cdef floating *W = <floating *>models.W
    cdef floating *margin = numbers_of_row
    cdef floating *step = numbers_of_row + width
    cdef floating *p = numbers_of_row + 2 * width
    cdef double weight, least
    while steps.next < steps.n_steps:
        look_ahead(v, X, steps, models, W)
        status = next_row(steps, &row, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        n = take_csr_row(v, X, row, 0, &at, &x)
        if n < 0:
            return BAD_ROW
        levels.gather_rows(v, n, width, x, at, <const floating *>W, margin)
        for i in range(m):
            margin[i] = <floating>(margin[i] * models.scale[i] + models.b[i])             # (LR-1), (LR-13)
        levels.logistic(v, m, <const floating *>margin, p)                                # (LR-2)
        count_row(steps, models, row, weight)
        least = step_models(steps, models, steps.y[row * steps.y_stride], <const floating *>p, step, step + m)
        levels.scatter_rows(v, n, width, <const floating *>step, 0.0, x, at, W, <double *>NULL)  # (LR-5)
        if least < SMALLEST_SCALE:
            for i in range(m):
                if models.scale[i] < SMALLEST_SCALE:
                    materialize_model(models, i, W)
    return OK


def logistic_many_csr_pass(
    rows not None,
    steps not None,
    const unsigned char[:, ::1] weight_multiplier not None,
    floating[::1, :] W not None,
    double[::1] b,
    double[::1] b_total,
    double[:, ::1] lazy not None,
):
    """See hotloop.reference.logistic_many_csr_pass. The GIL is released."""
    cdef Py_ssize_t n_models = len(steps.alpha), width = W.shape[0], n_features = W.shape[1]
    cdef Rows X = csr_rows(rows, sizeof(floating), n_features)
    cdef Pass one_pass = Pass(steps, X.source.n_samples, 2, n_models)
    if X.source.center != NULL:
        raise ValueError("the rows of many models must have no shift")
    if weight_multiplier.shape[0] != X.source.n_samples or weight_multiplier.shape[1] != n_models:
        raise ValueError("weight_multiplier must have one entry a row of X and model")
    if width != n_models and width != 2 * n_models:
        raise ValueError("W must have one weight a model, or two numbers")
    if b is not None and b.shape[0] != n_models:
        raise ValueError(f"b must have {n_models} entries")
    if (b_total is None) != (b is None or width == n_models) or (b_total is not None and b_total.shape[0] != n_models):
        raise ValueError("b_total goes with b and sums of iterates and has the shape of b")
    if lazy.shape[0] != 2 or lazy.shape[1] != n_models:
        raise ValueError("lazy must have two entries a model")
    counts = np.zeros(n_models, np.intp)
    if one_pass.steps.n_steps == 0 or n_models == 0:
        return counts
    cdef Py_ssize_t[::1] n_updates = counts
    cdef double[:, ::1] numbers = np.zeros((6, n_models))  # of the row at hand; no intercept, no sum of it
    cdef floating[::1] numbers_of_row = np.empty(2 * width + n_models, np.float32 if floating is float else np.float64)
    cdef Models models = Models(
        n_models, width, n_features, &weight_multiplier[0, 0], NULL, &numbers[4, 0], &numbers[5, 0], b is not None, &lazy[0, 0],
        &lazy[1, 0], &n_updates[0], &numbers[0, 0], &numbers[1, 0], &numbers[2, 0], &numbers[3, 0])
    if n_features:
        models.W = &W[0, 0]
    if b is not None:
        models.b = &b[0]
    if b_total is not None:
        models.b_total = &b_total[0]
    cdef Status status
    with nogil:
        status = many_csr_pass(levels.active, &X.source, &one_pass.steps, &models, &numbers_of_row[0])
    if status != OK:
        raise one_pass.error(status)
    return counts
