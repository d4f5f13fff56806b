"""What the three states of logistic regression have in common: plain steps, an L1 penalty, a step size for each weight."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section
from hotloop.data.validation import Array
from hotloop.logistic.weights import LinearWeights, Vector
from hotloop.metrics import scores
from hotloop.preprocessing.standardization import LARGEST, ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import ROWS_PER_BLOCK, TrainingConfig
from hotloop.training.snapshot import Snapshot

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
S = TypeVar("S", bound="LinearState")


def changes_weights(method: Callable[Concatenate[S, Arguments], Result]) -> Callable[Concatenate[S, Arguments], Result]:
    """Decorate a method that changes the weights: a view made before it, or while it runs, is not used after it.

    A view made while it runs is one of another thread, which predicts from weights in motion.
    """

    @wraps(method)
    def changing(self: S, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        self._forget_view()
        try:
            return method(self, *args, **kwargs)
        finally:
            self._forget_view()

    return changing


@dataclass(kw_only=True, eq=False)
class LinearState(ABC):
    """What logistic regression has learnt so far, on the standardised rows of (LR-9).

    Attributes
    ----------
    statistics : ColumnStatistics
    fit_intercept : bool
    center, scale : ndarray of shape (n_features,), dtype of the weights, or both None
        They are replaced, never changed in place.
    t, n_rows : int
        Steps taken; rows of weight above 0 in ``statistics``.
    one_vs_rest : bool
        Whether each output is a model of its own, a class against the rest, (LR-18), instead of all a softmax.
    """

    statistics: ColumnStatistics
    fit_intercept: bool = True
    center: Array | None = None
    scale: Array | None = None
    t: int = 0
    n_rows: int = 0
    one_vs_rest: bool = False
    _version: int = field(default=0, init=False, repr=False)  # of the weights
    _view: tuple[int, LinearWeights] | None = field(default=None, init=False, repr=False)
    _sparse: "_SparseConstants | None" = field(default=None, init=False, repr=False)

    group_size: ClassVar[int] = ROWS_PER_BLOCK
    work_per_cell: ClassVar[int] = 1

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Margins of a row: one for two classes."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Columns of a row."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights."""

    @abstractmethod
    def copy(self: S) -> S:
        """Return a copy that later steps of this state do not touch; the column statistics are shared."""

    @abstractmethod
    def take_pass(
        self,
        X: Array | CSRRows,
        y: Vector,
        sample_weight: Vector,
        order: NDArray[np.intp],
        eta: Vector,
        alpha: float,
    ) -> tuple[float, int]:
        """Train on the rows of X in the given order. Parameters: as for TrainableState.take_pass, y holds class indices.

        Returns
        -------
        loss : float
            Sum of the losses before each update.
        n_updates : int
            Steps taken: rows of weight 0 take none.
        """

    @abstractmethod
    def is_finite(self) -> bool:
        """Tell whether every weight is a number, and none so large that products with it overflow: LARGEST."""

    @abstractmethod
    def penalty(self) -> float:
        """Return the penalty of the last iterate, without its strength."""

    @abstractmethod
    def weights(self) -> tuple[Array, Vector]:
        """Return the weights on standardised rows that predictions use, (n_outputs, n_features) and (n_outputs,)."""

    @abstractmethod
    def replace_weights(self, coef: Array, intercept: Vector) -> None:
        """Go on from these weights, in the caller's units. The standardisation stays."""

    @abstractmethod
    def replace_intercept(self, intercept: Vector) -> None:
        """Go on from these intercepts on standardised rows; averaging has not begun."""

    @abstractmethod
    def restandardize(self, center: Array | None, scale: Array | None) -> None:
        """Change to other constants of (LR-9), and the weights with them, so that no prediction moves."""

    @abstractmethod
    def by_column(self) -> list[Array]:
        """Return the arrays of which a step of sparse rows changes its own columns only: columns along the first axis."""

    @abstractmethod
    def whole(self) -> list[Array]:
        """Return the arrays that every step changes."""

    @abstractmethod
    def to_section(self) -> Section:
        """Return what a file holds of the state."""

    def is_finite_in(self, columns: Array | slice) -> bool:
        """Tell the same of some columns, and of what belongs to no column, without applying what is put off."""
        arrays = *self.whole(), *(array[columns] for array in self.by_column())
        return all(np.isfinite(array).all() for array in arrays)

    def restart_average(self) -> None:  # noqa: B027  most states have nothing to do
        """Forget the iterates summed so far, where predictions use their mean."""

    def materialize(self) -> None:  # noqa: B027  the same
        """Apply to the weights what steps of sparse rows have put off, where they put something off."""

    def may_materialize(self, n_steps: int, config: TrainingConfig) -> bool:
        """Tell whether so many steps of sparse rows can let the kernel touch every weight."""
        return False

    def snapshot(self, columns: Array | None = None) -> Snapshot:
        """Return what :meth:`restore` takes; with ``columns`` for steps of sparse rows that have only these columns."""
        return Snapshot.of(self) if columns is None else Snapshot.of_columns(self, columns, self.by_column(), self.whole())

    @changes_weights
    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        snapshot.restore(self)

    def view(self) -> LinearWeights:
        """Return what predictions use; it may hold arrays of the state, so that it is good until the next step."""
        version, cached = self._version, self._view
        if cached is None or cached[0] != version:
            cached = version, LinearWeights(*self.weights(), self.center, self.scale, self.one_vs_rest)
            self._view = cached
        return cached[1]

    def last_iterate(self) -> LinearWeights:
        """Return the weights after the last step, also where predictions use a mean."""
        return self.view()

    def margins(self, X: Array | CSRRows) -> Vector:
        """Return the margins (n_samples, n_outputs) of rows in the caller's units."""
        return self.view().margins(X)

    def scores(self, m: Vector) -> Vector:
        """Return the margins of which the probabilities are the softmax, or the logistic function where there is one output."""
        return scores(m, self.one_vs_rest)

    def coef(self) -> Array:
        """Return the weights in the caller's units, (LR-11), a copy."""
        return self.view().coef()

    def intercept(self) -> Vector:
        """Return the intercepts in the caller's units, (LR-11), a copy."""
        return self.view().intercept()

    def _forget_view(self) -> None:
        self._version, self._view = self._version + 1, None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_view": None, "_sparse": None}

    def _sparse_constants(self) -> tuple[Array | None, Array | None]:
        """Return shift and scale of (LR-15), None where they are 0 and 1."""
        if self.center is None or self.scale is None:
            return None, None
        if self._sparse is None or self._sparse.center is not self.center or self._sparse.scale is not self.scale:
            self._sparse = _SparseConstants.of(self.center, self.scale)
        return self._sparse.shift, self._sparse.factor

    def _section(self, arrays: tuple[str, ...], values: tuple[str, ...]) -> Section:
        """Return what a file holds of the common attributes and of these."""
        section = Section.of(self, (*arrays, "center", "scale"), (*values, "fit_intercept", "t", "n_rows"))
        section.add("statistics", self.statistics.to_section())
        return section


