"""A progress bar of epochs on the standard error (rich, of the ``cli`` extra)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hotloop.cli.messages import note
from hotloop.training.history import SearchProgress, TrainingHistory


@contextmanager
def epoch_bar(
    title: str, epochs: int | None
) -> Iterator[tuple[Callable[[TrainingHistory], None], Callable[[SearchProgress], None]]]:
    """Show epochs and loss while the block runs, in a terminal only; ``epochs`` None: their number is not known.

    Yields what to call after an epoch, and after a judgement of the search.
    """
    if not sys.stderr.isatty():
        yield (lambda history: None), (lambda progress: None)
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar
    except ImportError:
        note("no progress bar without rich: pip install 'hotloop[cli]'")
        yield (lambda history: None), (lambda progress: None)
        return
    columns = (
        "{task.description}",
        BarColumn(),
        "epoch {task.completed}",
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=epochs, loss="")

        def on_epoch(history: TrainingHistory) -> None:
            what, curve = (
                ("validation loss", history.validation_curve) if history.validation_curve else ("loss", history.loss_curve)
            )
            progress.update(task, completed=history.n_iter, loss=f"{what} {curve[-1]:.4f}")

        def on_search(found: SearchProgress) -> None:
            progress.update(task, loss=str(found))

        yield on_epoch, on_search
        progress.update(task, total=progress.tasks[0].completed or 1)
