"""Statistics of the columns (docs/equations.md, LR-9)."""

import numpy as np

from hotloop.reference.losses import Array


def column_moments(
    X: Array,
    sample_weight: Array,
    total_weight: Array,
    mean: Array,
    deviation: Array,
    lowest: Array,
    highest: Array,
    others: Array,
    extremes: bool,
) -> None:
    """Take the rows of X, in order, into the running statistics of each column.

    Welford's recurrence with weights (West 1979): it neither cancels nor depends on how the rows are cut into calls.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous
    sample_weight : ndarray of shape (n_samples,), float64
        A row of weight 0 is passed over.
    total_weight : ndarray of shape (1,), float64
        Sum of the weights so far. Overwritten.
    mean, deviation, lowest, highest, others : ndarray of shape (n_features,), float64
        Mean, weighted sum of squared differences from it, the extremes, and 1 where there are other values than these two, else
        0. NaN only shows in the first two. Overwritten.
    extremes : bool
        Whether they are wanted of columns with other values, too; else they are 0 there.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    n_features = X.shape[1]
    if len(sample_weight) != len(X):
        raise ValueError("sample_weight must have one entry a row of X")
    if not n_features == len(mean) == len(deviation) == len(lowest) == len(highest) == len(others):
        raise ValueError(f"mean, deviation, lowest, highest and others must have {n_features} entries")
    if len(total_weight) != 1:
        raise ValueError("total_weight must have one entry")
    for x, weight in zip(X, sample_weight, strict=True):
        if weight == 0:
            continue
        if total_weight[0] == 0:
            lowest[:], highest[:], others[:] = x, x, 0
        total_weight += weight
        before = x - mean
        mean += weight / total_weight * before
        deviation += weight * before * (x - mean)
        others[(x != lowest) & (x != highest) & (lowest != highest)] = 1
        np.fmin(lowest, x, out=lowest)
        np.fmax(highest, x, out=highest)
    if not extremes:
        lowest[others != 0] = highest[others != 0] = 0
