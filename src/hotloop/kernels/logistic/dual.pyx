"""Logistic and softmax regression by dual coordinate ascent, one row at a time, over dense rows or non-zeros; sums for a certificate.

Equations (LR-1) to (LR-3), (LR-6), (LR-7), (LR-9), (LR-15) and (DU-1) to (DU-6). A dense row is a row that has all columns. All is
float64, whatever type the rows have. A step costs a dot and an addition along the row, and some ten calls of exp an output.
"""
import cython
import numpy as np

from hotloop.structs import Pass as GivenPass

from libc.math cimport exp, fabs, isfinite, log1p
from libc.stdint cimport int32_t

from hotloop.kernels.logistic.dual_step cimport kl_term, logistic, softmax, solve_dual_step, solve_softmax_step
from hotloop.kernels.rows.source cimport Rows, Source, take_row
from hotloop.kernels.rows.steps cimport BAD_ROW, DIVERGED, OK, Pass, Status, Steps, next_row
from hotloop.kernels.vectors cimport levels


cdef struct Row:
    # The row at hand.
    Py_ssize_t n
    const int32_t *at
    const double *x
    double along             # shift . z of a CSR row


cdef struct Model:
    # W is (m, n_features), of CSR rows in Fortran order. Of CSR rows with a shift the weights are W + shift_coef shift.
    Py_ssize_t m
    double *W
    const double *b          # NULL: no intercept
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
    double *b                # NULL: no intercept
    double *dual
    double gap


cdef inline bint read_row(const levels.vectors *v, const Source *X, Py_ssize_t i, Row *row) noexcept nogil:
    """Bring a row to hand; tells whether it lies in the arrays."""
    cdef const double *shift = <const double *>X.center
    row.n = take_row(v, X, i, 0, &row.at, &row.x)                                             # (LR-9)
    row.along = 0.0
    if X.sparse and shift != NULL and row.n > 0:
        row.along = levels.gather_dot(v, row.n, row.x, row.at, shift)
    return row.n >= 0


cdef inline double square(const levels.vectors *v, const Source *X, const Row *row, const Model *w) noexcept nogil:
    """||x||^2 of the row at hand."""
    cdef double found = <double>row.n if row.x == NULL else levels.sum_of_squares(v, row.n, row.x)
    if X.sparse and X.center != NULL:
        found += w.shift_square - 2 * row.along
    return found


cdef inline bint find_margins(const levels.vectors *v, const Source *X, const Row *row, const Model *w) noexcept nogil:
    """Margins of the row at hand; tells whether they are finite."""
    cdef Py_ssize_t c
    cdef bint finite = True
    if X.sparse:
        levels.gather_rows(v, row.n, w.m, row.x, row.at, <const double *>w.W, w.margins)
    for c in range(w.m):
        if not X.sparse:
            w.margins[c] = 0.0 if row.n == 0 else levels.dot(v, row.n, row.x, <const double *>(w.W + c * row.n))
        elif X.center != NULL:                                                                # (LR-15)
            w.margins[c] += w.shift_coef[c] * (row.along - w.shift_square) - w.dot[c]
        if w.b != NULL:
            w.margins[c] += w.b[c]                                                            # (LR-1)
        finite = finite and isfinite(w.margins[c])
    return finite


cdef inline void add_row(const levels.vectors *v, const Source *X, const Row *row, const Model *w, double *W) noexcept nogil:
    """Add w.steps[c] times the row at hand, without the shift, to the weights of each output."""
    cdef Py_ssize_t c
    if not X.sparse:
        for c in range(w.m):
            if row.n:
                levels.scale_add(v, row.n, <double>1.0, W + c * row.n, w.steps[c], row.x)
    elif w.m == 1:
        levels.scatter_add(v, row.n, w.steps[0], 0.0, row.x, row.at, W, NULL)
    else:
        levels.scatter_rows(v, row.n, w.m, <const double *>w.steps, 0.0, row.x, row.at, W, NULL)


