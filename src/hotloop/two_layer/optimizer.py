"""How a network is trained: per-sample SGD, batches, momentum, Adam."""

from dataclasses import dataclass

import numpy as np

OPTIMIZERS = ("sgd", "adam", "adamw")


@dataclass(frozen=True)
class NetworkRule:
    """How a network is trained; see ``two_layer_pass``, and ``two_layer_minibatch_pass`` for batches, momentum and Adam."""

    optimizer: str = "sgd"
    batch_size: int = 1
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    dropout: float = 0.0
    key: int = 0
    n_jobs: int = 1

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer is {self.optimizer!r}, expected one of {', '.join(OPTIMIZERS)}")
        if not isinstance(self.batch_size, int | np.integer) or self.batch_size < 1:
            raise ValueError(f"batch_size is {self.batch_size!r}, expected a positive whole number")
        for name in ("dropout", "momentum", "beta_1", "beta_2"):
            value = getattr(self, name)
            if not isinstance(value, int | float | np.number) or not 0 <= value < 1:
                raise ValueError(f"{name} is {value!r}, expected a number from 0 to below 1")
        if not isinstance(self.epsilon, int | float | np.number) or not self.epsilon > 0:
            raise ValueError(f"epsilon is {self.epsilon!r}, expected a positive number")

    @property
    def by_sample(self) -> bool:
        """Whether every row is a step of its own, in exact blocks."""
        return self.optimizer == "sgd" and self.batch_size == 1 and self.momentum == 0

    @property
    def n_moments(self) -> int:
        """Arrays like the weights that go with them."""
        return 0 if self.by_sample else 4 if self.optimizer == "sgd" else 8
