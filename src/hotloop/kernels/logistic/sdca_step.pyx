"""The roots that a step of dual coordinate ascent asks for, by Newton's steps: (DU-4) of two classes, (DU-5) of several."""
from libc.math cimport exp, fabs, isfinite, log

cdef enum:
    MOST_STEPS = 100     # of Newton. They fall towards the root without jumping over it, so they may stop anywhere.
cdef double EXACT = 1e-15


cdef double solve_dual_step(double m, double curvature, double v) noexcept nogil:
    """(DU-4): the root of z + m + curvature (s(z) - s(v)), from v on."""
    cdef double sign = 1.0, u = logistic(v), z, u_z, step
    cdef int _i
    if m + curvature * (0.5 - u) < 0.0:      # it is above 0: the same seen from the other class
        sign, m, u, v = -1.0, -m, logistic(-v), -v
    z = min(0.0, curvature * u - m)          # above the root, where the function is convex and Newton's steps fall towards it
    if isfinite(v):
        z = min(z, v)
    for _i in range(MOST_STEPS):
        u_z = logistic(z)
        step = (z + m + curvature * (u_z - u)) / (1.0 + curvature * u_z * (1.0 - u_z))
        z = min(z - step, 0.0)
        if fabs(step) <= EXACT * (1.0 + fabs(z)):
            break
    return sign * z


cdef void solve_softmax_step(Py_ssize_t m, const double *margins, double curvature, double *log_q, double *targets) noexcept nogil:
    """(DU-5): log_q becomes the root of z_c + curvature (exp(z_c) - q_c) - margin_c + zeta, sum exp(z_c) = 1.

    For a given zeta the z_c are found as in (DU-4). Their sum is convex in zeta and falls; Newton's steps rise towards the root from
    where one z_c is 0.
    """
    cdef Py_ssize_t c
    cdef double zeta = -1e308, target, z, q, step, total, slope
    cdef int _i, _j
    for c in range(m):
        targets[c] = margins[c] + curvature * exp(log_q[c])
        zeta = max(zeta, targets[c] - curvature)
    for _i in range(MOST_STEPS):
        total, slope = 0.0, 0.0
        for c in range(m):
            target = targets[c] - zeta
            z = min(0.0, target)
            if isfinite(log_q[c]):
                z = min(z, log_q[c])
            for _j in range(MOST_STEPS):
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


cdef void softmax(Py_ssize_t m, const double *margins, double *p, double *log_sum) noexcept nogil:
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
