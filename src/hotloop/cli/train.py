"""``hotloop train``: a CSV file to a model file."""

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from hotloop.backend import backend_info
from hotloop.cli.messages import counted, note, warning
from hotloop.cli.table_options import columns_of_their_own, table_options, task_of
from hotloop.cli.target import (
    TargetOptions,
    encode_target,
    read_target,
    read_weights,
    refuse_weightless_class,
    show,
    target_column,
    target_numbers,
)
from hotloop.cli.training_options import check_family, given_options
from hotloop.data.batch import Batch
from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import read_table
from hotloop.data.readers.plain_numbers import is_whole
from hotloop.data.table import Table
from hotloop.data.validation import Array
from hotloop.fit import Fit, fit_arrays
from hotloop.logistic.options import LogisticOptions
from hotloop.persistence.checkpoint import save_checkpoint
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.training.progress_bar import ProgressBar
from hotloop.version import __version__

ALMOST = 0.995

DTYPE = np.float64  # float32 would merge ids and times beyond 2^24


def run(arguments: Namespace) -> None:
    """Read, encode, train, save; print what was done."""

    def say(line: str) -> None:
        if not arguments.json:
            print(line)

    options, columns, own = _options(arguments), table_options(arguments), columns_of_their_own(arguments)
    _check_files(arguments)
    table = _read(arguments.data, arguments, arguments.delimiter)
    cells = TargetOptions(columns.missing, columns.decimal, columns.thousands)
    for remark in table.notes:
        note(remark)
    size = f"{counted(table.n_rows, 'row')}, {counted(len(table.columns), 'column')}"
    say(f"{table.name}: {size}, separator {table.delimiter!r}")
    classes, y, notation = read_target(table, arguments.target, task_of(arguments), cells)
    cells = replace(cells, notation=notation)
    for line in _describe_target(arguments.target, classes, y):
        say(line)
    network = f"--hidden {arguments.hidden} trains a network" if arguments.hidden else None
    check_family(given_options(arguments), network or (None if classes is not None else "a regression is a network"))
    weights, groups = read_weights(table, arguments.weight, replace(cells, notation=None)), _groups(arguments, table, cells)
    if classes is not None:
        refuse_weightless_class(table, arguments.target, classes, y, weights)
    features = table.drop(*own.values())
    if not features.columns:
        raise DataError(f"{table.name}: {arguments.target!r} is the only column; there is nothing to predict it from")
    encoding = TableEncoding.fit(features, columns)
    for line in encoding.describe():
        say(f"  {line}")
    for remark in encoding.notes:
        note(remark)
    rows = Batch(encoding.transform(features, DTYPE, sparse=encoding.is_sparse), y, weights)
    names, facts, whole = list(table.columns), _facts(table, own), _whole_numbers(features, encoding)
    del table, features  # the rows are all that training needs
    validation = _validation(arguments, facts["delimiter"], encoding, classes, cells)
    with ProgressBar("training", note=note) as progress:
        how: dict[str, Any] = {
            "validation": validation,
            "groups": groups,
            "names": encoding.feature_names,
            "progress": progress,
        }
        fit = fit_arrays(rows, classes, options, arguments.hidden, **how)
    for text in fit.warnings:
        warning(text)
    if whole and validation is None and options.class_weight is None and _learnt_nothing(fit, rows):
        shown = ", ".join(whole[:5]) + (", ..." if len(whole) > 5 else "")
        note(f"no better than the shares of the classes; name columns whose whole numbers are ids by --text: {shown}")
    outcome = _outcome(fit, rows.X.shape[1])
    model = fit.predictor
    model.encoding, model.feature_names = encoding, encoding.feature_names
    model.metadata = {"hotloop": __version__, **facts, "columns": names, "notation": asdict(notation), "training": outcome}
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
    if validation is not None:
        say(f"loss of the {counted(len(validation), 'row')} of {arguments.validation}: {outcome['validation_loss']:.4f}")
    if "held_out_loss" in outcome:
        say(f"loss of rows held out {outcome['held_out_loss']:.4f}, of the candidate chosen among {outcome['candidates']}")
    say(f"training loss with penalty {outcome['loss']:.4f}; eta0 {fit.config.eta0:.3g}, alpha {fit.config.alpha:.3g}")
    say(f"wrote {arguments.model} ({Path(arguments.model).stat().st_size:,} bytes)")


def _read(paths: Sequence[str], arguments: Namespace, delimiter: str | None) -> Table:
    """Read files of rows; columns that are no numbers are left as they are written."""
    labels = [] if task_of(arguments) == "regression" else [arguments.target]
    text = [*labels, *arguments.text, *arguments.date, *(name for name in (arguments.id, arguments.groups) if name is not None)]
    as_written = arguments.decimal is not None or arguments.thousands is not None
    how: dict[str, Any] = {"header": not arguments.no_header, "delimiter": delimiter, "encoding": arguments.encoding}
    return read_table(paths, text=text, numbers=not as_written, **how)


def _facts(table: Table, own: dict[str, str]) -> dict[str, Any]:
    """Return what the model file keeps of the table."""
    return {
        "data": Path(table.name).name,
        "rows": table.n_rows,
        **own,
        "header": table.header,
        "delimiter": table.delimiter,
    }


