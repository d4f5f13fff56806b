"""Logistic regression by a step size for each weight: AdaGrad, FTRL-proximal, normalised (AD-1 to AD-3)."""

from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section, check_sizes, weights_dtype
from hotloop.data.validation import Array
from hotloop.logistic.linear_state import LinearState, changes_weights, common_attributes
from hotloop.logistic.weights import Vector
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import AdaptiveRule, CSRRows, DenseRows, Pass
from hotloop.training.config import TrainingConfig

# eta of (AD-1) and (AD-2) is this over E[||z||^2], z the standardised row. Test log loss after three epochs against a tuned
# LogisticRegression, FTRL with 3 / 6, AdaGrad with 1 / 1.4 / 2: a9a +0.4 / +1.1, +0.1 / +0.2 / +0.4 %; criteo_index
# -0.2 / +2.1, -0.5 / 0 / +1.4 %; amazon_employee +4.2 / +2.5, +2.6 / +1.7 / +2.6 %; imdb +0.2 / 0, +4.3 / +4.2 / +7.7 %.
# On sets without a part in the choice, FTRL with 6, AdaGrad with 1.4: phishing +1.9, +10.8 %; sms_spam +3.4, -3.9 %;
# avazu_tiny +1.7, +0.1 %.
ETA0_ADAPTIVE = {"adagrad": 1.4, "ftrl": 6.0, "normalized": 0.5}  # the last is the step itself: decision 0018

BETA = {"adagrad": 0.0, "ftrl": 1.0, "normalized": 0.0}

LEAST_FEATURE_SCALE = {4: 1e-30, 8: 1e-290}  # by the bytes of a weight

ARRAYS = ("accumulators", "b_accumulators", "feature_scale", "norm_sum")


