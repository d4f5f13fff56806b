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

import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from ctypes import CDLL, c_float, c_int, c_long, c_void_p
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import exp, lcm
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from bench.measure import Candidate
from bench.speed.peers import Peer

TURN = 0.2  # seconds, about what one turn of a peer takes
EXACT_NET = "HOTLOOP_EXACT_NET"


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


def torch_steps(task: Task, compiled: bool) -> Peer:
    """One optimiser step a batch."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    (n_features, n_hidden), n_outputs = task.first[0].shape, len(task.first[3])
    sparse = issparse(task.X)
    y = torch.from_numpy(task.y) if n_outputs > 1 else torch.from_numpy(task.y.astype(np.float32))[:, None]
    head = nn.Sequential(nn.ReLU(), nn.Linear(n_hidden, n_outputs))
    if sparse:
        entry = nn.EmbeddingBag(n_features, n_hidden, mode="sum", sparse=True, include_last_offset=True)
        entry.bias = nn.Parameter(torch.zeros(n_hidden))
        W1 = entry.weight
        places, values = torch.from_numpy(task.X.indices.astype(np.int64)), torch.from_numpy(task.X.data)
        starts = torch.from_numpy(task.X.indptr.astype(np.int64))
        ends = task.X.indptr.tolist()
    else:
        entry, X = nn.Linear(n_features, n_hidden), torch.from_numpy(task.X)
        W1 = entry.weight.T
    weights = [W1, entry.bias, head[1].weight.T, head[1].bias]
    loss = nn.CrossEntropyLoss() if n_outputs > 1 else nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD([*entry.parameters(), *head.parameters()], task.eta, **({} if sparse else {"fused": True}))

    def forward(labels, *rows):
        z = entry(rows[0], rows[1], per_sample_weights=rows[2]) + entry.bias if sparse else entry(rows[0])
        return loss(head(z), labels)

    if compiled:
        forward = torch.compile(forward)

    def batches(n_samples) -> Iterator[Any]:
        if not sparse:
            yield from zip(y[:n_samples].split(task.batch), X[:n_samples].split(task.batch), strict=True)
            return
        for s in range(0, n_samples, task.batch):
            e = min(s + task.batch, n_samples)
            of = slice(ends[s], ends[e])
            yield y[s:e], places[of], starts[s : e + 1] - ends[s], values[of]

    def start():
        with torch.no_grad():
            for weight, first in zip(weights, task.first, strict=True):
                weight.copy_(torch.from_numpy(first))
        return weights

    def train(_, n_samples):
        for batch in batches(n_samples):
            optimizer.zero_grad()
            forward(*batch).backward()
            optimizer.step()

    return start, train, lambda weights: [weight.detach().numpy().copy() for weight in weights]


def torch_closed_form(task: Task, compiled: bool) -> Peer:
    """The slopes of relu, softmax and sigmoid written out in tensor operations: no automatic derivatives, no optimiser."""
    import torch
    from torch.nn.functional import one_hot

    torch.set_num_threads(1)
    X, y, n_outputs = torch.from_numpy(task.X), torch.from_numpy(task.y), len(task.first[3])
    labels = one_hot(y, n_outputs).float() if n_outputs > 1 else y.float()[:, None]

    def step(x, label, W1, b1, W2, b2):
        z = torch.relu(torch.addmm(b1, x, W1))
        o = torch.addmm(b2, z, W2)
        d = ((torch.softmax(o, 1) if n_outputs > 1 else torch.sigmoid(o)) - label) * (task.eta / len(x))
        back = (d @ W2.T) * (z > 0)
        W2.addmm_(z.T, d, alpha=-1)
        b2.sub_(d.sum(0))
        W1.addmm_(x.T, back, alpha=-1)
        b1.sub_(back.sum(0))

    if compiled:
        step = torch.compile(step)

    def train(weights, n_samples):
        with torch.no_grad():
            for x, label in zip(X[:n_samples].split(task.batch), labels[:n_samples].split(task.batch), strict=True):
                step(x, label, *weights)

    def start():
        return [torch.from_numpy(w.copy()) for w in task.first]

    return start, train, lambda weights: [w.numpy() for w in weights]


def jax_scan(task: Task) -> Peer:
    """A scan over batches of the same size."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    import jax.numpy as jnp

    def loss(weights, x, labels):
        W1, b1, W2, b2 = weights
        o = jnp.maximum(x @ W1 + b1, 0) @ W2 + b2
        if W2.shape[1] == 1:
            return jnp.mean(jnp.logaddexp(0.0, o[:, 0]) - labels * o[:, 0])
        return jnp.mean(jax.nn.logsumexp(o, axis=1) - jnp.take_along_axis(o, labels[:, None], 1)[:, 0])

    def step(weights, batch):
        slopes = jax.grad(loss)(weights, *batch)
        return jax.tree.map(lambda w, g: w - task.eta * g, weights, slopes), None

    epoch = jax.jit(lambda weights, X, y: jax.lax.scan(step, weights, (X, y))[0], donate_argnums=0)

    @lru_cache(maxsize=2)
    def rows(n_samples):
        shape = n_samples // task.batch, task.batch
        return jnp.asarray(task.X[:n_samples].reshape(*shape, -1)), jnp.asarray(task.y[:n_samples].reshape(shape))

    def train(state, n_samples):
        state[:] = epoch(tuple(state), *rows(n_samples))
        jax.block_until_ready(state)

    return lambda: [jnp.array(w) for w in task.first], train, lambda state: [np.asarray(w) for w in state]