cdef inline void step_of_two(
    const Model *w, Dual *d, Py_ssize_t label, double weight, double curvature, double *own, double *loss
) noexcept nogil:
    """Solve for the dual of a row of two classes; w.steps becomes weight times the change of the probability."""
    cdef double sign = 2.0 * label - 1.0, m = w.margins[0], u = logistic(own[0]), other = logistic(-sign * m)
    loss[0] += weight * (log1p(exp(-fabs(m))) + max(-sign * m, 0.0))                          # (LR-3)
    d.gap += weight * (kl_term(u, other) + kl_term(logistic(-own[0]), logistic(sign * m)))    # (DU-2)
    own[0] = solve_dual_step(sign * m, curvature, own[0])                                     # (DU-4)
    w.steps[0] = sign * weight * (logistic(own[0]) - u)


cdef inline void step_of_softmax(
    const Model *w, Dual *d, Py_ssize_t label, double weight, double curvature, double *own, double *loss
) noexcept nogil:
    """Solve for the duals of a row of several classes."""
    cdef Py_ssize_t c
    cdef double u, log_sum
    softmax(w.m, w.margins, w.p, &log_sum)
    loss[0] += weight * (log_sum - w.margins[label])                                          # (LR-7)
    for c in range(w.m):
        u = exp(own[c])
        d.gap += weight * kl_term(u, w.p[c])                                                  # (DU-2)
        w.steps[c] = u
    solve_softmax_step(w.m, w.margins, curvature, own, w.q)                                   # (DU-5)
    for c in range(w.m):
        w.steps[c] = weight * (w.steps[c] - exp(own[c]))


