"""The history of a training, and the progress of a search before it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hotloop.training.config import TrainingConfig


@dataclass(frozen=True)
class SearchProgress:
    """How far a search has come, after one of its judgements.

    Attributes
    ----------
    n_candidates : int
        Candidates that go on.
    epochs : int
        Epochs that each of them was trained so far.
    n_rows : int
        Rows of an epoch.
    loss : float
        Least log loss of the rows held out.
    seconds_left : float
        What the candidates that go on need if none of them is dropped.
    """

    n_candidates: int
    epochs: int
    n_rows: int
    loss: float
    seconds_left: float

    def __str__(self) -> str:
        one = self.n_candidates == 1
        return (
            f"search after {self.epochs} epoch{'s' * (self.epochs > 1)} of {self.n_rows:,} rows, log loss held out "
            f"{self.loss:.6f}, {self.n_candidates} candidate{' goes' if one else 's go'} on, at most {self.seconds_left:.1f} s"
        )


@dataclass
class TrainingHistory:
    """What a training did, epoch by epoch.

    Attributes
    ----------
    loss_curve : list of float
        Per epoch the mean training loss, each row's taken just before its step, plus the penalty of the epoch's last weights.
    validation_curve : list of float
        Per epoch the mean loss on the validation rows; empty without them.
    n_iter : int
        Epochs trained.
    converged : bool
    stopped : bool
        Whether ``on_epoch`` ended the training.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_curve: list[float] = field(default_factory=list)
    n_iter: int = 0
    converged: bool = False
    stopped: bool = False

    def convergence_message(self, config: TrainingConfig) -> str | None:
        """Return what to tell the user where training stopped at ``max_iter`` while the loss still fell, else None."""
        if self.converged or self.stopped or config.tol is None or config.max_iter == 1:
            return None
        tail = ", ".join(f"{value:.6g}" for value in (self.validation_curve or self.loss_curve)[-4:])
        return (
            f"not converged after max_iter={config.max_iter} epochs: the last losses were {tail}. "
            "Raise max_iter, or tol if this is close enough"
        )


OnEpoch = Callable[[TrainingHistory], bool | None]
