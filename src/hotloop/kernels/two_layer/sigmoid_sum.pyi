from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)

def sigmoid_sum_forward(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
def sigmoid_sum_gradients(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
def sigmoid_sum_backward(
    X: NDArray[_Real], W: NDArray[_Real], v: NDArray[_Real], dy: NDArray[_Real]
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
