from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def logistic_l1_pass(
    X: NDArray[Any] | None,
    csr: tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int] | None,
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    eta: _Vector,
    l1: float,
    l2: float,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    W: NDArray[_Real],
    b: _Vector | None,
    shrunk: NDArray[np.float64] | None,
    folded: _Vector | None,
) -> tuple[float, int]: ...
def settle_l1(W: NDArray[Any], shrunk: NDArray[np.float64], folded: _Vector) -> None: ...