def numba_loop(task: Task, skip: bool) -> Peer:
    """Row by row; W1 lies by columns of the rows and W2 by outputs, so that each innermost loop is over units side by side."""
    from numba import njit

    @njit(fastmath=True)
    def output_layer(a, label, V, b2, eta, d, o):
        """Step V, the transpose of W2, and b2; a holds the units before the relu, d gets eta times their slopes."""
        H, C = len(a), len(b2)
        for j in range(H):
            a[j] = max(a[j], np.float32(0))
            d[j] = np.float32(0)
        for c in range(C):
            v, t = V[c], np.float32(0)
            for j in range(H):
                t += a[j] * v[j]
            o[c] = t + b2[c]
        if C == 1:
            o[0] = eta * (np.float32(1) / (np.float32(1) + exp(-o[0])) - np.float32(label))
        else:
            top, total = o.max(), np.float32(0)
            for c in range(C):
                o[c] = exp(o[c] - top)
                total += o[c]
            for c in range(C):
                o[c] = eta * (o[c] / total - (np.float32(1) if label == c else np.float32(0)))
        for c in range(C):
            v, t = V[c], o[c]
            for j in range(H):
                d[j] += t * v[j]
                v[j] -= t * a[j]
            b2[c] -= t
        for j in range(H):
            d[j] = d[j] if a[j] > 0 else np.float32(0)

    @njit(fastmath=True)
    def dense_pass(X, y, W1, b1, V, b2, eta, skip):
        k, H = W1.shape
        a, d, o = np.empty(H, np.float32), np.empty(H, np.float32), np.empty(len(b2), np.float32)
        for i in range(len(X)):
            x = X[i]
            for j in range(H):
                a[j] = b1[j]
            for f in range(k):
                w, v = W1[f], x[f]
                if skip and v == 0:
                    continue
                for j in range(H):
                    a[j] += v * w[j]
            output_layer(a, y[i], V, b2, eta, d, o)
            for j in range(H):
                b1[j] -= d[j]
            for f in range(k):
                w, v = W1[f], x[f]
                if skip and v == 0:
                    continue
                for j in range(H):
                    w[j] -= v * d[j]

    @njit(fastmath=True)
    def sparse_pass(starts, places, values, y, W1, b1, V, b2, eta):
        H = W1.shape[1]
        a, d, o = np.empty(H, np.float32), np.empty(H, np.float32), np.empty(len(b2), np.float32)
        for i in range(len(y)):
            for j in range(H):
                a[j] = b1[j]
            for p in range(starts[i], starts[i + 1]):
                w, v = W1[places[p]], values[p]
                for j in range(H):
                    a[j] += v * w[j]
            output_layer(a, y[i], V, b2, eta, d, o)
            for j in range(H):
                b1[j] -= d[j]
            for p in range(starts[i], starts[i + 1]):
                w, v = W1[places[p]], values[p]
                for j in range(H):
                    w[j] -= v * d[j]

    eta = np.float32(task.eta)
    W1, b1, W2, b2 = task.first

    def start():
        return [W1.copy(), b1.copy(), np.ascontiguousarray(W2.T).copy(), b2.copy()]

    def train(weights, n_samples):
        y = task.y[:n_samples]
        if issparse(task.X):
            sparse_pass(task.X.indptr, task.X.indices.view(np.uint32), task.X.data, y, *weights, eta)
        else:
            dense_pass(task.X[:n_samples], y, *weights, eta, skip)

    return start, train, lambda w: [w[0], w[1], w[2].T, w[3]]


