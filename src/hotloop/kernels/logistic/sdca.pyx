"""Logistic and softmax regression by dual coordinate ascent, one row at a time, over dense rows or non-zeros; sums for a certificate.

Equations (LR-1) to (LR-3), (LR-6), (LR-7), (LR-9), (LR-15) and (DU-1) to (DU-6). A dense row is a row that has all columns. All is
float64, whatever type the rows have. A step costs a dot and an addition along the row, and some ten calls of exp an output.
The reference finds the same roots by bisection: equal to rounding (docs/exactness.md).
"""
import cython
import numpy as np

from hotloop.structs import Pass as GivenPass

from libc.math cimport exp, fabs, isfinite, log1p
from libc.stdint cimport int32_t

from hotloop.kernels.logistic.sdca_step cimport kl_term, logistic, softmax, solve_dual_step, solve_softmax_step
from hotloop.kernels.rows.source cimport Rows, Source, take_csr_row, take_dense_row
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, next_row
from hotloop.kernels.vectors cimport levels


cdef enum Storage:
    DENSE
    CSR
    SHIFTED_CSR


cdef struct Row:
    # The row at hand.
    Py_ssize_t n
    const int32_t *at
    const double *x
    double along             # shift . z of a CSR row


cdef struct Primal:
    # W is (m, n_features), of CSR rows in Fortran order. Of CSR rows with a shift the weights are W + shift_coef shift.
    Py_ssize_t m
    double *W
    const double *b          # zeros where there is no intercept
    double *shift_coef
    double shift_square      # shift . shift
    double *dot              # W . shift
    double *margins
    double *steps
    double *p                # room for two numbers an output
    double *q


cdef struct Dual:
    double l2
    double b_l2
    double b_curvature       # 1 / b_l2, or 0 where there is no intercept
    double *b                # room that nobody reads where there is no intercept
    double *dual
    double gap


ctypedef void (*RowStep)(
    const Primal *w, Dual *d, Py_ssize_t label, double weight, double curvature, double *dual_of_row, double *loss) noexcept nogil
ctypedef void (*RowGradient)(const Primal *w, Py_ssize_t label, double weight, const double *numbers) noexcept nogil


cdef inline bint read_row(const levels.vectors *v, const Source *X, Py_ssize_t i, Row *row, Storage storage) noexcept nogil:
    """Bring a row to hand, (LR-9); tells whether it lies in the arrays."""
    row.along = 0.0
    if storage == DENSE:
        row.n = take_dense_row(v, X, i, 0, &row.at, &row.x)
    else:
        row.n = take_csr_row(v, X, i, 0, &row.at, &row.x)
    if storage == SHIFTED_CSR and row.n > 0:
        row.along = levels.gather_dot(v, row.n, row.x, row.at, <const double *>X.center)
    return row.n >= 0


cdef inline double square(const levels.vectors *v, const Row *row, const Primal *w, Storage storage) noexcept nogil:
    """||x||^2 of the row at hand; x NULL is a row of ones."""
    cdef double of_row = <double>row.n if row.x == NULL else levels.sum_of_squares(v, row.n, row.x)
    if storage == SHIFTED_CSR:
        of_row += w.shift_square - 2 * row.along
    return of_row


cdef inline bint find_margins(const levels.vectors *v, const Row *row, const Primal *w, Storage storage) noexcept nogil:
    """Margins of the row at hand; tells whether they are finite."""
    cdef Py_ssize_t c
    cdef bint finite = True
    if storage != DENSE:
        levels.gather_rows(v, row.n, w.m, row.x, row.at, <const double *>w.W, w.margins)
    for c in range(w.m):
        if storage == DENSE:
            w.margins[c] = levels.dot(v, row.n, row.x, <const double *>(w.W + c * row.n))
        if storage == SHIFTED_CSR:                                                            # (LR-15)
            w.margins[c] += w.shift_coef[c] * (row.along - w.shift_square) - w.dot[c]
        w.margins[c] += w.b[c]                                                                # (LR-1)
        finite = finite and isfinite(w.margins[c])
    return finite


