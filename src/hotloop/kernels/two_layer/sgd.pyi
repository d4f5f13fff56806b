from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]
_Output = Literal["softmax", "sigmoid", "linear", "sigmoid_sum"]
_Activation = Literal["relu", "tanh", "logistic"]

def two_layer_outputs(
    X: NDArray[Any] | tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int],
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    output: _Output,
    activation: _Activation = "relu",
) -> _Vector: ...
def two_layer_pass(
    X: NDArray[Any] | tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int],
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
    activation: _Activation = "relu",
    dropout: float = 0.0,
    key: int = 0,
    t: int = 0,
    n_jobs: int = 1,
) -> tuple[float, int]: ...
