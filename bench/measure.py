"""What is measured, and how: candidates take turns, so that a slow moment of the machine hits all of them alike."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np


@dataclass
class Candidate:
    """One way to compute a case. ``train`` alone is timed.

    Attributes
    ----------
    case : str
    key : str
        Names the candidate in the ratios and in stored files; one of a kind in its case.
    name : str
        For the table.
    n_samples : int
        Rows that are timed.
    n_bytes : int
        Size of those rows: what has to be read from memory at least once.
    start : callable
        () -> a fresh state, weights at their start; not timed.
    train : callable
        (state, n_samples) -> None, over the first n_samples rows in their order.
    weights : callable
        state -> list of arrays: what has been computed.
    oracle : callable
        n_samples -> the same arrays by the reference in float64; None where there is nothing to compare with.
    """

    case: str
    key: str
    name: str
    n_samples: int
    n_bytes: int
    start: Callable[[], Any]
    train: Callable[[Any, int], None]
    weights: Callable[[Any], Sequence[np.ndarray]]
    oracle: Callable[[int], Sequence[np.ndarray]] | None
    seconds: list[float] = field(default_factory=list)

    def error(self, n_samples: int) -> float:
        """Return max|w - oracle| / max|oracle| after ``n_samples`` rows, the worst of the arrays; NaN without oracle."""
        if self.oracle is None:
            return float("nan")
        n_samples = min(n_samples, self.n_samples)
        state = self.start()
        self.train(state, n_samples)
        pairs = zip(self.weights(state), self.oracle(n_samples), strict=True)
        return max(float(np.abs(got - want).max() / np.abs(want).max()) for got, want in pairs)

    def take_turn(self, clock: Callable[[], float] = perf_counter) -> None:
        """Time one pass."""
        state = self.start()
        before = clock()
        self.train(state, self.n_samples)
        self.seconds.append(clock() - before)

    @property
    def best(self) -> float:
        """Samples a second in the best turn."""
        return self.n_samples / min(self.seconds)

    @property
    def median(self) -> float:
        """Samples a second in the median turn."""
        return self.n_samples / float(np.median(self.seconds))


def take_turns(candidates: Sequence[Candidate], rounds: int, clock: Callable[[], float] = perf_counter) -> None:
    """Time every candidate ``rounds`` times, in turn, after one turn that does not count."""
    for counted in [False] + [True] * rounds:
        for candidate in candidates:
            candidate.take_turn(clock)
            if not counted:
                candidate.seconds.clear()


def pin() -> int | None:
    """Keep this process on one core; returns which, None where the system has no such call."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, versions."""
    described = {}
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            described = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return {
        "cpu": described.get("model name") or platform.processor() or platform.machine(),
        "family_model": f"{described.get('cpu family', '?')}/{described.get('model', '?')}",
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
