"""What logistic regression has learnt so far: weights on standardised columns, averages, counters; and the caller's view."""

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.validation import Array
from hotloop.logistic.weights import LinearWeights, feature_major
from hotloop.metrics import scores
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import BLOCK, TrainingConfig


@dataclass
class LogisticState:
    """Weights of (LR-1) on the standardised rows of (LR-9), their running sum (LR-10), and how far training has come.

    Attributes
    ----------
    W : ndarray of shape (n_outputs, n_features), float32 or float64
    b : ndarray of shape (n_outputs,), float64
    statistics : ColumnStatistics
    center, scale : ndarray of shape (n_features,), dtype of W, or both None
    fit_intercept : bool
    averaged : bool
        Whether the caller sees the mean of the iterates since ``restart_average`` instead of the last one.
    W_total, b_total : ndarray like W and b, float64
        Sum of those iterates; without averaging not used.
    one_vs_rest : bool
        Whether each output is a model of its own, a class against the rest, (LR-18), instead of all a softmax.
    importance_aware : bool
        Whether steps are taken by their shares, (LR-19).
    n_averaged, t, n_rows : int
        Iterates in that sum; steps taken; rows of weight above 0 in ``statistics``.
    folded : ndarray of shape (3 + 3 n_outputs,), float64, or None
        What ``W`` and ``W_total`` are to be combined with after rows given by their non-zeros, see ``reference.settle``.

    For rows given by their non-zeros the weights of a column lie side by side: ``W`` and ``W_total`` are then in Fortran order.
    """

    W: Array
    b: NDArray[np.float64]
    statistics: ColumnStatistics
    fit_intercept: bool = True
    averaged: bool = False
    center: Array | None = None
    scale: Array | None = None
    W_total: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    b_total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    n_averaged: int = 0
    t: int = 0
    n_rows: int = 0
    folded: NDArray[np.float64] | None = None
    one_vs_rest: bool = False
    importance_aware: bool = False
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)  # computed from the rest, until that changes

    ARRAYS: ClassVar[tuple[str, ...]] = ("W", "b", "center", "scale", "W_total", "b_total", "folded")
    NUMBERS: ClassVar[tuple[str, ...]] = (
        "fit_intercept",
        "averaged",
        "one_vs_rest",
        "importance_aware",
        "n_averaged",
        "t",
        "n_rows",
    )

    cut: ClassVar[int] = BLOCK
    units: ClassVar[int] = 1

    @classmethod
    def zeros(
        cls,
        n_outputs: int,
        n_features: int,
        dtype: Any,
        *,
        fit_intercept: bool,
        averaged: bool,
        one_vs_rest: bool = False,
        importance_aware: bool = False,
    ) -> "LogisticState":
        """Return the state before the first step: all weights 0."""
        state = cls(
            np.zeros((n_outputs, n_features), dtype),
            np.zeros(n_outputs),
            ColumnStatistics(n_features),
            fit_intercept,
            averaged,
            one_vs_rest=one_vs_rest,
            importance_aware=importance_aware,
        )
        state.restart_average()
        return state

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights."""
        return self.W.dtype

    def copy(self) -> "LogisticState":
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""
        if self._is_zero():  # of new zeros no memory is in use yet
            W, W_total = (np.zeros(array.shape, array.dtype) for array in (self.W, self.W_total))
        else:
            W, W_total = (array.copy(order="K") for array in (self.W, self.W_total))
        kept = {name: value for name, value in self._kept.items() if name != "view"}  # which may hold W itself
        own = {"b": self.b.copy(), "b_total": self.b_total.copy(), "folded": copy(self.folded), "_kept": kept}
        return replace(self, W=W, W_total=W_total, **own)  # type: ignore[arg-type]

    def _is_zero(self) -> bool:
        """Tell whether no weight has moved yet."""
        return self.t == 0 and self.folded is None and not (self.W.any() or self.W_total.any())

    def restart_average(self) -> None:
        """Forget the iterates summed so far."""
        if self.averaged:
            if self.n_averaged:
                self.settle()
                self._kept.clear()
            if self.n_averaged or not self.W_total.size:
                self.W_total = np.zeros(self.W.shape, order="F" if self.W.flags.f_contiguous else "C")
            self.b_total, self.n_averaged = np.zeros(self.b.shape), 0

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
        b = self.b if self.fit_intercept else None
        b_total = self.b_total if self.averaged and self.fit_intercept else None
        for name in ("view", "square"):
            self._kept.pop(name, None)
        self._arrange("F" if isinstance(X, CSRRows) else "C")
        # Counted first: Python hears Ctrl-C as the kernel returns, when the weights have moved.
        n_updates = len(order) if sample_weight.strides == (0,) else int(np.count_nonzero(sample_weight[order]))
        self.t, self.n_averaged = self.t + n_updates, self.n_averaged + n_updates * self.averaged
        try:
            if isinstance(X, CSRRows):
                W, W_total = feature_major(self.W), feature_major(self.W_total) if self.averaged else None
                shift, scale = self._sparse_constants()
                if self.folded is None:
                    self.folded = np.zeros(3 + 3 * len(self.W))
                    self.folded[0] = 1
                    if shift is not None:
                        get_backend().settle(shift, W, None, self.folded)
                own = shift, scale, W, b, W_total, b_total, self.folded
                return get_backend().logistic_sparse_pass(*X.arrays, y, sample_weight, order, eta, alpha, *own)  # type: ignore[no-any-return]
            W_total = self.W_total if self.averaged else None
            weights = self.center, self.scale, self.W, b, W_total, b_total
            if self.one_vs_rest:
                n_outputs, loss = len(self.W), np.zeros(1)
                lanes = np.arange(float(n_outputs)), order, np.broadcast_to(eta[:, None], (len(eta), n_outputs))
                get_backend().logistic_many_pass(X, y, sample_weight, None, *lanes, np.full(n_outputs, alpha), *weights, loss)
                return float(loss[0]), n_updates
            return get_backend().logistic_pass(X, y, sample_weight, order, eta, alpha, *weights, self.importance_aware)  # type: ignore[no-any-return]
        except (FloatingPointError, ValueError):
            self.t, self.n_averaged = self.t - n_updates, self.n_averaged - n_updates * self.averaged
            raise

    def count_steps(self, n_updates: int) -> None:
        """Count steps that changed W, b and their sums in place, many models at once."""
        self._kept.clear()
        self.t, self.n_averaged = self.t + n_updates, self.n_averaged + n_updates * self.averaged

    def by_column(self) -> list[Array]:
        """Return the arrays of which a step of sparse rows changes its own columns only: columns along the first axis."""
        return [feature_major(self.W), *([feature_major(self.W_total)] if self.averaged else [])]

    def whole(self) -> list[Array]:
        """Return the arrays that every step changes."""
        return [self.b, self.b_total]

    def may_settle(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether so many steps of sparse rows can let the kernel touch every weight."""
        keep = 1.0 if self.folded is None else float(self.folded[0])
        return keep * (1 - config.eta0 * config.alpha) ** n_steps <= 0.01

    def settle(self) -> None:
        """Let W and W_total hold the weights and their sum, with nothing folded."""
        if self.folded is not None and not self.averaged and self._sparse_constants()[0] is None and self.folded[0] == 1:
            self.folded = None  # nothing to combine: the columns are not touched
        if self.folded is not None:
            self.W, self.W_total = np.asfortranarray(self.W), np.asfortranarray(self.W_total)
            W_total = feature_major(self.W_total) if self.averaged else None
            get_backend().settle(self._sparse_constants()[0], feature_major(self.W), W_total, self.folded)
            self.folded = None

    def _arrange(self, order: Literal["C", "F"]) -> None:
        """Bring W and W_total into the order that the next rows want."""
        if order == "C":
            self.settle()
        self.W = np.asarray(self.W, order=order)
        self.W_total = np.asarray(self.W_total, order=order)

    def _sparse_constants(self) -> tuple[Array | None, Array | None]:
        """Return shift and scale of (LR-15), None where they are 0 and 1."""
        if self.center is None or self.scale is None:
            return None, None
        if "sparse" not in self._kept:
            shift = self.center * self.scale if self.center.any() else None
            self._kept["sparse"] = shift, None if (self.scale == 1).all() else self.scale
        return self._kept["sparse"]  # type: ignore[no-any-return]

    def is_finite(self) -> bool:
        """Tell whether every weight is a number."""
        return bool(np.isfinite(self._square()) and np.isfinite(self.b).all())

    def penalty(self) -> float:
        """Return ||W||^2 / 2 of the last iterate."""
        return 0.5 * self._square()

    def _square(self) -> float:
        """||W||^2; where it overflows but the weights do not, training has diverged, too."""
        if "square" not in self._kept:
            self.settle()
            self._kept["square"] = get_backend().sum_of_squares(self.W.reshape(-1, order="A"))
        return self._kept["square"]  # type: ignore[no-any-return]

    def weights(self) -> tuple[Array, NDArray[np.float64]]:
        """Return the weights on standardised rows that predictions use: the averaged ones where averaging is on."""
        if self.folded is not None:
            settled = self.copy()
            settled.settle()
            return settled.weights()
        if self.averaged and self.n_averaged:
            return (self.W_total / self.n_averaged).astype(self.W.dtype), self.b_total / self.n_averaged
        return self.W, self.b

    def view(self) -> LinearWeights:
        """Return what predictions use."""
        if "view" not in self._kept:
            self._kept["view"] = LinearWeights(*self.weights(), self.center, self.scale, self.one_vs_rest)
        return self._kept["view"]  # type: ignore[no-any-return]

    def margins(self, X: Array | CSRRows) -> NDArray[np.float64]:
        """Return the margins (n_samples, n_outputs) of rows in the caller's units."""
        return self.view().margins(X)

    def scores(self, m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the margins of which the probabilities are the softmax, or the logistic function where there is one output."""
        return scores(m, self.one_vs_rest)

    def coef(self) -> Array:
        """Return the weights in the caller's units, (LR-11)."""
        return self.view().coef()

    def intercept(self) -> NDArray[np.float64]:
        """Return the intercept in the caller's units, (LR-11)."""
        return self.view().intercept()

    def replace_weights(self, coef: Array, intercept: NDArray[np.float64]) -> None:
        """Go on from these weights, in the caller's units: averaging starts anew.

        Standardisation stays; a column that was constant so far and has a weight now is taken as it is until the next
        constants.
        """
        center, scale, self.folded = self.center, self.scale, None
        self._kept.clear()
        self.W, self.b = np.array(coef, self.W.dtype, order="C"), np.array(intercept, np.float64)
        self.center = self.scale = None
        self.restart_average()
        if center is not None and scale is not None:
            raw = (scale == 0) & (self.W != 0).any(axis=0)
            self.restandardize(np.where(raw, 0, center).astype(center.dtype), np.where(raw, 1, scale).astype(scale.dtype))

    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Change to other constants of (LR-9), and the weights with them, so that no prediction moves."""
        self.settle()
        self._kept.clear()
        if self._is_zero() or center is scale is self.center is self.scale:  # the last: None
            self.center, self.scale = center, scale
            return
        dtype, n_features = self.W.dtype, self.W.shape[1]
        old_center = np.zeros(n_features) if self.center is None else self.center.astype(np.float64)
        new_center = np.zeros(n_features) if center is None else center.astype(np.float64)
        old_scale = np.ones(n_features) if self.scale is None else self.scale.astype(np.float64)
        new_scale = np.ones(n_features) if scale is None else scale.astype(np.float64)
        shift = old_scale * (new_center - old_center)
        factor = np.divide(old_scale, new_scale, out=np.zeros(n_features), where=new_scale != 0)
        # sums by NumPy, not by BLAS, whose order of addition depends on the CPU
        self.b = self.b + (self.W * shift).sum(axis=1)
        self.W = (self.W * factor).astype(dtype)
        if self.averaged:
            self.b_total = self.b_total + (self.W_total * shift).sum(axis=1)
            self.W_total = self.W_total * factor
        self.center, self.scale = center, scale