@dataclass(kw_only=True, eq=False)
class WeightState(LinearState):
    """A state that holds the weights themselves, which steps of one size for all of them change.

    Attributes
    ----------
    W : ndarray of shape (n_outputs, n_features), float32 or float64
    b : ndarray of shape (n_outputs,), float64
    lazy : ndarray of float64, or None
        What steps of sparse rows have put off; None: nothing.
    """

    W: Array
    b: Vector
    lazy: Vector | None = None

    @property
    def n_outputs(self) -> int:
        """Margins of a row: one for two classes."""
        return len(self.W)

    @property
    def n_features(self) -> int:
        """Columns of a row."""
        return int(self.W.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights."""
        return self.W.dtype

    @changes_weights
    def replace_intercept(self, intercept: Vector) -> None:
        """Go on from these intercepts on standardised rows; averaging has not begun."""
        self.b[:] = intercept

    def is_finite(self) -> bool:
        """Tell whether every weight is a number."""
        return self._square() < LARGEST[self.dtype.itemsize] ** 2 and bool(np.isfinite(self.b).all())

    def is_finite_in(self, columns: Array | slice) -> bool:
        """Tell the same of some columns, and of what belongs to no column, without applying what is put off."""
        largest = float(np.abs(self.W[:, columns]).max(initial=0))
        return largest < LARGEST[self.dtype.itemsize] and super().is_finite_in(columns)

    def _square(self) -> float:
        """Return ||W||^2."""
        self.materialize()
        return float(get_backend().sum_of_squares(self.W.reshape(-1, order="A")))


def copy_weights(array: Array) -> Array:
    """Return a copy in the same memory order; of zeros new zeros, of which no memory is in use yet."""
    if array.any():
        return array.copy(order="K")
    return np.zeros(array.shape, array.dtype, order="C" if array.flags.c_contiguous else "F")


def common_attributes(section: Section, n_features: int, dtype: Any) -> dict[str, Any]:
    """Return the attributes that all states have, from a file; ValueError where they do not fit."""
    center, scale = section.constants(n_features, dtype)
    counts = {name: section.count(name) for name in ("t", "n_rows")}
    statistics = ColumnStatistics.from_section(section.part("statistics"), n_features)
    fit_intercept = section.flag("fit_intercept")
    return {"statistics": statistics, "fit_intercept": fit_intercept, "center": center, "scale": scale, **counts}


@dataclass(frozen=True)
class _SparseConstants:
    """Shift and factor of (LR-15), None where they are 0 and 1, with the constants of (LR-9) that they come from."""

    center: Array
    scale: Array
    shift: Array | None
    factor: Array | None

    @classmethod
    def of(cls, center: Array, scale: Array) -> "_SparseConstants":
        """Return those of a standardisation."""
        shift = center * scale if center.any() else None
        return cls(center, scale, shift, None if (scale == 1).all() else scale)


def change_of_constants(state: LinearState, center: Array | None, scale: Array | None) -> tuple[Vector, Vector]:
    """Return what a state adds to its intercepts a unit of weight, and multiplies its weights by, for new constants."""
    n_features = state.n_features
    old_center = np.zeros(n_features) if state.center is None else state.center.astype(np.float64)
    new_center = np.zeros(n_features) if center is None else center.astype(np.float64)
    old_scale = np.ones(n_features) if state.scale is None else state.scale.astype(np.float64)
    new_scale = np.ones(n_features) if scale is None else scale.astype(np.float64)
    shift = old_scale * (new_center - old_center)
    return shift, np.divide(old_scale, new_scale, out=np.zeros(n_features), where=new_scale != 0)


def constants_for(W: Array, center: Array | None, scale: Array | None) -> tuple[Array | None, Array | None]:
    """Return the constants with which weights W in the caller's units go on.

    A column that was constant so far, of scale 0, and has a weight now is taken as it is until the next constants.
    """
    if center is None or scale is None:
        return None, None
    raw = (scale == 0) & (W != 0).any(axis=0)
    return np.where(raw, 0, center).astype(center.dtype), np.where(raw, 1, scale).astype(scale.dtype)
