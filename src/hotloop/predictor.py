"""A trained model that predicts, without scikit-learn: what model files hold and the command uses."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.csr import any_csr, check_finite_csr
from hotloop.data.dataframes import sparse_matrix, table_columns
from hotloop.data.errors import DataError
from hotloop.data.section import Section
from hotloop.data.validation import Array, as_rows, check_finite, check_out
from hotloop.metrics import log_probabilities, mean_log_loss, probabilities
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.structs import CSRRows

BLOCK_OF_ROWS = 4096  # rows predicted at once: their margins stay in the cache

Vector = NDArray[np.float64]


class TrainedWeights(Protocol):
    """What a model of either family predicts with: ``LinearWeights`` or ``NetworkWeights``."""

    @property
    def n_features(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def is_multilabel(self) -> bool: ...
    @property
    def hides_infinity(self) -> bool: ...
    def outputs(self, X: Array | CSRRows) -> Vector: ...
    def scores(self, outputs: Vector) -> Vector: ...
    def scorer(self) -> Callable[[Array], Any]: ...
    def to_section(self) -> Section: ...


@dataclass(repr=False)
class Predictor:
    """A trained model with the predictions of its estimator.

    X is an array with the columns of the model. A model of the command also takes the table itself (a DataFrame or a mapping of
    columns).

    Attributes
    ----------
    estimator_name : {"LogisticSGDClassifier", "LogisticSDCAClassifier", "TwoLayerClassifier", "TwoLayerRegressor"}
    weights : LinearWeights or NetworkWeights
    classes : ndarray of shape (n_classes,), or None for a regressor
    feature_names : sequence of str, or None
    params : dict
        The estimator's parameters.
    encoding : TableEncoding or None
        How a table becomes the rows of the model; models of the command have one.
    metadata : dict
        What else the file keeps, JSON: the target's name, the file it was trained on, how training went.
    """

    estimator_name: str
    weights: TrainedWeights
    classes: Array | None
    feature_names: Sequence[str] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    encoding: TableEncoding | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes {self.classes.tolist()}"
        return f"<hotloop.Predictor {self.estimator_name}: {self.n_features} columns{classes}>"

    @property
    def n_features(self) -> int:
        """Columns that X must have."""
        return self.weights.n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights: rows are converted to it."""
        return self.weights.dtype

    def margins(self, X: Any) -> Vector:
        """Return the margins (n_samples, n_outputs) of a classifier: one output for two classes of a logistic model."""
        return self._by_blocks(X, lambda m, part: np.copyto(part, m), (self.weights.n_outputs,))

    def decision_function(self, X: Any, out: Vector | None = None) -> Vector:
        """Return the margins: (n_samples,) for two classes, positive for ``classes[1]``; else (n_samples, n_classes).

        ``out``, float64 of that shape, is filled and returned.
        """
        multilabel = self.weights.is_multilabel

        def fill(m: Vector, part: Vector) -> None:
            if m.shape[1] == 2 and not multilabel:
                part[:] = m[:, 1] - m[:, 0]
            else:
                part[:] = m[:, 0] if m.shape[1] == 1 else m

        one_number = self._n_classes == 2 and not multilabel
        return self._by_blocks(X, fill, () if one_number else (self._n_classes,), out)

    def predict_log_proba(self, X: Any) -> Vector:
        """Return ln p of each class, (n_samples, n_classes)."""
        weights = self.weights

        def fill(m: Vector, part: Vector) -> None:
            part[:] = -np.logaddexp(0, -m) if weights.is_multilabel else log_probabilities(weights.scores(m))

        return self._by_blocks(X, fill, (self._n_classes,))

    def predict_proba(self, X: Any, out: Vector | None = None) -> Vector:
        """Return the probability of each class, (n_samples, n_classes); fills ``out``, float64 of that shape."""
        weights, binary = self.weights, get_backend().binary_probabilities

        def fill(m: Vector, part: Vector) -> None:
            if weights.is_multilabel:
                part[:] = np.exp(-np.logaddexp(0, -m))
            elif m.shape[1] == 1:
                binary(m[:, 0], part)
            else:
                part[:] = probabilities(weights.scores(m))

        return self._by_blocks(X, fill, (self._n_classes,), out)

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, or the value of a regressor, (n_samples,).

        Several labels or targets: (n_samples, n_outputs), labels as 0 and 1.
        """
        weights = self.weights
        if self.classes is None:

            def fill(m: Vector, part: Vector) -> None:
                part[:] = weights.scores(m).reshape(part.shape)

            return self._by_blocks(X, fill, () if weights.n_outputs == 1 else (weights.n_outputs,))
        m = self.margins(X)
        if weights.is_multilabel:
            return (m > 0).astype(np.intp)
        index = (m[:, 0] > 0).astype(np.intp) if m.shape[1] == 1 else m.argmax(axis=1)
        return np.asarray(self.classes[index])

    def log_loss(self, X: Any, y: Any) -> float:
        """Return the mean of -ln p of the labels y (n_samples,) of the rows.

        Raises
        ------
        ValueError
            The model has no classes, or several labels a row; y is of another shape; a label was not seen in training.
        """
        if self.weights.is_multilabel:
            raise ValueError("the model gives several labels a row: use predict_proba")
        codes = {label: code for code, label in enumerate(self._known_classes.tolist())}
        m, labels = self.weights.scores(self.margins(X)), np.asarray(y).tolist()
        if np.shape(y) != (len(m),):
            raise ValueError(f"y has shape {np.shape(y)}, expected ({len(m)},): one label a row of X")
        if self._known_classes.dtype.kind == "U":  # a target of a file is kept as it is written
            labels = list(map(str, labels))
        unseen = [label for label in labels if label not in codes]
        if unseen:
            raise ValueError(f"the label {unseen[0]!r} was not seen in training")
        with np.errstate(over="ignore", invalid="ignore"):
            return mean_log_loss(m, np.array([codes[label] for label in labels], np.float64))

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, an array of float32 or float64.

        It returns P(``classes[1]``), the probabilities of all classes or labels, or the value or values of a regressor. It
        checks nothing but type and length, and costs a fraction of a microsecond for a logistic model of 28 columns.
        """
        return self.weights.scorer()

    @property
    def _known_classes(self) -> Array:
        if self.classes is None:
            raise ValueError(f"a {self.estimator_name} has no classes")
        return self.classes

    @property
    def _n_classes(self) -> int:
        return len(self._known_classes)

    def _by_blocks(
        self, X: Any, fill: Callable[[Vector, Vector], None], shape: tuple[int, ...], out: Vector | None = None
    ) -> Vector:
        """Return an array (n_samples, *shape) that ``fill`` fills, block by block of rows.

        Parameters
        ----------
        X : array-like or CSRRows of shape (n_samples, n_features)
        fill : callable
            ``fill(margins, part)`` writes the result of a block of rows into ``part``. The margins of the block are still in
            the cache then.
        shape : tuple of int
            Shape of the result of one row.
        out : ndarray of shape (n_samples, *shape), float64, or None
            Overwritten and returned; None: a new array.

        A margin beyond any number is infinity, and shows in the result.
        """
        rows = self._rows(X)
        if out is None:
            out = np.empty((len(rows), *shape))
        else:
            check_out(out, (len(rows), *shape), X)
        with np.errstate(over="ignore", invalid="ignore"):
            self._fill_blocks(rows, fill, out)
        return out

    def _fill_blocks(self, rows: Any, fill: Callable[[Vector, Vector], None], out: Vector) -> None:
        """Fill ``out`` block by block, as ``_by_blocks`` says."""
        dense = not isinstance(rows, CSRRows)
        for start in range(0, len(rows), BLOCK_OF_ROWS):
            block = rows[start : min(start + BLOCK_OF_ROWS, len(rows))]
            if dense and self.weights.hides_infinity:
                check_finite(block, "X", self.feature_names, start)
            m = self.weights.outputs(block)
            if dense and not np.isfinite(m).all():
                check_finite(rows.astype(self.dtype, copy=False), "X", self.feature_names)
            fill(m, out[start : start + BLOCK_OF_ROWS])

    def _goes_by_name(self, columns: Mapping[Any, Any]) -> bool:
        """Tell whether a table is to be matched by the names of its columns; one that is encoded already is not."""
        if self.feature_names is None:
            return False
        table = self.encoding is not None and all(
            encoder.name in columns for encoder in self.encoding.encoders if encoder.width
        )
        return table or self.feature_names != list(columns)

    def _by_name(self, X: Any, columns: Mapping[str, Any]) -> Any:
        """Return a table with the columns of the model, in their order, or its rows; DataError where one is lacking."""
        if self.encoding is not None:
            rows = self.encoding.transform(columns, self.dtype, sparse=self.encoding.is_sparse)
            if notes := self.encoding.notes:
                warnings.warn("; ".join(notes[:3]), stacklevel=2)
            return rows
        assert self.feature_names is not None
        lacking = [name for name in self.feature_names if name not in columns]
        if lacking:
            shown = ", ".join(map(repr, lacking[:10])) + (", ..." if len(lacking) > 10 else "")
            there = ", ".join(map(repr, columns))
            raise DataError(f"X has no column {shown}, which the model was trained on; there are {there}"[:500])
        if isinstance(X, Mapping):
            return {name: X[name] for name in self.feature_names}
        return X[list(self.feature_names)] if hasattr(X, "iloc") else X.select(list(self.feature_names))

    def _rows(self, X: Any) -> Any:
        """Return X as rows for the kernels; cells that are not finite are found where they are predicted."""
        columns = None if isinstance(X, np.ndarray | CSRRows) else table_columns(X)
        if columns is not None:
            if self._goes_by_name(columns):
                X = self._by_name(X, columns)
            matrix = sparse_matrix(X)
            if matrix is not None:
                X = matrix
            elif isinstance(X, Mapping):
                X = np.column_stack(list(X.values()))
        if hasattr(X, "tocsr"):
            rows = any_csr(X)
            check_finite_csr(rows, self.feature_names)
            X = rows
        elif not isinstance(X, CSRRows) and not (isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fiub"):
            X = as_rows(X)
        if X.shape[1] != self.n_features:
            raise ValueError(f"X has {X.shape[1]} columns, the model was trained on {self.n_features}")
        return X
