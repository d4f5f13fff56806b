from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

def row_scorer(coef: Any, intercept: Any, one_vs_rest: bool = ...) -> Callable[[NDArray[Any]], Any]: ...
