"""What logistic regression predicts with: weights on standardised columns, and the same in the caller's units."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section, check_sizes, weights_dtype
from hotloop.data.validation import Array, readable
from hotloop.metrics import scores
from hotloop.structs import CSRRows, DenseRows

CONVERTED_AT_ONCE = 1 << 16  # cells: they stay in the second-level cache

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearWeights:
    """Weights of (LR-1) on the standardised columns of (LR-9), which nothing changes.

    Attributes
    ----------
    W : ndarray of shape (n_outputs, n_features), float32 or float64
    b : ndarray of shape (n_outputs,), float64
    center, scale : ndarray of shape (n_features,), dtype of W, or both None
    one_vs_rest : bool
        Whether each output is a model of its own, a class against the rest, (LR-18), instead of all a softmax.
    """

    W: Array
    b: Vector
    center: Array | None = None
    scale: Array | None = None
    one_vs_rest: bool = False

    is_multilabel: ClassVar[bool] = False
    hides_infinity: ClassVar[bool] = False  # an infinity in a row shows in its margins

    @property
    def n_features(self) -> int:
        """Columns of a row."""
        return int(self.W.shape[1])

    @property
    def n_outputs(self) -> int:
        """Margins of a row: one for two classes."""
        return len(self.W)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights: rows are converted to it."""
        return self.W.dtype

    @cached_property
    def _by_column(self) -> tuple[Array, Vector]:
        """Weights and intercepts in the caller's units, as the kernel of sparse rows reads them: a column's side by side."""
        return np.asarray(self.W if self.scale is None else self.W * self.scale, order="F"), self.intercept()

    def margins(self, X: Array | CSRRows) -> Vector:
        """Return the margins (n_samples, n_outputs) of rows in the caller's units.

        Dense rows of another type or order than the kernels read are converted a few at a time.
        """
        if isinstance(X, CSRRows):
            coef, intercept = self._by_column
            return get_backend().csr_margins(X.astype(self.dtype), coef, intercept)
        constants, W = (self.center, self.scale), np.ascontiguousarray(self.W)
        if readable(X, self.dtype):
            return get_backend().linear_margins(DenseRows(X, *constants), W, self.b)
        n_rows = max(1, CONVERTED_AT_ONCE // max(1, X.shape[1]))
        m = np.empty((len(X), len(self.W)))
        for start in range(0, len(X), n_rows):
            with np.errstate(over="ignore"):  # what float32 does not hold shows in the margin
                rows = DenseRows(np.ascontiguousarray(X[start : start + n_rows], self.dtype), *constants)
            m[start : start + n_rows] = get_backend().linear_margins(rows, W, self.b)
        return m

    def outputs(self, X: Array | CSRRows) -> Vector:
        """Return the margins: they are the outputs of a linear model."""
        return self.margins(X)

    def scores(self, m: Vector) -> Vector:
        """Return the margins of which the probabilities are the softmax, or the logistic function where there is one output."""
        return scores(m, self.one_vs_rest)

    def coef(self) -> Array:
        """Return the weights in the caller's units, (LR-11), a copy."""
        return self.W.copy() if self.scale is None else self.W * self.scale

    def intercept(self) -> Vector:
        """Return the intercepts in the caller's units, (LR-11), a copy."""
        if self.center is None or self.scale is None:
            return self.b.copy()
        return np.asarray(self.b - (self.W * (self.scale.astype(np.float64) * self.center)).sum(axis=1))

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row: P(second class), or the probabilities of all classes."""
        with np.errstate(over="ignore", invalid="ignore"):
            return get_backend().row_scorer(self.coef(), self.intercept(), self.one_vs_rest)

    def to_section(self) -> Section:
        """Return what a file holds of the weights."""
        return Section.of(self, ("W", "b", "center", "scale"), ("one_vs_rest",))

    @classmethod
    def from_section(cls, section: Section) -> "LinearWeights":
        """Return the weights that a file holds; ValueError where they do not fit together."""
        W = section.arrays["W"]
        n_outputs, n_features = W.shape
        check_sizes(n_outputs=n_outputs, n_features=n_features)
        b = section.array("b", (n_outputs,), np.float64)
        return cls(W, b, *section.constants(n_features, weights_dtype(W)), section.flag("one_vs_rest"))


def feature_major(W: Array) -> Array:
    """Return (n_outputs, n_features) in Fortran order as (n_features, n_outputs) in C order: the same memory."""
    return W.reshape(-1, 1) if len(W) == 1 else W.T
