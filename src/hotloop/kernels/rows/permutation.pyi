import numpy as np
from numpy.typing import NDArray

def permutation(n: int, keys: NDArray[np.uint32]) -> NDArray[np.intp]: ...
