from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

def row_scorer(coef: Any, intercept: Any, one_vs_rest: bool = ...) -> Callable[[NDArray[Any]], Any]: ...
def network_scorer(
    center: NDArray[Any] | None,
    scale: NDArray[Any] | None,
    W1: NDArray[Any],
    b1: NDArray[Any],
    W2: NDArray[Any],
    b2: NDArray[Any],
    output: str,
    activation: str,
    target_center: Any = ...,
    target_scale: Any = ...,
) -> Callable[[NDArray[Any]], Any]: ...
