"""What a second thread is worth to one fit of a network: ``python -m bench.studies.threads``, on a machine with two idle cores.

One pass of softmax over 3,000 rows of 784 columns, one and two threads in turn; the weights must have the same bits.
"""

from time import perf_counter

import numpy as np

from hotloop import kernels
from hotloop.structs import DenseRows, Dropout, Network, Pass

N_SAMPLES, N_FEATURES, N_CLASSES, ROUNDS = 3_000, 784, 10, 9


def main() -> None:
    """Print a line for each number of hidden units."""
    draw = np.random.default_rng(0)
    X = draw.standard_normal((N_SAMPLES, N_FEATURES)).astype(np.float32)
    y = draw.integers(0, N_CLASSES, N_SAMPLES).astype(np.float64)
    rows, steps = DenseRows(X), Pass(np.arange(N_SAMPLES), y, np.ones(N_SAMPLES), np.full(N_SAMPLES, 1e-3))
    for n_hidden in (128, 512, 1024):
        first = [
            (draw.standard_normal((N_FEATURES, n_hidden)) / 28).astype(np.float32),
            np.zeros(n_hidden, np.float32),
            (draw.standard_normal((n_hidden, N_CLASSES)) / n_hidden**0.5).astype(np.float32),
            np.zeros(N_CLASSES, np.float32),
        ]
        seconds, found = {1: [], 2: []}, {}
        for _ in range(ROUNDS):
            for n_jobs in (1, 2):
                found[n_jobs] = [w.copy() for w in first]
                before = perf_counter()
                kernels.two_layer_pass(rows, steps, Network(*found[n_jobs], "softmax"), Dropout(), n_jobs)
                seconds[n_jobs].append(perf_counter() - before)
        same = all((a == b).all() for a, b in zip(found[1], found[2], strict=True))
        ratio = np.median(np.array(seconds[1]) / np.array(seconds[2]))
        print(
            f"{N_FEATURES}-{n_hidden}-{N_CLASSES}: {1e9 * min(seconds[1]) / N_SAMPLES:,.0f} ns a row with one thread, "
            f"{ratio:.2f} times as fast with two, {'the same bits' if same else 'OTHER BITS'}"
        )


if __name__ == "__main__":
    main()
