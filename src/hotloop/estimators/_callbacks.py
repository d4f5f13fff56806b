"""The callbacks of scikit-learn, ``estimator.set_callbacks(...)``; an older scikit-learn without callbacks has no such method.

A fit is a task "fit". Where the fit searches, its first subtask is "search". Then comes the subtask "training", whose subtasks
are the epochs; their number is known where the loss does not end the training. A training that starts again with a smaller step
size is another "training".
"""

from collections.abc import Callable
from typing import Any

from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "Tasks", "with_callbacks"]


class Tasks:
    """The tasks of one fit, reported to the callbacks of the estimator; without callbacks every method does nothing.

    Parameters
    ----------
    estimator : estimator
    fitted : callable
        Returns the attributes with which a copy of the estimator predicts as after the last epoch.
    X, y, sample_weight : as the caller of ``fit`` gave them
    """

    def __init__(self, estimator: Any, fitted: Callable[[], dict[str, Any]], X: Any, y: Any, sample_weight: Any) -> None:
        self._estimator, self._fitted = estimator, fitted
        self._open: list[Any] = []  # contexts of tasks that have begun, the innermost last
        self._config: TrainingConfig | None = None
        self._history: TrainingHistory | None = None
        self._given = {"X": X, "y": y, "metadata": None if sample_weight is None else {"sample_weight": sample_weight}}
        self._heard = bool(getattr(estimator, "_skl_callbacks", None))
        if self._heard:
            self._begin(estimator._init_callback_context(max_subtasks=None))

    def training_begins(self, config: TrainingConfig, *, searches: bool = False) -> None:
        """Begin the next subtask of the fit: the search where the fit ``searches`` and has not begun to, else a training."""
        if not self._heard:
            return
        if searches and len(self._open) == 1:
            self._begin(self._open[0].subcontext("search"))
            return
        self._end_all_but(1)
        self._config = config
        self._begin(self._open[0].subcontext("training", max_subtasks=config.max_iter if config.tol is None else None))
        self._begin(self._open[1].subcontext("epoch"))

    def epoch(self, history: TrainingHistory) -> bool:
        """End an epoch and begin the next; return whether a callback asks to stop."""
        if not self._heard:
            return False
        assert self._config is not None
        if self._history is not None and history is not self._history:  # the training has started again
            self.training_begins(self._config)
        self._history = history
        stop = self._end()
        if not (stop or history.converged or history.n_iter >= self._config.max_iter):
            self._begin(self._open[1].subcontext("epoch"))
        return stop

    def end(self) -> None:
        """End the fit."""
        if self._heard:
            self._end_all_but(0)

    def _begin(self, context: Any) -> None:
        self._open.append(context)
        context.call_on_fit_task_begin(estimator=self._estimator, **self._given)

    def _end(self) -> bool:
        """End the innermost task; return whether a callback asks to stop."""
        fitted = None if self._open[-1].task_name == "search" else self._fitted  # after a search there is no model yet
        context = self._open.pop()
        return bool(context.call_on_fit_task_end(estimator=self._estimator, **self._given, reconstruction_attributes=fitted))

    def _end_all_but(self, n_open: int) -> None:
        while len(self._open) > n_open:
            self._end()
