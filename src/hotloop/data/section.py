"""What an object is in a file: named arrays and JSON values, in sections that hold further sections."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from hotloop.data.validation import Array

Arrays = dict[str, Array]

Record = TypeVar("Record")


@dataclass
class Section:
    """Arrays and values of one object; the names of those of a part begin with the name of the part and a dot.

    Reading from a section checks what it reads: files come from other people. What does not fit is a ValueError, what is
    missing a KeyError.

    Attributes
    ----------
    arrays : dict of ndarray
    values : dict
        What JSON holds; the values of a part are the dict under its name.
    """

    arrays: Arrays = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, owner: Any, arrays: Iterable[str] = (), values: Iterable[str] = ()) -> "Section":
        """Return these attributes of ``owner``; an array that is None is left out."""
        held = {name: getattr(owner, name) for name in arrays}
        return cls(
            {name: array for name, array in held.items() if array is not None}, {name: getattr(owner, name) for name in values}
        )

    def add(self, name: str, part: "Section") -> None:
        """Add a part."""
        self.arrays |= {f"{name}.{key}": array for key, array in part.arrays.items()}
        self.values[name] = part.values

    def with_values(self, **values: Any) -> "Section":
        """Return the section with further values."""
        return Section(self.arrays, self.values | values)

    def put_record(self, name: str, record: Any) -> None:
        """Add a dataclass whose attributes are JSON, or dicts of it; None stays None."""
        values = {} if record is None else {one.name: to_json(getattr(record, one.name)) for one in fields(record)}
        self.values[name] = None if record is None else values

    def part(self, name: str) -> "Section":
        """Return a part; KeyError where there is none."""
        start = f"{name}."
        arrays = {key.removeprefix(start): array for key, array in self.arrays.items() if key.startswith(start)}
        return Section(arrays, dict(self.values[name]))

    def array(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """Return an array of this shape; of this dtype unless that is None."""
        array = self.arrays[name]
        if array.shape != shape or (dtype is not None and array.dtype != dtype):
            raise ValueError(f"array {name} is {array.dtype} of shape {array.shape}, expected {dtype or 'numbers'} of {shape}")
        return array

    def array_or_none(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> Array | None:
        """Return an array of this shape, None where it is missing."""
        return self.array(name, shape, dtype) if name in self.arrays else None

    def constants(self, n_features: int, dtype: Any) -> tuple[Array | None, Array | None]:
        """Return center and scale of a standardisation, both arrays or both None."""
        if ("center" in self.arrays) != ("scale" in self.arrays):
            raise ValueError("center and scale come together")
        return self.array_or_none("center", (n_features,), dtype), self.array_or_none("scale", (n_features,), dtype)

    def count(self, name: str) -> int:
        """Return a whole number, at least 0."""
        value = self.values[name]
        if type(value) is not int or not 0 <= value < 2**62:
            raise ValueError(f"{name} is {value!r}, expected a count")
        return value

    def flag(self, name: str) -> bool:
        """Return True or False."""
        value = self.values[name]
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}, expected true or false")
        return value

    def number(self, name: str, most: float = np.inf) -> float:
        """Return a finite number from 0 to ``most``."""
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or value == np.inf:
            raise ValueError(f"{name} is {value!r}, expected a number from 0 to {most:g}")
        return float(value)

    def record(self, name: str, kind: type[Record]) -> Record:
        """Return a dataclass that checks its attributes itself, made of all of them."""
        values = self.values[name]
        if set(values) != set(attributes := [one.name for one in fields(kind)]):  # type: ignore[arg-type]
            raise ValueError(f"{name} has {', '.join(sorted(values))}, expected {', '.join(attributes)}")
        return kind(**{key: from_json(value) for key, value in values.items()})

    def choice(self, name: str, known: Iterable[str]) -> str:
        """Return one of these words."""
        value, known = self.values[name], tuple(known)
        if value not in known:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")
        return str(value)


def to_json(value: Any) -> Any:
    """Return a value as JSON; TypeError where that is not possible.

    A dict, such as class_weight, becomes pairs, since JSON would turn its keys into text.
    """
    if isinstance(value, dict):
        return {"pairs": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str | int | float | bool | None):
        return value
    raise TypeError(f"{value!r} is no JSON")


def from_json(value: Any) -> Any:
    """Return the value of :func:`to_json`."""
    return {key: from_json(item) for key, item in value["pairs"]} if isinstance(value, dict) else value


def weights_dtype(array: Array) -> np.dtype[Any]:
    """Return the type of an array of weights, float32 or float64."""
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"weights of type {array.dtype}, expected float32 or float64")
    return array.dtype


def check_sizes(**sizes: int) -> None:
    """Raise ValueError where a size is 0."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}, expected at least 1")
