"""The two-layer network in torch and jax, a step a batch; ``two_layer.py`` says how each is set."""

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import issparse

from bench.speed.peers.logistic import Peer
from bench.speed.peers.task import Task


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
