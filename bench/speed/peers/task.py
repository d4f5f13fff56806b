"""What the peers of the networks are given."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import issparse


@dataclass(frozen=True)
class Task:
    """Rows (float32, dense or CSR), class indices, the first W1, b1, W2, b2, the step size and the rows of a batch.

    W2 has one column for two classes.
    """

    X: Any
    y: np.ndarray
    first: tuple[np.ndarray, ...]
    eta: float
    batch: int

    def softmax(self) -> "Task":
        """Return the task with an output a class; of two, the other's stays half of the negative."""
        W1, b1, W2, b2 = self.first
        if W2.shape[1] > 1:
            return self
        return replace(self, first=(W1, b1, np.hstack([-W2, W2]) / 2, np.zeros(2, b2.dtype)))

    def oracle(self, n_samples: int) -> list[np.ndarray]:
        """Return the weights after n_samples rows, in float64: plain SGD on the mean gradient of each batch."""
        W1, b1, W2, b2 = (w.astype(np.float64) for w in self.first)
        for s in range(0, n_samples, self.batch):
            rows = slice(s, min(s + self.batch, n_samples))
            x = np.asarray(self.X[rows].todense() if issparse(self.X) else self.X[rows], np.float64)
            z = np.maximum(x @ W1 + b1, 0)
            o = z @ W2 + b2
            if W2.shape[1] == 1:
                d = 1 / (1 + np.exp(-o)) - self.y[rows, None]
            else:
                p = np.exp(o - o.max(axis=1, keepdims=True))
                d = p / p.sum(axis=1, keepdims=True) - (np.arange(W2.shape[1]) == self.y[rows, None])
            d *= self.eta / len(d)
            back = (d @ W2.T) * (z > 0)
            W2 -= z.T @ d
            b2 -= d.sum(axis=0)
            W1 -= x.T @ back
            b1 -= back.sum(axis=0)
        return [W1, b1, W2, b2]
