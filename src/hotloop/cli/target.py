"""The target column of a table: classes and their indices, or numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.errors import DataError
from hotloop.data.table import Table
from hotloop.data.validation import Array
from hotloop.preprocessing.arrow_columns import as_column, null_mask

MOST_CLASSES_OF_NUMBERS = 20


def read_target(table: Table, name: str, task: str) -> tuple[Array | None, NDArray[np.float64]]:
    """Return the classes and the class index of each row; for a regression None and the numbers.

    Raises
    ------
    DataError
        There is no such column, a cell is empty, text for a regression, or only one class.
    """
    labels = target_cells(table, name)
    if task == "regression" or (task == "auto" and not _looks_like_classes(labels)):
        if labels.dtype.kind != "f":
            row, cell = as_column(table.columns[name], name).first_word()
            raise DataError(f"{table.where(row)}: the target {name!r} is {cell!r}, but a regression needs numbers")
        return None, labels
    classes = np.unique(_plain(labels))
    if len(classes) < 2:
        raise DataError(f"{table.name}: the target {name!r} is {show(classes[0])} in every row; there is nothing to tell apart")
    return classes, encode_target(table, name, classes)


def encode_target(table: Table, name: str, classes: Array) -> NDArray[np.float64]:
    """Return the class index of each row; DataError names the first label that is no class, and its row."""
    labels = target_cells(table, name, text=classes.dtype.kind == "U")
    if labels.dtype.kind == "U" and classes.dtype.kind != "U":
        row, cell = as_column(table.columns[name], name).first_word()
        raise DataError(f"{table.where(row)}: the label {cell!r} of column {name!r} is no number, as those in training were")
    position = np.searchsorted(classes, labels)
    position[position == len(classes)] = 0
    unseen = np.flatnonzero(classes[position] != labels)
    if len(unseen):
        row = int(unseen[0])
        known = ", ".join(map(show, classes[:10])) + (", ..." if len(classes) > 10 else "")
        raise DataError(
            f"{table.where(row)}: the label {show(labels[row])} of column {name!r} was not seen in training (labels: {known}); "
            f"{len(unseen):,} of {table.n_rows:,} rows have such a label"
        )
    return position.astype(np.float64)


def target_cells(table: Table, name: str, *, text: bool = False, what: str = "target") -> Array:
    """Return the cells of a column as float64, or as text where a cell is no number.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    text : bool
        Return text even where every cell is a number.
    what : str
        Use of the column, for messages.

    Raises
    ------
    DataError
        There is no such column; a cell is missing or infinite (names the line).
    """
    if name not in table.columns:
        raise DataError(f"{table.name}: no {what} column {name!r}; there are {', '.join(map(repr, table.columns))}")
    column = as_column(table.columns[name], name)
    numbers = None if text else column.numbers()
    missing = np.flatnonzero(null_mask(column.values) if numbers is None else np.isnan(numbers))
    if len(missing):
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise DataError(f"{table.where(int(missing[0]))}: the cell of the {what} {name!r} is empty{more}")
    if numbers is None:
        return np.array(column.text().to_pylist(), dtype=str)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise DataError(f"{table.where(int(infinite[0]))}: the {what} {name!r} is infinite")
    return numbers


def read_weights(table: Table, name: str | None) -> NDArray[np.float64]:
    """Return the weight of each row by a column of the table; 1 where ``name`` is None.

    Raises
    ------
    DataError
        There is no such column, a cell is no number, negative or empty, or all weights are 0.
    """
    if name is None:
        return np.ones(table.n_rows)
    weights = target_cells(table, name, what="weight")
    if weights.dtype.kind != "f":
        row, cell = as_column(table.columns[name], name).first_word()
        raise DataError(f"{table.where(row)}: the weight {name!r} is {cell!r}, expected a number")
    if len(weights) and weights.min() < 0:
        row = int(weights.argmin())
        raise DataError(f"{table.where(row)}: the weight {name!r} is {weights[row]:g}, expected a number that is not negative")
    if not weights.any():
        raise DataError(f"{table.name}: every weight of column {name!r} is 0; there is nothing to learn from")
    return weights


def refuse_weightless_class(table: Table, target: str, classes: Array, y: Array, weights: Array) -> None:
    """Raise DataError for a class of which all rows weigh 0: a model could not tell it apart.

    Parameters
    ----------
    table : Table
    target : str
        Column of the classes, for the message.
    classes : ndarray
    y, weights : ndarray of shape (n_rows,)
        Class index and weight of each row.
    """
    total = np.bincount(y.astype(np.intp), weights, len(classes))
    if not total.all():
        label = show(classes[total.argmin()])
        raise DataError(f"{table.name}: every row whose target {target!r} is {label} has weight 0; leave these rows out")


def show(label: Any) -> str:
    """Return a label as messages show it: text in quotes, numbers plain."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def _plain(labels: Array) -> Array:
    """Whole numbers as int64, so that a class is 1 and not 1.0."""
    whole = labels.dtype.kind == "f" and bool((labels == np.rint(labels)).all() and (np.abs(labels) < 2**53).all())
    return labels.astype(np.int64) if whole else labels


def _looks_like_classes(labels: Array) -> bool:
    if labels.dtype.kind != "f":
        return True
    return _plain(labels).dtype.kind == "i" and len(np.unique(labels)) <= MOST_CLASSES_OF_NUMBERS
