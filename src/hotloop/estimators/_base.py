"""What the estimators share: checks of their input, and how a fit is carried out."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.estimators._callbacks import CallbackSupportMixin, Tasks
from hotloop.estimators._validation import check_rows, check_targets
from hotloop.estimators.warnings import NotConvergedWarning, warn
from hotloop.persistence.checkpoint import save_checkpoint
from hotloop.structs import float_dtype
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.options import FitOptions
from hotloop.training.order import hold_out
from hotloop.training.progress_bar import ProgressBar

Method = TypeVar("Method", bound=Callable[..., Any])


def draw_seed(random_state: Any) -> int:
    """Return one whole number drawn by scikit-learn's rules for random_state."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def restore_on_error(method: Method) -> Method:
    """Decorate fit or partial_fit: where it refuses its input, the estimator is left as it was."""

    @functools.wraps(method)
    def guarded(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except (ValueError, TypeError):
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded  # type: ignore[return-value]


def with_progress_bar(method: Method) -> Method:
    """Decorate fit: with ``verbose`` there is ``_progress_bar`` while it runs."""

    @functools.wraps(method)
    def shown(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        if not self.verbose:
            return method(self, *args, **kwargs)
        progress = self._progress_bar = ProgressBar(type(self).__name__)
        progress.training()
        try:
            return method(self, *args, **kwargs)
        finally:
            progress.stop()
            vars(self).pop("_shown", None)

    return shown  # type: ignore[return-value]


class TrainedBySGD(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the estimators: settings in common, and what is stored after a fit."""

    _takes_sparse = False
    _progress_bar: ProgressBar
    _stream: Any  # the learner of its family

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def _options(self) -> FitOptions:
        for name in ("shuffle", "early_stopping", "warm_start"):
            if not isinstance(value := getattr(self, name, False), bool | np.bool_):
                raise ValueError(f"{name} is {value!r}, expected True or False")
        return FitOptions(
            alpha=self.alpha,
            eta0=self.eta0,
            learning_rate=self.learning_rate,
            power_t=self.power_t,
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=draw_seed(self.random_state),
            standardize=self.standardize,
        )

    def _validation(
        self, rows: Batch, X_val: Any, y_val: Any, encode: Callable[[Array], Array], *, stratify: bool, seed: int
    ) -> tuple[Batch, Batch | None]:
        """Return the rows to train on and those to validate on: the caller's own, rows held out, or none."""
        if X_val is not None:
            X_val = check_rows(self, X_val, reset=False, dtype=float_dtype(rows.X.dtype), sparse=self._takes_sparse)
            return rows, Batch(X_val, encode(check_targets(y_val, X_val)), np.broadcast_to(np.float64(1), len(X_val)))
        if self.early_stopping:
            rows = rows.take(np.flatnonzero(rows.sample_weight))
            training, held_out = hold_out(rows.y, self.validation_fraction, seed, stratify=stratify)
            return rows.take(training), rows.take(held_out)
        return rows, None

    def _keep(self, history: TrainingHistory, config: TrainingConfig) -> None:
        """Store how the fit went; warn where it did not converge."""
        self.n_iter_ = history.n_iter
        self.loss_curve_ = history.loss_curve
        if history.validation_curve:
            self.validation_curve_ = history.validation_curve
        self.eta0_, self.alpha_ = config.eta0, config.alpha
        if convergence_message := history.convergence_message(config):
            warn(NotConvergedWarning(convergence_message))

    def _report(self, history: TrainingHistory, tasks: Tasks) -> bool:
        """Tell of an epoch; whether a callback asks to stop."""
        if self.verbose:
            self._progress_bar.epoch(history, self._epochs_to_come())
        return tasks.epoch(history)

    def _epochs_to_come(self) -> int | None:
        """All epochs of the training that goes on, None where its loss decides."""
        return self.max_iter if self.tol is None and isinstance(self.max_iter, int) else None

    def _rows_to_predict(self, X: Any, **how: Any) -> Array:
        check_is_fitted(self)
        how["sparse"] = self._takes_sparse
        return check_rows(self, X, reset=False, dtype=self._stream.state.dtype, **how)  # type: ignore[no-any-return]

    def save(self, path: Any) -> None:
        """Write the fitted model to ``path``. No pickle: nothing in the file is executed.

        :func:`hotloop.load` reads what predicts, :func:`hotloop.load_estimator` the whole estimator.
        """
        check_is_fitted(self)
        save_checkpoint(self._predictor(), self._stream, path)
