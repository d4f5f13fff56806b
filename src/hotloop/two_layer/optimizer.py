"""How the weights of a network follow its gradients: per-sample SGD, batches, momentum, Adam."""

from dataclasses import dataclass

OPTIMIZERS = ("sgd", "adam", "adamw")


@dataclass(frozen=True)
class NetworkRule:
    """How the weights follow the gradients; ``two_layer/options.py`` says which values go together.

    Attributes
    ----------
    optimizer : {"sgd", "adam", "adamw"}
    batch_size : int
        Rows of a step.
    momentum : float
    nesterov : bool
        Whether momentum is Nesterov's.
    beta_1, beta_2, epsilon : float
        Of Adam.
    dropout : float
        Share of the hidden units that a step leaves out.
    key : int
        Seed of the hidden units that a step leaves out.
    n_jobs : int
        Threads of per-sample SGD.
    """

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

    @property
    def by_sample(self) -> bool:
        """Whether each row is a step of its own, by ``two_layer_pass``; else by ``two_layer_minibatch_pass``."""
        return self.optimizer == "sgd" and self.batch_size == 1 and self.momentum == 0

    @property
    def n_moments(self) -> int:
        """Arrays that the rule keeps: none, one for each array of weights (momentum), or two (Adam)."""
        return 0 if self.by_sample else 4 if self.optimizer == "sgd" else 8
