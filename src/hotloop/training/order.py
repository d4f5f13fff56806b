"""The order of the rows in an epoch, and the rows held out."""

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.batch import Vector


def epoch_order(n_samples: int, epoch: int, seed: int) -> NDArray[np.intp]:
    """Return the permutation of an epoch: it depends on n_samples, epoch and seed alone, by a counter-based generator."""
    generator = np.random.Philox(key=np.array([seed, epoch], dtype=np.uint64))
    return get_backend().permutation(n_samples, generator.random_raw(6).astype(np.uint32))


def hold_out(y: Vector, fraction: float, seed: int, *, stratify: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to train on and the rows held out, each in rising order.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or, without ``stratify``, (n_samples, n_targets)
    fraction : float, above 0 and below 1
        Share of the rows that is held out.
    seed : int
        The rows held out are drawn from it alone.
    stratify : bool
        Each class of y gives its share, and the first row drawn of each class stays in training.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation_fraction is {fraction}, expected a number between 0 and 1")
    drawn = epoch_order(len(y), 2**62, seed)
    if stratify:
        drawn = drawn[np.argsort(y[drawn], kind="stable")]
    first = np.zeros(len(y), dtype=bool)
    first[np.unique(y[drawn], return_index=True)[1] if stratify else 0] = True
    share = np.floor(np.arange(1, len(y) + 1) * fraction)  # every 1/fraction-th of the rows drawn
    taken = (np.diff(share, prepend=0) > 0) & ~first
    if not taken.any():
        raise ValueError(f"{len(y)} rows are too few to hold out {fraction:.0%} of them; give X_val and y_val, or do without")
    return np.sort(drawn[~taken]), np.sort(drawn[taken])
