"""How far results may be apart, in one table, each with its reason; and how that is measured."""

from typing import Any, NamedTuple

import numpy as np


class Tolerance(NamedTuple):
    """As NumPy's: |difference| <= atol + rtol |expected|. Used as ``**tolerance._asdict()``."""

    rtol: float
    atol: float


# One sample: a sum of up to 130 products of numbers about 1, each rounded once, in another order: 130 half units in the last
# place.
SAMPLE: dict[Any, Tolerance] = {np.float32: Tolerance(2e-5, 1e-5), np.float64: Tolerance(1e-13, 2e-14)}

# A few steps by hand: some ten roundings.
STEPS: dict[Any, Tolerance] = {np.float32: Tolerance(2e-6, 1e-6), np.float64: Tolerance(1e-14, 1e-15)}

# Largest difference over largest weight after 2,000 steps: a step of size 1 / E ||x||^2 does not amplify the rounding of those
# before it, so errors add up like a random walk, some 50 units in the last place of a sum like SAMPLE's.
WEIGHTS: dict[Any, float] = {np.float32: 1e-5, np.float64: 1e-12}

# The same for a network, whose error is not convex: an early difference may grow by a factor of about 10.
NETWORK: dict[Any, float] = {np.float32: 1e-4, np.float64: 1e-10}

# Central differences of step h = 1e-5 in float64: truncation h^2 = 1e-10, rounding 1e-16 / h = 1e-11, each times a constant.
DIFFERENCE = Tolerance(rtol=1e-6, atol=1e-9)
STEP_OF_DIFFERENCE = 1e-5

# A root that the oracle finds by bisection, to the last place, and a kernel by Newton's method, until a step is below 1e-15 of
# what it moves (1e-8 for (LR-19), whose next error is the square of it): each rounds its equation some ten times. Of weights
# after 200 such steps, none of which amplifies what those before it left: 200 times that.
ROOT = Tolerance(rtol=4e-15, atol=4e-15)
ROOTS = Tolerance(rtol=1e-12, atol=1e-13)

# Units in the last place, as vectors.h promises.
EXPONENTIAL_ULP = 3
LOGISTIC_ULP = 4


def relative_error(found, expected):
    """Return max |found - expected| / max |expected|, over all entries of an array or a tuple of arrays."""
    found, expected = (np.concatenate([np.ravel(np.asarray(a, np.float64)) for a in _tuple(x)]) for x in (found, expected))
    assert found.shape == expected.shape
    return np.abs(found - expected).max() / np.abs(expected).max()


def central_differences(function, *arrays):
    """Return d function() / d each entry of the float64 arrays, which ``function`` reads and which are varied in place."""
    slopes = []
    for array in arrays:
        slope = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + STEP_OF_DIFFERENCE
            above = function()
            array[place] = kept - STEP_OF_DIFFERENCE
            slope[place] = (above - function()) / (2 * STEP_OF_DIFFERENCE)
            array[place] = kept
        slopes.append(slope)
    return slopes


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


# Models of the same rows dense and as CSR, max|dw| / max|w| in float64: the same sums in another order.
DENSE_AND_CSR = 1e-10
