"""The step of one row in dual coordinate ascent: probabilities, distances, and the roots of (DU-4) and (DU-5), by bisection."""

import math

import numpy as np

from hotloop.reference.bisection import bisect
from hotloop.reference.losses import Array, logistic


def solve_dual_step(m: float, curvature: float, u: float) -> float:
    """Return the root v of v + m + curvature (s(v) - u), (DU-4). It lies where s(v) lies between 0 and 1."""
    m, curvature, u = float(m), float(curvature), float(u)  # no scalars of NumPy: they cost three times as much

    def rising(v: float) -> float:
        e = math.exp(-abs(v))
        s = (1 if v >= 0 else e) / (1 + e)  # (LR-2)
        return v + m + curvature * (s - u)  # (DU-4)

    return bisect(rising, -m + curvature * (u - 1), -m + curvature * u)


def solve_softmax_step(margins: Array, curvature: float, q: Array) -> Array:
    """Return z, the logarithms of the new q' of (DU-5), with the zeta for which they sum to 1.

    For a zeta each z_c is the root of a function that rises; their sum falls with zeta.
    """
    curvature, targets = float(curvature), (margins + curvature * q).tolist()

    def log_q(target: float) -> float:
        """Return the root z of z + curvature exp(z) - target, where exp(z) lies between 0 and 1."""
        return bisect(lambda z: z + curvature * math.exp(z) - target, target - curvature, min(target, 0.0))

    def missing(zeta: float) -> float:
        return 1 - sum(math.exp(log_q(target - zeta)) for target in targets)  # (DU-5)

    first = max(targets) - curvature  # at which the largest z is 0
    last = first + curvature + math.log(len(targets))  # at which none is above that of equal probabilities
    zeta = bisect(missing, first, last)
    return np.array([log_q(target - zeta) for target in targets])


def distance(q: Array, p: Array) -> float:
    """Return sum q ln(q / p), (DU-2), as the sum of q (r - ln(1 + r)) with r = (p - q) / q, whose parts are not negative."""
    q, p = np.asarray(q, np.float64), np.asarray(p, np.float64)
    some = q > 1e-300
    r = np.divide(p - q, q, out=np.zeros_like(q), where=some)
    with np.errstate(divide="ignore"):
        return float(np.where(some, q * (r - np.log1p(r)), p).sum())


def of_two(v: float) -> Array:
    """Return s(v) and 1 - s(v), (LR-2)."""
    return logistic(np.array([v, -v]))
