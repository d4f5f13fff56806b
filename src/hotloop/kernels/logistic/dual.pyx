"""Logistic and softmax regression by dual coordinate ascent, one row at a time, over dense rows or non-zeros; sums for a certificate.

Equations (LR-1) to (LR-3), (LR-6), (LR-7), (LR-9), (LR-15) and (DU-1) to (DU-6). A dense row is a row that has all columns. All is
float64, whatever type the rows have. A step costs a dot and an addition along the row, and some ten calls of exp an output.
"""
import cython
import numpy as np

from libc.math cimport exp, fabs, isfinite, log, log1p
from libc.stdint cimport int32_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.csr cimport Csr, NonZeros
from hotloop.kernels.rows.cursor cimport BAD_ROW, DIVERGED, NONE, Steps, Trouble, new_steps, next_row, what_is_wrong

cdef enum:
    MOST = 100           # Newton steps. They fall towards the root without jumping over it, so they may stop anywhere.
cdef double EXACT = 1e-15
cdef double NEGLIGIBLE = 1e-300


cdef struct Source:
    # Rows of either kind, and the row at hand.
    const Csr *sparse        # NULL: dense
    const char *data
    Py_ssize_t stride
    int type
    Py_ssize_t n_features
    const double *center     # of sparse rows the shift of (LR-15)
    const double *scale
    double shift_square      # shift . shift
    int32_t *places
    double *scratch
    Py_ssize_t n
    const int32_t *at
    const double *x
    double along             # shift . z


cdef struct Model:
    # W is (m, n_features), of sparse rows (n_features, m). Of sparse rows with a shift the weights are W + lean shift.
    Py_ssize_t m
    double *W
    const double *b          # NULL: no intercept
    double *lean
    double *dot              # W . shift
    double *margins
    double *steps


cdef inline bint take_row(const levels.vectors *v, Source *s, Py_ssize_t row) noexcept nogil:
    """Bring a row to hand; tells whether it lies in the arrays."""
    if s.sparse == NULL:
        s.x = samples.row(v, s.data + row * s.stride, s.type, s.n_features, s.center, s.scale, s.scratch)       # (LR-9)
        return True
    s.n = nonzeros.take_row(v, s.sparse, row, s.scale, s.places, s.scratch, &s.at, &s.x)
    s.along = 0.0 if s.center == NULL or s.n <= 0 else levels.gather_dot(v, s.n, s.x, s.at, s.center)
    return s.n >= 0


cdef inline double square(const levels.vectors *v, const Source *s) noexcept nogil:
    """||x||^2 of the row at hand."""
    cdef double found = <double>s.n if s.x == NULL else levels.sum_of_squares(v, s.n, s.x)
    if s.sparse != NULL and s.center != NULL:
        found += s.shift_square - 2 * s.along
    return found


cdef inline bint find_margins(const levels.vectors *v, const Source *s, const Model *w) noexcept nogil:
    """Margins of the row at hand; tells whether they are finite."""
    cdef Py_ssize_t c
    cdef bint finite = True
    if s.sparse != NULL:
        levels.gather_rows(v, s.n, w.m, s.x, s.at, <const double *>w.W, w.margins)
    for c in range(w.m):
        if s.sparse == NULL:
            w.margins[c] = 0.0 if s.n == 0 else levels.dot(v, s.n, s.x, <const double *>(w.W + c * s.n))
        elif s.center != NULL:                                                                # (LR-15)
            w.margins[c] += w.lean[c] * (s.along - s.shift_square) - w.dot[c]
        if w.b != NULL:
            w.margins[c] += w.b[c]                                                            # (LR-1)
        finite = finite and isfinite(w.margins[c])
    return finite


cdef inline void add_row(const levels.vectors *v, const Source *s, const Model *w, double *W) noexcept nogil:
    """Add w.steps[c] times the row at hand, without the shift, to the weights of each output."""
    cdef Py_ssize_t c
    if s.sparse == NULL:
        for c in range(w.m):
            if s.n:
                levels.scale_add(v, s.n, <double>1.0, W + c * s.n, w.steps[c], s.x)
        return
    if w.m == 1:
        levels.scatter_add(v, s.n, w.steps[0], 0.0, s.x, s.at, W, NULL)
    else:
        levels.scatter_rows(v, s.n, w.m, <const double *>w.steps, 0.0, s.x, s.at, W, NULL)


cdef inline double logistic(double u) noexcept nogil:
    cdef double e = exp(-fabs(u))
    return (1.0 if u >= 0 else e) / (1.0 + e)                                                 # (LR-2)


