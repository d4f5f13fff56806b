"""Statistics of the columns (docs/equations.md, LR-9)."""

from .losses import Array


def column_moments(X: Array, sample_weight: Array, total_weight: Array, mean: Array, deviation: Array) -> None:
    """Take the rows of X, in order, into the running mean and deviation of each column.

    Welford's recurrence with weights (West 1979): it neither cancels nor depends on how the rows are cut into calls.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous
    sample_weight : ndarray of shape (n_samples,), float64
        A row of weight 0 is passed over.
    total_weight : ndarray of shape (1,), float64
        Sum of the weights so far. Overwritten.
    mean, deviation : ndarray of shape (n_features,), float64
        Mean, and weighted sum of squared differences from it. Overwritten.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    n_features = X.shape[1]
    if len(sample_weight) != len(X):
        raise ValueError("sample_weight must have one entry a row of X")
    if len(mean) != n_features or len(deviation) != n_features or len(total_weight) != 1:
        raise ValueError(f"mean and deviation must have {n_features} entries, total_weight one")
    for x, weight in zip(X, sample_weight, strict=True):
        if weight == 0:
            continue
        total_weight += weight
        before = x - mean
        mean += weight / total_weight * before
        deviation += weight * before * (x - mean)
