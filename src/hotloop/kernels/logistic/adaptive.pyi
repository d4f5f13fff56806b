from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Vector = NDArray[np.float64]

def logistic_adaptive_pass(
    X: NDArray[Any] | None,
    csr: tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int] | None,
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    rule: str,
    eta: float,
    beta: float,
    l1: float,
    l2: float,
    t: float,
    center: NDArray[_Real] | None,
    scale: NDArray[_Real] | None,
    pairs: NDArray[_Real],
    b_pairs: _Vector | None,
    largest: NDArray[_Real] | None,
    met: _Vector | None,
) -> tuple[float, int]: ...
