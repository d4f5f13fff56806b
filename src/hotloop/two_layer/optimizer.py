"""How the weights of a network follow its gradients: per-sample SGD, batches, momentum, Adam."""

from dataclasses import dataclass

from hotloop.structs import BatchOptimizer, Dropout


@dataclass(frozen=True)
class NetworkOptimizer:
    """How the weights follow the gradients; ``two_layer/options.py`` says which values go together.

    Attributes
    ----------
    name : {"sgd", "adam", "adamw"}
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

    name: str = "sgd"
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
        return self.name == "sgd" and self.batch_size == 1 and self.momentum == 0

    @property
    def n_moments(self) -> int:
        """Arrays that the optimizer keeps: none, one for each array of weights (momentum), or two (Adam)."""
        return 0 if self.by_sample else 4 if self.name == "sgd" else 8

    def of_batches(self, n_batches: int) -> BatchOptimizer:
        """Return what the kernels of batches take, after so many batches."""
        return BatchOptimizer(
            self.name, self.batch_size, self.momentum, self.nesterov, self.beta_1, self.beta_2, self.epsilon, n_batches
        )

    def dropout_at(self, t: int) -> Dropout:
        """Return the dropout of a pass that starts after t steps."""
        return Dropout(self.dropout, self.key, t)
