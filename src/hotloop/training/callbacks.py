"""What a fit calls on its way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotloop.training.config import TrainingConfig
from hotloop.training.history import OnEpoch, SearchProgress


@dataclass(frozen=True)
class FitCallbacks:
    """What a fit calls on its way; None: nothing.

    Attributes
    ----------
    on_start : callable of (learner, config, searches)
        Called when everything is checked, and again when a search has chosen. ``learner`` holds the weights while they are
        trained: after KeyboardInterrupt it is the model so far. ``searches`` tells whether the fit has a search.
    on_search : callable of SearchProgress
        Called after each judgement of a search.
    on_epoch : callable of TrainingHistory
        Called after each epoch; the training ends where it returns True.
    """

    on_start: Callable[[Any, TrainingConfig, bool], None] | None = None
    on_search: Callable[[SearchProgress], None] | None = None
    on_epoch: OnEpoch | None = None
