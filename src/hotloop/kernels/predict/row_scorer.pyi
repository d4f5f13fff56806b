from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from hotloop.structs import Network

def row_scorer(coef: Any, intercept: Any, one_vs_rest: bool = ...) -> Callable[[NDArray[Any]], Any]: ...
def network_scorer(
    network: Network,
    center: NDArray[Any] | None = ...,
    scale: NDArray[Any] | None = ...,
    target_center: Any = ...,
    target_scale: Any = ...,
) -> Callable[[NDArray[Any]], Any]: ...
