"""Rows ready for a kernel: samples, targets, weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.validation import distinct
from hotloop.structs import CSRRows

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Batch:
    """Samples ready for a kernel: X an array that it reads (see ``validation.readable``) or CSRRows; class index or target;
    weights >= 0; share of the step size that each takes, None for all of it."""

    X: Any
    y: Vector
    sample_weight: Vector
    step_share: Vector | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, chosen: NDArray[np.intp]) -> "Batch":
        """Return a copy of some of the rows."""
        return Batch(self.X[chosen], self.y[chosen], self.sample_weight[chosen])

    @property
    def all_nonzero_weight(self) -> bool:
        """Whether every row has a weight above 0."""
        return bool(distinct(self.sample_weight).all())

    @property
    def n_nonzero_weight(self) -> int:
        """Rows of weight above 0."""
        return len(self) if self.all_nonzero_weight else int(np.count_nonzero(self.sample_weight))

    @property
    def total_weight(self) -> float:
        """Sum of the weights."""
        own = distinct(self.sample_weight)
        return float(own.sum()) * (len(self) / max(1, len(own)))

    @property
    def cells_per_row(self) -> float:
        """Cells of a row, of sparse rows the non-zeros of an average one: what a step costs."""
        return self.X.nnz / max(1, len(self)) if isinstance(self.X, CSRRows) else self.X.shape[1]
