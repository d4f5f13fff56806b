"""The rows that a search trains and judges its candidates on: drawn, split, standardised once, their columns renumbered."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, plain
from hotloop.logistic.state import LogisticState
from hotloop.structs import CSRRows

MOST_ROWS = 20_000

FOLDS = 5

MANY = 10_000  # from so many rows only two of the five folds are held out, each once: they tell candidates apart

FEW = 1000  # below, the folds are drawn anew until each row was held out FEW / n times, at most MOST_REPEATS

MOST_REPEATS = 4

CELLS_AT_ONCE = 1 << 18

Split = tuple[NDArray[np.bool_], NDArray[np.intp]]  # which of the rows drawn are trained on, and the places of those held out


@dataclass(frozen=True)
class Sample:
    """Rows as the candidates see them.

    Attributes
    ----------
    rows : Batch
        Standardised float32 rows; or CSRRows, which ``center`` and ``scale`` still standardise where they are not None.
    trains : ndarray of shape (n_rows, n_splits), uint8
    tests : list of ndarray, intp
        The rows held out in each split.
    columns : ndarray, intp, or None
        The columns that the rows have, of all; None: all.
    """

    rows: Batch
    trains: NDArray[np.uint8]
    tests: list[NDArray[np.intp]]
    columns: NDArray[np.intp] | None = None
    center: Array | None = None
    scale: Array | None = None

    def adopt(self, state: LogisticState, W: Array, b: NDArray[np.float64]) -> None:
        """Give ``state``, standardised like these rows, the weights of a candidate."""
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            return
        state.put_weights(W, b, self.columns)


def check_splitting(cv: Any, groups: Any, n_samples: int) -> None:
    """Raise ValueError where the rows cannot be split by ``cv`` or ``groups``."""
    if isinstance(cv, int | np.integer) and cv > n_samples:
        raise ValueError(f"cv is {cv}: more folds than the {n_samples} rows")
    if groups is None:
        return
    groups = np.asarray(groups)
    if groups.shape != (n_samples,):
        raise ValueError(f"groups has shape {groups.shape}, expected ({n_samples},)")
    bad = (
        [row for row, group in enumerate(groups.tolist()) if group is None or (group != group) is not False]
        if groups.dtype.kind in "fOmM"
        else []
    )
    if bad:
        raise ValueError(f"groups has no group for row {bad[0]}: {plain(groups[bad[0]])!r}")
    if len(np.unique(groups)) < 2:
        raise ValueError(f"groups holds one group only, {plain(groups[0])!r}; there is nothing to hold out")


def draw_rows(rows: Batch, seed: int, *, most: int = MOST_ROWS) -> NDArray[np.intp]:
    """Return the rows to search on, in rising order: all that have weight, or ``most`` of them, of each class its share."""
    moving = np.flatnonzero(rows.sample_weight)
    if len(moving) <= most:
        return moving
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, 2**62 + 1], dtype=np.uint64)))
    labels, drawn = rows.y[moving], []
    for label in np.unique(labels):
        of_class = moving[labels == label]
        share = max(min(len(of_class), FOLDS), round(most * len(of_class) / len(moving)))
        drawn.append(generator.choice(of_class, share, replace=False, shuffle=False))
    return np.sort(np.concatenate(drawn))


def splits_of(
    y: NDArray[np.float64], cv: Any, groups: Array | None, seed: int, *, most_splits: int | None = None
) -> list[Split]:
    """Return which rows each split trains on and which it holds out.

    Parameters
    ----------
    y : ndarray of shape (n_rows,), float64
        Class indices. A class of one row is trained on everywhere.
    cv : "auto", "last" or int
        "auto": five folds, of each class a share. Of less than FEW rows the folds are drawn several times; of MANY rows or more
        only two are held out. "last": the last fifth of the rows is held out. A number: so many folds.
    groups : ndarray of shape (n_rows,), or None
        Rows of a group stay together.
    seed : int
        The folds are drawn from it alone.
    most_splits : int or None
        Further splits are left out.
    """
    n = len(y)
    if isinstance(cv, str) and cv == "last":
        first = n - max(1, n // FOLDS)
        held = np.arange(first, n)
        return [(np.arange(n) < first, held)]
    n_folds = FOLDS if cv == "auto" else int(cv)
    if groups is not None:
        folds = [_group_folds(groups, min(n_folds, len(np.unique(groups))), seed)]
    else:
        repeats = min(MOST_REPEATS, -(-FEW // n)) if cv == "auto" else 1
        folds = [_folds(y, n_folds, seed, repeat) for repeat in range(repeats)]
    splits = [(fold != f, np.flatnonzero(fold == f)) for fold in folds for f in range(max(fold) + 1)]
    splits = [(train, held) for train, held in splits if len(held) and len(np.unique(y[train])) == len(np.unique(y))]
    if cv == "auto" and n >= MANY:
        splits = splits[:2]
    return splits[:most_splits]


def _folds(y: NDArray[np.float64], n_folds: int, seed: int, repeat: int) -> NDArray[np.intp]:
    """Return the fold of each row, intp: of each class a share in every fold; -1, in none, where a class has one row only.

    Parameters
    ----------
    y : ndarray of shape (n_rows,), float64
    n_folds : int
    seed, repeat : int
        The folds are drawn from both.
    """
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, 2**62 + 2 + repeat], dtype=np.uint64)))
    order = generator.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(len(y), np.intp)
    fold[order] = np.arange(len(y)) % n_folds
    labels, counts = np.unique(y, return_counts=True)
    fold[np.isin(y, labels[counts == 1])] = -1
    return fold


def _group_folds(groups: Array, n_folds: int, seed: int) -> NDArray[np.intp]:
    """Return the fold of each row: groups, the largest first, each to the fold that has the fewest rows; equals as drawn."""
    _, of_row, counts = np.unique(groups, return_inverse=True, return_counts=True)
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, 2**62 + 2], dtype=np.uint64)))
    order = generator.permutation(len(counts))
    order = order[np.argsort(-counts[order], kind="stable")]
    fold_of_group, sizes = np.empty(len(counts), np.intp), np.zeros(n_folds, np.intp)
    for group in order:
        fold = int(sizes.argmin())
        fold_of_group[group] = fold
        sizes[fold] += counts[group]
    return fold_of_group[of_row]


def sample_of(
    state: LogisticState, rows: Batch, chosen: NDArray[np.intp], splits: list[Split], validation: Batch | None
) -> Sample:
    """Return the chosen rows as the candidates see them.

    Parameters
    ----------
    state : LogisticState
        Its ``center`` and ``scale`` standardise the rows.
    rows : Batch
    chosen : ndarray, intp
        The rows to take.
    splits : list of Split
        Of the rows chosen; empty with ``validation``.
    validation : Batch or None
        At most MOST_ROWS of these rows come behind the others. They are held out in the one split there is.
    """
    parts = [(rows, chosen)]
    trains = np.ones((len(chosen), 1), np.uint8)
    if splits:
        trains = np.stack([train for train, _ in splits], axis=1).astype(np.uint8)
    tests = [held for _, held in splits]
    if validation is not None:
        parts.append((validation, draw_rows(validation, 0)))
        trains = np.concatenate([trains, np.zeros((len(parts[1][1]), 1), np.uint8)])
        tests = [np.arange(len(chosen), len(trains))]
    y, weight = (np.concatenate([getattr(batch, name)[taken] for batch, taken in parts]) for name in ("y", "sample_weight"))
    center, scale, columns = state.center, state.scale, None
    X: Any
    if isinstance(rows.X, CSRRows):
        matrices = [batch.X[taken].astype(state.W.dtype) for batch, taken in parts]
        X, columns = renumbered(CSRRows.concat(matrices) if len(matrices) > 1 else matrices[0])
        if center is not None and scale is not None:
            center, scale = center[columns], scale[columns]
            if center.any():
                return Sample(Batch(X, y, weight), trains, tests, columns, center.astype(np.float32), scale.astype(np.float32))
            X = replace(X, data=(X.explicit_data() * scale[X.indices]).astype(np.float32), dtype=np.dtype(np.float32))
        elif X.data is not None:
            X = replace(X, data=X.data.astype(np.float32), dtype=np.dtype(np.float32))
    else:
        X = np.empty((len(y), rows.X.shape[1]), np.float32)
        standardise(rows.X, chosen, center, scale, state.W.dtype, X[: len(chosen)])
        if validation is not None:
            standardise(validation.X, parts[1][1], center, scale, state.W.dtype, X[len(chosen) :])
    return Sample(Batch(X, y, weight), trains, tests, columns)


def standardise(
    X: Array, chosen: NDArray[np.intp], center: Array | None, scale: Array | None, dtype: Any, out: NDArray[np.float32]
) -> None:
    """Write (X - center) * scale, (LR-9), of the chosen rows to ``out``, a few rows at a time.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    chosen : ndarray of shape (n_chosen,), intp
    center, scale : ndarray of shape (n_features,), or both None
    dtype : dtype
        Type to compute in.
    out : ndarray of shape (n_chosen, n_features), float32
        Overwritten.
    """
    n_rows = max(1, CELLS_AT_ONCE // max(1, X.shape[1]))
    for start in range(0, len(chosen), n_rows):
        part = X[chosen[start : start + n_rows]].astype(dtype)
        if center is not None and scale is not None:
            part -= center
            part *= scale
        out[start : start + n_rows] = part


def renumbered(X: CSRRows) -> tuple[CSRRows, NDArray[np.intp]]:
    """Return the rows with their columns numbered from 0 on, and which columns these are, in rising order."""
    indices = X.stored_indices()
    if X.n_features <= 8 * len(indices):
        present = np.zeros(X.n_features, bool)
        present[indices] = True
        columns = np.flatnonzero(present)
        number = np.cumsum(present, dtype=np.int32) - 1
        new_indices: Array = number[indices]
    else:
        columns, new_indices = np.unique(indices, return_inverse=True)
    indptr = X.indptr - X.indptr[0]
    return (
        replace(X, indptr=indptr, indices=new_indices.astype(np.int32), data=X.stored_data(), n_features=max(1, len(columns))),
        columns.astype(np.intp),
    )
