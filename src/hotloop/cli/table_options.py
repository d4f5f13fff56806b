"""The options of the command about files and their columns."""

import argparse
from argparse import Namespace
from dataclasses import fields
from typing import Any

from hotloop.preprocessing.column_rules import TableOptions

# Option of TableOptions: what the help says.
COLUMNS = {
    "drop": "column to leave out",
    "number": "column of numbers; a cell that is none is an error",
    "text": "column of text, whatever its cells look like",
    "date": "column of dates (2026-01-31, with or without a time)",
}
LIMITS = {
    "max_categories": "most categories of a column of text, the most frequent ones",
    "min_frequency": "cells that a value must have to be a category",
    "other_columns": "columns that the values which are no categories share, by a hash where there are several",
}


def add_format_options(command: argparse.ArgumentParser, delimiter: str) -> None:
    """Add what says how a file is written; ``delimiter`` says what it is otherwise."""
    command.add_argument("--no-header", action="store_true", help="the first line is a row; columns are c1, c2, ...")
    command.add_argument("--delimiter", metavar="C", help=f"separator of cells (default: {delimiter})")
    command.add_argument("--encoding", metavar="NAME", default="utf-8", help="of the text, such as latin-1 (default utf-8)")


def add_column_options(command: argparse.ArgumentParser) -> None:
    """Add what decides about columns; where an option is not given, the rules of docs/tables.md do."""
    group = command.add_argument_group("columns of the table (docs/tables.md has the rules that hold otherwise)")
    for name, text in COLUMNS.items():
        group.add_argument(f"--{name}", action="append", default=[], metavar="COL", help=f"{text}; may be repeated")
    group.add_argument(
        "--missing", action="append", default=[], metavar="WORD", help="word for a missing cell; may be repeated"
    )
    group.add_argument("--decimal", choices=(".", ","), help="decimal mark in columns of text")
    group.add_argument("--thousands", metavar="C", help="mark between thousands in columns of text")
    for name, text in LIMITS.items():
        default = getattr(TableOptions(), name)
        group.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=default, metavar="N", help=f"{text} (default {default:,})"
        )
    group.add_argument("--id", metavar="COL", help="column that names the rows: not learnt from, repeated in predictions")
    group.add_argument("--groups", metavar="COL", help="column of groups: the search holds out the rows of a group together")


def table_options(arguments: Namespace) -> TableOptions:
    """Return the options about columns; ValueError where they contradict each other."""
    given: dict[str, Any] = {field.name: getattr(arguments, field.name) for field in fields(TableOptions)}
    given["text"] = [name for name in given["text"] if name != arguments.target]
    return TableOptions(**given)


def task_of(arguments: Namespace) -> str:
    """Return the task: a target named by --text is one of classes."""
    if arguments.target not in arguments.text:
        return str(arguments.task)
    if arguments.task == "regression":
        raise ValueError(f"--text names the target {arguments.target!r}, which --task regression reads as numbers")
    return "classification"


def columns_of_their_own(arguments: Namespace) -> dict[str, str]:
    """Return the columns that no model learns from, by what they are; ValueError where one is two things."""
    named = {what: getattr(arguments, what) for what in ("target", "weight", "id", "groups")}
    own = {what: name for what, name in named.items() if name is not None}
    for what, name in own.items():
        twice = [other for other in own if other != what and own[other] == name and {what, other} != {"id", "groups"}]
        if twice:
            raise ValueError(f"--{what} and --{twice[0]} both name {name!r}: a column is one of them only")
        for kind in COLUMNS:
            if name in getattr(arguments, kind) and (kind, what) != ("text", "target"):
                raise ValueError(f"--{what} and --{kind} both name {name!r}: a column is one of them only")
    return own
