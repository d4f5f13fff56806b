"""Many logistic models over rows given by their non-zeros, in one read: the weights of a column for all models lie side by side.

Equations (LR-1) to (LR-5), (LR-10), (LR-13) and (LR-14) for each model, without a shift. A non-zero reads its column once for all
models. What the averages lack lies beside the weights, so that a column is met once: its "margins" are computed and thrown away,
which costs less than to meet it twice. Margins, weights and what the averages lack have the type of W; factors, intercepts and
their sums are float64. Iterates equal the reference to rounding.
"""
import numpy as np

from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows.csr cimport Csr, NonZeros
from hotloop.kernels.rows.cursor cimport BAD_ROW, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    ROWS_FETCHED = 24     # so many rows ahead their columns and values are fetched
    WEIGHTS_FETCHED = 1   # and so many ahead the weights that they meet
    LINE = 64             # bytes of a cache line
# As in logistic_sparse.pyx: weights are settled before the two parts of (LR-14) cancel.
cdef double SMALLEST = 1e-3


cdef struct Models:
    Py_ssize_t n_models
    const unsigned char *multiplicity  # of row and model, row by row
    Py_ssize_t eta_stride              # from one step to the next
    Py_ssize_t model_stride            # from one model to the next
    const double *alpha
    double *b
    double *b_total
    bint intercept
    double *keep                       # (LR-13), then its sums, (LR-14)
    Py_ssize_t *moved                  # steps that each model took


cdef void settle_model(Py_ssize_t n_features, Models *models, Py_ssize_t i, floating *W, Py_ssize_t width) noexcept nogil:
    """Let W hold the weights of a model and their sum, with nothing folded."""
    cdef Py_ssize_t j, m = models.n_models
    cdef floating keep = <floating>models.keep[i], kept = <floating>models.keep[m + i]
    for j in range(n_features):
        if width > m:
            W[j * width + m + i] += kept * W[j * width + i]                               # (LR-14)
        W[j * width + i] *= keep                                                          # (LR-13)
    models.keep[i], models.keep[m + i] = 1.0, 0.0


cdef Trouble sparse_many_pass(
    const levels.vectors *v, Steps *steps, Models *models, const Csr *X, Py_ssize_t n_features, const floating *scale,
    int32_t *places, floating *scratch, floating *found, double *numbers, floating *W, Py_ssize_t width
) noexcept nogil:
    """W[column][width]; found has room for two rows of it and a number a model, numbers for four numbers a model."""
    cdef const int32_t *at
    cdef const floating *x
    cdef Trouble trouble = NONE
    cdef Py_ssize_t row, ahead, n, i, m = models.n_models
    cdef floating *margin = found
    cdef floating *step = found + width
    cdef floating *lag = found + width + m
    cdef floating *p = found + 2 * width
    cdef double *weights = numbers
    cdef double *etas = numbers + m
    cdef double *counts = numbers + 2 * m
    cdef double *lags = numbers + 3 * m
    cdef double weight, own, a, a_of_lane, y, keep, least, intercept = models.intercept
    cdef bint moves
    while steps.next < steps.n_steps:
        ahead = steps.order[min(steps.next + ROWS_FETCHED, steps.n_steps - 1)]
        if 0 <= ahead < X.n_samples:
            nonzeros.fetch_row(v, X, ahead)
        ahead = steps.order[min(steps.next + WEIGHTS_FETCHED, steps.n_steps - 1)]
        if 0 <= ahead < X.n_samples:
            i = 0
            while i < width:
                nonzeros.fetch_weights(v, X, ahead, W + i, width * sizeof(floating))
                i += LINE // sizeof(floating)
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        n = nonzeros.take_row(v, X, row, scale, places, scratch, &at, &x)
        if n < 0:
            return BAD_ROW
        y = steps.y[row * steps.y_stride]
        levels.gather_rows(v, n, width, x, at, <const floating *>W, margin)
        for i in range(m):
            margin[i] = <floating>(margin[i] * models.keep[i] + models.b[i])              # (LR-1), (LR-13)
        levels.logistic(v, m, <const floating *>margin, p)                               # (LR-2)
        # A row that a model does not move on has weight 0: without branches, which folds drawn at random would mislead
        for i in range(m):
            own = weight * models.multiplicity[row * m + i]
            moves = own != 0.0
            weights[i] = own
            etas[i] = moves * steps.eta[models.moved[i] * models.eta_stride + i * models.model_stride]
            counts[i] = moves
            models.moved[i] += moves
        least = 1.0
        for i in range(m):
            a = -etas[i] * weights[i] * (p[i] - y)                                        # (LR-4)
            keep = models.keep[i] * (1.0 - etas[i] * models.alpha[i])
            a_of_lane = a / keep                                                          # (LR-13)
            step[i] = <floating>a_of_lane
            lags[i] = -models.keep[m + i] * a_of_lane                                     # (LR-14)
            models.keep[i] = keep
            models.keep[m + i] += counts[i] * keep
            models.b[i] += intercept * a
            models.b_total[i] += counts[i] * models.b[i]
            least = keep if keep < least else least
        if width > m:
            for i in range(m):
                lag[i] = <floating>lags[i]
        levels.scatter_rows(v, n, width, <const floating *>step, 0.0, x, at, W, <double *>NULL)  # (LR-5)
        if least < SMALLEST:
            for i in range(m):
                if models.keep[i] < SMALLEST:
                    settle_model(n_features, models, i, W, width)
    return trouble


