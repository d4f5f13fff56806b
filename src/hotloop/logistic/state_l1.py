"""Logistic regression under an L1 penalty, by steps of one size for all weights (LR-16, LR-17)."""

from copy import copy
from dataclasses import dataclass, replace
from typing import Any, ClassVar

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
from hotloop.logistic.weights import Vector, feature_major
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows, DenseRows, Pass
from hotloop.training.config import TrainingConfig


@dataclass(kw_only=True, eq=False)
class L1State(WeightState):
    """Weights that shrink towards 0 at each step, and rest there. They are not averaged: a mean of iterates is not 0.

    Attributes
    ----------
    W : ndarray of shape (n_outputs, n_features), float32 or float64
        In Fortran order after the first pass.
    b : ndarray of shape (n_outputs,), float64
    l1_ratio : float
        Share of the L1 norm in the penalty.
    applied_l1 : ndarray like W, float64
        With ``lazy``, what W is to be combined with after rows given by their non-zeros, see ``reference.materialize_l1``; 0
        where ``lazy`` is None.
    lazy : ndarray of shape (2,), float64, or None
    statistics, fit_intercept, center, scale, t, n_rows
        As for LinearState.
    """

    l1_ratio: float = 1.0
    applied_l1: Vector

    LARGEST: ClassVar[float] = 1e4  # sum of shrinking above which the kernel materializes

    @classmethod
    def new(cls, n_outputs: int, n_features: int, dtype: Any, *, fit_intercept: bool, l1_ratio: float) -> "L1State":
        """Return the state before the first step, all weights 0.

        Parameters
        ----------
        n_outputs, n_features : int
        dtype : dtype
            float32 or float64, of the weights.
        fit_intercept : bool
        l1_ratio : float, 0 to 1
            Share of L1 in the penalty.
        """
        return cls(
            W=np.zeros((n_outputs, n_features), dtype),
            b=np.zeros(n_outputs),
            applied_l1=np.zeros((n_outputs, n_features)),
            statistics=ColumnStatistics(n_features),
            fit_intercept=fit_intercept,
            l1_ratio=l1_ratio,
        )

    def copy(self) -> "L1State":
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""
        applied_l1 = np.zeros(self.applied_l1.shape) if self.lazy is None else self.applied_l1.copy(order="K")
        return replace(self, W=copy_weights(self.W), b=self.b.copy(), applied_l1=applied_l1, lazy=copy(self.lazy))

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
        sparse = isinstance(X, CSRRows)
        if not sparse:
            self.materialize()
        self.W = np.asarray(self.W, order="F")
        if sparse:
            if self._sparse_constants()[0] is not None:
                raise ValueError("an L1 penalty does not centre sparse rows; take standardize='maxabs' or None")
            self.applied_l1 = np.asarray(self.applied_l1, order="F")
            if self.lazy is None:
                self.lazy = np.array([1.0, 0.0])
        n_updates = len(order) if sample_weight.strides == (0,) else int(np.count_nonzero(sample_weight[order]))
        self.t += n_updates  # before the call: Ctrl-C raises as the kernel returns
        steps, b = Pass(order, y, sample_weight, eta, alpha), self.b if self.fit_intercept else None
        try:
            if isinstance(X, CSRRows):
                rows = X.standardized(None, self._sparse_constants()[1])
                return get_backend().logistic_l1_pass(rows, steps, self.l1_ratio, self.W, b, self.applied_l1, self.lazy)
            dense = DenseRows(X, self.center, self.scale)
            return get_backend().logistic_l1_pass(dense, steps, self.l1_ratio, self.W, b, None, None)
        except (FloatingPointError, ValueError):
            self.t -= n_updates
            raise

    def by_column(self) -> list[Array]:
        """Return the arrays of which a step of sparse rows changes its own columns only: columns along the first axis."""
        return [feature_major(self.W), feature_major(self.applied_l1)]

    def whole(self) -> list[Array]:
        """Return the arrays that every step changes."""
        return [self.b, *([] if self.lazy is None else [self.lazy])]

    def may_materialize(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether so many steps of sparse rows can let the kernel touch every weight."""
        scale, cumulative_l1 = (1.0, 0.0) if self.lazy is None else self.lazy
        scale *= (1 - config.eta0 * config.alpha) ** n_steps
        return scale < 0.01 or cumulative_l1 + n_steps * config.eta0 * config.alpha / scale > 0.9 * self.LARGEST

    def materialize(self) -> None:
        """Let W hold the weights, with nothing put off."""
        if self.lazy is not None:
            self.W, self.applied_l1 = np.asfortranarray(self.W), np.asfortranarray(self.applied_l1)
            get_backend().materialize_l1(self.W, self.applied_l1, self.lazy)
            self.lazy = None

    def penalty(self) -> float:
        """Return l1_ratio |W|_1 + (1 - l1_ratio) / 2 ||W||^2."""
        square = self._square()  # materializes
        return self.l1_ratio * float(np.abs(self.W).sum(dtype=np.float64)) + 0.5 * (1 - self.l1_ratio) * square

    def weights(self) -> tuple[Array, Vector]:
        """Return the weights on standardised rows; many are exactly 0."""
        if self.lazy is None:
            return self.W, self.b
        materialized = self.copy()
        materialized.materialize()
        return materialized.W, materialized.b

    @changes_weights
    def replace_weights(self, coef: Array, intercept: Vector) -> None:
        """Go on from these weights, in the caller's units."""
        constants = constants_for(np.asarray(coef, self.dtype), self.center, self.scale)
        self.W, self.b = np.array(coef, self.dtype, order="C"), np.array(intercept, np.float64)
        if self.lazy is not None:
            self.applied_l1 = np.zeros(self.applied_l1.shape)
        self.center = self.scale = self.lazy = None
        self.restandardize(*constants)

    @changes_weights
    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Change to other constants of (LR-9), and the weights with them, so that no prediction moves."""
        self.materialize()
        if (self.t or self.W.any()) and not center is scale is self.center is self.scale:  # the last: None
            shift, factor = change_of_constants(self, center, scale)
            self.b = self.b + (self.W * shift).sum(axis=1)
            self.W = (self.W * factor).astype(self.dtype)
        self.center, self.scale = center, scale

    def to_section(self) -> Section:
        """Return what a file holds of the state."""
        return self._section(("W", "b", "lazy", "applied_l1") if self.lazy is not None else ("W", "b"), ("l1_ratio",))

    @classmethod
    def from_section(cls, section: Section) -> "L1State":
        """Return the state that a file holds; ValueError where its parts do not fit together."""
        W = section.arrays["W"]
        n_outputs, n_features = W.shape
        check_sizes(n_outputs=n_outputs, n_features=n_features)
        lazy = section.array_or_none("lazy", (2,), np.float64)
        return cls(
            W=W,
            b=section.array("b", (n_outputs,), np.float64),
            l1_ratio=section.number("l1_ratio", 1),
            applied_l1=np.zeros(W.shape) if lazy is None else section.array("applied_l1", W.shape, np.float64),
            lazy=lazy,
            **common_attributes(section, n_features, weights_dtype(W)),
        )
