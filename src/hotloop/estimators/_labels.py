"""Targets as users give them: labels of classes, several labels a row, numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from hotloop.data.validation import Array, check_finite, plain


def encode_labels(y: Array, classes: Array, name: str = "y") -> NDArray[np.float64]:
    """Return the class index of each label; ValueError names the first label that is none of the classes."""
    if len(classes) == 2 and y.dtype == classes.dtype and y.dtype.kind in "iub":  # a comparison instead of a search
        second = y == classes[1]
        if np.count_nonzero(second) + np.count_nonzero(y == classes[0]) == len(y):
            codes: NDArray[np.float64] = second.astype(np.float64)
            return codes
    position = np.searchsorted(classes, y)
    position[position == len(classes)] = 0
    unseen = classes[position] != y
    if unseen.any():
        row = int(np.flatnonzero(unseen)[0])
        raise ValueError(f"{name}[{row}] is {plain(y[row])!r}, which is none of the classes {classes.tolist()}")
    return position.astype(np.float64)


def check_no_missing(y: Any, name: str = "y") -> None:
    """Raise ValueError naming the first row whose label or target is missing: NaN, None, or what pandas has for them."""
    targets = np.asarray(y)
    if targets.dtype.kind == "f":
        check_finite(targets.reshape(-1), name)
    elif targets.dtype.kind == "O" and targets.ndim in (1, 2):
        missing = np.array([_is_missing(label) for label in targets.reshape(-1).tolist()], bool)
        if missing.any():
            row = int(missing.argmax()) // (targets.size // max(1, len(targets)))
            raise ValueError(f"{name} is missing (NaN or None) in row {row}; leave such rows out")


def _is_missing(label: Any) -> bool:
    return label is None or type(label).__name__ in ("NAType", "NaTType") or bool(isinstance(label, float) and label != label)


def find_classes(y: Array) -> Array:
    """Return the sorted labels; ValueError where there are fewer than two."""
    classes = _few_integers(y)
    if classes is None:
        with np.errstate(invalid="ignore", over="ignore"):  # of numbers beyond any integer
            check_classification_targets(y)
        classes = _sorted(y)
    if not len(classes):
        raise ValueError("there are no classes; a classifier needs at least two")
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs at least two classes")
    return np.asarray(classes)


def _sorted(labels: Any) -> Array:
    """Return the sorted distinct labels; TypeError where they cannot be compared."""
    try:
        return np.unique(labels)
    except TypeError as error:
        raise TypeError("labels of mixed types: make them all text or all numbers") from error


def known_classes(classes: Any, known: Array | None) -> Array:
    """Return the classes of a model that learns piece by piece.

    Parameters
    ----------
    classes : array-like or None
        What the caller of ``partial_fit`` gave.
    known : ndarray or None
        The classes of the first call; None at the first call, which needs ``classes``.
    """
    if known is None:
        if classes is None:
            raise ValueError("the first call of partial_fit needs classes=, all labels that will come")
        return find_classes(np.asarray(classes))
    if classes is not None and not np.array_equal(_sorted(classes), known):
        raise ValueError(f"classes={_sorted(classes).tolist()}, but the first call had {known.tolist()}")
    return known


def classes_with_weight(y: Array, sample_weight: NDArray[np.float64]) -> tuple[Array, Array]:
    """Return the labels as a vector, and the classes of the rows of weight above 0.

    A row of weight 0 whose class no other row has gets the label of the first class: the row moves nothing.
    """
    y = column_or_1d(y, warn=True)
    classes = find_classes(y[sample_weight > 0])
    known = np.isin(y, classes)
    return y if known.all() else np.where(known, y, classes[0]), classes


def has_several_columns(y: Array) -> bool:
    """Tell whether a row of y has several labels or targets."""
    return y.ndim == 2 and y.shape[1] > 1


def encode_multilabel(y: Any, n_labels: int, name: str = "y") -> NDArray[np.float64]:
    """Return several labels a row as 0.0 and 1.0, (n_samples, n_labels)."""
    labels = np.asarray(y)
    if labels.ndim != 2 or labels.dtype.kind not in "fiub" or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"{name} of several columns must hold 0 and 1, a label a column; for classes give one column")
    if labels.shape[1] != n_labels:
        raise ValueError(f"{name} has {labels.shape[1]} labels, expected {n_labels}")
    return np.ascontiguousarray(labels, dtype=np.float64)


def as_targets(y: Any, name: str = "y", n_targets: int | None = None) -> NDArray[np.float64]:
    """Return targets as finite numbers, (n_samples, n_targets); ``n_targets`` None: any number of them."""
    targets = np.asarray(y, dtype=np.float64)
    if targets.ndim not in (1, 2):
        raise ValueError(f"{name} has {targets.ndim} dimensions, expected one target a row or a row of targets")
    check_finite(targets, name)
    targets = np.ascontiguousarray(targets.reshape(len(targets), -1))
    if n_targets not in (None, targets.shape[1]):
        raise ValueError(f"{name} has {targets.shape[1]} targets, expected {n_targets}")
    return targets


def _few_integers(y: Array) -> Array | None:
    """Return the sorted values of integers within a range of 256, without sorting; None for anything else."""
    if y.ndim != 1 or not len(y) or y.dtype.kind not in "iub":
        return None
    lowest, highest = y.min(), y.max()
    if int(highest) - int(lowest) > 255:
        return None
    if int(highest) - int(lowest) <= 1:  # two neighbours, both there
        return np.unique(np.array([lowest, highest], dtype=y.dtype))
    counts = np.bincount((y - lowest).astype(np.uint8))
    return np.asarray((np.flatnonzero(counts) + int(lowest)).astype(y.dtype))
