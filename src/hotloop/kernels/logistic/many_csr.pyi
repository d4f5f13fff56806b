from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def logistic_sparse_many_pass(
    starts: NDArray[np.int64],
    places: NDArray[Any],
    values: NDArray[Any] | None,
    longest: int,
    y: _Vector,
    sample_weight: _Vector,
    multiplicity: NDArray[np.uint8],
    order: NDArray[np.intp],
    eta: _Vector,
    alpha: _Vector,
    scale: NDArray[_Real] | None,
    W: NDArray[_Real],
    b: _Vector | None,
    b_total: _Vector | None,
    folded: _Vector,
) -> NDArray[np.intp]: ...
