"""Statistics of the columns (docs/equations.md, LR-9)."""

import numpy as np

from hotloop.reference.losses import Array
from hotloop.reference.rows.source import dense_rows
from hotloop.structs import ColumnMoments, DenseRows


def column_moments(rows: DenseRows, sample_weight: Array, moments: ColumnMoments, extremes: bool) -> None:
    """Take rows, as they are stored, in order, into the running statistics of each column.

    Welford's recurrence with weights (West 1979): it neither cancels nor depends on how the rows are cut into calls.

    Parameters
    ----------
    rows : DenseRows
        Their center and scale are not used.
    sample_weight : ndarray of shape (n_samples,), float64
        A row of weight 0 is passed over.
    moments : ColumnMoments
        NaN only shows in mean and deviation. Overwritten.
    extremes : bool
        Whether they are wanted of columns with other values, too; else they are 0 there.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    X, total_weight, mean, deviation = dense_rows(rows).X, moments.total_weight, moments.mean, moments.deviation
    lowest, highest, others = moments.lowest, moments.highest, moments.others
    if len(sample_weight) != len(X):
        raise ValueError("sample_weight must have one entry a row of X")
    if {len(a) for a in (mean, deviation, lowest, highest, others)} != {rows.n_features}:
        raise ValueError(f"mean, deviation, lowest, highest and others must have {rows.n_features} entries")
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