cdef inline double away(double q, double p) noexcept nogil:
    """q ln(q / p) + p - q, without cancelling where q is near p."""
    cdef double r
    if q < NEGLIGIBLE:
        return p
    r = (p - q) / q
    if fabs(r) < 1e-2:
        return q * r * r * (1 / 2.0 - r * (1 / 3.0 - r * (1 / 4.0 - r * (1 / 5.0 - r * (1 / 6.0 - r * (1 / 7.0 - r / 8.0))))))
    return q * (r - log1p(r))


cdef inline double answer(double m, double curvature, double v) noexcept nogil:
    """(DU-4): the root of z + m + curvature (s(z) - s(v)), from v on."""
    cdef double sign = 1.0, u = logistic(v), z, u_z, step
    cdef int _i
    if m + curvature * (0.5 - u) < 0.0:      # it is above 0: the same seen from the other class
        sign, m, u, v = -1.0, -m, logistic(-v), -v
    z = min(0.0, curvature * u - m)          # above the root, where the function is convex and Newton's steps fall towards it
    if isfinite(v):
        z = min(z, v)
    for _i in range(MOST):
        u_z = logistic(z)
        step = (z + m + curvature * (u_z - u)) / (1.0 + curvature * u_z * (1.0 - u_z))
        z = min(z - step, 0.0)
        if fabs(step) <= EXACT * (1.0 + fabs(z)):
            break
    return sign * z


cdef void answer_softmax(Py_ssize_t m, const double *margins, double curvature, double *log_q, double *found) noexcept nogil:
    """(DU-5): log_q becomes the root of z_c + curvature (exp(z_c) - q_c) - margin_c + zeta, sum exp(z_c) = 1.

    For a given zeta the z_c are found as in (DU-4). Their sum is convex in zeta and falls; Newton's steps rise towards the root from
    where one z_c is 0.
    """
    cdef Py_ssize_t c
    cdef double zeta = -1e308, target, z, q, step, total, slope
    cdef int _i, _j
    for c in range(m):
        found[c] = margins[c] + curvature * exp(log_q[c])
        zeta = max(zeta, found[c] - curvature)
    for _i in range(MOST):
        total, slope = 0.0, 0.0
        for c in range(m):
            target = found[c] - zeta
            z = min(0.0, target)
            if isfinite(log_q[c]):
                z = min(z, log_q[c])
            for _j in range(MOST):
                q = exp(z)
                step = (z + curvature * q - target) / (1.0 + curvature * q)
                z = min(z - step, 0.0)
                if fabs(step) <= EXACT * (1.0 + fabs(z)):
                    break
            log_q[c] = z
            q = exp(z)
            total += q
            slope += q / (1.0 + curvature * q)
        step = (total - 1.0) / slope
        zeta += step
        if step <= EXACT * (1.0 + fabs(zeta)):
            break


cdef inline void softmax(Py_ssize_t m, const double *margins, double *p, double *log_sum) noexcept nogil:
    cdef Py_ssize_t c
    cdef double largest = margins[0], below = 0.0
    for c in range(m):
        largest = max(largest, margins[c])
    for c in range(m):
        p[c] = exp(margins[c] - largest)
        below += p[c]
    for c in range(m):
        p[c] /= below                                                                         # (LR-6)
    log_sum[0] = log(below) + largest


cdef Trouble take_steps(
    const levels.vectors *v, Steps *steps, Source *s, Model *w, double strength, double b_strength, double *b, double *dual,
    double *p, double *q, double *gap
) noexcept nogil:
    cdef Trouble trouble = NONE
    cdef Py_ssize_t row, c, label, m = w.m
    cdef double weight, sign, u, other, curvature, log_sum
    cdef double *own
    while steps.next < steps.n_steps:
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        if not take_row(v, s, row):
            return BAD_ROW
        if not find_margins(v, s, w):
            return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        own = dual + row * m
        curvature = weight * (square(v, s) / strength + (0.0 if b == NULL else 1.0 / b_strength))
        if m == 1:
            sign = 2.0 * label - 1.0
            u, other = logistic(own[0]), logistic(-sign * w.margins[0])
            steps.loss += weight * (log1p(exp(-fabs(w.margins[0]))) + max(-sign * w.margins[0], 0.0))      # (LR-3)
            gap[0] += weight * (away(u, other) + away(logistic(-own[0]), logistic(sign * w.margins[0])))   # (DU-2)
            own[0] = answer(sign * w.margins[0], curvature, own[0])                           # (DU-4)
            w.steps[0] = sign * weight * (logistic(own[0]) - u)
        else:
            softmax(m, w.margins, p, &log_sum)
            steps.loss += weight * (log_sum - w.margins[label])                               # (LR-7)
            for c in range(m):
                u = exp(own[c])
                gap[0] += weight * away(u, p[c])                                              # (DU-2)
                w.steps[c] = u
            answer_softmax(m, w.margins, curvature, own, q)                                   # (DU-5)
            for c in range(m):
                w.steps[c] = weight * (w.steps[c] - exp(own[c]))
        for c in range(m):
            if b != NULL:
                b[c] += w.steps[c] / b_strength                                               # (DU-6)
            w.steps[c] /= strength
            w.lean[c] -= w.steps[c]                                                           # (LR-15)
            w.dot[c] += w.steps[c] * s.along
        add_row(v, s, w, w.W)                                                                 # (DU-1)
        steps.moved += 1
    return trouble