def logistic_sparse_many_pass(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const unsigned char[:, ::1] multiplicity not None,
    const Py_ssize_t[::1] order not None,
    const double[:, :] eta not None,
    const double[::1] alpha not None,
    scale,
    floating[:, ::1] W not None,
    double[::1] b,
    double[::1] b_total,
    double[:, ::1] folded not None,
):
    """See hotloop.reference.logistic_sparse_many_pass. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, n_features = W.shape[0], n_models = alpha.shape[0], width = W.shape[1]
    if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
        raise ValueError("y and sample_weight must have one entry a row")
    if multiplicity.shape[0] != n_samples or multiplicity.shape[1] != n_models:
        raise ValueError("multiplicity must have one entry a row of X and model")
    if width != n_models and width != 2 * n_models:
        raise ValueError("W must have one weight a model, or two numbers")
    if eta.shape[1] != n_models or eta.shape[0] < order.shape[0]:
        raise ValueError("eta must have one entry a step and model")
    if scale is not None and len(scale) != n_features:
        raise ValueError(f"scale must have {n_features} entries")
    if b is not None and b.shape[0] != n_models:
        raise ValueError(f"b must have {n_models} entries")
    if (b_total is None) != (b is None or width == n_models) or (b_total is not None and b_total.shape[0] != n_models):
        raise ValueError("b_total goes with b and sums of iterates and has the shape of b")
    if folded.shape[0] != 2 or folded.shape[1] != n_models:
        raise ValueError("folded must have two entries a model")
    counts = np.zeros(n_models, np.intp)
    if order.shape[0] == 0 or n_models == 0:
        return counts
    if n_samples == 0:
        raise ValueError("order[0] is no row of X, which has 0")
    dtype = np.float32 if floating is float else np.float64
    cdef Py_ssize_t[::1] moved = counts
    cdef double[::1] no_b = np.zeros(n_models)
    cdef Steps steps = new_steps(order, y, sample_weight, n_samples, 2)
    steps.eta = &eta[0, 0]
    cdef double *b0 = &no_b[0] if b is None else &b[0]
    cdef double[::1] no_total = np.zeros(n_models), numbers = np.empty(4 * n_models)
    cdef double *b_total0 = &no_total[0] if b_total is None else &b_total[0]
    cdef Models models = Models(
        n_models, &multiplicity[0, 0], eta.strides[0] // <Py_ssize_t>sizeof(double), eta.strides[1] // <Py_ssize_t>sizeof(double),
        &alpha[0], b0, b_total0, b is not None, &folded[0, 0],
        &moved[0])
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype), found = np.empty(2 * width + n_models, dtype)
    cdef const floating[::1] scales = scale
    cdef const floating *scale0 = NULL if scale is None or n_features == 0 else &scales[0]
    cdef floating *W0 = NULL if n_features == 0 else &W[0, 0]
    cdef Trouble trouble
    with nogil:
        trouble = sparse_many_pass(levels.active, &steps, &models, &X.rows, n_features, scale0, &found_places[0], &scratch[0],
                                   &found[0], &numbers[0], W0, width)
    if trouble != NONE:
        raise what_is_wrong(trouble, steps.place, order, y, n_samples, 2)
    return counts
