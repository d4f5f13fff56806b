from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def logistic_pass(
    X: NDArray[_Real],
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
    importance_aware: bool = ...,
) -> tuple[float, int]: ...
def linear_margins(
    X: NDArray[_Real], center: NDArray[_Real] | None, scale: NDArray[_Real] | None, W: NDArray[_Real], b: _Vector
) -> _Vector: ...
def binary_probabilities(m: _Vector, out: _Vector) -> None: ...
def logistic_probability(X: NDArray[_Real], w: NDArray[_Real]) -> NDArray[_Real]: ...
def logistic_loss(X: NDArray[_Real], y: _Vector, w: NDArray[_Real]) -> NDArray[_Real]: ...
def logistic_gradient(X: NDArray[_Real], y: _Vector, w: NDArray[_Real]) -> NDArray[_Real]: ...
