"""Arrays, labels and parameters as model files hold them, and back."""

import math
from typing import Any

import numpy as np

from hotloop.data.validation import Array

THINNED = 4096  # entries from which an array that is mostly 0 is stored as its non-zeros

Arrays = dict[str, Array]


def _thinned(arrays: Arrays) -> tuple[Arrays, dict[str, list[int]]]:
    """Large arrays that are mostly 0 as their non-zeros, name.indices and name.data; and the shapes of those."""
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


def _filled_in(arrays: Arrays, shapes: dict[str, list[int]]) -> Arrays:
    full = dict(arrays)
    for name, shape in shapes.items():
        indices, values = full.pop(f"{name}.indices"), full.pop(f"{name}.data")
        size = math.prod(shape)
        if not all(type(n) is int and n >= 0 for n in shape) or size >= 2**40 or values.shape != indices.shape:
            raise ValueError(f"array {name} has shape {shape} and {len(values)} values")
        if len(indices) and not 0 <= indices.min() <= indices.max() < size:
            raise ValueError(f"array {name} has values outside its shape {shape}")
        array = np.zeros(size, values.dtype)
        array[indices] = values
        full[name] = array.reshape(shape)
    return full


def _contiguous(arrays: Arrays) -> Arrays:
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _check_shapes(arrays: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        optional = name in ("center", "scale")
        if name not in arrays and optional:
            continue
        if arrays[name].shape != shape:
            raise ValueError(f"array {name} has shape {arrays[name].shape}, expected {shape}")


def _check_counts(numbers: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if type(numbers[name]) is not int or not 0 <= numbers[name] < 2**62:
            raise ValueError(f"{name} is {numbers[name]!r}, expected a count")


def _unpack_labels(labels: dict[str, Any]) -> Array:
    if labels["dtype"] != "str" and (np.dtype(labels["dtype"]).kind not in "iufb" or np.dtype(labels["dtype"]).itemsize > 8):
        raise ValueError(f"labels of type {labels['dtype']!r}")
    classes = np.array(labels["values"], labels["dtype"])
    if classes.ndim != 1 or not (classes[:-1] < classes[1:]).all() if classes.dtype.kind != "b" else len(classes) > 2:
        raise ValueError("labels are not sorted and distinct")
    return classes


def _pack_labels(classes: Array) -> dict[str, Any]:
    values = classes.tolist()
    if classes.dtype.kind not in "iufbUO":
        raise ValueError(f"class labels of type {classes.dtype} cannot be saved; make them text or numbers")
    if classes.dtype == object and not all(isinstance(value, str) for value in values):
        raise ValueError("class labels of mixed types cannot be saved; make them all text or all numbers")
    return {"dtype": "str" if classes.dtype.kind in "OU" else classes.dtype.str, "values": values}


def _pack_params(params: dict[str, Any]) -> dict[str, Any]:
    return {name: _pack_param(name, value) for name, value in params.items()}


def _pack_param(name: str, value: Any) -> Any:
    """JSON for a parameter; a dict (class_weight) as pairs, since JSON would turn its keys into text."""
    if isinstance(value, dict):
        return {"pairs": [[_pack_param(name, key), _pack_param(name, item)] for key, item in value.items()]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str | int | float | bool | None):
        return value
    if name == "random_state":
        return None  # a generator of the caller's; only shuffling of a later fit would ask for it
    raise ValueError(f"parameter {name}={value!r} cannot be saved")


def _unpack_param(value: Any) -> Any:
    return dict(map(tuple, value["pairs"])) if isinstance(value, dict) else value
