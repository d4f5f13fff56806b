"""The instruction-set levels of the vector primitives: which there are, and which one the kernels use.

The table of functions (vectors/vectors.h) is chosen once at import: the highest level that this build and this CPU have,
or the one that HOTLOOP_ISA names.
"""
import os

import numpy as np

LEVELS = ("x86-64-v4", "x86-64-v3", "baseline")


def available_levels():
    """Return the names of the levels that this build and this CPU have, the highest first."""
    return [level for level in LEVELS if vectors_of_level(level.encode()) is not NULL]


def active_level():
    """Return the name of the level in use."""
    return active.level.decode()


def use_level(level):
    """Let all kernels of this process use ``level``; ValueError where this build or CPU lacks it.

    Not to be called while a kernel runs in another thread.
    """
    global active
    cdef const vectors *chosen = vectors_of_level(level.encode())
    if chosen is NULL:
        raise ValueError(f"instruction-set level {level!r} is not available here; there are: {', '.join(available_levels())}")
    active = chosen


def exponential_of(const floating[::1] m not None):
    """Return exp(m) of each element, by the primitive that the kernels use."""
    p = np.empty(m.shape[0], np.float32 if floating is float else np.float64)
    cdef floating[::1] out = p
    if m.shape[0]:
        exponential(active, m.shape[0], &m[0], &out[0])
    return p


def logistic_of(const floating[::1] m not None):
    """Return 1 / (1 + exp(-m)) of each element, (LR-2), by the primitive that the kernels use."""
    p = np.empty(m.shape[0], np.float32 if floating is float else np.float64)
    cdef floating[::1] out = p
    if m.shape[0]:
        logistic(active, m.shape[0], &m[0], &out[0])
    return p


# A level that is not there is refused when a backend is chosen, not by the import.
_asked = os.environ.get("HOTLOOP_ISA")
use_level(_asked if _asked in available_levels() else available_levels()[0])
