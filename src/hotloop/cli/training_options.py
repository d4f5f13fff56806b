"""The options of ``hotloop train`` that are options of logistic regression: names, values and help, by its own table."""

import argparse
import math
from collections.abc import Callable
from typing import Any

from hotloop.logistic.options import VALUES, LogisticOptions
from hotloop.training.options import SHARED_VALUES

# Option of LogisticOptions: what the help says. The option of the command has the same name, with - for _.
HELP = {
    "optimizer": "rule of the steps",
    "penalty": "penalty of large weights",
    "l1_ratio": "share of the L1 norm in elasticnet",
    "learning_rate": "how the step size falls",
    "power_t": "exponent of learning-rate invscaling",
    "standardize": "scaling of the columns",
    "tol": "least gain of the loss that counts as one",
    "n_iter_no_change": "epochs without a gain after which training stops",
    "class_weight": "weights of the classes",
    "average": "predict with the mean of the iterates",
    "early_stopping": "hold out rows, and stop by their loss",
    "validation_fraction": "share of the rows that early-stopping holds out",
    "shuffle": "visit the rows in a new order in each epoch",
    "fit_intercept": "train an intercept",
    "multi_class": "model of more than two classes",
    "importance_aware": "take each step as many small ones",
    "cv": "rows that the search holds out",
}
WORDS = {"none": None, "true": True, "false": False}


def add_training_options(command: argparse.ArgumentParser) -> None:
    """Add an option for each line of HELP; where it is not given, the arguments lack it."""
    group = command.add_argument_group("options of the training (docs/options.md says which go together)")
    for name, text in HELP.items():
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=_parser(name),
            default=argparse.SUPPRESS,
            metavar="VALUE",
            help=f"{text}: {_in_words(name)} (default {_written(getattr(LogisticOptions(), name))})",
        )


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in vars(arguments).items() if name in HELP}


def check_family(given: dict[str, Any], why_a_network: str | None) -> None:
    """Raise ValueError for an option of logistic regression where a network is trained."""
    alone = [name for name in given if name not in SHARED_VALUES]
    if alone and why_a_network is not None:
        raise ValueError(f"--{alone[0].replace('_', '-')} is for logistic regression, but {why_a_network}; leave it out")


def _parser(name: str) -> Callable[[str], Any]:
    """Return the function that reads a value of an option and refuses one that its table does not allow."""

    def parse(text: str) -> Any:
        value: Any = WORDS.get(text, text)
        if isinstance(value, str) and not VALUES[name].allow(value):
            value = _number(text)
        if not VALUES[name].allow(value):
            elsewhere = VALUES[name].elsewhere.get(text)
            raise argparse.ArgumentTypeError(f"{text!r} is not {_in_words(name)}" + (f": {elsewhere}" if elsewhere else ""))
        return value

    return parse


def _number(text: str) -> float:
    """Return NaN, which no option takes, for what is no number."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return math.nan


def _in_words(name: str) -> str:
    """Return the values of an option as they are written in the command; no dict can be."""
    values = str(VALUES[name]).replace("a dict, ", "")
    for word, value in WORDS.items():
        values = values.replace(repr(value), word)
    return values.replace("'", "").replace("%", "%%")


def _written(value: Any) -> str:
    return next((word for word, meant in WORDS.items() if meant is value), str(value))