cdef Trouble take_sums(
    const levels.vectors *v, Steps *steps, Source *s, Model *w, const double *dual, double *margins, double *sums, double *b_sums
) noexcept nogil:
    cdef Trouble trouble = NONE
    # (DU-3) asks for the sums of each label
    cdef Py_ssize_t row, c, label, m = w.m
    cdef double weight, log_sum
    while steps.next < steps.n_steps:
        trouble = next_row(steps, &row, &weight)
        if trouble != NONE:
            return trouble
        if weight == 0.0:
            continue
        if not take_row(v, s, row):
            return BAD_ROW
        w.margins = margins + row * m
        if not find_margins(v, s, w):
            return DIVERGED
        label = <Py_ssize_t>steps.y[row * steps.y_stride]
        if m == 1:
            # q - y is (1 - y) - y of the probability of the other class
            w.steps[0] = weight * (1.0 - 2.0 * label) * logistic(dual[row] if dual != NULL else (1.0 - 2.0 * label) * w.margins[0])
        else:
            if dual == NULL:
                softmax(m, w.margins, w.steps, &log_sum)
            for c in range(m):
                w.steps[c] = weight * ((w.steps[c] if dual == NULL else exp(dual[row * m + c])) - (c == label))
        for c in range(m):
            b_sums[label * m + c] += w.steps[c]
        add_row(v, s, w, sums + label * m * s.n_features)
        steps.moved += 1
    return trouble


@cython.auto_pickle(False)
cdef class _Problem:
    """The arguments that both functions share, checked, as the loops read them."""

    cdef Source source
    cdef Model model
    cdef Steps steps
    cdef samples.Samples dense
    cdef NonZeros sparse
    cdef const double[::1] center
    cdef const double[::1] scale
    cdef double[:, ::1] W
    cdef const double[::1] b
    cdef double[:, ::1] own          # lean, dot, margins, steps, and two more
    cdef int32_t[::1] places
    cdef double[::1] scratch
    cdef Py_ssize_t n_classes

    def __init__(self, X, csr, const double[:] y, const double[:] sample_weight, const Py_ssize_t[::1] order, center, scale, W, b):
        cdef Py_ssize_t n_samples, longest, n_features, m, c
        m, n_features = (W.shape[0], W.shape[1]) if X is not None else (W.shape[1], W.shape[0])
        if X is not None:
            self.dense = samples.Samples(X)
            n_samples, longest = self.dense.n_samples, n_features
            if self.dense.n_features != n_features:
                raise ValueError(f"X has {self.dense.n_features} columns, W {n_features}")
        else:
            self.sparse = NonZeros(*csr)
            n_samples, longest = self.sparse.rows.n_samples, self.sparse.rows.longest
        if y.shape[0] != n_samples or sample_weight.shape[0] != n_samples:
            raise ValueError("y and sample_weight must have one entry a row")
        if X is not None and (center is None) != (scale is None):
            raise ValueError("center and scale come together or not at all")
        for array in (center, scale):
            if array is not None and array.shape[0] != n_features:
                raise ValueError(f"center and scale must have {n_features} entries")
        if m < 1 or (b is not None and b.shape[0] != m):
            raise ValueError(f"W must have at least one output, b {m} entries")
        if order.shape[0] and not n_samples:
            raise ValueError("order[0] is no row of X, which has 0")
        self.center, self.scale, self.W, self.b = center, scale, W, b
        self.own, self.n_classes = np.zeros((6, m)), max(m, 2)
        self.places, self.scratch = np.empty(max(longest, 1), np.int32), np.empty(max(longest, 1))
        if order.shape[0]:
            self.steps = new_steps(order, y, sample_weight, n_samples, self.n_classes)
        self.source.sparse = NULL
        if X is None:
            self.source.sparse = &self.sparse.rows
        else:
            self.source.data, self.source.stride, self.source.type = self.dense.data, self.dense.stride, self.dense.type
        self.source.n_features = self.source.n = n_features
        self.source.center = self.source.scale = NULL
        if center is not None and n_features:
            self.source.center = &self.center[0]
        if scale is not None and n_features:
            self.source.scale = &self.scale[0]
        self.source.places, self.source.scratch = &self.places[0], &self.scratch[0]
        self.model.m, self.model.W, self.model.b = m, NULL, NULL
        if n_features:
            self.model.W = &self.W[0, 0]
        if b is not None:
            self.model.b = &self.b[0]
        self.model.lean, self.model.dot = &self.own[0, 0], &self.own[1, 0]
        self.model.margins, self.model.steps = &self.own[2, 0], &self.own[3, 0]
        if X is None and center is not None:
            self.source.shift_square = np.dot(center, center)
            for c in range(m):
                self.own[1, c] = np.dot(W[:, c], center)


