"""``hotloop train``: a CSV file to a model file."""

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hotloop import __version__
from hotloop.backend import backend_info
from hotloop.cli.messages import counted, note, warning
from hotloop.cli.target import read_target, show
from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import read_table
from hotloop.data.table import Table
from hotloop.fit import Fit, fit_arrays
from hotloop.persistence.checkpoint import save_checkpoint
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.training.options import FitOptions


def run(arguments: Namespace) -> None:
    """Read, encode, train, save; print what was done."""

    def say(line: str) -> None:
        if not arguments.json:
            print(line)

    if not Path(arguments.model).resolve().parent.is_dir():
        raise ValueError(f"there is no folder {Path(arguments.model).parent} to write the model to")
    if Path(arguments.model).is_dir():
        raise ValueError(f"{arguments.model} is a folder, not a model file to write")
    refuse_same_file(arguments.data, arguments.model)
    table = read_table(arguments.data, header=not arguments.no_header, delimiter=arguments.delimiter)
    for remark in table.notes:
        note(remark)
    size = f"{counted(table.n_rows, 'row')}, {counted(len(table.columns), 'column')}"
    say(f"{table.name}: {size}, separator {table.delimiter!r}")
    classes, y = read_target(table, arguments.target, arguments.task)
    for line in _describe_target(table, arguments.target, classes, y):
        say(line)
    features = table.drop(arguments.target)
    if not features.columns:
        raise DataError(f"{table.name}: {arguments.target!r} is the only column; there is nothing to predict it from")
    encoding = TableEncoding.fit(features)
    for line in encoding.describe():
        say(f"  {line}")
    for remark in encoding.notes:
        note(remark)
    X = encoding.transform(features, np.float64)  # float32 would merge ids and times beyond 2^24
    options = FitOptions(
        alpha="auto" if arguments.alpha is None else arguments.alpha,
        eta0="auto" if arguments.eta0 is None else arguments.eta0,
        seed=arguments.seed,
    )
    if arguments.epochs is not None:
        options = replace(options, max_iter=arguments.epochs, tol=None)
    fit = fit_arrays(X, y, classes, options, arguments.hidden, "training", encoding.feature_names)
    for convergence_message in fit.complaints:
        warning(convergence_message)
    outcome = _outcome(fit, X.shape[1])
    model = fit.predictor
    model.encoding, model.feature_names = encoding, encoding.feature_names
    model.metadata = {
        "hotloop": __version__,
        "data": Path(table.name).name,
        "rows": table.n_rows,
        "target": arguments.target,
        "columns": list(table.columns),
        "header": table.header,
        "delimiter": table.delimiter,
        "training": outcome,
    }
    if classes is not None:
        model.metadata["class_counts"] = np.bincount(y.astype(np.intp), minlength=len(classes)).tolist()
    save_checkpoint(model, fit.learner, arguments.model)
    if arguments.json:
        print(json.dumps({"model": arguments.model, **model.metadata}))
        return
    say(
        f"{model.estimator_name} on {counted(outcome['columns'], 'column')}: {counted(outcome['epochs'], 'epoch')} in "
        f"{fit.seconds:.2f} s, {fit.rows_per_second / 1e6:.2f} M rows/s ({backend_info()})"
    )
    say(f"training loss with penalty {outcome['loss']:.4f}; eta0 {fit.config.eta0:.3g}, alpha {fit.config.alpha:.3g}")
    say(f"wrote {arguments.model} ({Path(arguments.model).stat().st_size:,} bytes)")


def refuse_same_file(read: str, written: str) -> None:
    """Refuse to write over the file that is read."""
    if read != "-" and Path(read).exists() and Path(written).exists() and Path(read).samefile(written):
        raise ValueError(f"{written} is the file to be read; name another one to write")


def _describe_target(table: Table, name: str, classes: Any, y: Any) -> list[str]:
    if classes is None:
        return [f"target {name}: a number, mean {y.mean():.6g}, from {y.min():.6g} to {y.max():.6g}: regression"]
    counts = np.bincount(y.astype(np.intp), minlength=len(classes))
    shown = [f"{show(label)} {count:,}" for label, count in zip(classes[:10], counts, strict=False)]
    return [f"target {name}: {len(classes)} classes ({', '.join(shown)}{', ...' if len(classes) > 10 else ''}): classification"]


def _outcome(fit: Fit, n_columns: int) -> dict[str, Any]:
    return {
        "columns": n_columns,
        "epochs": fit.history.n_iter,
        "loss": fit.history.loss_curve[-1],
        "seconds": round(fit.seconds, 3),
        "eta0": fit.config.eta0,
        "alpha": fit.config.alpha,
        "backend": str(backend_info()),
    }
