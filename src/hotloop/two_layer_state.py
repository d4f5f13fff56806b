"""What a two-layer network has learnt so far, and how its targets are scaled."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import choose
from hotloop.validation import Array


@dataclass
class TwoLayerState:
    """Weights of (NN-1) to (NN-4) on the standardised rows of (LR-9).

    Attributes
    ----------
    W1, b1, W2, b2 : ndarray, float32 or float64
        Shapes (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,).
    output : {"softmax", "linear", "sigmoid_sum"}
    center, scale : ndarray of shape (n_features,), dtype of W1, or both None
    target_center, target_scale : float
        A regression target is (output - target_center) / target_scale in the caller's units.
    t : int
        Steps taken.
    """

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    output: str
    center: Array | None = None
    scale: Array | None = None
    target_center: float = 0.0
    target_scale: float = 1.0
    t: int = 0

    ARRAYS = ("W1", "b1", "W2", "b2", "center", "scale")
    NUMBERS = ("target_center", "target_scale", "t")

    @classmethod
    def random(cls, n_features: int, n_hidden: int, n_outputs: int, output: str, dtype: Any, seed: int) -> "TwoLayerState":
        """Return the state before the first step.

        W1 is normal with variance 2 / n_features (He et al. 2015), W2 with 1 / n_hidden, biases are 0. For the sum of sigmoids
        W2 has variance 1, as each hidden unit has a sigmoid of its own.
        """
        draw = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63], dtype=np.uint64))).standard_normal
        spread = 1.0 if output == "sigmoid_sum" else n_hidden**-0.5
        return cls(
            (draw((n_features, n_hidden)) * (2 / n_features) ** 0.5).astype(dtype),
            np.zeros(n_hidden, dtype),
            (draw((n_hidden, n_outputs)) * spread).astype(dtype),
            np.zeros(n_outputs, dtype),
            output,
        )

    def copy(self) -> "TwoLayerState":
        """Return a copy that later steps of this state do not touch."""
        return replace(self, **{name: getattr(self, name).copy() for name in ("W1", "b1", "W2", "b2")})

    def restart_average(self) -> None:
        """Networks keep their last iterate: the mean of networks is no network like them."""

    def take_pass(
        self,
        X: Array,
        y: NDArray[np.float64],
        sample_weight: NDArray[np.float64],
        order: NDArray[np.intp],
        eta: NDArray[np.float64],
        alpha: float,
    ) -> tuple[float, int]:
        """Train on the rows of X in the given order; returns the sum of the losses before each update, and the steps taken."""
        weights = (self.W1, self.b1, self.W2, self.b2)
        moved = int(np.count_nonzero(sample_weight[order]))  # counted first, as in LogisticState.take_pass
        self.t += moved
        try:
            return choose().two_layer_pass(  # type: ignore[no-any-return]
                X, y, sample_weight, order, eta, alpha, self.center, self.scale, *weights, self.output
            )
        except (FloatingPointError, ValueError):
            self.t -= moved
            raise

    def is_finite(self) -> bool:
        """Tell whether every weight is a number."""
        return all(bool(np.isfinite(w).all()) for w in (self.W1, self.b1, self.W2, self.b2))

    def penalty(self) -> float:
        """Return (||W1||^2 + ||W2||^2) / 2."""
        return 0.5 * float(sum(np.square(W, dtype=np.float64).sum() for W in (self.W1, self.W2)))

    def outputs(self, X: Array) -> NDArray[np.float64]:
        """Return the outputs (n_samples, n_outputs) of rows in the caller's units: margins for softmax, else the value."""
        weights = (self.W1, self.b1, self.W2, self.b2)
        return choose().two_layer_outputs(X, self.center, self.scale, *weights, self.output)  # type: ignore[no-any-return]

    def scale_targets(self, y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> None:
        """Choose the scaling of the targets from the training rows.

        Linear: mean 0, deviation 1. Sum of sigmoids, whose values lie in (0, n_hidden): mean n_hidden / 2, where every sigmoid
        starts, and deviation n_hidden / 8, so that four deviations to either side are within reach.
        """
        mean = float(np.average(y, weights=sample_weight))
        deviation = float(np.sqrt(np.average((y - mean) ** 2, weights=sample_weight))) or 1.0
        middle, spread = (len(self.b1) / 2, len(self.b1) / 8) if self.output == "sigmoid_sum" else (0.0, 1.0)
        self.target_scale = spread / deviation
        self.target_center = middle - mean * self.target_scale
        if not (0 < self.target_scale < np.inf and np.isfinite(self.target_center)):
            raise ValueError("the targets are too large or too small to be scaled: bring them nearer to 1 first")

    def scaled_targets(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the targets in the units of the output."""
        return y * self.target_scale + self.target_center

    def values(self, X: Array) -> NDArray[np.float64]:
        """Return the regression values (n_samples,) in the caller's units."""
        return (self.outputs(X)[:, 0] - self.target_center) / self.target_scale

    def gradient_square(self, mean_square: float) -> float:
        """Return the expected ||do/dw||^2 of one output o by all weights before the first step, with mean ||z||^2 of the rows.

        An active hidden unit (half of them) has E a^2 = 2, so E z_j^2 = 1: the output layer gives n_hidden + 1, the hidden
        layer (mean ||z||^2 + 1) / 2 times sum_j E W2_j^2. A sigmoid's slope is at most 1/4, so a sum of them has at most 1/16.
        """
        n_hidden = len(self.b1)
        if self.output == "sigmoid_sum":
            return n_hidden * (1 + (mean_square + 1) / 2) / 16
        return n_hidden + 1 + (mean_square + 1) / 2
