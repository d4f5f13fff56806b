"""Labels and classes: their indices, and the weights of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, plain


def encode_labels(y: Array, classes: Array, name: str = "y") -> NDArray[np.float64]:
    """Return the class index of each label; ValueError names labels that are not among the classes."""
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


def find_classes(y: Array) -> Array:
    """Return the sorted labels; ValueError where there are fewer than two."""
    classes = _few_integers(y)
    if classes is None:
        check_classification_targets(y)
        classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs at least two classes")
    return np.asarray(classes)


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


def class_factors(class_weight: Any, classes: Array, y: Array) -> NDArray[np.float64]:
    """Return the factor of each class by ``class_weight``: None, "balanced" or a dict."""
    return np.asarray(compute_class_weight(class_weight, classes=classes, y=y), dtype=np.float64)


def weigh_classes(rows: Batch, class_weight: Any, classes: Array) -> Batch:
    """Return the rows, of class indices y, with their weights times those of their classes."""
    if class_weight is None:
        return rows
    codes = rows.y.astype(np.intp)
    factors = class_factors(class_weight, classes, classes[codes[rows.sample_weight > 0]])
    if not np.isfinite(factors).all() or factors.min() < 0:
        raise ValueError(f"class_weight={class_weight!r} holds weights that are negative or not finite")
    weight = rows.sample_weight * factors[codes]
    if len(weight) and not weight.any() and rows.sample_weight.any():
        raise ValueError(f"class_weight={class_weight!r} leaves every row without weight")
    return Batch(rows.X, rows.y, weight)
