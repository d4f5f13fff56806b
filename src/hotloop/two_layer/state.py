"""What a two-layer network has learnt so far: weights, constants, the scaling of targets, moments of its optimizer."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section
from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import LARGEST
from hotloop.structs import CSRRows, DenseRows, Pass
from hotloop.training.snapshot import Snapshot
from hotloop.two_layer.initializers import INITS, activation_moments, draw_weights
from hotloop.two_layer.optimizer import NetworkOptimizer
from hotloop.two_layer.weights import NetworkShape, NetworkWeights

Vector = NDArray[np.float64]

WEIGHTS = ("W1", "b1", "W2", "b2")


def network_output(classes: Array | None) -> tuple[str, int]:
    """Return the kind and number of outputs for these classes, or for one target."""
    if classes is None:
        return "linear", 1
    return ("sigmoid", 1) if len(classes) == 2 else ("softmax", len(classes))


@dataclass
class TwoLayerState(NetworkShape):
    """Weights of (NN-1) to (NN-4) on the standardised rows of (LR-9).

    Attributes
    ----------
    W1, b1, W2, b2 : ndarray, float32 or float64
        Shapes (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,).
    output : {"softmax", "sigmoid", "linear", "sigmoid_sum"}
    activation : {"relu", "tanh", "logistic"}
    center, scale : ndarray of shape (n_features,), dtype of W1, or both None
    target_center, target_scale : ndarray of shape (n_outputs,), float64
        A regression target is (output - target_center) / target_scale in the caller's units.
    t : int
        Steps taken.
    optimizer : NetworkOptimizer
    moments : list of ndarray
        Momentum or Adam's moments, in the shapes of the weights; empty before the first step, and for plain per-sample SGD.
    n_batches : int
        Batches that the moments have seen.
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
    t: int = 0
    optimizer: NetworkOptimizer = field(default_factory=NetworkOptimizer)
    moments: list[Array] = field(default_factory=list)
    n_batches: int = 0

    @classmethod
    def random(
        cls,
        n_features: int,
        n_hidden: int,
        n_outputs: int,
        output: str,
        dtype: Any,
        seed: int,
        activation: str = "relu",
        init: str = "auto",
    ) -> "TwoLayerState":
        """Return the state before the first step; biases are 0.

        Parameters
        ----------
        n_features, n_hidden, n_outputs : int
        output, activation : str
            As the attributes.
        dtype : float32 or float64
        seed : int
        init : str
            A name of INITS. "auto" is "lecun_normal", for W1 rescaled by :meth:`fit_to`. For the sum of sigmoids W2 has
            variance 1, as each hidden unit has a sigmoid of its own.
        """
        if init != "auto" and init not in INITS:
            raise ValueError(f"init is {init!r}, expected 'auto' or one of {', '.join(INITS)}")
        random = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63], dtype=np.uint64)))
        name = "lecun_normal" if init == "auto" else init
        W1, W2 = draw_weights(random, n_features, n_hidden, name), draw_weights(random, n_hidden, n_outputs, name)
        if output == "sigmoid_sum":
            W2 *= 1 / np.sqrt(np.mean(np.square(W2))) if init != "auto" else n_hidden**0.5
        return cls(
            W1.astype(dtype),
            np.zeros(n_hidden, dtype),
            W2.astype(dtype),
            np.zeros(n_outputs, dtype),
            output,
            activation,
            target_center=np.zeros(n_outputs),
            target_scale=np.ones(n_outputs),
            optimizer=NetworkOptimizer(key=seed),
        )

    def copy(self) -> "TwoLayerState":
        """Return a copy that later steps of this state do not touch."""
        weights: dict[str, Any] = {name: getattr(self, name).copy() for name in WEIGHTS}
        return replace(self, **weights, moments=[moment.copy() for moment in self.moments])

    def snapshot(self) -> Snapshot:
        """Return what :meth:`restore` takes."""
        return Snapshot.of(self)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        snapshot.restore(self)

    @property
    def group_size(self) -> int:
        """A pass that is cut after a multiple of so many rows of weight above 0 leaves nothing unfinished."""
        return 64 if self.optimizer.by_sample else int(self.optimizer.batch_size)

    @property
    def work_per_cell(self) -> int:
        """Multiply-adds for a cell of a row, in those of logistic regression."""
        return max(1, len(self.b1) // 64)

    def set_optimizer(self, optimizer: NetworkOptimizer) -> None:
        """Train by this optimizer from now on; the moments of another one are dropped."""
        if optimizer.n_moments != self.optimizer.n_moments or optimizer.name != self.optimizer.name:
            self.moments, self.n_batches = [], 0
        self.optimizer = optimizer

    def restart_average(self) -> None:
        """Networks keep their last iterate: the mean of networks is no network like them."""

    def take_pass(
        self,
        X: Array | CSRRows,
        y: Vector,
        sample_weight: Vector,
        order: NDArray[np.intp],
        eta: Vector,
        alpha: float,
    ) -> tuple[float, int]:
        """Train on the rows of X in the given order. Parameters: as for TrainableState.take_pass."""
        n_updates = int(np.count_nonzero(sample_weight[order]))  # counted first, as in LogisticState.take_pass
        self.t += n_updates
        optimizer = self.optimizer
        n_batches = 0 if optimizer.by_sample else -(-n_updates // optimizer.batch_size)
        self.n_batches += n_batches
        if len(self.moments) != optimizer.n_moments:
            self.moments = [np.zeros_like(getattr(self, name)) for name in WEIGHTS * (optimizer.n_moments // 4)]
        rows, steps, network = self._rows(X), Pass(order, y, sample_weight, eta, alpha), self._network()
        dropout = optimizer.dropout_at(self.t - n_updates)
        try:
            if optimizer.by_sample:
                return get_backend().two_layer_pass(rows, steps, network, dropout, optimizer.n_jobs)
            return get_backend().two_layer_minibatch_pass(
                rows, steps, network, optimizer.of_batches(self.n_batches - n_batches), self.moments, dropout
            )
        except (FloatingPointError, ValueError):
            self.t -= n_updates
            self.n_batches -= n_batches
            raise

    def _rows(self, X: Array | CSRRows) -> DenseRows | CSRRows:
        """Return the rows as the kernels take them; they refuse CSR rows with a shift."""
        if not isinstance(X, CSRRows):
            return DenseRows(X, self.center, self.scale)
        shift = None
        if self.center is not None and self.scale is not None and self.center.any():
            shift = self.center * self.scale
        return replace(X, shift=shift, scale=self.scale)

    def is_finite(self) -> bool:
        """Tell whether every weight is a number, and none so large that products with it overflow: LARGEST."""
        with np.errstate(over="ignore", invalid="ignore"):
            square = sum(get_backend().sum_of_squares(W.reshape(-1)) for W in (self.W1, self.W2))
        return square < LARGEST[self.W1.itemsize] ** 2 and bool(np.isfinite(self.b1).all() and np.isfinite(self.b2).all())

    def penalty(self) -> float:
        """Return (||W1||^2 + ||W2||^2) / 2."""
        return 0.5 * float(sum(np.square(W, dtype=np.float64).sum() for W in (self.W1, self.W2)))

    def view(self) -> NetworkWeights:
        """Return what predictions use; the arrays are those of the state, until its next step."""
        return NetworkWeights(**{name: getattr(self, name) for name in (*NetworkWeights.ARRAYS, "output", "activation")})

    def outputs(self, X: Array | CSRRows) -> Vector:
        """Return the outputs (n_samples, n_outputs) of rows in the caller's units: margins of classifiers, else the value."""
        return self.view().outputs(X)

    def fit_to(self, mean_square: float, spread: float | None) -> None:
        """Before the first step, scale W1 to the rows.

        Parameters
        ----------
        mean_square : float
            Mean ||z||^2 of the rows, in place of n_features: that of sparse rows is smaller.
        spread : float or None
            Standard deviation that the pre-activations get; None: that of W1's first variance.
        """
        if mean_square > 0:
            factor = len(self.W1) / mean_square
            if spread is not None:
                factor = spread**2 / mean_square / float(np.square(self.W1, dtype=np.float64).mean())
            with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite: all weight on one row, say
                self.W1 *= np.sqrt(factor).astype(self.W1.dtype)

    def scale_targets(self, y: Vector, sample_weight: Vector) -> None:
        """Choose the scaling of the targets (n_samples,) or (n_samples, n_outputs) from the training rows.

        Linear: mean 0, deviation 1. Sum of sigmoids, whose values lie in (0, n_hidden): mean n_hidden / 2, where every sigmoid
        starts, and deviation n_hidden / 8, so that four deviations to either side are within reach.
        """
        y = y.reshape(len(y), -1)
        with np.errstate(over="ignore", invalid="ignore"):  # shows in the scale
            mean = np.average(y, axis=0, weights=sample_weight)
            deviation = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=sample_weight))
        self.choose_scale(mean, deviation)

    def choose_scale(self, mean: Vector, deviation: Vector) -> None:
        """Choose the scaling of the targets from mean and deviation of each."""
        deviation = np.where(deviation == 0, 1.0, deviation)
        middle, spread = (len(self.b1) / 2, len(self.b1) / 8) if self.output == "sigmoid_sum" else (0.0, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):
            self.target_scale = spread / deviation
            self.target_center = middle - mean * self.target_scale
        if not ((self.target_scale > 0) & np.isfinite(self.target_scale) & np.isfinite(self.target_center)).all():
            raise ValueError("the targets are too large or too small to be scaled: bring them nearer to 1 first")

    def scaled_targets(self, y: Vector) -> Vector:
        """Return the targets in the units of the output."""
        return y * self.target_scale + self.target_center

    def mean_squares(self, mean_square: float) -> tuple[float, float]:
        """Return the mean squares of the pre-activations of rows with mean ||z||^2, and of W2."""
        of_W1, of_W2 = (float(np.square(W, dtype=np.float64).mean()) for W in (self.W1, self.W2))
        return of_W1 * mean_square, of_W2

    def gradient_square(self, mean_square: float, of_a: float, of_W2: float) -> float:
        """Return the expected ||do/dw||^2 of one output o by all weights, from :meth:`mean_squares` before the first step.

        The output layer gives n_hidden E z_j^2 + 1, the hidden layer (mean ||z||^2 + 1) E (dz/da)^2 n_hidden E W2_j^2. A
        sigmoid's slope is at most 1/4, so a sum of them has at most 1/16.
        """
        n_hidden = len(self.b1)
        square, slope = activation_moments(self.activation, of_a)
        if self.output == "sigmoid_sum":
            return n_hidden * (square + (mean_square + 1) * slope) / 16
        return n_hidden * square + 1 + (mean_square + 1) * slope * n_hidden * of_W2

    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Take other constants; the weights change so that no output moves. Those of a column that was constant become 0."""
        if center is None or scale is None or self.center is None or self.scale is None:
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(scale > 0, self.scale.astype(np.float64) / scale, 0.0)
        shift = (center.astype(np.float64) - self.center) * self.scale
        self.b1 += (shift[:, None] * self.W1).sum(axis=0).astype(self.b1.dtype)
        self.W1 *= ratio[:, None].astype(self.W1.dtype)
        self.center, self.scale = center, scale

    def rescale_targets(self, mean: Vector, deviation: Vector) -> None:
        """Scale linear targets anew; the weights change so that no value moves."""
        center, scale = self.target_center, self.target_scale
        self.choose_scale(mean, deviation)
        ratio = self.target_scale / scale
        self.W2 *= ratio.astype(self.W2.dtype)
        self.b2[:] = (self.b2 - center) * ratio + self.target_center

    def to_section(self) -> Section:
        """Return what a file holds of the state."""
        section = Section.of(self, values=("t", "n_batches"))
        section.add("weights", self.view().to_section())
        section.add("moments", Section({str(place): moment for place, moment in enumerate(self.moments)}))
        section.put_record("optimizer", self.optimizer)
        return section.with_values(n_moments=len(self.moments))

    @classmethod
    def from_section(cls, section: Section) -> "TwoLayerState":
        """Return the state that a file holds; ValueError where its parts do not fit together."""
        weights, optimizer = NetworkWeights.from_section(section.part("weights")), section.record("optimizer", NetworkOptimizer)
        n_moments, stored = section.count("n_moments"), section.part("moments")
        if n_moments not in (0, optimizer.n_moments):
            raise ValueError(f"n_moments is {n_moments}, expected 0 or {optimizer.n_moments}")
        arrays = [getattr(weights, name) for name in WEIGHTS] * 2
        moments = [stored.array(str(place), arrays[place].shape, weights.dtype) for place in range(n_moments)]
        return cls(
            **vars(weights), optimizer=optimizer, moments=moments, t=section.count("t"), n_batches=section.count("n_batches")
        )
