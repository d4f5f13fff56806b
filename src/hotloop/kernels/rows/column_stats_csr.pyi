from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def check_nonzeros(starts: NDArray[np.int64], places: NDArray[np.int32] | NDArray[np.int64], n_features: int) -> bool: ...
def all_alike(values: NDArray[Any]) -> bool: ...
def sparse_column_moments(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    sample_weight: _Vector,
    total_weight: _Vector,
    seen: _Vector,
    mean: _Vector,
    deviation: _Vector,
    lowest: _Vector,
    highest: _Vector,
    others: _Vector,
) -> None: ...
def sparse_largest(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    sample_weight: _Vector,
    largest: NDArray[_Real],
) -> None: ...
def sparse_square(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    sample_weight: _Vector,
    scale: NDArray[_Real],
) -> float: ...