cdef inline void add_row(const levels.vectors *v, const Row *row, const Primal *w, double *W, Storage storage) noexcept nogil:
    """Add w.steps[c] times the row at hand, without the shift, to the weights W of each output."""
    cdef Py_ssize_t c
    if storage != DENSE:
        levels.scatter_rows(v, row.n, w.m, <const double *>w.steps, 0.0, row.x, row.at, W, NULL)
        return
    for c in range(w.m):
        levels.scale_add(v, row.n, <double>1.0, W + c * row.n, w.steps[c], row.x)


cdef void step_of_two(
    const Primal *w, Dual *d, Py_ssize_t label, double weight, double curvature, double *dual_of_row, double *loss
) noexcept nogil:
    """Solve for the dual of a row of two classes; w.steps becomes weight times the change of the probability."""
    cdef double before = dual_of_row[0], sign = 2.0 * label - 1.0, m = w.margins[0], u = logistic(before), other = logistic(-sign * m)
    loss[0] += weight * (log1p(exp(-fabs(m))) + max(-sign * m, 0.0))                          # (LR-3)
    d.gap += weight * (kl_term(u, other) + kl_term(logistic(-before), logistic(sign * m)))    # (DU-2)
    dual_of_row[0] = solve_dual_step(sign * m, curvature, before)                             # (DU-4)
    w.steps[0] = sign * weight * (logistic(dual_of_row[0]) - u)


cdef void step_of_softmax(
    const Primal *w, Dual *d, Py_ssize_t label, double weight, double curvature, double *dual_of_row, double *loss
) noexcept nogil:
    """Solve for the duals of a row of several classes."""
    cdef Py_ssize_t c
    cdef double u, log_sum
    softmax(w.m, w.margins, w.p, &log_sum)
    loss[0] += weight * (log_sum - w.margins[label])                                          # (LR-7)
    for c in range(w.m):
        u = exp(dual_of_row[c])
        d.gap += weight * kl_term(u, w.p[c])                                                  # (DU-2)
        w.steps[c] = u
    solve_softmax_step(w.m, w.margins, curvature, dual_of_row, w.q)                           # (DU-5)
    for c in range(w.m):
        w.steps[c] = weight * (w.steps[c] - exp(dual_of_row[c]))