@dataclass(kw_only=True, eq=False)
class AdaptiveState(LinearState):
    """Weights that each have their own step size. They are not averaged: their steps become shorter by themselves.

    Attributes
    ----------
    rule : {"adagrad", "ftrl", "normalized"}
    l1_ratio : float
        Share of the L1 norm in the penalty.
    accumulators : ndarray of shape (2, n_outputs, n_features), float32 or float64, Fortran order
        The weights, or z of (AD-2), and the sums of their squared gradients; for "normalized" of the columns over their
        feature_scale.
    b_accumulators : ndarray of shape (2, n_outputs), float64, Fortran order
        The same of the intercepts.
    feature_scale : ndarray of shape (n_features,), dtype of accumulators, or None
        Largest absolute value of each column so far, for "normalized".
    norm_sum : ndarray of shape (1,), float64, or None
        Sum of the squares of the normalised rows, for "normalized".
    eta0, alpha : float
        Of the last pass: FTRL's weights are a function of them.
    statistics, fit_intercept, center, scale, t, n_rows
        As for LinearState.
    """

    rule: str
    l1_ratio: float
    accumulators: Array
    b_accumulators: Vector
    feature_scale: Array | None = None
    norm_sum: Vector | None = None
    eta0: float = 1.0
    alpha: float = 0.0

    @classmethod
    def new(
        cls, n_outputs: int, n_features: int, dtype: Any, *, fit_intercept: bool, rule: str, l1_ratio: float
    ) -> "AdaptiveState":
        """Return the state before the first step, all weights 0.

        Parameters
        ----------
        n_outputs, n_features : int
        dtype : dtype
            float32 or float64, of the weights.
        fit_intercept : bool
        rule : {"adagrad", "ftrl", "normalized"}
        l1_ratio : float, 0 to 1
            Share of L1 in the penalty of "ftrl".
        """
        normalized = rule == "normalized"
        return cls(
            rule=rule,
            l1_ratio=l1_ratio,
            accumulators=np.zeros((2, n_outputs, n_features), dtype, order="F"),
            b_accumulators=np.zeros((2, n_outputs), order="F"),
            feature_scale=np.zeros(n_features, dtype) if normalized else None,
            norm_sum=np.zeros(1) if normalized else None,
            statistics=ColumnStatistics(n_features),
            fit_intercept=fit_intercept,
        )

    @property
    def n_outputs(self) -> int:
        """Margins of a row: one for two classes."""
        return int(self.accumulators.shape[1])

    @property
    def n_features(self) -> int:
        """Columns of a row."""
        return int(self.accumulators.shape[2])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights."""
        return self.accumulators.dtype

    def usual_alpha(self, n_rows: int) -> float:
        """Return the strength of the penalty where the user does not decide."""
        return 1 / n_rows if self.rule == "ftrl" else 0.0

    def copy(self) -> "AdaptiveState":
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""
        return replace(self, **{name: copy(getattr(self, name)) for name in ARRAYS})

    def by_column(self) -> list[Array]:
        """Return the arrays of which a step changes the columns of its row only: columns along the first axis."""
        by_column = self.accumulators.T  # the same memory
        return [by_column] if self.feature_scale is None else [by_column, self.feature_scale]

    def may_materialize(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether the next pass changes all weights: FTRL's z stand for weights by eta0 and alpha."""
        return (self.eta0, self.alpha) != (config.eta0, config.alpha)

    def whole(self) -> list[Array]:
        """Return the arrays that every step changes."""
        return [self.b_accumulators] if self.norm_sum is None else [self.b_accumulators, self.norm_sum]

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
        if len(eta) and (self.eta0, self.alpha) != (eta[0], alpha):
            W = self.weights()[0]  # FTRL's z stands for these by eta0 and alpha
            self.eta0, self.alpha = float(eta[0]), alpha
            if W.any():
                self._set_weights(W)
        l1, l2 = alpha * self.l1_ratio, alpha * (1 - self.l1_ratio)
        b_accumulators = self.b_accumulators if self.fit_intercept else None
        rule = AdaptiveRule(self.rule, self.eta0, BETA[self.rule], l1, l2, float(self.t))
        n_updates = len(order) if sample_weight.strides == (0,) else int(np.count_nonzero(sample_weight[order]))
        self.t += n_updates  # before the call: Ctrl-C raises as the kernel returns
        try:
            rows: DenseRows | CSRRows
            if isinstance(X, CSRRows):
                rows = X.standardized(None, self._scale_of_sparse())
            else:
                rows = DenseRows(X, self.center, self.scale)
            steps, learnt = (
                Pass(order, y, sample_weight),
                (self.accumulators, b_accumulators, self.feature_scale, self.norm_sum),
            )
            return get_backend().logistic_adaptive_pass(rows, steps, rule, *learnt)
        except (FloatingPointError, ValueError):
            self.t -= n_updates
            raise

    def _scale_of_sparse(self) -> Array | None:
        shift, scale = self._sparse_constants()
        if shift is not None:
            raise ValueError(f"{self.rule} does not centre sparse rows; take standardize='maxabs' or None")
        return scale

    def _check_feature_scale(self, columns: Array | slice) -> None:
        """Raise ValueError where a column is so small that a weight over its largest value would overflow."""
        if self.feature_scale is not None:
            largest = self.feature_scale[columns]
            small = np.flatnonzero((largest > 0) & (largest < LEAST_FEATURE_SCALE[self.dtype.itemsize]))
            if len(small):
                column = np.arange(self.n_features)[columns][small[0]]
                raise ValueError(f"column {column} has values up to {largest[small[0]]:.3g} only: scale it up first")

    def is_finite_in(self, columns: Array | slice) -> bool:
        """Tell the same of some columns, and of what belongs to no column; ValueError names a column that is too small."""
        self._check_feature_scale(columns)
        return super().is_finite_in(columns)

    def is_finite(self) -> bool:
        """Tell whether every weight is a number; ValueError names a column that is too small."""
        self._check_feature_scale(slice(None))
        square = get_backend().sum_of_squares(self.accumulators.reshape(-1, order="F"))
        return bool(np.isfinite(square) and np.isfinite(self.b_accumulators).all())

    def penalty(self) -> float:
        """Return l1_ratio |W|_1 + (1 - l1_ratio) / 2 ||W||^2; 0, without a look at the weights, where there is no penalty."""
        if not self.alpha:
            return 0.0
        W = self.weights()[0]
        return self.l1_ratio * float(np.abs(W).sum(dtype=np.float64)) + 0.5 * (1 - self.l1_ratio) * float(
            np.square(W, dtype=np.float64).sum()
        )

    def weights(self) -> tuple[Array, Vector]:
        """Return the weights on standardised rows; FTRL's have exact zeros."""
        l1, l2 = (self.t * self.alpha * share for share in (self.l1_ratio, 1 - self.l1_ratio))
        rule = AdaptiveRule(self.rule, self.eta0, BETA[self.rule], l1, l2, 1.0)  # the strengths of all steps at once
        W = get_backend().adaptive_weights(rule, self.accumulators, self.feature_scale)
        return W, self.b_accumulators[0].copy()

    @changes_weights
    def replace_weights(self, coef: Array, intercept: Vector) -> None:
        """Go on from these weights, in the caller's units, with the step sizes of before."""
        center, scale = self.center, self.scale
        W = np.asarray(coef, np.float64)
        self.b_accumulators[0] = intercept
        if center is not None and scale is not None:
            self.b_accumulators[0] += (W * center).sum(axis=1)
            W = np.divide(W, scale, out=np.zeros_like(W), where=scale != 0)
        self._set_weights(W)

    @changes_weights
    def replace_intercept(self, intercept: Vector) -> None:
        """Go on from these intercepts on standardised rows, with the step sizes of before."""
        self.b_accumulators[0] = intercept

    @changes_weights
    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Change to other constants of (LR-9), and the weights with them, so that no prediction moves.

        A column r times as large has gradients r times as large.
        """
        if center is scale is self.center is self.scale:  # None, and nothing to do
            return
        if self.accumulators[0].any():
            n_features = self.n_features
            before, after = (np.ones(n_features) if s is None else s.astype(np.float64) for s in (self.scale, scale))
            ratio = np.divide(after, before, out=np.zeros(n_features), where=before != 0)
            coef, intercept = self.coef().astype(np.float64), self.intercept()
            if self.feature_scale is None:
                self.accumulators[1] *= ratio**2
            else:
                self.feature_scale *= ratio.astype(self.feature_scale.dtype)
            self.center, self.scale = center, scale
            self.replace_weights(coef, intercept)
        self.center, self.scale = center, scale

    def _set_weights(self, W: Array) -> None:
        """Take weights on standardised rows, with the step sizes of before."""
        first, squares = self.accumulators
        if self.feature_scale is not None:  # a column not seen so far counts as one with a 1
            self.feature_scale[(self.feature_scale == 0) & W.any(axis=0)] = 1
            first[:] = W * self.feature_scale
            return
        if self.rule == "adagrad":
            first[:] = W
            return
        l1, l2 = (self.t * self.alpha * share for share in (self.l1_ratio, 1 - self.l1_ratio))
        root = np.sqrt(squares.astype(np.float64))
        z = -(W * ((BETA[self.rule] + root) / self.eta0 + l2) + np.sign(W) * l1)  # (AD-2) solved for z
        first[:] = np.where(W == 0, np.clip(first, -l1, l1), z)

    def to_section(self) -> Section:
        """Return what a file holds of the state."""
        return self._section(ARRAYS, ("rule", "l1_ratio", "eta0", "alpha"))

    @classmethod
    def from_section(cls, section: Section) -> "AdaptiveState":
        """Return the state that a file holds; ValueError where its parts do not fit together."""
        accumulators = section.arrays["accumulators"]
        _, n_outputs, n_features = accumulators.shape
        check_sizes(n_outputs=n_outputs, n_features=n_features)
        dtype, rule = weights_dtype(accumulators), section.choice("rule", ETA0_ADAPTIVE)
        normalized = rule == "normalized"
        return cls(
            rule=rule,
            accumulators=np.asfortranarray(section.array("accumulators", (2, n_outputs, n_features))),
            b_accumulators=np.asfortranarray(section.array("b_accumulators", (2, n_outputs), np.float64)),
            feature_scale=section.array("feature_scale", (n_features,), dtype) if normalized else None,
            norm_sum=section.array("norm_sum", (1,), np.float64) if normalized else None,
            l1_ratio=section.number("l1_ratio", 1),
            eta0=section.number("eta0"),
            alpha=section.number("alpha"),
            **common_attributes(section, n_features, dtype),
        )
