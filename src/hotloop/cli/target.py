"""The target column of a table: classes and their indices, or numbers."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.columns import Column, arrow, as_column
from hotloop.data.errors import DataError
from hotloop.data.table import Table
from hotloop.data.validation import Array
from hotloop.preprocessing.notations import Notation, are_codes, find_notation

MOST_CLASSES_OF_NUMBERS = 20


def read_target(table: Table, name: str, task: str) -> tuple[Array | None, NDArray[np.float64]]:
    """Return the classes and the class index of each row; for a regression None and the numbers.

    A class is kept as it is written: "007" is not "7". Classes are whole numbers where each is written as Python writes it.

    Raises
    ------
    DataError
        There is no such column, a cell is empty, text for a regression, or only one class.
    """
    column = target_column(table, name)
    numbers = _numbers(column)
    if numbers is not None:
        _refuse_missing(table, name, column, np.isnan(numbers))
    if task == "regression" or (task == "auto" and numbers is not None and not _look_like_classes(numbers)):
        return None, target_numbers(table, name)
    classes = _classes(column)
    if len(classes) < 2:
        raise DataError(f"{table.name}: the target {name!r} is {show(classes[0])} in every row; there is nothing to tell apart")
    return classes, encode_target(table, name, classes)


def encode_target(table: Table, name: str, classes: Array) -> NDArray[np.float64]:
    """Return the class index of each row; DataError names the first label that is no class, and its row."""
    column = target_column(table, name).as_text()
    place = {str(label): index for index, label in enumerate(classes.tolist())}
    of_words = np.array([place.get(word, -1) for word in column.words.to_pylist()], np.intp)
    indices = of_words[column.codes]
    unseen = np.flatnonzero(indices < 0)
    if len(unseen):
        row = int(unseen[0])
        known = ", ".join(map(show, classes[:10])) + (", ..." if len(classes) > 10 else "")
        raise DataError(
            f"{table.where(row)}: the label {column.cell(row)!r} of column {name!r} was not seen in training "
            f"(labels: {known}); {len(unseen):,} of {table.n_rows:,} rows have such a label"
        )
    return np.asarray(indices, np.float64)


def target_numbers(table: Table, name: str, what: str = "target") -> NDArray[np.float64]:
    """Return the cells of a column as numbers.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    what : str
        Use of the column, for messages.

    Raises
    ------
    DataError
        There is no such column; a cell is missing, no number, or infinite (names the line).
    """
    column = target_column(table, name, what)
    numbers = _numbers(column)
    if numbers is None:
        bad = Notation().parse(column.words)[1]
        row = int(np.append(bad, False)[column.codes].argmax())
        expected = "but a regression needs numbers" if what == "target" else "expected a number"
        raise DataError(f"{table.where(row)}: the {what} {name!r} is {column.cell(row)!r}, {expected}")
    _refuse_missing(table, name, column, np.isnan(numbers), what)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise DataError(f"{table.where(int(infinite[0]))}: the {what} {name!r} is infinite")
    return numbers


def target_column(table: Table, name: str, what: str = "target") -> Column:
    """Return a column without missing cells; DataError names the first one, or the columns that there are."""
    if name not in table.columns:
        raise DataError(f"{table.name}: no {what} column {name!r}; there are {', '.join(map(repr, table.columns))}")
    column = as_column(table.columns[name], name)
    _refuse_missing(table, name, column, column.missing, what)
    return column


def _refuse_missing(table: Table, name: str, column: Column, missing: Array, what: str = "target") -> None:
    """Raise DataError naming the first missing cell.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column, for the message.
    column : Column
    missing : ndarray of shape (n_rows,), bool
    what : str
        Use of the column, for the message.
    """
    rows = np.flatnonzero(missing)
    if len(rows):
        more = f" (and {len(rows) - 1:,} more)" if len(rows) > 1 else ""
        cell = column.cell(int(rows[0]))
        found = "empty" if cell is None else f"{cell!r}, a word for a missing number"
        raise DataError(f"{table.where(int(rows[0]))}: the cell of the {what} {name!r} is {found}{more}")


def _numbers(column: Column) -> "NDArray[np.float64] | None":
    """Return a column as numbers, NaN where a word stands for a missing one; None where some words are none."""
    if column.codes is None:
        return np.asarray(column.numbers)
    if column.kind == "category" or are_codes(column.words):
        return None
    notations = find_notation(column.words)
    return np.asarray(notations[0].parse(column.words)[0][column.codes]) if len(notations) == 1 else None


def _classes(column: Column) -> Array:
    """Return the distinct labels in order: int64 where each is written as a whole number of Python, else text."""
    text = column.as_text()
    labels = text.words.filter(arrow()[0].array(text.counts() > 0)).to_pylist()
    whole = all(re.fullmatch(r"0|-?[1-9]\d{0,18}", label) and abs(int(label)) < 2**63 for label in labels)
    return np.unique(np.array(labels, np.int64 if whole else str))


def _look_like_classes(numbers: NDArray[np.float64]) -> bool:
    whole = bool((numbers == np.rint(numbers)).all())
    return whole and len(np.unique(numbers)) <= MOST_CLASSES_OF_NUMBERS


def read_weights(table: Table, name: str | None) -> NDArray[np.float64]:
    """Return the weight of each row by a column of the table; 1 where ``name`` is None.

    Raises
    ------
    DataError
        There is no such column, a cell is no number, negative or empty, or all weights are 0.
    """
    if name is None:
        return np.ones(table.n_rows)
    weights = target_numbers(table, name, what="weight")
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
