from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Activation = Literal["relu", "tanh", "logistic"]

def two_layer_forward(
    X: NDArray[_Real],
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    activation: _Activation = "relu",
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
def two_layer_jacobians(
    X: NDArray[_Real],
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    activation: _Activation = "relu",
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
