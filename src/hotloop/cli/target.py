"""The target column of a table: classes and their indices, or numbers."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.cli.messages import note
from hotloop.data.columns import NUMBER, Column, as_column
from hotloop.data.errors import DataError
from hotloop.data.table import Table
from hotloop.data.validation import Array
from hotloop.preprocessing.notations import PLAIN, TRUTH, Notation, find_notation

MOST_CLASSES_OF_NUMBERS = 20

FEW_ROWS_EACH = 0.2  # classes per row, from which on a note doubts that they are classes


@dataclass(frozen=True)
class TargetOptions:
    """How the cells of a target are read: words that stand for a missing cell, and the marks of its numbers.

    ``notation`` is that of the training rows, None before they are read.
    """

    missing: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    notation: Notation | None = None


NO_OPTIONS = TargetOptions()


def read_target(
    table: Table, name: str, task: str, options: TargetOptions
) -> tuple[Array | None, NDArray[np.float64], Notation]:
    """Return the classes and the class index of each row, for a regression None and the numbers; and how numbers are written.

    A class is kept as it is written: "007" is not "7". Classes are whole numbers where each is written as Python writes it.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    task : {"auto", "classification", "regression"}
    options : TargetOptions

    Raises
    ------
    DataError
        There is no such column, a cell is empty, text for a regression, or only one class.
    """
    column = target_column(table, name, options)
    notation = None if task == "classification" else _notation(table, name, column, options)
    numbers = None if notation is None else _parsed(column, notation)
    if numbers is not None:
        _refuse_missing(table, name, column, np.isnan(numbers))
    if task == "regression" or (task == "auto" and numbers is not None and not _look_like_classes(numbers)):
        options = replace(options, notation=notation or PLAIN)
        return None, target_numbers(table, name, options), notation or PLAIN
    classes = _classes(column)
    if len(classes) > FEW_ROWS_EACH * table.n_rows:
        shares = f"{len(classes):,} classes in {table.n_rows:,} rows"
        note(f"the target {name!r} has {shares}: is it a number (--task regression), or an id?")
    for remark in _doubts(name, classes, table.header):
        note(remark)
    if len(classes) < 2:
        raise DataError(f"{table.name}: the target {name!r} is {show(classes[0])} in every row; there is nothing to tell apart")
    return classes, encode_target(table, name, classes, options), PLAIN


def encode_target(table: Table, name: str, classes: Array, options: TargetOptions = NO_OPTIONS) -> NDArray[np.float64]:
    """Return the class index of each row; DataError names the first label that is no class, and its row.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    classes : ndarray of shape (n_classes,)
    options : TargetOptions
    """
    column = target_column(table, name, options).as_text()
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


def target_numbers(table: Table, name: str, options: TargetOptions = NO_OPTIONS, what: str = "target") -> NDArray[np.float64]:
    """Return the cells of a column as numbers.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    options : TargetOptions
    what : str
        Use of the column, for messages.

    Raises
    ------
    DataError
        There is no such column; a cell is missing, no number, or infinite (names the line).
    """
    column = target_column(table, name, options, what)
    notation = options.notation or _notation(table, name, column, options)
    numbers = None if notation is None else _parsed(column, notation)
    if numbers is None:
        row = column.first_row((notation or PLAIN).parse(column.words)[1]) or 0
        expected = "but a regression needs numbers" if what == "target" else "expected a number"
        raise DataError(f"{table.where(row)}: the {what} {name!r} is {column.cell(row)!r}, {expected}")
    _refuse_missing(table, name, column, np.isnan(numbers), what)
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise DataError(f"{table.where(int(infinite[0]))}: the {what} {name!r} is infinite")
    return numbers


def target_column(table: Table, name: str, options: TargetOptions = NO_OPTIONS, what: str = "target") -> Column:
    """Return a column without missing cells; DataError names the first one, or the columns that there are.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    options : TargetOptions
    what : str
        Use of the column, for messages.
    """
    if name not in table.columns:
        raise DataError(f"{table.name}: no {what} column {name!r}; there are {', '.join(map(repr, table.columns))}")
    column = as_column(table.columns[name], name)
    without = column.without(options.missing)
    _refuse_missing(table, name, column, without.missing, what)
    return without


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
        raise DataError(f"{table.where(int(rows[0]))}: the cell of the {what} {name!r} is {found}{more}; leave such rows out")


def _notation(table: Table, name: str, column: Column, options: TargetOptions) -> Notation | None:
    """Return how the numbers of a target are written; None where its cells are no numbers. DataError where they cannot tell.

    Parameters
    ----------
    table : Table
    name : str
        Name of the column.
    column : Column
        Its cells.
    options : TargetOptions
    """
    if column.codes is None:
        return PLAIN
    if column.kind == "category":
        return None
    found = find_notation(column.used_words(), options.decimal, options.thousands)
    if len(found) > 1:
        said = f"the cells of the target {name!r}, such as {column.cell(0)!r}, are numbers with {' or '.join(map(str, found))}"
        raise DataError(
            f"{table.name}: {said}; say which by --decimal or --thousands, or that they are classes by --task classification"
        )
    return found[0] if found and found[0] != TRUTH else None


def _parsed(column: Column, notation: Notation) -> "NDArray[np.float64] | None":
    """Return a column as numbers, NaN where a word stands for a missing one; None where some words are none."""
    if column.codes is None:
        return np.asarray(column.numbers)
    values, bad = notation.parse(column.words)
    return None if (bad & (column.counts() > 0)).any() else np.asarray(values[column.codes])


def _classes(column: Column) -> Array:
    """Return the distinct labels in order: int64 where each is written as a whole number of Python, else text."""
    text = column.as_text()
    labels = text.used_words().to_pylist()
    whole = all(re.fullmatch(r"0|-?[1-9]\d{0,18}", label) and abs(int(label)) < 2**63 for label in labels)
    return np.unique(np.array(labels, np.int64 if whole else str))


def _doubts(name: str, classes: Array, header: bool) -> list[str]:
    """Return notes on classes that may not be meant.

    Parameters
    ----------
    name : str
        Of the target.
    classes : ndarray of shape (n_classes,)
    header : bool
        Whether the name was read from the file.
    """
    doubts = []
    if header and name in classes.astype(str):
        doubts.append(f"the name {name!r} of the target is one of its classes: if the file has no header, say --no-header")
    numbers = [label for label in classes.tolist() if isinstance(label, str) and re.fullmatch(NUMBER, label)]
    values: dict[float, str] = {}
    for label in numbers:
        other = values.setdefault(float(label), label)
        if other != label:
            doubts.append(
                f"the classes {other!r} and {label!r} of the target {name!r} are the same number, written in two ways"
            )
            break
    return doubts


def _look_like_classes(numbers: NDArray[np.float64]) -> bool:
    whole = bool((numbers == np.rint(numbers)).all())
    return whole and len(np.unique(numbers)) <= MOST_CLASSES_OF_NUMBERS


def read_weights(table: Table, name: str | None, options: TargetOptions = NO_OPTIONS) -> NDArray[np.float64]:
    """Return the weight of each row by a column of the table; 1 where ``name`` is None.

    Raises
    ------
    DataError
        There is no such column, a cell is no number, negative or empty, or all weights are 0.
    """
    if name is None:
        return np.ones(table.n_rows)
    weights = target_numbers(table, name, options, "weight")
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
