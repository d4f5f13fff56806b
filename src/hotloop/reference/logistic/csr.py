"""Logistic regression on rows given by their non-zeros (CSR): the rule of dense rows on each row written out.

What the compiled kernels fold into a few numbers so that a step costs the non-zeros of its row, (LR-13) to (LR-15), is settled
here before the first step: the oracle takes the plain rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hotloop.reference.logistic.dense import logistic_pass
from hotloop.reference.losses import Array


@dataclass(frozen=True)
class WrittenOut:
    """CSR rows as the dense rule reads them: entry i is row i with its zeros, standardised."""

    starts: Array
    places: Array
    values: Array | None
    n_features: int
    shift: Array | None = None
    scale: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_features)"""
        return len(self.starts) - 1, self.n_features

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> Array:
        own = slice(self.starts[i], self.starts[i + 1])
        x = np.zeros(self.n_features)
        np.add.at(x, self.places[own], 1.0 if self.values is None else self.values[own])
        if self.scale is not None:
            x *= self.scale
        return x if self.shift is None else x - self.shift  # (LR-15)


def logistic_sparse_pass(
    starts: Array,
    places: Array,
    values: Array | None,
    longest: int,
    y: Array,
    sample_weight: Array,
    order: Array,
    eta: Array,
    alpha: float,
    shift: Array | None,
    scale: Array | None,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    folded: Array,
) -> tuple[float, int]:
    """Run :func:`logistic_pass` over rows given by their non-zeros.

    Parameters
    ----------
    starts : ndarray of shape (n_samples + 1,), int64
        Row i has the non-zeros starts[i] to starts[i + 1] - 1.
    places : ndarray, int32 or int64
        Their columns, none twice in a row, 0 to n_features - 1: see :func:`check_nonzeros`, which is not called here.
    values : ndarray of numbers of any type, or None
        Their values; None: all are 1.
    longest : int
        Non-zeros of the longest row, or more.
    y, sample_weight, order, eta, alpha : as for :func:`logistic_pass`
    shift, scale : ndarray of shape (n_features,), dtype of W, or None
        The rows are seen as x * scale - shift: (LR-9) with shift = center * scale. None: 0, and 1.
    W : ndarray of shape (n_features, n_outputs), float32 or float64
        Feature-major, as is W_total. Overwritten, as are b, W_total, b_total.
    folded : ndarray of shape (3 + 3 n_outputs,), float64
        What W and W_total are still to be combined with, see :func:`settle`, which makes the first of it. Overwritten.

    Returns
    -------
    loss, n_moved, and errors : as for :func:`logistic_pass`
    """
    n_features, n_outputs = W.shape
    if len(folded) != 3 + 3 * n_outputs:
        raise ValueError(f"folded must have {3 + 3 * n_outputs} entries")
    for array in (shift, scale):
        if array is not None and len(array) != n_features:
            raise ValueError(f"shift and scale must have {n_features} entries")
    if W_total is not None and W_total.shape != W.shape:
        raise ValueError("W_total must have the shape of W")
    settle(shift, W, W_total, folded)
    rows = WrittenOut(starts, places, values, n_features, shift, scale)
    own, total = W.T.copy(), None if W_total is None else W_total.T.copy()
    try:
        result = logistic_pass(rows, y, sample_weight, order, eta, alpha, None, None, own, b, total, b_total)  # type: ignore[arg-type]
    finally:
        W[:] = own.T
        if W_total is not None and total is not None:
            W_total[:] = total.T
        settle(shift, W, W_total, folded)
    return result


