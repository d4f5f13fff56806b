"""What logistic regression has learnt so far under an L1 penalty, by steps of one size for all weights (LR-16, LR-17)."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.validation import Array
from hotloop.logistic.state import LogisticState
from hotloop.logistic.weights import feature_major
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig


@dataclass
class L1State(LogisticState):
    """A state whose weights shrink towards 0 at each step, and rest there. ``averaged`` is False: a mean of iterates is not 0.

    Attributes
    ----------
    l1_ratio : float
        Share of the L1 norm in the penalty.
    shrunk : ndarray like W, float64
        With ``folded``, of two entries, what W is to be combined with after rows given by their non-zeros, see
        ``reference.settle_l1``; 0 where ``folded`` is None.
    """

    l1_ratio: float = 1.0
    shrunk: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    ARRAYS: ClassVar[tuple[str, ...]] = ("W", "b", "center", "scale", "folded", "shrunk")
    NUMBERS: ClassVar[tuple[str, ...]] = (*LogisticState.NUMBERS, "l1_ratio")
    LARGEST: ClassVar[float] = 1e4  # sum of shrinking at which the kernel settles

    @classmethod
    def new(cls, n_outputs: int, n_features: int, dtype: Any, *, fit_intercept: bool, l1_ratio: float) -> "L1State":
        """Return the state before the first step."""
        W, shrunk = np.zeros((n_outputs, n_features), dtype), np.zeros((n_outputs, n_features))
        own = {"fit_intercept": fit_intercept, "l1_ratio": l1_ratio, "shrunk": shrunk}
        return cls(W, np.zeros(n_outputs), ColumnStatistics(n_features), **own)  # type: ignore[arg-type]

    def copy(self) -> "L1State":
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""
        own = super().copy()
        assert isinstance(own, L1State)
        own.shrunk = np.zeros(self.shrunk.shape) if self.folded is None else self.shrunk.copy(order="K")
        return own

    def take_pass(
        self,
        X: Array | CSRRows,
        y: NDArray[np.float64],
        sample_weight: NDArray[np.float64],
        order: NDArray[np.intp],
        eta: NDArray[np.float64],
        alpha: float,
    ) -> tuple[float, int]:
        """Train on the rows of X in the given order; returns the sum of the losses before each update, and the steps taken."""
        self._kept.clear()
        sparse = isinstance(X, CSRRows)
        if not sparse:
            self.settle()
        self.W = np.asarray(self.W, order="F")
        if sparse:
            if self._sparse_constants()[0] is not None:
                raise ValueError("an L1 penalty does not centre sparse rows; take standardize='maxabs' or None")
            self.shrunk = np.asarray(self.shrunk, order="F")
            if self.folded is None:
                self.folded = np.array([1.0, 0.0])
        n_updates = len(order) if sample_weight.strides == (0,) else int(np.count_nonzero(sample_weight[order]))
        self.t += n_updates  # first: Python hears Ctrl-C as the kernel returns
        strengths = alpha * self.l1_ratio, alpha * (1 - self.l1_ratio)
        W, b = feature_major(self.W), self.b if self.fit_intercept else None
        try:
            if isinstance(X, CSRRows):
                own = None, self._sparse_constants()[1], W, b, feature_major(self.shrunk), self.folded
                rows: tuple[Any, Any] = None, X.arrays
            else:
                own, rows = (self.center, self.scale, W, b, None, None), (X, None)  # type: ignore[assignment]
            return get_backend().logistic_l1_pass(*rows, y, sample_weight, order, eta, *strengths, *own)  # type: ignore[no-any-return]
        except (FloatingPointError, ValueError):
            self.t -= n_updates
            raise

    def by_column(self) -> list[Array]:
        """Return the arrays of which a step of sparse rows changes its own columns only: columns along the first axis."""
        return [feature_major(self.W), feature_major(self.shrunk)]

    def may_settle(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether so many steps of sparse rows can let the kernel touch every weight."""
        keep, shrinks = (1.0, 0.0) if self.folded is None else self.folded
        keep *= (1 - config.eta0 * config.alpha) ** n_steps
        return keep < 0.01 or shrinks + n_steps * config.eta0 * config.alpha / keep > 0.9 * self.LARGEST

    def settle(self) -> None:
        """Let W hold the weights, with nothing folded."""
        if self.folded is not None:
            self.W, self.shrunk = np.asfortranarray(self.W), np.asfortranarray(self.shrunk)
            get_backend().settle_l1(feature_major(self.W), feature_major(self.shrunk), self.folded)
            self.folded = None

    def penalty(self) -> float:
        """Return l1_ratio |W|_1 + (1 - l1_ratio) / 2 ||W||^2."""
        square = self._square()  # settles
        return self.l1_ratio * float(np.abs(self.W).sum(dtype=np.float64)) + 0.5 * (1 - self.l1_ratio) * square

    def replace_weights(self, coef: Array, intercept: NDArray[np.float64]) -> None:
        """Go on from these weights, in the caller's units."""
        if self.folded is not None:
            self.shrunk = np.zeros(self.shrunk.shape)
        super().replace_weights(coef, intercept)
