from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def softmax_pass(
    X: NDArray[Any],
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    eta: _Vector,
    alpha: float,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W: NDArray[_Real],
    b: _Vector | None,
    W_total: _Vector | None,
    b_total: _Vector | None,
) -> tuple[float, int]: ...
def logistic_many_pass(
    X: NDArray[Any],
    y: _Vector,
    sample_weight: _Vector,
    multiplicity: NDArray[np.uint8] | None,
    target: _Vector,
    order: NDArray[np.intp],
    eta: _Vector,
    alpha: _Vector,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W: NDArray[_Real],
    b: _Vector | None,
    W_total: _Vector | None,
    b_total: _Vector | None,
    loss: _Vector | None = ...,
) -> NDArray[np.intp]: ...
