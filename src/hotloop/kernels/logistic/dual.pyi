from typing import Any

import numpy as np
from numpy.typing import NDArray

_Vector = NDArray[np.float64]
_Csr = tuple[NDArray[np.int64], NDArray[Any], NDArray[Any] | None, int]

def logistic_dual_pass(
    X: NDArray[Any] | None,
    csr: _Csr | None,
    y: _Vector,
    sample_weight: _Vector,
    order: NDArray[np.intp],
    strength: float,
    b_strength: float,
    center: _Vector | None,
    scale: _Vector | None,
    W: _Vector,
    b: _Vector | None,
    dual: _Vector,
) -> tuple[float, float, int]: ...
def logistic_dual_sums(
    X: NDArray[Any] | None,
    csr: _Csr | None,
    y: _Vector,
    sample_weight: _Vector,
    center: _Vector | None,
    scale: _Vector | None,
    W: _Vector,
    b: _Vector | None,
    dual: _Vector | None,
    margins: _Vector,
    sums: _Vector,
    b_sums: _Vector,
) -> None: ...
