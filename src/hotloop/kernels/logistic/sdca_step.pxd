# The step of one row in dual coordinate ascent: probabilities, distances, and the roots of (DU-4) and (DU-5).
from libc.math cimport exp, fabs, log1p

cdef inline double logistic(double u) noexcept nogil:
    cdef double e = exp(-fabs(u))
    return (1.0 if u >= 0 else e) / (1.0 + e)                                                 # (LR-2)

cdef inline double kl_term(double q, double p) noexcept nogil:
    """q ln(q / p) + p - q, without cancelling where q is near p."""
    cdef double r
    if q < 1e-300:  # negligible
        return p
    r = (p - q) / q
    if fabs(r) < 1e-2:
        return q * r * r * (1 / 2.0 - r * (1 / 3.0 - r * (1 / 4.0 - r * (1 / 5.0 - r * (1 / 6.0 - r * (1 / 7.0 - r / 8.0))))))
    return q * (r - log1p(r))

cdef double solve_dual_step(double m, double curvature, double v) noexcept nogil
cdef void solve_softmax_step(Py_ssize_t m, const double *margins, double curvature, double *log_q, double *targets) noexcept nogil
cdef void softmax(Py_ssize_t m, const double *margins, double *p, double *log_sum) noexcept nogil
