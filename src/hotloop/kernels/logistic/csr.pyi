from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def logistic_sparse_pass(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    eta: _Vector,
    alpha: float,
    shift: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W: NDArray[_Real],
    b: _Vector | None,
    W_total: _Vector | None,
    b_total: _Vector | None,
    folded: _Vector,
) -> tuple[float, int]: ...
def settle(shift: NDArray[_Real] | None, W: NDArray[_Real], W_total: _Vector | None, folded: _Vector) -> None: ...
def sparse_margins(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    W: NDArray[_Real],
    b: _Vector,
) -> _Vector: ...
def sum_of_squares(w: NDArray[_Real]) -> float: ...
