from typing import Any

from numpy.typing import DTypeLike, NDArray
from typing_extensions import disjoint_base

LINE: int
OUTPUTS: dict[str, int]
ACTIVATIONS: dict[str, int]

@disjoint_base
class NetworkRows: ...

def aligned(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]: ...
def filled_up(W: NDArray[Any]) -> NDArray[Any]: ...
def targets_of(y: Any) -> NDArray[Any]: ...