def logistic_sparse_many_pass(
    starts: Array,
    places: Array,
    values: Array | None,
    longest: int,
    y: Array,
    sample_weight: Array,
    multiplicity: Array,
    order: Array,
    eta: Array,
    alpha: Array,
    scale: Array | None,
    W: Array,
    b: Array | None,
    b_total: Array | None,
    folded: Array,
) -> Array:
    """Run :func:`logistic_sparse_pass` for each of several models of two classes over the same rows in the same order.

    The compiled kernel reads each non-zero once for all models. A model whose weights overflow is left with values that are not
    finite; the others are as they would be alone.

    Parameters
    ----------
    starts, places, values, longest, y, sample_weight, order, scale : as for :func:`logistic_sparse_pass`, without a shift
    multiplicity, eta, alpha : as for :func:`logistic_many_pass`
    W : ndarray of shape (n_features, n_models) or, with averaging, (n_features, 2 n_models), float32 or float64
        The weights of a column for all models side by side, then ``behind`` of (LR-14): the sum of iterates is ``behind +
        folded[1] * weights``. Overwritten, as are b (n_models,) or None and b_total.
    folded : ndarray of shape (2, n_models), float64
        The weights of a model are ``folded[0]`` times those in W, (LR-13); 1 at first. folded[1] is 0 at
        first, and where an average starts.

    Returns
    -------
    n_updates : ndarray of shape (n_models,), intp
        Steps that each model took.

    Raises
    ------
    ValueError
        Shapes disagree or ``order`` points outside the rows.
    """
    n_models = len(alpha)
    averaged = W.shape[1] > n_models
    if W.shape[1] not in (n_models, 2 * n_models):
        raise ValueError("W must have one weight a model, or two numbers")
    if multiplicity.shape != (len(starts) - 1, n_models):
        raise ValueError("multiplicity must have one entry a row of X and model")
    if eta.shape[1] != n_models or len(eta) < len(order):
        raise ValueError("eta must have one entry a step and model")
    if b is not None and len(b) != n_models:
        raise ValueError(f"b must have {n_models} entries")
    if (b_total is None) != (b is None or not averaged) or (b_total is not None and len(b_total) != n_models):
        raise ValueError("b_total goes with b and sums of iterates and has the shape of b")
    if folded.shape != (2, n_models):
        raise ValueError("folded must have two entries a model")
    n_updates = np.zeros(n_models, np.intp)
    for m in range(n_models):
        one = slice(m, m + 1)
        keep, kept = folded[:, m]
        w = keep * W[:, one]
        total = (W[:, n_models + m, None] + kept * W[:, one]).astype(np.float64) if averaged else None
        own = [None if array is None else array[one] for array in (b, b_total)]
        weight = sample_weight * multiplicity[:, m]
        none_folded = np.array([1.0, 0, 0, 0, 0, 0])
        try:
            n_updates[m] = logistic_sparse_pass(
                starts,
                places,
                values,
                longest,
                y,
                weight,
                order,
                np.ascontiguousarray(eta[:, m]),
                alpha[m],
                None,
                scale,
                w,
                own[0],
                total,
                own[1],
                none_folded,
            )[1]
        except FloatingPointError:
            w[:] = np.nan
        W[:, one] = w
        if total is not None:
            W[:, n_models + m] = total[:, 0]
        folded[:, m] = 1, 0
    return n_updates


def settle(shift: Array | None, W: Array, W_total: Array | None, folded: Array) -> None:
    """Let W hold the weights and W_total their sum, and start anew with nothing folded.

    Between two calls the kernel has ``u`` in W and ``behind`` in W_total, (LR-13) and (LR-14); ``folded`` holds keep, the sum
    of its values, shift . shift; then for each output lean, the sum of keep lean, and u . shift. Where the first entry is 1
    and the others are 0, nothing is folded; where there is a ``shift``, this function must be called before the first pass.
    """
    n_outputs = W.shape[1]
    keep, kept = folded[:2]
    lean, leant, along = folded[3:].reshape(3, n_outputs)
    n_updates = 0.0 if shift is None else shift.astype(np.float64)[:, None]
    if W_total is not None:
        W_total += kept * W + leant * n_updates  # (LR-14)
    W[:] = keep * (W + lean * n_updates)  # (LR-13)
    folded[:] = 0
    folded[0] = 1
    if shift is not None:
        folded[2] = (shift.astype(np.float64) ** 2).sum()
        along[:] = (shift.astype(np.float64)[:, None] * W).sum(axis=0)


def sparse_margins(starts: Array, places: Array, values: Array | None, longest: int, W: Array, b: Array) -> Array:
    """Return the margins (n_samples, n_outputs), float64, of rows given by their non-zeros; W is (n_features, n_outputs)."""
    if len(b) != W.shape[1]:
        raise ValueError(f"b must have {W.shape[1]} entries")
    rows = WrittenOut(starts, places, values, len(W))
    return np.array([x @ W + b for x in rows], dtype=np.float64).reshape(len(rows), W.shape[1])


def all_alike(values: Array) -> bool:
    """Tell whether all values, given by their bits as unsigned integers, are those of the first."""
    return all(value == values[0] for value in values)


