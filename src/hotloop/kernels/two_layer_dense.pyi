from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]
_Output = Literal["softmax", "linear", "sigmoid_sum"]

OUTPUTS: dict[str, int]

def sigmoid_sum_forward(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
def sigmoid_sum_gradients(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
def sigmoid_sum_backward(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real], dy: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
def two_layer_outputs(
    X: NDArray[_Real],
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    output: _Output,
) -> _Vector: ...
def two_layer_pass(
    X: NDArray[_Real],
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    eta: _Vector,
    alpha: float,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    output: _Output,
) -> tuple[float, int]: ...
