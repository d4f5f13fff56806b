"""``hotloop predict`` and ``hotloop evaluate``: a model file on a CSV file."""

import csv
import io
import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hotloop.cli.messages import counted, note
from hotloop.cli.target import encode_target, target_numbers
from hotloop.cli.train import refuse_same_file
from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import read_table
from hotloop.data.table import Table
from hotloop.metrics import area_under_roc, mean_squared_error
from hotloop.persistence.atomic_write import write_whole
from hotloop.persistence.model_file import load
from hotloop.predictor import Predictor


def run(arguments: Namespace) -> None:
    """Read the model and the rows as the model's own file was read, encode them alike, and predict or compare."""
    if arguments.command == "predict" and arguments.out is not None:
        refuse_same_file(arguments.data, arguments.out)
        refuse_same_file(arguments.model, arguments.out)
    model = load(arguments.model)
    if model.encoding is None or "target" not in model.metadata:
        raise DataError(f"{arguments.model} was saved from Python: it knows no columns of a table; use hotloop.load in Python")
    header = not arguments.no_header and bool(model.metadata.get("header", True))
    delimiter = arguments.delimiter or model.metadata.get("delimiter")
    table = read_table(arguments.data, header=header, delimiter=delimiter)
    table = _name_as_in_training(table, model, target_needed=arguments.command == "evaluate")
    for remark in table.notes:
        note(remark)
    X = model.encoding.transform(table, model.dtype, sparse=model.encoding.is_sparse)
    for remark in model.encoding.notes:
        note(remark)
    if arguments.command == "predict":
        _predict(model, X, arguments.out)
    else:
        _evaluate(model, X, table, arguments.json)


def _name_as_in_training(table: Table, model: Predictor, *, target_needed: bool) -> Table:
    """Without a header, a file that lacks just the target column has the names of the others."""
    names = [name for name in model.metadata.get("columns", []) if name != model.metadata.get("target")]
    if table.header or target_needed or len(table.columns) != len(names):
        return table
    return replace(table, columns=dict(zip(names, table.columns.values(), strict=True)))


def _predict(model: Predictor, X: Any, out: str | None) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if model.classes is None:
        writer.writerow(["prediction"])
        writer.writerows([f"{value:.9g}"] for value in model.predict(X))
    else:
        labels = model.classes.tolist()
        probabilities = model.predict_proba(X)
        writer.writerow(["prediction", *(f"p({label})" for label in labels)])
        for best, row in zip(probabilities.argmax(axis=1), probabilities, strict=True):
            writer.writerow([labels[best], *(f"{p:.6g}" for p in row)])
    if out is None:
        sys.stdout.write(text.getvalue())
    else:
        write_whole(Path(out), text.getvalue().encode())


def _evaluate(model: Predictor, X: Any, table: Table, as_json: bool) -> None:
    """Print what the predictions of a model are worth on rows whose target is known.

    Parameters
    ----------
    model : Predictor
    X : ndarray of shape (n_samples, n_features), or CSRRows
        The columns of ``table``, encoded.
    table : Table
        Has the column of the target.
    as_json : bool
        Print one line of JSON instead of a table.
    """
    target = str(model.metadata["target"])
    figures: dict[str, float] = {"rows": table.n_rows}
    if model.classes is None:
        y = target_numbers(table, target)
        errors = model.predict(X) - y
        figures["root mean squared error"] = mean_squared_error(model.predict(X), y) ** 0.5
        figures["mean absolute error"] = float(np.abs(errors).mean())
        if y.var() > 0:
            figures["R2"] = 1 - float(np.mean(errors**2) / y.var())
    else:
        codes = encode_target(table, target, model.classes)
        figures["log loss"] = model.log_loss(X, codes)
        figures["accuracy"] = float(np.mean(model.predict(X) == model.classes[codes.astype(np.intp)]))
        if len(model.classes) == 2 and len(np.unique(codes)) == 2:  # rows of one class alone have no AUC
            figures["AUC"] = area_under_roc(model.decision_function(X), codes == 1)
        if counts := model.metadata.get("class_counts"):
            shares = np.asarray(counts) / np.sum(counts)
            figures["log loss of class frequencies"] = float(-np.log(shares)[codes.astype(np.intp)].mean())
    if as_json:
        print(json.dumps({"data": table.name, **figures}))
        return
    print(f"{table.name}: {counted(table.n_rows, 'row')}")
    for name, value in figures.items():
        if name != "rows":
            print(f"{name:<32}{value:.6g}" if model.classes is None else f"{name:<32}{value:.4f}")
