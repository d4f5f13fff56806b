"""The constants of a training: every option resolved to a number."""

from dataclasses import dataclass

import numpy as np

from hotloop.training.values import check_seed

ROWS_PER_BLOCK = 4  # rows that the kernels of logistic regression take at once


@dataclass(frozen=True)
class TrainingConfig:
    """The constants of a training: every option resolved to a number. The estimators document their meaning."""

    eta0: float
    alpha: float = 0.0
    learning_rate: str = "auto"
    horizon: float = np.inf
    power_t: float = 0.25
    max_iter: int = 1000
    tol: float | str | None = "auto"
    n_iter_no_change: int = 5
    shuffle: bool = True
    seed: int = 0
    longest: float = np.inf  # ||z||^2 + 1 of a network's row above which its step is shortened: two_layer.auto.step_shares

    def __post_init__(self) -> None:
        for name in ("eta0", "alpha", "horizon", "power_t", "longest"):  # a file, or a user, may have whole numbers of any size
            object.__setattr__(self, name, float(getattr(self, name)))
        check_seed(self.seed)
        if not self.eta0 > 0:
            raise ValueError(f"eta0 must be positive, not {self.eta0}")
        if not (self.horizon > 0 and self.longest > 0):
            raise ValueError(f"horizon and longest must be positive, not {self.horizon} and {self.longest}")
        if not 0 <= self.eta0 * self.alpha < 1:
            raise ValueError(
                f"eta0 * alpha is {self.eta0 * self.alpha:g}; it must lie in [0, 1), or a step would turn the weights' sign: "
                "take a smaller eta0 or alpha"
            )
