"""How far a fit has come, for ``verbose=1``: a bar where rich is installed and the standard error is a terminal, else lines.

The time to go is told only where it is known: an epoch of the last training takes what the epochs before took, and a search
takes at most what its candidates would if none of them was given up.
"""

import sys
from time import perf_counter
from typing import Any

from hotloop.training.history import TrainingHistory


class ProgressBar:
    """What ``verbose=1`` shows of one fit; call :meth:`stop` in the end."""

    def __init__(self, name: str) -> None:
        self._name, self._began, self._bar, self._task = name, None, None, None
        if sys.stderr.isatty():
            try:
                self._bar = _bar()
            except ImportError:
                return
            self._task = self._bar.add_task(name, total=None, text="")
            self._bar.start()

    _began: float | None
    _bar: Any
    _task: Any

    def searching(self, progress: Any) -> None:
        """Tell how a search goes on."""
        self._say(str(progress), None, None)

    def training(self) -> None:
        """Start the clock of the epochs."""
        self._began = perf_counter()

    def epoch(self, history: TrainingHistory, epochs: int | None) -> None:
        """Tell how an epoch went; ``epochs`` are all that there will be, None where nobody knows."""
        line = f"epoch {history.n_iter}, loss {history.loss_curve[-1]:.6f}"
        if history.validation_curve:
            line += f", validation loss {history.validation_curve[-1]:.6f}"
        if epochs is not None and self._began is not None:
            left = (perf_counter() - self._began) / history.n_iter * (epochs - history.n_iter)
            line += f", {left:.1f} s to go"
        self._say(line, history.n_iter, epochs)

    def _say(self, line: str, done: int | None, total: int | None) -> None:
        if self._bar is None:
            print(f"{self._name}: {line}", flush=True)
        else:
            self._bar.update(self._task, completed=done, total=total, text=line)

    def stop(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.stop()


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress("{task.description}", BarColumn(), TextColumn("{task.fields[text]}"), console=Console(stderr=True))
