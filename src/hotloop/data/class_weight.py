"""Weights of classes, times the weights of the rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array


def class_factors(class_weight: Any, classes: Array, codes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the factor of each class.

    Parameters
    ----------
    class_weight : {None, "balanced"} or dict of class to number
        "balanced": n_rows / (n_classes * rows of the class). A class that a dict does not name has the factor 1.
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n_rows,)
        Class index of each row that counts.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, Mapping):
        labels = classes.tolist()
        unknown = [label for label in class_weight if label not in labels]
        if unknown and len(class_weight) - len(unknown) < len(labels):  # as scikit-learn has it: likely a label misspelt
            raise ValueError(f"class_weight names {unknown[0]!r}, which is none of the classes {labels}")
        return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(codes, minlength=len(classes)).astype(np.float64)
        return np.asarray(len(codes) / (len(classes) * counts))
    raise ValueError(f"class_weight is {class_weight!r}, expected a dict, 'balanced' or None")


def weigh_classes(rows: Batch, class_weight: Any, classes: Array) -> Batch:
    """Return the rows, of class indices y, with their weights times those of their classes."""
    if class_weight is None:
        return rows
    codes = rows.y.astype(np.intp)
    factors = class_factors(class_weight, classes, codes[rows.sample_weight > 0])
    if not np.isfinite(factors).all() or factors.min() < 0:
        raise ValueError(f"class_weight={class_weight!r} holds weights that are negative or not finite")
    weight = rows.sample_weight * factors[codes]
    if len(weight) and not weight.any() and rows.sample_weight.any():
        raise ValueError(f"class_weight={class_weight!r} leaves every row without weight")
    if np.count_nonzero(factors) == 1:
        left = classes.tolist()[int(factors.argmax())]
        raise ValueError(f"class_weight={class_weight!r} leaves one class only, {left!r}; a classifier needs at least two")
    return Batch(rows.X, rows.y, weight)