def _groups(arguments: Namespace, table: Table, cells: TargetOptions) -> Array | None:
    """Return a number for the group of each row; None without groups."""
    if arguments.groups is None:
        return None
    codes: Array | None = target_column(table, arguments.groups, cells, "groups").as_text().codes
    return codes


def _check_files(arguments: Namespace) -> None:
    """Refuse files that cannot be what they are named as, before one is read."""
    if not Path(arguments.model).resolve().parent.is_dir():
        raise ValueError(f"there is no folder {Path(arguments.model).parent} to write the model to")
    if Path(arguments.model).is_dir():
        raise ValueError(f"{arguments.model} is a folder, not a model file to write")
    read = [*arguments.data, *([] if arguments.validation is None else [arguments.validation])]
    for path in read:
        refuse_same_file(path, arguments.model)
    if read.count("-") > 1:
        raise ValueError("the standard input can be read once only: name a file in place of one of the -")


def refuse_same_file(read: str, written: str) -> None:
    """Refuse to write over the file that is read."""
    if read != "-" and Path(read).exists() and Path(written).exists() and Path(read).samefile(written):
        raise ValueError(f"{written} is the file to be read; name another one to write")


def _describe_target(name: str, classes: Any, y: Any) -> list[str]:
    """Return lines that say what the target holds and what is therefore trained.

    Parameters
    ----------
    name : str
        Name of the target.
    classes : ndarray of shape (n_classes,), or None for regression
    y : ndarray of shape (n_samples,), float64
        Class indices, or values.
    """
    if classes is None:
        return [f"target {name}: a number, mean {y.mean():.6g}, from {y.min():.6g} to {y.max():.6g}: regression"]
    counts = np.bincount(y.astype(np.intp), minlength=len(classes))
    shown = [f"{show(label)} {count:,}" for label, count in zip(classes[:10], counts, strict=False)]
    return [f"target {name}: {len(classes)} classes ({', '.join(shown)}{', ...' if len(classes) > 10 else ''}): classification"]


def _options(arguments: Namespace) -> LogisticOptions:
    """Return the options of the training; ValueError where they do not go together."""
    given = given_options(arguments)
    if arguments.epochs is not None:
        given = {"tol": None, **given, "max_iter": arguments.epochs}
    for name in ("alpha", "eta0"):
        if getattr(arguments, name) is not None:
            given[name] = getattr(arguments, name)
    return LogisticOptions(seed=arguments.seed, **given)


def _validation(
    arguments: Namespace, delimiter: str, encoding: TableEncoding, classes: Array | None, cells: TargetOptions
) -> Batch | None:
    """Return the rows of the validation file, read and encoded as those of training; None without such a file.

    Parameters
    ----------
    arguments : Namespace
    delimiter : str
        That of the rows of training.
    encoding : TableEncoding
    classes : ndarray of shape (n_classes,), or None for regression
    cells : TargetOptions
    """
    if arguments.validation is None:
        return None
    held = _read([arguments.validation], arguments, delimiter)
    if classes is not None:
        y = encode_target(held, arguments.target, classes, cells)
    else:
        y = target_numbers(held, arguments.target, cells)
    X = encoding.transform(held, DTYPE, sparse=encoding.is_sparse)
    for remark in (*held.notes, *encoding.notes):
        note(remark)
    return Batch(X, y, np.ones(len(X)))


def _outcome(fit: Fit, n_columns: int) -> dict[str, Any]:
    curve = fit.history.validation_curve
    return {
        "columns": n_columns,
        "epochs": fit.history.n_iter,
        "loss": fit.history.loss_curve[-1],
        **({"validation_loss": min(curve)} if curve else {}),
        **({} if curve else _searched(fit)),  # with validation rows the search had no others
        "seconds": round(fit.seconds, 3),
        "eta0": fit.config.eta0,
        "alpha": fit.config.alpha,
        "backend": str(backend_info()),
    }


def _searched(fit: Fit) -> dict[str, Any]:
    """Return what the search found, nothing where there was none."""
    if fit.search is None or fit.search.best is None:
        return {}
    return {"held_out_loss": fit.search.best.loss, "candidates": len({(one.alpha, one.eta0) for one in fit.search.table})}


def _whole_numbers(table: Table, encoding: TableEncoding) -> list[str]:
    """Return the columns that are numbers, all of them whole, and more than two of the first 1,000."""
    names = [encoder.name for encoder in encoding.encoders if encoder.kind == "number"]
    columns = {name: table.columns[name] for name in names if table.columns[name].kind == "number"}
    whole = {name: column.numbers for name, column in columns.items() if is_whole(column.numbers)}
    return [name for name, numbers in whole.items() if len(np.unique(numbers[~np.isnan(numbers)][:1000])) > 2]


def _learnt_nothing(fit: Fit, rows: Batch) -> bool:
    """Tell whether the rows held out by the search are predicted hardly better than by the shares of the classes."""
    if fit.search is None or fit.search.best is None:
        return False
    totals = np.bincount(rows.y.astype(np.intp), rows.sample_weight)
    shares = totals[totals > 0] / totals.sum()
    return fit.search.best.loss > ALMOST * float(-(shares * np.log(shares)).sum())
