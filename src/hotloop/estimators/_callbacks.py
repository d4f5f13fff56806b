"""scikit-learn's callbacks, ``estimator.set_callbacks(...)``; where the installed version has none there is no such method.

A fit is a task "fit". Where it searches, its first subtask is "search"; then comes "training", whose subtasks "epoch" are known
in number where the loss does not end them. A training that begins anew with a smaller step is a further "training".
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
    """The tasks of one fit, told to the callbacks of an estimator that has some.

    ``learnt`` returns the attributes that make a copy of the estimator predict as after the last epoch.
    """

    def __init__(self, estimator: Any, learnt: Callable[[], dict[str, Any]], X: Any, y: Any, sample_weight: Any) -> None:
        self._estimator, self._learnt, self._open = estimator, learnt, []
        self._plan: TrainingConfig | None = None
        self._course: TrainingHistory | None = None
        self._told = {"X": X, "y": y, "metadata": None if sample_weight is None else {"sample_weight": sample_weight}}
        self._wanted = bool(getattr(estimator, "_skl_callbacks", None))
        if self._wanted:
            self._begin(estimator._init_callback_context(max_subtasks=None))

    _open: list[Any]  # contexts, the innermost last

    def training_begins(self, config: TrainingConfig, *, searches: bool = False) -> None:
        """Begin to search, where the fit ``searches`` and has not yet; else to train, and the first epoch."""
        if not self._wanted:
            return
        if searches and len(self._open) == 1:
            self._begin(self._open[0].subcontext("search"))
            return
        self._end_all_but(1)
        self._plan = config
        self._begin(self._open[0].subcontext("training", max_subtasks=config.max_iter if config.tol is None else None))
        self._begin(self._open[1].subcontext("epoch"))

    def epoch(self, history: TrainingHistory) -> bool:
        """End an epoch and begin the next; tells whether a callback asks to stop."""
        if not self._wanted:
            return False
        assert self._plan is not None
        if self._course is not None and history is not self._course:
            self.training_begins(self._plan)
        self._course = history
        stop = self._end()
        if not (stop or history.converged or history.n_iter >= self._plan.max_iter):
            self._begin(self._open[1].subcontext("epoch"))
        return stop

    def end(self) -> None:
        """End the fit."""
        if self._wanted:
            self._end_all_but(0)

    def _begin(self, context: Any) -> None:
        self._open.append(context)
        context.call_on_fit_task_begin(estimator=self._estimator, **self._told)

    def _end(self) -> bool:
        # a search has learnt nothing that predicts
        learnt = None if self._open[-1].task_name == "search" else self._learnt
        context = self._open.pop()
        return bool(context.call_on_fit_task_end(estimator=self._estimator, **self._told, reconstruction_attributes=learnt))

    def _end_all_but(self, n_open: int) -> None:
        while len(self._open) > n_open:
            self._end()