def check_nonzeros(starts: Array, places: Array, n_features: int) -> bool:
    """Refuse what is no CSR matrix; tell whether the columns of each row rise, so that none stands twice.

    Raises
    ------
    ValueError
        ``starts`` does not start with 0, falls, or leads beyond ``places``; a column is negative or not below ``n_features``.
    """
    if len(starts) < 1:
        raise ValueError("indptr is empty; it must have one entry more than there are rows")
    if starts[0] != 0:
        raise ValueError(f"indptr starts with {starts[0]}, expected 0")
    rising = True
    for i in range(len(starts) - 1):
        if starts[i + 1] < starts[i]:
            raise ValueError(f"indptr falls from {starts[i]} to {starts[i + 1]} at row {i}")
    if starts[-1] > len(places):
        raise ValueError(f"indptr ends with {starts[-1]}, but there are {len(places)} column indices")
    for i in range(len(starts) - 1):
        own = places[starts[i] : starts[i + 1]]
        wrong = own[(own < 0) | (own >= n_features)]
        if len(wrong):
            raise ValueError(f"row {i} has column index {wrong[0]}, expected 0 to {n_features - 1}")
        rising = rising and bool((own[1:] > own[:-1]).all())
    return rising


def sparse_column_moments(
    starts: Array,
    places: Array,
    values: Array | None,
    longest: int,
    sample_weight: Array,
    total_weight: Array,
    seen: Array,
    mean: Array,
    deviation: Array,
    lowest: Array,
    highest: Array,
    others: Array,
) -> None:
    """Take rows into the running statistics of the non-zeros of each column.

    Parameters
    ----------
    starts, places, values, longest : as for :func:`logistic_sparse_pass`
    sample_weight : ndarray of shape (n_samples,), float64
        A row of weight 0 is passed over.
    total_weight : ndarray of shape (1,), float64
        Sum of the weights of all rows so far. Overwritten.
    seen, mean, deviation, lowest, highest, others : ndarray of shape (n_features,), float64
        Of the rows that have the column: sum of their weights, mean, weighted sum of squared differences from it (West 1979),
        the extremes, and 1 where there are other values than these two, else 0. Overwritten.
    """
    if len(sample_weight) != len(starts) - 1:
        raise ValueError("sample_weight must have one entry a row")
    if not len(seen) == len(mean) == len(deviation) == len(lowest) == len(highest) == len(others):
        raise ValueError(f"seen, deviation, lowest, highest and others must have {len(mean)} entries")
    if len(total_weight) != 1:
        raise ValueError("total_weight must have one entry")
    for i, weight in enumerate(sample_weight):
        if weight == 0:
            continue
        total_weight += weight
        own = slice(starts[i], starts[i + 1])
        at, x = places[own], np.ones(own.stop - own.start) if values is None else values[own].astype(np.float64)
        first = seen[at] == 0
        lowest[at[first]], highest[at[first]], others[at[first]] = x[first], x[first], 0
        seen[at] += weight
        before = x - mean[at]
        mean[at] += weight / seen[at] * before
        deviation[at] += weight * before * (x - mean[at])
        low, high = lowest[at], highest[at]
        others[at[(x != low) & (x != high) & (low != high)]] = 1
        lowest[at], highest[at] = np.fmin(low, x), np.fmax(high, x)


def sparse_largest(
    starts: Array, places: Array, values: Array | None, longest: int, sample_weight: Array, largest: Array
) -> None:
    """Raise ``largest``, (n_features,), to the largest absolute value of each column in rows of weight > 0."""
    if len(sample_weight) != len(starts) - 1:
        raise ValueError("sample_weight must have one entry a row")
    for i in np.flatnonzero(sample_weight):
        own = slice(starts[i], starts[i + 1])
        np.maximum.at(largest, places[own], np.abs(np.ones(1) if values is None else values[own]).astype(largest.dtype))


def sparse_square(
    starts: Array, places: Array, values: Array | None, longest: int, sample_weight: Array, scale: Array
) -> float:
    """Return the sum over rows of weight times ||x * scale||^2; ``scale`` without entries is 1. Its dtype is computed in."""
    if len(sample_weight) != len(starts) - 1:
        raise ValueError("sample_weight must have one entry a row")
    total = 0.0
    for i, weight in enumerate(sample_weight):
        own = slice(starts[i], starts[i + 1])
        x = np.ones(own.stop - own.start) if values is None else values[own].astype(np.float64)
        total += weight * sum_of_squares(x if len(scale) == 0 else x * scale[places[own]])
    return float(total)


def sum_of_squares(w: Array) -> float:
    """Return the sum of w_j^2 in float64."""
    return float(np.square(w, dtype=np.float64).sum())
