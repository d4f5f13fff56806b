"""Arrays, labels and parameters as model files hold them, and back."""

import math
from typing import Any

import numpy as np

from hotloop.data.section import Arrays, to_json
from hotloop.data.validation import Array, check_memory

THINNED = 4096  # entries from which an array that is mostly 0 is stored as its non-zeros


def thin_out(arrays: Arrays) -> tuple[Arrays, dict[str, list[int]]]:
    """Return the arrays with large ones that are mostly 0 as their non-zeros, and the shapes of those.

    The non-zeros of an array are two arrays: name.indices and name.data.
    """
    thin: Arrays = {}
    shapes = {}
    for name, array in arrays.items():
        if array.size < THINNED or 3 * np.count_nonzero(array) > array.size:
            thin[name] = array
            continue
        indices = np.flatnonzero(array)
        thin[f"{name}.indices"], thin[f"{name}.data"] = indices.astype(np.int64), array.reshape(-1)[indices]
        shapes[name] = list(array.shape)
    return thin, shapes


def fill_in(arrays: Arrays, shapes: dict[str, list[int]]) -> Arrays:
    """Return the arrays of :func:`thin_out` as they were; ValueError where a shape does not fit."""
    full = dict(arrays)
    for name, shape in shapes.items():
        indices, values = full.pop(f"{name}.indices"), full.pop(f"{name}.data")
        whole = all(type(n) is int and 0 <= n < 2**40 for n in shape)
        size = math.prod(shape) if whole else 0
        if not whole or size >= 2**40 or values.shape != indices.shape:
            raise ValueError(f"array {name} has shape {shape} and {len(values)} values")
        if len(indices) and not 0 <= indices.min() <= indices.max() < size:
            raise ValueError(f"array {name} has values outside its shape {shape}")
        check_memory(size * values.itemsize, f"array {name} of shape {shape}")
        array = np.zeros(size, values.dtype)
        array[indices] = values
        full[name] = array.reshape(shape)
    return full


def unpack_labels(labels: dict[str, Any]) -> Array:
    """Return the class labels of :func:`pack_labels`; ValueError where they are none."""
    if labels["dtype"] != "str" and (np.dtype(labels["dtype"]).kind not in "iufb" or np.dtype(labels["dtype"]).itemsize > 8):
        raise ValueError(f"labels of type {labels['dtype']!r}")
    classes = np.array(labels["values"], labels["dtype"])
    if classes.ndim != 1 or not (classes[:-1] < classes[1:]).all() if classes.dtype.kind != "b" else len(classes) > 2:
        raise ValueError("labels are not sorted and distinct")
    return classes


def pack_labels(classes: Array) -> dict[str, Any]:
    """Return class labels as JSON; ValueError for labels that are neither text nor numbers."""
    values = classes.tolist()
    if classes.dtype.kind not in "iufbUO":
        raise ValueError(f"class labels of type {classes.dtype} cannot be saved; make them text or numbers")
    if classes.dtype == object and not all(isinstance(value, str) for value in values):
        raise ValueError("class labels of mixed types cannot be saved; make them all text or all numbers")
    return {"dtype": "str" if classes.dtype.kind in "OU" else classes.dtype.str, "values": values}


def pack_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters of an estimator as JSON; ValueError for one that JSON does not hold."""
    packed = {}
    for name, value in params.items():
        try:
            packed[name] = to_json(value)
        except TypeError:
            if name != "random_state":  # a generator of the caller's; only shuffling of a later fit would ask for it
                raise ValueError(f"parameter {name}={value!r} cannot be saved") from None
            packed[name] = None
    return packed
