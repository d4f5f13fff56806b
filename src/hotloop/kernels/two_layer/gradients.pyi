from typing import Any

from numpy.typing import NDArray

from hotloop.structs import CSRRows, DenseRows, Network, Vector

def two_layer_backward(
    rows: DenseRows | CSRRows, delta: Vector, network: Network
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]: ...
