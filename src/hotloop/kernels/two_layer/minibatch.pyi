from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from hotloop.structs import BatchOptimizer, CSRRows, DenseRows, Dropout, Network, Pass

def two_layer_minibatch_pass(
    rows: DenseRows | CSRRows,
    steps: Pass,
    network: Network,
    optimizer: BatchOptimizer,
    moments: Sequence[NDArray[Any]],
    dropout: Dropout,
) -> tuple[float, int]: ...
