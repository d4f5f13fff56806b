"""A trained model, ready to predict without scikit-learn: what files hold and the command uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.csr import check_finite_csr, from_scipy
from hotloop.data.validation import Array, as_rows, check_finite, readable
from hotloop.logistic.online import LogisticStream
from hotloop.metrics import log_probabilities, mean_log_loss, probabilities
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.structs import CSRRows
from hotloop.two_layer.state import TwoLayerState

BLOCK_OF_ROWS = 4096  # rows predicted at once: their margins stay in the cache


@dataclass(repr=False)
class Model:
    """A trained model with the predictions of its estimator.

    X is an array of its columns; a model of the command also takes the table itself (a DataFrame or a mapping of columns).

    Attributes
    ----------
    estimator_name : {"LogisticSGDClassifier", "TwoLayerClassifier", "TwoLayerRegressor"}
    learnt : LogisticStream or TwoLayerState
    classes : ndarray of shape (n_classes,), or None for a regressor
    feature_names : list of str, or None
    params : dict
        The estimator's parameters.
    encoding : TableEncoding or None
        How a table becomes the rows of the model; models of the command have one.
    about : dict
        What else is kept with it, JSON: the target's name, the file it was trained on, how training went.
    """

    estimator_name: str
    learnt: LogisticStream | TwoLayerState
    classes: Array | None
    feature_names: list[str] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    encoding: TableEncoding | None = None
    about: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        classes = "" if self.classes is None else f", classes {self.classes.tolist()}"
        return f"<hotloop.Model {self.estimator_name}: {self.n_features} columns{classes}>"

    @property
    def n_features(self) -> int:
        """Columns that X must have."""
        learnt = self.learnt
        return int(learnt.state.W.shape[1] if isinstance(learnt, LogisticStream) else learnt.W1.shape[0])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the weights: rows are converted to it."""
        return self.learnt.state.W.dtype if isinstance(self.learnt, LogisticStream) else self.learnt.W1.dtype

    def _rows(self, X: Any) -> Any:
        """Return rows as the kernels read them; cells that are not finite are found where they are predicted."""
        if hasattr(X, "tocsr"):
            rows = from_scipy(X.tocsr())
            check_finite_csr(rows, self.feature_names)
            X = rows
        if isinstance(X, CSRRows):
            if X.n_features != self.n_features:
                raise ValueError(f"X has {X.n_features} columns, the model was trained on {self.n_features}")
            return X
        names = list(X.columns) if hasattr(X, "columns") else list(X) if isinstance(X, Mapping) else None
        if self.encoding is not None and names is not None and names != self.feature_names:
            X = self.encoding.transform({name: X[name] for name in names}, self.dtype)
        array = X if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fiub" else as_rows(X)
        if array.shape[1] != self.n_features:
            raise ValueError(f"X has {array.shape[1]} columns, the model was trained on {self.n_features}")
        return array

    def margins(self, X: Any) -> NDArray[np.float64]:
        """Return the margins (n_samples, n_outputs) of a classifier: one output for two classes of a logistic model."""
        return self._by_blocks(X, lambda m, part: np.copyto(part, m), (self._n_outputs,))

    def decision_function(self, X: Any, out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the margins: (n_samples,) for two classes, positive for ``classes[1]``; else (n_samples, n_classes).

        ``out``, float64 of that shape, is filled and returned.
        """

        def signed(m: NDArray[np.float64], part: NDArray[np.float64]) -> None:
            if m.shape[1] == 2 and not self._multilabel:
                part[:] = m[:, 1] - m[:, 0]
            else:
                part[:] = m[:, 0] if m.shape[1] == 1 else m

        one = self._n_classes == 2 and not self._multilabel
        return self._by_blocks(X, signed, () if one else (self._n_classes,), out)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return ln p of each class, (n_samples, n_classes)."""

        def fill(m: NDArray[np.float64], part: NDArray[np.float64]) -> None:
            part[:] = -np.logaddexp(0, -m) if self._multilabel else log_probabilities(self._scores(m))

        return self._by_blocks(X, fill, (self._n_classes,))

    def predict_proba(self, X: Any, out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the probability of each class, (n_samples, n_classes); fills ``out``, float64 of that shape."""
        binary = get_backend().binary_probabilities

        def fill(m: NDArray[np.float64], part: NDArray[np.float64]) -> None:
            if self._multilabel:
                part[:] = np.exp(-np.logaddexp(0, -m))
            elif m.shape[1] == 1:
                binary(m[:, 0], part)
            else:
                part[:] = probabilities(self._scores(m))

        return self._by_blocks(X, fill, (self._n_classes,), out)

    def log_loss(self, X: Any, codes: NDArray[np.float64]) -> float:
        """Return the mean of -ln p of the classes that the rows have, by their indices."""
        return mean_log_loss(self._scores(self.margins(X)), codes)

    def _scores(self, m: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.learnt.state.scores(m) if isinstance(self.learnt, LogisticStream) else m

    @property
    def _n_outputs(self) -> int:
        return len(self.learnt.state.W) if isinstance(self.learnt, LogisticStream) else self.learnt.W2.shape[1]

    @property
    def _multilabel(self) -> bool:
        """Whether each output is a label of its own."""
        learnt = self.learnt
        return isinstance(learnt, TwoLayerState) and learnt.output == "sigmoid" and learnt.W2.shape[1] > 1

    @property
    def _n_classes(self) -> int:
        if self.classes is None:
            raise ValueError(f"a {self.estimator_name} has no classes")
        return len(self.classes)

    def _by_blocks(
        self,
        X: Any,
        fill: Callable[[NDArray[np.float64], NDArray[np.float64]], None],
        shape: tuple[int, ...],
        out: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return what ``fill`` puts in place of the margins, a block of rows after the other while they are in the cache."""
        rows = self._rows(X)
        if out is None:
            out = np.empty((len(rows), *shape))
        elif out.shape != (len(rows), *shape) or out.dtype != np.float64:
            raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}, expected {(len(rows), *shape)} and float64")
        learnt = self.learnt.flushed_state() if isinstance(self.learnt, LogisticStream) else self.learnt
        for start in range(0, len(rows), BLOCK_OF_ROWS):
            some = rows[start : min(start + BLOCK_OF_ROWS, len(rows))]
            if isinstance(learnt, TwoLayerState):
                if not isinstance(some, CSRRows):  # a hidden unit may hide an infinity
                    check_finite(some, "X", self.feature_names, start)
                    some = some if readable(some, self.dtype) else np.ascontiguousarray(some, self.dtype)
                m = learnt.outputs(some)
            else:
                m = learnt.margins(some)
            if not np.isfinite(m).all() and not isinstance(rows, CSRRows):
                with np.errstate(over="ignore"):
                    check_finite(rows.astype(self.dtype, copy=False), "X", self.feature_names)
            fill(m, out[start : start + BLOCK_OF_ROWS])
        return out

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, an array of float32 or float64: P(``classes[1]``), the probabilities of all classes or
        labels, or the value or values of a regressor.

        It checks nothing but type and length, and costs a fraction of a microsecond for a logistic model of 28 columns. Later
        training does not change it.
        """
        if isinstance(self.learnt, TwoLayerState):
            return self.learnt.scorer()
        state = self.learnt.flushed_state()
        return get_backend().row_scorer(state.coef(), state.intercept(), state.one_vs_rest)  # type: ignore[no-any-return]

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, or the value of a regressor, (n_samples,); of several labels or targets
        (n_samples, n_outputs), labels as 0 and 1."""
        if isinstance(self.learnt, TwoLayerState) and self.classes is None:
            center, scale = self.learnt.target_center, self.learnt.target_scale

            def fill(m: NDArray[np.float64], part: NDArray[np.float64]) -> None:
                part[:] = ((m - center) / scale).reshape(part.shape)

            return self._by_blocks(X, fill, () if self._n_outputs == 1 else (self._n_outputs,))
        m = self.margins(X)
        if self._multilabel:
            return (m > 0).astype(np.intp)
        assert self.classes is not None
        index = (m[:, 0] > 0).astype(np.intp) if m.shape[1] == 1 else m.argmax(axis=1)
        return np.asarray(self.classes[index])

    def save(self, path: str | PathLike[str]) -> None:
        """Write a model file; see :func:`hotloop.load`. The file is complete or not there at all."""
        from hotloop.persistence.model_file import save

        save(self, path)

    def estimator(self) -> Any:
        """Return the scikit-learn estimator of this model, fitted; partial_fit goes on where the saved one stopped."""
        from hotloop import estimators

        return getattr(estimators, self.estimator_name)._of_model(self)
