"""The two-layer network elsewhere: relu, the same first weights, order, step size and float32 rows, no penalty, one thread.

Each peer with what made it fastest of what was tried:

- MLPClassifier: sgd without momentum, float32 rows (it keeps their type). The whole call of ``fit``, with its checks.
- torch eager: Linear layers, SGD(fused=True). torch.compile: model and loss, the same optimiser; CSR rows by EmbeddingBag with
  sparse gradients, for which fused steps do not exist. "Slopes written out" does without automatic derivatives and optimiser.
- jax: one jitted lax.scan over the batches, its weights donated. To compile is not timed, here and with torch and numba.
- numba: a plain loop, fastmath, row by row; with and without a look whether the column is zero. A view of a row of W1 is taken
  before the loop over it, and W2 is transposed: 1.6 times as fast at 28-32-1, and 5 times over CSR rows, as subscripts inside.
- exact_net.c: a file of C that HOTLOOP_EXACT_NET names, whose ``blocked`` does softmax of at most 16 outputs; compiled with
  -O3 -march=native.
- Vowpal Wabbit: --nn --sgd, examples parsed beforehand, ``learn`` for each.

Where the comparison is unequal:

- Two classes are one sigmoid, and a softmax of two outputs in exact_net.c.
- Vowpal Wabbit has tanh units and first weights of its own, and one network a class (--oaa): no error is given.
- exact_net.c branches on each unit: at 28-32 it is up to four times as fast on rows by which the same units are always at work.
- A peer sees as many of the first rows as it takes in a fifth of a second: a slow one finds them in the caches.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache, partial
from math import lcm
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from bench.measure import Candidate
from bench.speed.peers.logistic import Peer
from bench.speed.peers.loops import exact_net, numba_loop
from bench.speed.peers.task import Task
from bench.speed.peers.tensors import jax_scan, torch_closed_form, torch_steps

TURN = 0.2  # seconds, about what one turn of a peer takes


def scikit_learn(task: Task) -> Peer:
    """MLPClassifier, one epoch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    W1, b1, W2, b2 = task.first

    def start():
        model = MLPClassifier(
            b1.shape, solver="sgd", alpha=0, batch_size=task.batch, learning_rate_init=task.eta, momentum=0, max_iter=1,
            shuffle=False, warm_start=True,
        )  # fmt: skip
        some = np.concatenate([np.flatnonzero(task.y == label)[:1] for label in np.unique(task.y)])
        model.set_params(batch_size="auto").partial_fit(task.X[some], task.y[some], classes=task.y[some])
        model.coefs_, model.intercepts_ = [W1.copy(), W2.copy()], [b1.copy(), b2.copy()]  # warm_start goes on from these
        return model.set_params(batch_size=task.batch)

    def train(model, n_samples):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is what is asked
            model.fit(task.X[:n_samples], task.y[:n_samples])

    return start, train, lambda model: [model.coefs_[0], model.intercepts_[0], model.coefs_[1], model.intercepts_[1]]


def vowpal_wabbit(task: Task) -> Peer:
    """Examples are parsed when a model starts."""
    from vowpalwabbit import Workspace

    (n_features, n_hidden), n_outputs = task.first[0].shape, len(task.first[3])
    bits = max(18, int(np.ceil(np.log2(2 * n_features * (n_hidden + 1) * n_outputs))))
    kind = f"--oaa {n_outputs}" if n_outputs > 1 else "--loss_function logistic"
    sparse = issparse(task.X)

    @lru_cache(maxsize=1)
    def lines():
        found = []
        for i in range(min(MOST_LINES, task.X.shape[0])):
            x = task.X[i] if sparse else task.X[i : i + 1]
            places = x.indices if sparse else np.flatnonzero(x)
            values = x.data if sparse else x[0, places]
            label = task.y[i] + 1 if n_outputs > 1 else 2 * task.y[i] - 1
            columns = zip(places.tolist(), values.tolist(), strict=True)
            found.append(f"{label} | " + " ".join(f"{j}:{v:.7g}" for j, v in columns))
        return found

    def start():
        workspace = Workspace(f"--quiet -b {bits} --nn {n_hidden} --sgd -l {task.eta} {kind}")
        return workspace, [workspace.example(line) for line in lines()]

    def train(state, n_samples):
        workspace, examples = state
        for example in examples[:n_samples]:
            workspace.learn(example)

    return start, train, lambda state: []


# key, name, peer, whether it goes row by row, in batches, over CSR rows
PEERS: tuple[tuple[str, str, Callable[[Task], Peer], bool, bool, bool], ...] = (
    ("mlp_classifier", "scikit-learn MLPClassifier.fit", scikit_learn, True, True, True),
    ("torch", "torch eager", partial(torch_steps, compiled=False), True, True, True),
    ("torch.compile", "torch.compile", partial(torch_steps, compiled=True), True, True, False),
    ("torch@gradient", "torch eager, slopes written out", partial(torch_closed_form, compiled=False), True, True, False),
    (
        "torch.compile@gradient",
        "torch.compile, slopes written out",
        partial(torch_closed_form, compiled=True),
        True,
        True,
        False,
    ),
    ("jax", "jax scan", jax_scan, True, True, False),
    ("numba", "numba loop, fastmath", partial(numba_loop, skip=False), True, False, True),
    ("numba@zeros-skipped", "numba loop, fastmath, zeros skipped", partial(numba_loop, skip=True), True, False, False),
    ("exact_net.c", "exact_net.c", exact_net, True, False, False),
    ("vowpal_wabbit", "Vowpal Wabbit --nn", vowpal_wabbit, True, False, True),
)
MOST_LINES = 5_000  # of Vowpal Wabbit


def candidates(case: str, task: Task) -> list[Candidate]:
    """Return the peers that are installed, and say which are not."""
    found = []
    for key, name, make, rows, batches, sparse in PEERS:
        if not (rows if task.batch == 1 else batches) or (issparse(task.X) and not sparse):
            continue
        of = task.softmax() if make is exact_net else task
        try:
            start, train, weights = make(of)
        except ImportError as missing:
            print(f"left out of {case}: {name} ({missing})", flush=True)
            continue
        n_samples = rows_of_a_turn(start, train, MOST_LINES if make is vowpal_wabbit else task.X.shape[0], task.batch)
        oracle = None if make is vowpal_wabbit else of.oracle
        found.append(
            Candidate(case, key, name, n_samples, int(n_samples * bytes_of_row(task.X)), start, train, weights, oracle)
        )
    return found


def bytes_of_row(X: Any) -> float:
    """Return the size of a row, of its values and their columns if it is CSR, on average."""
    return (X.data.nbytes + X.indices.nbytes) / X.shape[0] if issparse(X) else X[0].nbytes


def rows_of_a_turn(start: Callable[[], Any], train: Callable[[Any, int], None], most: int, batch: int) -> int:
    """Return how many rows take about TURN seconds, whole batches and a multiple of 8; what is to be compiled is by then."""
    whole = lcm(batch, 8)
    n_samples = max(whole, 256)  # in which all classes are
    while True:
        train(start(), n_samples)
        state = start()
        before = perf_counter()
        train(state, n_samples)
        seconds = perf_counter() - before
        if seconds > TURN / 4 or n_samples * 2 > most:
            break
        n_samples = min(2 * n_samples, most // whole * whole)
    return int(np.clip(n_samples * TURN / seconds // whole, 1, most // whole)) * whole
