"""``hotloop predict`` and ``hotloop evaluate``: a model file on a CSV file."""

import csv
import json
import sys
from argparse import Namespace
from codecs import getwriter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from hotloop.cli.messages import Notes, counted
from hotloop.cli.target import TargetOptions, encode_target, target_numbers
from hotloop.cli.train import refuse_same_file
from hotloop.data.columns import as_column
from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import DelimitedReader, read_table
from hotloop.data.table import Table
from hotloop.metrics import area_under_roc, mean_log_loss, mean_squared_error
from hotloop.persistence.atomic_write import whole_file
from hotloop.persistence.model_file import load
from hotloop.predictor import Predictor
from hotloop.preprocessing.notations import Notation


def run(arguments: Namespace) -> None:
    """Read the model and the rows as the model's own file was read, encode them alike, and predict or compare."""
    if arguments.command == "predict" and arguments.out is not None:
        for path in (*arguments.data, arguments.model):
            refuse_same_file(path, arguments.out)
    model = load(arguments.model)
    if model.encoding is None:
        saved = f"{arguments.model} was saved from Python without an encoder: it knows no columns of a table"
        raise DataError(f"{saved}; use hotloop.load in Python")
    if arguments.command == "evaluate" and "target" not in model.metadata:
        raise DataError(f"{arguments.model} was saved from Python: it has no name of a target; use hotloop predict")
    if arguments.command == "predict":
        _predict(model, arguments)
    else:
        _evaluate(model, arguments)


def _how_to_read(model: Predictor, arguments: Namespace, text: Sequence[str]) -> dict[str, Any]:
    """Return the options of a reader of files that are written as the model's own file was.

    Parameters
    ----------
    model : Predictor
    arguments : Namespace
    text : sequence of str
        Columns to leave as they are written, besides those of the model.
    """
    assert model.encoding is not None
    return {
        "header": not arguments.no_header and bool(model.metadata.get("header", True)),
        "delimiter": arguments.delimiter or model.metadata.get("delimiter"),
        "encoding": arguments.encoding,
        "text": [*text, *model.encoding.text_columns],
    }


def _encode(model: Predictor, table: Table, notes: Notes) -> Any:
    """Return a table as the rows of the model; without a header, one that lacks just the target column has the other names."""
    assert model.encoding is not None
    names = [name for name in model.metadata.get("columns", []) if name != model.metadata.get("target")]
    if not table.header and len(table.columns) == len(names):
        notes.tell(f"{table.name}: {counted(len(names), 'column')}, taken as those of training without the target")
        table = replace(table, columns=dict(zip(names, table.columns.values(), strict=True)))
    if len(table.columns) == 1 < sum(encoder.width > 0 for encoder in model.encoding.encoders):
        raise DataError(f"{table.name}: one column, read with the separator {table.delimiter!r}; name another by --delimiter")
    X = model.encoding.transform(table, model.dtype, sparse=model.encoding.is_sparse)
    notes.tell(*model.encoding.notes)
    return X


def _predict(model: Predictor, arguments: Namespace) -> None:
    """Write a line for each row, a batch of rows at a time."""
    asked, usual = arguments.id, model.metadata.get("id")
    how = _how_to_read(model, arguments, [name for name in (asked, usual) if name is not None])
    readers = [DelimitedReader(path, **how) for path in arguments.data]
    name = asked if asked is not None else usual if all(usual in reader.names for reader in readers) else None
    for reader in readers:
        if name is not None and name not in reader.names:
            raise DataError(f"{reader.name}: no id column {name!r}; there are {', '.join(map(repr, reader.names))}")
    with ExitStack() as stack:
        out: Any = sys.stdout
        if arguments.out is not None:
            out = getwriter("utf-8")(stack.enter_context(whole_file(Path(arguments.out))))
        writer = csv.writer(out, lineterminator="\n")
        labels = [] if model.classes is None else model.classes.tolist()
        writer.writerow([*([] if name is None else [name]), "prediction", *(f"p({label})" for label in labels)])
        notes = Notes()
        for table in chain.from_iterable(reader.batches() for reader in readers):
            ids = [] if name is None else [as_column(table.columns[name], name).cells()]
            writer.writerows(zip(*ids, *_predictions(model, _encode(model, table, notes)), strict=True))
        notes.tell(*(remark for reader in readers for remark in reader.notes))  # which count all pieces


def _predictions(model: Predictor, X: Any) -> list[list[Any]]:
    """Return the columns of the predictions as they are written."""
    if model.classes is None:
        return [[f"{value:.9g}" for value in model.predict(X).tolist()]]
    labels, p = model.classes.tolist(), model.predict_proba(X)
    return [[labels[best] for best in p.argmax(axis=1)], *([f"{one:.6g}" for one in column] for column in p.T.tolist())]


def _evaluate(model: Predictor, arguments: Namespace) -> None:
    """Print what the predictions of a model are worth on rows whose target is known."""
    target = str(model.metadata["target"])
    assert model.encoding is not None
    table = read_table(arguments.data, **_how_to_read(model, arguments, [target]))
    notation = model.metadata.get("notation")
    cells = TargetOptions(model.encoding.options.missing, notation=Notation(**notation) if notation else None)
    notes = Notes()
    if "weight" in model.metadata:
        notes.tell(f"all rows count alike here; the weights {model.metadata['weight']!r} of training are not read")
    notes.tell(*table.notes)
    X = _encode(model, table, notes)
    figures: dict[str, float] = {"rows": table.n_rows}
    if model.classes is None:
        y = target_numbers(table, target, cells)
        errors = model.predict(X) - y
        figures["root mean squared error"] = mean_squared_error(model.predict(X), y) ** 0.5
        figures["mean absolute error"] = float(np.abs(errors).mean())
        if y.var() > 0:
            figures["R2"] = 1 - float(np.mean(errors**2) / y.var())
    else:
        codes = encode_target(table, target, model.classes, cells)
        figures["log loss"] = mean_log_loss(model.weights.scores(model.margins(X)), codes)
        figures["accuracy"] = float(np.mean(model.predict(X) == model.classes[codes.astype(np.intp)]))
        if len(model.classes) == 2 and len(np.unique(codes)) == 2:  # rows of one class alone have no AUC
            figures["AUC"] = area_under_roc(model.decision_function(X), codes == 1)
        if counts := model.metadata.get("class_counts"):
            shares = np.asarray(counts) / np.sum(counts)
            figures["log loss of class frequencies"] = float(-np.log(shares)[codes.astype(np.intp)].mean())
    if arguments.json:
        print(json.dumps({"data": table.name, **figures}))
        return
    print(f"{table.name}: {counted(table.n_rows, 'row')}")
    for name, value in figures.items():
        if name != "rows":
            print(f"{name:<32}{value:.6g}" if model.classes is None else f"{name:<32}{value:.4f}")
