"""Columns whose values are too large or too small for steps of one size, where nothing standardises them."""

import numpy as np

from hotloop.data.validation import Array
from hotloop.structs import CSRRows
from hotloop.training.warnings import UnscaledWarning

SMALL, LARGE = 1e-15, 1e15

ROWS = 1000


def find_unscaled(X: Array | CSRRows) -> tuple[int, float] | None:
    """Return a column whose largest value in the first ROWS rows is below SMALL or above LARGE, and that value.

    None: there is no such column. Columns of zeros are passed over.
    """
    X = X[:ROWS]
    if isinstance(X, CSRRows):
        columns, place = np.unique(X.stored_indices(), return_inverse=True)
        largest = np.zeros(len(columns))
        np.maximum.at(largest, place, np.abs(X.explicit_data()))
    else:
        columns, largest = np.arange(X.shape[1]), np.maximum(X.max(axis=0), -X.min(axis=0).astype(np.float64))
    odd = np.flatnonzero((largest > LARGE) | ((largest < SMALL) & (largest > 0)))
    return (int(columns[odd[0]]), float(largest[odd[0]])) if len(odd) else None


def unscaled_warning(column: str, largest: float) -> UnscaledWarning:
    """Return the warning of such a column, which is named."""
    what = "so small that steps hardly move its weight" if largest < 1 else "so large that steps overshoot or move nothing"
    return UnscaledWarning(
        f"unscaled: {column} has values up to {largest:.3g}, {what}. Scale it, or take standardize='auto', now None"
    )
