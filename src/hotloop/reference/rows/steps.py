"""The steps of a pass over rows, one after the other, and what may be wrong with them."""

from collections.abc import Iterator

import numpy as np

from hotloop.reference.losses import Array
from hotloop.structs import Pass


def visits(steps: Pass, n_samples: int, n_classes: int) -> Iterator[tuple[int, int]]:
    """Yield step and row of each step that moves something: a row of weight 0 does not.

    Parameters
    ----------
    steps : Pass
    n_samples : int
    n_classes : int
        Classes that y may name; 0: y holds targets, any numbers.

    Raises
    ------
    ValueError
        ``order`` points outside the rows, a label is no class index, or a row has not one label.
    """
    if n_classes and steps.y.ndim == 2 and steps.y.shape[1] != 1:
        raise ValueError(f"y has {steps.y.shape[1]} columns, expected 1, the class index of each row")
    for s, i in enumerate(steps.order):
        if not 0 <= i < n_samples:
            raise ValueError(f"order[{s}] = {i} is no row of X, which has {n_samples}")
        if steps.sample_weight[i] == 0:
            continue
        if n_classes and not 0 <= steps.y[i] < n_classes:
            raise ValueError(f"y[{i}] = {steps.y[i]} is no class index below {n_classes}")
        yield s, i


def check_pass(steps: Pass, n_samples: int, n_models: int = 0) -> None:
    """Raise ValueError where the arrays of a pass do not fit together.

    Parameters
    ----------
    steps : Pass
    n_samples : int
    n_models : int
        Of many models: eta is (n_steps, n_models), alpha (n_models,). 0: one model. -1: eta and alpha are not used.
    """
    if len(steps.y) != n_samples or len(steps.sample_weight) != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if n_models < 0:
        return
    eta = step_sizes(steps)
    if n_models == 0:
        if eta.ndim != 1 or len(eta) < len(steps.order):
            raise ValueError("eta must have one entry a step")
        return
    if np.shape(steps.alpha) != (n_models,):
        raise ValueError("alpha must have one entry a model")
    if eta.ndim != 2 or len(eta) < len(steps.order) or eta.shape[1] != n_models:
        raise ValueError("eta must have one entry a step and model")


def step_sizes(steps: Pass) -> Array:
    """Return eta of a pass whose rule has no step sizes of its own."""
    if steps.eta is None:
        raise ValueError("eta must have one entry a step")
    return steps.eta


def check_margins(m: Array, i: int, s: int) -> None:
    """Raise FloatingPointError where a margin of row i at step s is not finite."""
    if not np.isfinite(m).all():
        raise FloatingPointError(f"the margin of row {i} is not finite at step {s} of the pass")
