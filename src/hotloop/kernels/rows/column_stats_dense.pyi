from typing import Any

import numpy as np
from numpy.typing import NDArray

_Vector = NDArray[np.float64]

def column_moments(
    X: NDArray[Any],
    sample_weight: _Vector,
    total_weight: _Vector,
    mean: _Vector,
    deviation: _Vector,
    lowest: _Vector,
    highest: _Vector,
    others: _Vector,
    extremes: bool,
) -> None: ...
