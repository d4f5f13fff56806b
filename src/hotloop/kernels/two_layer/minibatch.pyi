from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]
_Rows = NDArray[Any] | tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int]
_Output = Literal["softmax", "sigmoid", "linear", "sigmoid_sum"]
_Activation = Literal["relu", "tanh", "logistic"]

OPTIMIZERS: dict[str, int]

@disjoint_base
class Workroom:
    def found(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], _Vector]: ...

def two_layer_minibatch_pass(
    X: _Rows,
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
    activation: _Activation,
    batch_size: int,
    optimizer: Literal["sgd", "adam", "adamw"],
    moments: Sequence[NDArray[_Real]],
    n_batches: int = 0,
    momentum: float = 0.0,
    nesterov: bool = False,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    dropout: float = 0.0,
    key: int = 0,
    t: int = 0,
) -> tuple[float, int]: ...
def two_layer_backward(
    X: _Rows,
    delta: _Vector,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W1: NDArray[_Real],
    b1: NDArray[_Real],
    W2: NDArray[_Real],
    b2: NDArray[_Real],
    output: _Output,
    activation: _Activation = "relu",
) -> tuple[NDArray[_Real], NDArray[_Real], NDArray[_Real], NDArray[_Real]]: ...
