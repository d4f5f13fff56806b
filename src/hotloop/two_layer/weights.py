"""What a two-layer network predicts with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section, check_sizes, weights_dtype
from hotloop.data.validation import Array, readable
from hotloop.structs import ACTIVATIONS, OUTPUTS, CSRRows, DenseRows, Network

Vector = NDArray[np.float64]


class NetworkShape:
    """Sizes, type and outputs of a network, read off its weights."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    output: str
    activation: str

    @property
    def n_features(self) -> int:
        """Columns of a row."""
        return len(self.W1)

    @property
    def n_outputs(self) -> int:
        """Outputs of a row: one for two classes or one target."""
        return len(self.b2)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights: rows are converted to it."""
        return self.W1.dtype

    @property
    def is_multilabel(self) -> bool:
        """Whether each output is a label of its own."""
        return self.output == "sigmoid" and self.n_outputs > 1

    @property
    def is_regression(self) -> bool:
        """Whether the outputs are numbers, not classes."""
        return self.output in ("linear", "sigmoid_sum")

    def _network(self) -> Network:
        return Network(self.W1, self.b1, self.W2, self.b2, self.output, self.activation)


@dataclass(frozen=True, eq=False)
class NetworkWeights(NetworkShape):
    """Weights of (NN-1) to (NN-4) on the standardised columns of (LR-9), and how the targets are scaled.

    Attributes
    ----------
    W1, b1, W2, b2 : ndarray, float32 or float64
        Shapes (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,).
    output : {"softmax", "sigmoid", "linear", "sigmoid_sum"}
    activation : {"relu", "tanh", "logistic"}
    center, scale : ndarray of shape (n_features,), dtype of W1, or both None
    target_center, target_scale : ndarray of shape (n_outputs,), float64
        A regression target is (output - target_center) / target_scale in the caller's units.
    """

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    output: str
    activation: str = "relu"
    center: Array | None = None
    scale: Array | None = None
    target_center: Vector = field(default_factory=lambda: np.zeros(1))
    target_scale: Vector = field(default_factory=lambda: np.ones(1))

    ARRAYS: ClassVar[tuple[str, ...]] = ("W1", "b1", "W2", "b2", "center", "scale", "target_center", "target_scale")
    hides_infinity: ClassVar[bool] = True  # a hidden unit may be 0 for a row with an infinity

    def outputs(self, X: Array | CSRRows) -> Vector:
        """Return the outputs (n_samples, n_outputs) of rows in the caller's units.

        They are the margins of a classifier and the scaled targets of a regression.
        """
        network = self._network()
        rows: DenseRows | CSRRows
        if isinstance(X, CSRRows):
            rows = replace(X, scale=self.scale)
            if self.center is not None and self.scale is not None and self.center.any():  # b1 takes the centre in
                b1 = self.b1 - (self.center.astype(np.float64) * self.scale) @ self.W1
                network = replace(network, b1=b1.astype(self.b1.dtype))
        else:
            X = X if readable(X, self.dtype) else np.ascontiguousarray(X, self.dtype)
            rows = DenseRows(X, self.center, self.scale)
        return get_backend().two_layer_outputs(rows, network)

    def scores(self, outputs: Vector) -> Vector:
        """Return the margins of which the probabilities are made; of a regression the values in the caller's units."""
        return (outputs - self.target_center) / self.target_scale if self.is_regression else outputs

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row: P(second class), all probabilities, or the value or values; see ``network_scorer``."""
        targets = (self.target_center, self.target_scale) if self.is_regression else ()
        return get_backend().network_scorer(self._network(), self.center, self.scale, *targets)

    def to_section(self) -> Section:
        """Return what a file holds of the weights."""
        return Section.of(self, self.ARRAYS, ("output", "activation"))

    @classmethod
    def from_section(cls, section: Section) -> "NetworkWeights":
        """Return the weights that a file holds; ValueError where they do not fit together."""
        W1 = section.arrays["W1"]
        (n_features, n_hidden), n_outputs = W1.shape, section.arrays["W2"].shape[1]
        check_sizes(n_features=n_features, n_hidden=n_hidden, n_outputs=n_outputs)
        dtype = weights_dtype(W1)
        target_scale = section.array("target_scale", (n_outputs,), np.float64)
        if not target_scale.min() > 0:
            raise ValueError("target_scale must be positive")
        return cls(
            W1,
            section.array("b1", (n_hidden,), dtype),
            section.array("W2", (n_hidden, n_outputs), dtype),
            section.array("b2", (n_outputs,), dtype),
            section.choice("output", OUTPUTS),
            section.choice("activation", ACTIVATIONS),
            *section.constants(n_features, dtype),
            section.array("target_center", (n_outputs,), np.float64),
            target_scale,
        )
