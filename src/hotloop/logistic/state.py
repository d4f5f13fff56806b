"""Logistic regression by steps of one size for all weights, with the mean of the iterates: weights, sums, counters."""

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section, check_sizes, weights_dtype
from hotloop.data.validation import Array
from hotloop.logistic.linear_state import (
    WeightState,
    change_of_constants,
    changes_weights,
    common_attributes,
    constants_for,
    copy_weights,
)
from hotloop.logistic.weights import LinearWeights, Vector, feature_major
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows, DenseRows, Pass
from hotloop.training.config import TrainingConfig


@dataclass(kw_only=True, eq=False)
class LogisticState(WeightState):
    """Weights of (LR-1), their running sum (LR-10), and how far training has come.

    Attributes
    ----------
    W : ndarray of shape (n_outputs, n_features), float32 or float64
    b : ndarray of shape (n_outputs,), float64
    averaged : bool
        Whether predictions use the mean of the iterates since ``restart_average`` instead of the last one.
    W_total, b_total : ndarray like W and b, float64
        Sum of those iterates; without averaging not used.
    n_averaged : int
        Iterates in that sum.
    importance_aware : bool
        Whether steps are taken by their shares, (LR-19).
    lazy : ndarray of shape (3 + 3 n_outputs,), float64, or None
        What steps of sparse rows have put off: what W and W_total are to be combined with, see ``reference.materialize``.
    statistics, fit_intercept, center, scale, t, n_rows, one_vs_rest
        As for LinearState.

    For rows given by their non-zeros the weights of a column lie side by side: W and W_total are then in Fortran order.
    """

    averaged: bool = False
    W_total: Vector = field(default_factory=lambda: np.zeros((0, 0)))
    b_total: Vector = field(default_factory=lambda: np.zeros(0))
    n_averaged: int = 0
    importance_aware: bool = False

    @classmethod
    def zeros(cls, n_outputs: int, n_features: int, dtype: Any, **options: bool) -> "LogisticState":
        """Return the state before the first step, all weights 0.

        ``options`` are fit_intercept, averaged, one_vs_rest and importance_aware.
        """
        W, statistics = np.zeros((n_outputs, n_features), dtype), ColumnStatistics(n_features)
        state = cls(W=W, b=np.zeros(n_outputs), statistics=statistics, **options)  # type: ignore[arg-type]
        state.restart_average()
        return state

    def copy(self) -> "LogisticState":
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""
        W, W_total = copy_weights(self.W), copy_weights(self.W_total)
        return replace(self, W=W, W_total=W_total, b=self.b.copy(), b_total=self.b_total.copy(), lazy=copy(self.lazy))

    def _is_zero(self) -> bool:
        """Tell whether no weight has moved yet."""
        return self.t == 0 and self.lazy is None and not (self.W.any() or self.W_total.any())

    @changes_weights
    def restart_average(self) -> None:
        """Forget the iterates summed so far."""
        if self.averaged:
            if self.n_averaged:
                self.materialize()
            if self.n_averaged or not self.W_total.size:
                self.W_total = np.zeros(self.W.shape, order="F" if self.W.flags.f_contiguous else "C")
            self.b_total, self.n_averaged = np.zeros(self.b.shape), 0

    @changes_weights
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
        b = self.b if self.fit_intercept else None
        b_total = self.b_total if self.averaged and self.fit_intercept else None
        self._arrange("F" if isinstance(X, CSRRows) else "C")
        # Counted before the call: Ctrl-C raises as the kernel returns, when the weights have changed.
        n_updates = len(order) if sample_weight.strides == (0,) else int(np.count_nonzero(sample_weight[order]))
        self.t, self.n_averaged = self.t + n_updates, self.n_averaged + n_updates * self.averaged
        try:
            weights = self.W, b, self.W_total if self.averaged else None, b_total
            steps = Pass(order, y, sample_weight, eta, alpha)
            if isinstance(X, CSRRows):
                shift, scale = self._sparse_constants()
                if self.lazy is None:
                    self.lazy = np.zeros(3 + 3 * len(self.W))
                    self.lazy[0] = 1
                    if shift is not None:
                        get_backend().materialize(shift, self.W, None, self.lazy)
                return get_backend().logistic_csr_pass(X.standardized(shift, scale), steps, *weights, self.lazy)
            rows = DenseRows(X, self.center, self.scale)
            if self.one_vs_rest:
                n_outputs, loss = len(self.W), np.zeros(1)
                eta = np.broadcast_to(eta[:, None], (len(eta), n_outputs))
                steps = Pass(order, y, sample_weight, eta, np.full(n_outputs, alpha))
                get_backend().logistic_many_pass(rows, steps, None, np.arange(float(n_outputs)), *weights, loss)
                return float(loss[0]), n_updates
            return get_backend().logistic_pass(rows, steps, *weights, self.importance_aware)
        except (FloatingPointError, ValueError):
            self.t, self.n_averaged = self.t - n_updates, self.n_averaged - n_updates * self.averaged
            raise

    @changes_weights
    def use_arrays(self, W: Array, b: Vector, W_total: Vector | None = None, b_total: Vector | None = None) -> None:
        """Hold these arrays, not copies of them, from now on.

        Parameters
        ----------
        W : ndarray of shape (n_outputs, n_features), float32 or float64
            Weights on standardised columns.
        b : ndarray of shape (n_outputs,), float64
        W_total, b_total : ndarray like W and b, float64, or both None
            Sums of the iterates, (LR-10). None: the sums stay.
        """
        self.W, self.b, self.lazy = W, b, None
        if W_total is not None and b_total is not None:
            self.W_total, self.b_total = W_total, b_total

    @changes_weights
    def count_steps(self, n_updates: int) -> None:
        """Count steps that changed the arrays of this state in place, with those of other models."""
        self.t, self.n_averaged = self.t + n_updates, self.n_averaged + n_updates * self.averaged

    @changes_weights
    def put_weights(self, W: Array, b: Vector, columns: NDArray[np.intp] | None) -> None:
        """Take weights on standardised columns for some columns, None: for all; and all intercepts."""
        self.materialize()
        self.W[:, slice(None) if columns is None else columns] = W
        self.b[:] = b

    @changes_weights
    def give_up(self) -> None:
        """Make all weights NaN: training diverged."""
        self.W[:], self.lazy = np.nan, None

    def by_column(self) -> list[Array]:
        """Return the arrays of which a step of sparse rows changes its own columns only: columns along the first axis."""
        return [feature_major(self.W), *([feature_major(self.W_total)] if self.averaged else [])]

    def whole(self) -> list[Array]:
        """Return the arrays that every step changes."""
        return [self.b, self.b_total, *([] if self.lazy is None else [self.lazy])]

    def may_materialize(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether so many steps of sparse rows can let the kernel touch every weight."""
        scale = 1.0 if self.lazy is None else float(self.lazy[0])
        return scale * (1 - config.eta0 * config.alpha) ** n_steps <= 0.01

    def materialize(self) -> None:
        """Let W and W_total hold the weights and their sum, with nothing put off."""
        if self.lazy is not None and not self.averaged and self._sparse_constants()[0] is None and self.lazy[0] == 1:
            self.lazy = None  # nothing to combine: the columns are not touched
        if self.lazy is not None:
            self.W, self.W_total = np.asfortranarray(self.W), np.asfortranarray(self.W_total)
            W_total = self.W_total if self.averaged else None
            get_backend().materialize(self._sparse_constants()[0], self.W, W_total, self.lazy)
            self.lazy = None

    def _arrange(self, order: Literal["C", "F"]) -> None:
        """Bring W and W_total into the order that the next rows want."""
        if order == "C":
            self.materialize()
        self.W = np.asarray(self.W, order=order)
        self.W_total = np.asarray(self.W_total, order=order)

    def penalty(self) -> float:
        """Return ||W||^2 / 2 of the last iterate."""
        return 0.5 * self._square()

    def weights(self) -> tuple[Array, Vector]:
        """Return the weights on standardised rows that predictions use: the averaged ones where averaging is on."""
        if self.lazy is not None:
            materialized = self.copy()
            materialized.materialize()
            return materialized.weights()
        if self.averaged and self.n_averaged:
            return (self.W_total / self.n_averaged).astype(self.W.dtype), self.b_total / self.n_averaged
        return self.W, self.b

    def last_iterate(self) -> LinearWeights:
        """Return the weights after the last step, not averaged."""
        return replace(self, averaged=False).view() if self.averaged else self.view()

    @changes_weights
    def replace_weights(self, coef: Array, intercept: Vector) -> None:
        """Go on from these weights, in the caller's units: averaging starts anew."""
        constants = constants_for(np.asarray(coef, self.dtype), self.center, self.scale)
        self.W, self.b = np.array(coef, self.dtype, order="C"), np.array(intercept, np.float64)
        self.center = self.scale = self.lazy = None
        self.restart_average()
        self.restandardize(*constants)

    @changes_weights
    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Change to other constants of (LR-9), and the weights with them, so that no prediction moves."""
        self.materialize()
        if not (self._is_zero() or center is scale is self.center is self.scale):  # the last: None
            shift, factor = change_of_constants(self, center, scale)
            with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
                # sums by NumPy, not by BLAS, whose order of addition depends on the CPU
                self.b = self.b + (self.W * shift).sum(axis=1)
                self.W = (self.W * factor).astype(self.dtype)
                if self.averaged:
                    self.b_total = self.b_total + (self.W_total * shift).sum(axis=1)
                    self.W_total = self.W_total * factor
        self.center, self.scale = center, scale

    def to_section(self) -> Section:
        """Return what a file holds of the state."""
        sums = ("W_total", "b_total") if self.averaged else ()
        flags = "averaged", "one_vs_rest", "importance_aware"
        return self._section(("W", "b", *sums, "lazy"), (*flags, "n_averaged"))

    @classmethod
    def from_section(cls, section: Section) -> "LogisticState":
        """Return the state that a file holds; ValueError where its parts do not fit together."""
        W = section.arrays["W"]
        n_outputs, n_features = W.shape
        check_sizes(n_outputs=n_outputs, n_features=n_features)
        flags: dict[str, Any] = {name: section.flag(name) for name in ("averaged", "one_vs_rest", "importance_aware")}
        sums: dict[str, Any] = {}
        if flags["averaged"]:
            sums["W_total"] = section.array("W_total", W.shape, np.float64)
            sums["b_total"] = section.array("b_total", (n_outputs,), np.float64)
        return cls(
            W=W,
            b=section.array("b", (n_outputs,), np.float64),
            n_averaged=section.count("n_averaged"),
            lazy=section.array_or_none("lazy", (3 + 3 * n_outputs,), np.float64),
            **flags,
            **sums,
            **common_attributes(section, n_features, weights_dtype(W)),
        )