PROTOTYPE = """
#define main main_of_prototype
#include "{source}"
void run(const float *X, const int *y, long n, float *W1, float *b1, float *W2, float *b2, int k_, int H_, int C_, float eta_)
{{ k = k_; H = H_; C = C_; eta = eta_; blocked(X, y, n, W1, b1, W2, b2); }}
"""


def exact_net(task: Task) -> Peer:
    """The file of C that HOTLOOP_EXACT_NET names; blocks of 8 rows, W2 padded to 16 columns."""
    if not os.environ.get(EXACT_NET):
        raise ImportError(f"{EXACT_NET} is not set")
    W1, b1, W2, b2 = task.first
    if W1.shape[1] % 16 or not 1 < len(b2) <= 16:
        raise ImportError("it takes multiples of 16 units and 2 to 16 outputs")
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "run.c", Path(folder) / "run.so"
        source.write_text(PROTOTYPE.format(source=Path(os.environ[EXACT_NET]).resolve()))
        subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", source, "-o", library, "-lm"], check=True)
        run = CDLL(str(library)).run
    labels, more = task.y.astype(np.int32), 16 - len(b2)
    sizes = c_int(W1.shape[0]), c_int(W1.shape[1]), c_int(len(b2)), c_float(task.eta)

    def at(array):
        return c_void_p(array.ctypes.data)

    def start():
        return [W1.copy(), b1.copy(), np.pad(W2, ((0, 0), (0, more))), np.pad(b2, (0, more))]

    def train(weights, n_samples):
        run(at(task.X), at(labels), c_long(n_samples), *map(at, weights), *sizes)

    return start, train, lambda w: [w[0], w[1], w[2][:, : len(b2)], w[3][: len(b2)]]


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


# name, peer, whether it goes row by row, in batches, over CSR rows
PEERS: tuple[tuple[str, Callable[[Task], Peer], bool, bool, bool], ...] = (
    ("scikit-learn MLPClassifier.fit", scikit_learn, True, True, True),
    ("torch eager", partial(torch_steps, compiled=False), True, True, True),
    ("torch.compile", partial(torch_steps, compiled=True), True, True, False),
    ("torch eager, slopes written out", partial(torch_closed_form, compiled=False), True, True, False),
    ("torch.compile, slopes written out", partial(torch_closed_form, compiled=True), True, True, False),
    ("jax scan", jax_scan, True, True, False),
    ("numba loop, fastmath", partial(numba_loop, skip=False), True, False, True),
    ("numba loop, fastmath, zeros skipped", partial(numba_loop, skip=True), True, False, False),
    ("exact_net.c", exact_net, True, False, False),
    ("Vowpal Wabbit --nn", vowpal_wabbit, True, False, True),
)
MOST_LINES = 5_000  # of Vowpal Wabbit


def candidates(case: str, task: Task) -> list[Candidate]:
    """Return the peers that are installed, and say which are not."""
    found = []
    for name, make, rows, batches, sparse in PEERS:
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
        found.append(Candidate(case, name, n_samples, int(n_samples * bytes_of_row(task.X)), start, train, weights, oracle))
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
