from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

def row_scorer(coef: Any, intercept: Any) -> Callable[[NDArray[Any]], Any]: ...
