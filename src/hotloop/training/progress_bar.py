"""The progress of a fit, for estimators and command: a bar in a terminal where rich is installed, else lines or nothing.

The time left is shown only where it is known: an epoch of the last training takes as long as the epochs before it, and a search
takes at most what its candidates would if none of them were dropped.
"""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, Self

from hotloop.training.history import SearchProgress, TrainingHistory

Say = Callable[[str], Any]


class ProgressBar:
    """The progress of one fit. Call :meth:`stop` in the end, or use it in a with statement.

    Parameters
    ----------
    name : str
        Stands before the bar and each line.
    say : callable of str, or None
        Prints a line where there is no bar; None: nothing is printed then.
    note : callable of str, or None
        Is told that rich is missing, where a terminal could show a bar.
    """

    def __init__(self, name: str, say: Say | None = None, note: Say | None = None) -> None:
        self._name, self._say, self._began = name, say, perf_counter()
        self._bar: Any = None
        self._task: Any = None
        if not sys.stderr.isatty():
            return
        try:
            self._bar = _new_bar()
        except ImportError:
            if note is not None:
                note("no progress bar without rich: pip install 'hotloop[cli]'")
            return
        self._task = self._bar.add_task(name, total=None, text="")
        self._bar.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def searching(self, progress: SearchProgress) -> None:
        """Show how far a search has come."""
        self._show(str(progress), None, None)

    def training(self) -> None:
        """Start the clock of the epochs."""
        self._began = perf_counter()

    def epoch(self, history: TrainingHistory, epochs: int | None) -> None:
        """Show an epoch; ``epochs`` is their number in all, None where the loss decides."""
        line = f"epoch {history.n_iter}, loss {history.loss_curve[-1]:.6f}"
        if history.validation_curve:
            line += f", validation loss {history.validation_curve[-1]:.6f}"
        if epochs is not None:
            left = (perf_counter() - self._began) / history.n_iter * (epochs - history.n_iter)
            line += f", {left:.1f} s to go"
        self._show(line, history.n_iter, epochs)

    def stop(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.stop()

    def _show(self, line: str, done: int | None, total: int | None) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, text=line)
        elif self._say is not None:
            self._say(f"{self._name}: {line}")


def _new_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress("{task.description}", BarColumn(), TextColumn("{task.fields[text]}"), console=Console(stderr=True))
