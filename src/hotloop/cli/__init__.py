"""The command ``hotloop``: arguments, and errors as one line. Each subcommand is a module with a function ``run``."""

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from hotloop.cli.table_options import add_column_options, add_format_options
from hotloop.cli.training_options import add_training_options
from hotloop.two_layer.auto import N_HIDDEN
from hotloop.version import __version__

FILES = "file, packed by gzip, bzip2 or zstd or not; - is the standard input; several files are read as one table"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 done, 1 an error in the data or model, 2 in the arguments, 130 interrupted."""
    parser = _parser()
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}; hotloop {arguments.command} --help lists all")
    try:
        import_module(f"hotloop.cli.{arguments.module}").run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("hotloop: interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ImportError, FloatingPointError, MemoryError) as error:
        message = " ".join(str(error).split())
        if isinstance(error, FileNotFoundError) and error.filename is not None:
            message = f"there is no file {error.filename}"
        elif isinstance(error, IsADirectoryError):
            message = f"{error.filename} is a folder, not a file"
        print(f"hotloop: error: {message}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hotloop", description="Exact per-sample SGD: logistic regression and two-layer networks on tables."
    )
    parser.add_argument("--version", action="version", version=f"hotloop {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, summary: str, module: str | None = None) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(module=module or name, command=name)
        return command

    demo = add("demo", "Train both models on real data, and one on a file of a million rows, beside scikit-learn's.")
    demo.add_argument("--seed", type=_seed, default=0, help="seed of orders and first weights (default 0)")

    train = add("train", "Train a model on a CSV file.")
    train.add_argument("data", metavar="DATA.csv", nargs="+", help=FILES)
    train.add_argument("--target", required=True, metavar="NAME", help="column to predict")
    train.add_argument("--model", required=True, metavar="OUT", help="model file to write")
    add_format_options(train, "found from the first lines")
    train.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: classification if the target is text or has at most 20 different whole numbers",
    )
    train.add_argument(
        "--hidden", type=_positive, metavar="N", help=f"train a network of N hidden units (a regression without it: {N_HIDDEN})"
    )
    train.add_argument("--epochs", type=_positive, metavar="N", help="train exactly N epochs instead of to the stop")
    train.add_argument("--eta0", type=_step, help="first step size (default: from the data)")
    train.add_argument("--alpha", type=_strength, help="strength of the penalty (default: from the data)")
    train.add_argument("--weight", metavar="COL", help="column of the weights of the rows; no column to predict from")
    train.add_argument("--validation", metavar="FILE", help="file of rows by whose loss training is judged and stopped")
    train.add_argument("--seed", type=_seed, default=0, help="seed of orders and first weights (default 0)")
    train.add_argument("--json", action="store_true", help="print the outcome as JSON")
    add_column_options(train)
    add_training_options(train)

    for name, summary in (
        ("predict", "Predict the rows of a CSV file; prints CSV."),
        ("evaluate", "Compare a model with the targets in a CSV file."),
    ):
        command = add(name, summary, "apply")
        command.add_argument("model", metavar="MODEL", help="model file")
        command.add_argument("data", metavar="DATA.csv", nargs="+", help=FILES)
        add_format_options(command, "that of training")
        if name == "predict":
            command.add_argument("--out", metavar="FILE", help="file to write instead of the standard output")
            command.add_argument(
                "--id", metavar="COL", help="column to repeat beside the predictions (default: that of training)"
            )
        else:
            command.add_argument("--json", action="store_true", help="print the figures as JSON")

    inspect = add("inspect", "Show what a model file holds.")
    inspect.add_argument("model", metavar="MODEL", help="model file")
    inspect.add_argument("--json", action="store_true", help="print it as JSON")

    add("explain", "Print the three worked examples as tables, exact and rounded as on paper.")
    return parser


def _seed(text: str) -> int:
    number = _number(int, text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {2**32 - 1}")
    return int(number)


def _positive(text: str) -> int:
    number = _number(int, text)
    if not number >= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return int(number)


def _step(text: str) -> float:
    number = _number(float, text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return number


def _strength(text: str) -> float:
    number = _number(float, text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return number


def _number(kind: Callable[[str], float], text: str) -> float:
    """Return NaN, which no option takes, for what is no number."""
    try:
        return kind(text)
    except ValueError:
        return math.nan
