"""Roots of functions that rise, by bisection: slow, and right whatever the function."""

from collections.abc import Callable


def bisect(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return the first float64 between low and high at which the function is not below 0; where there is none, high."""
    while low < (middle := (low + high) / 2) < high:
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return high