cdef inline Status any_steps(
    const levels.vectors *v, const Source *X, Steps *steps, const Primal *w, Dual *d, RowStep take_step, Storage storage
) noexcept nogil:
    cdef Status status
    cdef Row row
    cdef Py_ssize_t i, c, m = w.m
    cdef double weight, curvature
    while steps.next < steps.n_steps:
        status = next_row(steps, &i, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        if not read_row(v, X, i, &row, storage):
            return BAD_ROW
        if not find_margins(v, &row, w, storage):
            return DIVERGED
        curvature = weight * (square(v, &row, w, storage) / d.l2 + d.b_curvature)
        take_step(w, d, <Py_ssize_t>steps.y[i * steps.y_stride], weight, curvature, d.dual + i * m, &steps.loss)
        for c in range(m):
            d.b[c] += w.steps[c] / d.b_l2                                                     # (DU-6)
            w.steps[c] /= d.l2
            if storage == SHIFTED_CSR:                                                        # (LR-15)
                w.shift_coef[c] -= w.steps[c]
                w.dot[c] += w.steps[c] * row.along
        add_row(v, &row, w, w.W, storage)                                                     # (DU-1)
        steps.n_updates += 1
    return OK


cdef Status take_steps(const levels.vectors *v, const Source *X, Steps *steps, const Primal *w, Dual *d) noexcept nogil:
    """Choose the loop over the steps: its last argument is constant, so that the compiler makes one of it for each storage."""
    cdef RowStep take_step = step_of_two
    if w.m > 1:
        take_step = step_of_softmax
    if not X.sparse:
        return any_steps(v, X, steps, w, d, take_step, DENSE)
    if X.center == NULL:
        return any_steps(v, X, steps, w, d, take_step, CSR)
    return any_steps(v, X, steps, w, d, take_step, SHIFTED_CSR)


# Set w.steps to weight (q - y) of a row, where its q are those of its margins or of its duals. The y of two classes is turned over:
# q - y is (1 - y) - y of the probability of the other class.
cdef void gradient_of_margin(const Primal *w, Py_ssize_t label, double weight, const double *margin) noexcept nogil:
    w.steps[0] = weight * (1.0 - 2.0 * label) * logistic((1.0 - 2.0 * label) * margin[0])


cdef void gradient_of_dual(const Primal *w, Py_ssize_t label, double weight, const double *dual) noexcept nogil:
    w.steps[0] = weight * (1.0 - 2.0 * label) * logistic(dual[0])


cdef void gradient_of_margins(const Primal *w, Py_ssize_t label, double weight, const double *margins) noexcept nogil:
    cdef Py_ssize_t c
    cdef double log_sum
    softmax(w.m, margins, w.steps, &log_sum)
    for c in range(w.m):
        w.steps[c] = weight * (w.steps[c] - (c == label))


cdef void gradient_of_duals(const Primal *w, Py_ssize_t label, double weight, const double *duals) noexcept nogil:
    cdef Py_ssize_t c
    for c in range(w.m):
        w.steps[c] = weight * (exp(duals[c]) - (c == label))


cdef struct Sums:
    # (DU-3) asks for the sums of each label.
    RowGradient gradient
    const double *numbers    # that it takes: duals or margins of each row and output
    double *margins          # of each row and output
    double *W                # [label], of the shape and order of the weights
    double *b                # [label][output]


cdef inline Status any_sums(
    const levels.vectors *v, const Source *X, Steps *steps, Primal *w, const Sums *sums, Storage storage
) noexcept nogil:
    cdef Status status
    cdef Row row
    cdef Py_ssize_t i, c, label, m = w.m
    cdef double weight
    while steps.next < steps.n_steps:
        status = next_row(steps, &i, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        if not read_row(v, X, i, &row, storage):
            return BAD_ROW
        w.margins = sums.margins + i * m
        if not find_margins(v, &row, w, storage):
            return DIVERGED
        label = <Py_ssize_t>steps.y[i * steps.y_stride]
        sums.gradient(w, label, weight, sums.numbers + i * m)
        for c in range(m):
            sums.b[label * m + c] += w.steps[c]
        add_row(v, &row, w, sums.W + label * m * X.n_features, storage)
        steps.n_updates += 1
    return OK


cdef Status take_sums(const levels.vectors *v, const Source *X, Steps *steps, Primal *w, const Sums *sums) noexcept nogil:
    """Choose the loop over the rows, as ``take_steps`` does."""
    if not X.sparse:
        return any_sums(v, X, steps, w, sums, DENSE)
    if X.center == NULL:
        return any_sums(v, X, steps, w, sums, CSR)
    return any_sums(v, X, steps, w, sums, SHIFTED_CSR)


@cython.auto_pickle(False)
cdef class _Problem:
    """The arguments that both functions share, checked, as the loops read them."""

    cdef Rows X
    cdef Pass one_pass
    cdef Primal primal
    cdef double[:, :] W
    cdef const double[::1] b
    cdef double[:, ::1] scratch      # shift_coef, dot, margins, steps, p, q; for a model without intercept its b, and what moves it
    cdef Py_ssize_t n_classes

    def __init__(self, rows, steps, W, b):
        cdef Py_ssize_t m = W.shape[0], n_features = W.shape[1]
        self.X = Rows(rows, sizeof(double), n_features)
        self.n_classes = max(m, 2)
        self.one_pass = Pass(steps, self.X.source.n_samples, self.n_classes, -1)
        if not (W.flags.f_contiguous if self.X.source.sparse else W.flags.c_contiguous):
            raise ValueError("W must be in C order for dense rows, in Fortran order for CSR rows")
        if m < 1 or (b is not None and b.shape[0] != m):
            raise ValueError(f"W must have at least one output, b {m} entries")
        self.W, self.b, self.scratch = W, b, np.zeros((8, m))
        self.primal.m, self.primal.W, self.primal.b = m, NULL, &self.scratch[6, 0]
        if n_features:
            self.primal.W = &self.W[0, 0]
        if b is not None:
            self.primal.b = &self.b[0]
        self.primal.shift_coef, self.primal.dot = &self.scratch[0, 0], &self.scratch[1, 0]
        self.primal.margins, self.primal.steps = &self.scratch[2, 0], &self.scratch[3, 0]
        self.primal.p, self.primal.q = &self.scratch[4, 0], &self.scratch[5, 0]
        shift = self.shift(rows)
        if shift is not None:
            self.primal.shift_square = np.dot(shift, shift)
            for c in range(m):
                self.scratch[1, c] = np.dot(W[c], shift)

    cdef shift(self, rows):
        """Return the shift of CSR rows, or None."""
        return rows.shift if self.X.source.sparse else None


def logistic_dual_pass(
    rows not None, steps not None, double l2, double b_l2, double[:, :] W not None, double[::1] b, double[:, ::1] dual not None
):
    """See hotloop.reference.logistic_dual_pass. The GIL is released."""
    weights = np.asarray(W)
    cdef _Problem problem = _Problem(rows, steps, weights, None if b is None else np.asarray(b))
    cdef Py_ssize_t m = problem.primal.m
    if dual.shape[0] != problem.X.source.n_samples or dual.shape[1] != m:
        raise ValueError("dual must have one entry a row and output")
    if not l2 > 0 or not b_l2 > 0:
        raise ValueError("l2 and b_l2 must be positive")
    if problem.one_pass.steps.n_steps == 0:
        return 0.0, 0.0, 0
    cdef Dual d = Dual(l2, b_l2, 0.0, &problem.scratch[7, 0], &dual[0, 0], 0.0)
    if b is not None:
        d.b, d.b_curvature = &b[0], 1.0 / b_l2
    cdef Status status
    with nogil:
        status = take_steps(levels.active, &problem.X.source, &problem.one_pass.steps, &problem.primal, &d)
    shift = problem.shift(rows)
    if shift is not None:
        weights += np.outer(problem.scratch[0], shift)
    if status != OK:
        raise problem.one_pass.error(status)
    return problem.one_pass.steps.loss, d.gap, problem.one_pass.steps.n_updates


def logistic_dual_sums(
    rows not None,
    y not None,
    sample_weight not None,
    double[:, :] W not None,
    const double[::1] b,
    const double[:, ::1] dual,
    double[:, ::1] margins not None,
    double[:, :, :] sums not None,
    double[:, ::1] b_sums not None,
):
    """See hotloop.reference.logistic_dual_sums. The GIL is released."""
    steps = GivenPass(np.arange(len(y)), y, sample_weight)
    cdef _Problem problem = _Problem(rows, steps, np.asarray(W), None if b is None else np.asarray(b))
    cdef Py_ssize_t m = problem.primal.m, n_samples = problem.X.source.n_samples
    if margins.shape[0] != n_samples or margins.shape[1] != m:
        raise ValueError("margins must have one entry a row and output")
    if dual is not None and (dual.shape[0] != n_samples or dual.shape[1] != m):
        raise ValueError("dual must have one entry a row and output")
    if sums.shape[0] != problem.n_classes or sums.shape[1] != W.shape[0] or sums.shape[2] != W.shape[1]:
        raise ValueError(f"sums must have the shape of W for each of {problem.n_classes} classes")
    all_sums = np.asarray(sums)
    if not (all_sums.transpose(0, 2, 1) if problem.X.source.sparse else all_sums).flags.c_contiguous:
        raise ValueError("the sums of each class must be in the order of W")
    if b_sums.shape[0] != problem.n_classes or b_sums.shape[1] != m:
        raise ValueError("b_sums must have one entry a class and output")
    if n_samples == 0:
        return
    cdef Sums of_labels = Sums(gradient_of_margin, &margins[0, 0], &margins[0, 0], NULL, &b_sums[0, 0])
    if m > 1:
        of_labels.gradient = gradient_of_margins
    if dual is not None:
        of_labels.gradient, of_labels.numbers = gradient_of_dual, &dual[0, 0]
        if m > 1:
            of_labels.gradient = gradient_of_duals
    if W.shape[1]:
        of_labels.W = &sums[0, 0, 0]
    cdef Status status
    before = np.array(b_sums)
    with nogil:
        status = take_sums(levels.active, &problem.X.source, &problem.one_pass.steps, &problem.primal, &of_labels)
    if status != OK:
        raise problem.one_pass.error(status)
    shift = problem.shift(rows)
    if shift is not None:
        all_sums -= shift * (np.asarray(b_sums) - before)[:, :, None]
