"""How fast one core reads memory: the measure of every pass over rows that are larger than the caches.

    python -m bench.speed.bandwidth

The larger of two figures, each the best of several reads of one float32 array of 256 MiB: its sum, and its dot product with
itself (BLAS), which reads it once. Both are lower bounds: a loop that keeps more loads in flight may read faster.
"""

from time import perf_counter

import numpy as np

N_FLOATS = 1 << 26


def read_bandwidth(rounds: int = 7) -> dict[str, float]:
    """Return bytes a second by each way, and the larger as "best"."""
    floats = np.ones(N_FLOATS, dtype=np.float32)
    rates = {}
    for name, read in (("sum", floats.sum), ("dot", lambda: np.dot(floats, floats))):
        seconds = []
        for _ in range(rounds):
            before = perf_counter()
            read()
            seconds.append(perf_counter() - before)
        rates[name] = floats.nbytes / min(seconds)
    return {**rates, "best": max(rates.values())}


if __name__ == "__main__":
    for name, rate in read_bandwidth().items():
        print(f"{name:5} {rate / 1e9:6.1f} GB/s")