def logistic_dual_pass(
    X,
    csr,
    const double[:] y not None,
    const double[:] sample_weight not None,
    const Py_ssize_t[::1] order not None,
    double strength,
    double b_strength,
    center,
    scale,
    double[:, ::1] W not None,
    double[::1] b,
    double[:, ::1] dual not None,
):
    """See hotloop.reference.logistic_dual_pass. The GIL is released."""
    weights = np.asarray(W)
    cdef _Problem problem = _Problem(X, csr, y, sample_weight, order, center, scale, weights, None if b is None else np.asarray(b))
    cdef Py_ssize_t m = problem.model.m
    if dual.shape[0] != y.shape[0] or dual.shape[1] != m:
        raise ValueError("dual must have one entry a row and output")
    if not strength > 0 or not b_strength > 0:
        raise ValueError("strength and b_strength must be positive")
    if order.shape[0] == 0:
        return 0.0, 0.0, 0
    cdef double *b0 = NULL if b is None else &b[0]
    cdef double gap = 0.0
    cdef Trouble trouble
    with nogil:
        trouble = take_steps(levels.active, &problem.steps, &problem.source, &problem.model, strength, b_strength, b0, &dual[0, 0],
                             &problem.own[4, 0], &problem.own[5, 0], &gap)
    if X is None and center is not None:
        weights += np.outer(center, problem.own[0])
    if trouble != NONE:
        raise what_is_wrong(trouble, problem.steps.place, order, y, y.shape[0], problem.n_classes)
    return problem.steps.loss, gap, problem.steps.moved


def logistic_dual_sums(
    X,
    csr,
    const double[:] y not None,
    const double[:] sample_weight not None,
    center,
    scale,
    double[:, ::1] W not None,
    const double[::1] b,
    const double[:, ::1] dual,
    double[:, ::1] margins not None,
    double[:, :, ::1] sums not None,
    double[:, ::1] b_sums not None,
):
    """See hotloop.reference.logistic_dual_sums. The GIL is released."""
    order = np.arange(y.shape[0])
    cdef _Problem problem = _Problem(X, csr, y, sample_weight, order, center, scale, np.asarray(W), None if b is None else np.asarray(b))
    cdef Py_ssize_t m = problem.model.m
    if margins.shape[0] != y.shape[0] or margins.shape[1] != m:
        raise ValueError("margins must have one entry a row and output")
    if dual is not None and (dual.shape[0] != y.shape[0] or dual.shape[1] != m):
        raise ValueError("dual must have one entry a row and output")
    if sums.shape[0] != problem.n_classes or sums.shape[1] != W.shape[0] or sums.shape[2] != W.shape[1]:
        raise ValueError(f"sums must have the shape of W for each of {problem.n_classes} classes")
    if b_sums.shape[0] != problem.n_classes or b_sums.shape[1] != m:
        raise ValueError("b_sums must have one entry a class and output")
    if len(order) == 0:
        return
    cdef const double *dual0 = NULL if dual is None else &dual[0, 0]
    cdef double *sums0 = NULL if problem.source.n_features == 0 else &sums[0, 0, 0]
    cdef Trouble trouble
    if X is None and center is not None:
        before = np.array(b_sums)
    with nogil:
        trouble = take_sums(levels.active, &problem.steps, &problem.source, &problem.model, dual0, &margins[0, 0], sums0,
                            &b_sums[0, 0])
    if trouble != NONE:
        raise what_is_wrong(trouble, problem.steps.place, order, y, y.shape[0], problem.n_classes)
    if X is None and center is not None:
        np.asarray(sums)[...] -= center[:, None] * (np.asarray(b_sums) - before)[:, None, :]