cdef Status take_steps(const levels.vectors *v, const Source *X, Steps *steps, Model *w, Dual *d) noexcept nogil:
    cdef Status status
    cdef Row row
    cdef Py_ssize_t i, c, label, m = w.m
    cdef double weight, curvature
    while steps.next < steps.n_steps:
        status = next_row(steps, &i, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        if not read_row(v, X, i, &row):
            return BAD_ROW
        if not find_margins(v, X, &row, w):
            return DIVERGED
        label = <Py_ssize_t>steps.y[i * steps.y_stride]
        curvature = weight * (square(v, X, &row, w) / d.l2 + (0.0 if d.b == NULL else 1.0 / d.b_l2))
        if m == 1:
            step_of_two(w, d, label, weight, curvature, d.dual + i, &steps.loss)
        else:
            step_of_softmax(w, d, label, weight, curvature, d.dual + i * m, &steps.loss)
        for c in range(m):
            if d.b != NULL:
                d.b[c] += w.steps[c] / d.b_l2                                                 # (DU-6)
            w.steps[c] /= d.l2
            w.shift_coef[c] -= w.steps[c]                                                     # (LR-15)
            w.dot[c] += w.steps[c] * row.along
        add_row(v, X, &row, w, w.W)                                                           # (DU-1)
        steps.n_updates += 1
    return OK


cdef Status take_sums(
    const levels.vectors *v, const Source *X, Steps *steps, Model *w, const double *dual, double *margins, double *sums,
    double *b_sums
) noexcept nogil:
    """(DU-3) asks for the sums of each label."""
    cdef Status status
    cdef Row row
    cdef Py_ssize_t i, c, label, m = w.m
    cdef double weight, log_sum
    while steps.next < steps.n_steps:
        status = next_row(steps, &i, &weight)
        if status != OK:
            return status
        if weight == 0.0:
            continue
        if not read_row(v, X, i, &row):
            return BAD_ROW
        w.margins = margins + i * m
        if not find_margins(v, X, &row, w):
            return DIVERGED
        label = <Py_ssize_t>steps.y[i * steps.y_stride]
        if m == 1:
            # q - y is (1 - y) - y of the probability of the other class
            w.steps[0] = weight * (1.0 - 2.0 * label) * logistic(dual[i] if dual != NULL else (1.0 - 2.0 * label) * w.margins[0])
        else:
            if dual == NULL:
                softmax(m, w.margins, w.steps, &log_sum)
            for c in range(m):
                w.steps[c] = weight * ((w.steps[c] if dual == NULL else exp(dual[i * m + c])) - (c == label))
        for c in range(m):
            b_sums[label * m + c] += w.steps[c]
        add_row(v, X, &row, w, sums + label * m * X.n_features)
        steps.n_updates += 1
    return OK


@cython.auto_pickle(False)
cdef class _Problem:
    """The arguments that both functions share, checked, as the loops read them."""

    cdef Rows X
    cdef Pass one_pass
    cdef Model model
    cdef double[:, :] W
    cdef const double[::1] b
    cdef double[:, ::1] own          # shift_coef, dot, margins, steps, and two more
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
        self.W, self.b, self.own = W, b, np.zeros((6, m))
        self.model.m, self.model.W, self.model.b = m, NULL, NULL
        if n_features:
            self.model.W = &self.W[0, 0]
        if b is not None:
            self.model.b = &self.b[0]
        self.model.shift_coef, self.model.dot = &self.own[0, 0], &self.own[1, 0]
        self.model.margins, self.model.steps = &self.own[2, 0], &self.own[3, 0]
        self.model.p, self.model.q = &self.own[4, 0], &self.own[5, 0]
        shift = self.shift(rows)
        if shift is not None:
            self.model.shift_square = np.dot(shift, shift)
            for c in range(m):
                self.own[1, c] = np.dot(W[c], shift)

    cdef shift(self, rows):
        """Return the shift of CSR rows, or None."""
        return rows.shift if self.X.source.sparse else None


def logistic_dual_pass(
    rows not None, steps not None, double l2, double b_l2, double[:, :] W not None, double[::1] b, double[:, ::1] dual not None
):
    """See hotloop.reference.logistic_dual_pass. The GIL is released."""
    weights = np.asarray(W)
    cdef _Problem problem = _Problem(rows, steps, weights, None if b is None else np.asarray(b))
    cdef Py_ssize_t m = problem.model.m
    if dual.shape[0] != problem.X.source.n_samples or dual.shape[1] != m:
        raise ValueError("dual must have one entry a row and output")
    if not l2 > 0 or not b_l2 > 0:
        raise ValueError("l2 and b_l2 must be positive")
    if problem.one_pass.steps.n_steps == 0:
        return 0.0, 0.0, 0
    cdef Dual d = Dual(l2, b_l2, NULL, &dual[0, 0], 0.0)
    if b is not None:
        d.b = &b[0]
    cdef Status status
    with nogil:
        status = take_steps(levels.active, &problem.X.source, &problem.one_pass.steps, &problem.model, &d)
    shift = problem.shift(rows)
    if shift is not None:
        weights += np.outer(problem.own[0], shift)
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
    cdef Py_ssize_t m = problem.model.m, n_samples = problem.X.source.n_samples
    if margins.shape[0] != n_samples or margins.shape[1] != m:
        raise ValueError("margins must have one entry a row and output")
    if dual is not None and (dual.shape[0] != n_samples or dual.shape[1] != m):
        raise ValueError("dual must have one entry a row and output")
    if sums.shape[0] != problem.n_classes or sums.shape[1] != W.shape[0] or sums.shape[2] != W.shape[1]:
        raise ValueError(f"sums must have the shape of W for each of {problem.n_classes} classes")
    own_sums = np.asarray(sums)
    if not (own_sums.transpose(0, 2, 1) if problem.X.source.sparse else own_sums).flags.c_contiguous:
        raise ValueError("the sums of each class must be in the order of W")
    if b_sums.shape[0] != problem.n_classes or b_sums.shape[1] != m:
        raise ValueError("b_sums must have one entry a class and output")
    if n_samples == 0:
        return
    cdef const double *dual0 = NULL
    cdef double *sums0 = NULL
    if dual is not None:
        dual0 = &dual[0, 0]
    if W.shape[1]:
        sums0 = &sums[0, 0, 0]
    cdef Status status
    before = np.array(b_sums)
    with nogil:
        status = take_sums(levels.active, &problem.X.source, &problem.one_pass.steps, &problem.model, dual0, &margins[0, 0], sums0,
                           &b_sums[0, 0])
    if status != OK:
        raise problem.one_pass.error(status)
    shift = problem.shift(rows)
    if shift is not None:
        own_sums -= shift * (np.asarray(b_sums) - before)[:, :, None]
