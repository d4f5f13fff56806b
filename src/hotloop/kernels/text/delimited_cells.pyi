import numpy as np
from numpy.typing import NDArray

def delimited_cells(
    text: bytes,
    start: int,
    delimiter: int,
    kinds: NDArray[np.int8],
    numbers: NDArray[np.float64],
    ends: NDArray[np.int32],
    words: NDArray[np.uint8],
) -> int: ...
