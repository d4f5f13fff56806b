"""The two-layer network as a loop over rows, compiled by numba or in C; ``two_layer.py`` says how each is set."""

import os
import subprocess
import tempfile
from ctypes import CDLL, c_float, c_int, c_long, c_void_p
from math import exp
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

from bench.speed.peers.logistic import Peer
from bench.speed.peers.task import Task

EXACT_NET = "HOTLOOP_EXACT_NET"


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
