"""Cases of functions, encoders and the command."""

import io
import json
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

import hotloop
import hotloop.cli
import hotloop.functional as F
from bench.studies.fingerprints.data import ANSWERS, DTYPES, rows, table, targets
from bench.studies.fingerprints.training import Cases, add
from hotloop import (
    HashingEncoder,
    TableEncoder,
)


def functions(cases: Cases) -> None:
    """Every function of hotloop.functional."""
    draw = np.random.default_rng(23)
    for dtype in DTYPES:
        X = rows(dtype=dtype)[:, :19] / 10
        y, w, eta = targets("binary"), draw.standard_normal(19), draw.uniform(0.01, 0.1, len(X))
        W, v, dy = draw.standard_normal((19, 11)), draw.standard_normal(11), draw.standard_normal(len(X))
        net, do = (W, v, draw.standard_normal((11, 3)), draw.standard_normal(3)), draw.standard_normal((len(X), 3))
        calls: dict[str, tuple[Any, ...]] = {
            "logistic_probability": (X, w),
            "logistic_loss": (X, y, w),
            "logistic_gradient": (X, y, w),
            "sigmoid_sum_forward": (X, W, v),
            "sigmoid_sum_gradients": (X, W, v),
            "sigmoid_sum_backward": (X, W, v, dy),
        }
        for name, given in calls.items():
            add(cases, f"function/{name}/{dtype}", getattr(F, name), *given)
        add(cases, f"function/logistic_sgd/{dtype}", F.logistic_sgd, X, y, w, 0.05)
        add(cases, f"function/logistic_sgd/steps/{dtype}", F.logistic_sgd, X, y, w, eta)
        for own in ("relu", "tanh", "logistic"):
            add(cases, f"function/two_layer_forward/{own}/{dtype}", F.two_layer_forward, X, *net, activation=own)
            add(cases, f"function/two_layer_jacobians/{own}/{dtype}", F.two_layer_jacobians, X, *net, activation=own)
            add(cases, f"function/two_layer_backward/{own}/{dtype}", F.two_layer_backward, X, *net, do, activation=own)


def encoders(cases: Cases) -> None:
    """Encoders on tables, documents and tokens."""
    frame, unseen = (table(n, seed).drop(columns=list(ANSWERS)) for n, seed in ((150, 24), (50, 25)))
    unseen = unseen.replace({"colour": {"red": "violet"}})
    for name, own in {"plain": {}, "few": {"max_categories": 2}, "float32": {"dtype": "float32"}}.items():
        add(cases, f"encoder/table/{name}", encoded, TableEncoder(**own), frame, unseen)
    categories = [some.astype({"town": "category", "age": "Int64"}) for some in (frame, unseen)]
    add(cases, "encoder/table/categories", encoded, TableEncoder(), *categories)
    draw = np.random.default_rng(26)
    words = np.array(["Good", "bad", "film", "Fünf", "a", "seven-up", "naïve", "x9", "THE", "end", "日本", "don't"])
    documents = [" ".join(draw.choice(words, size)) for size in draw.integers(0, 15, 80)]
    ascii_only = [text.encode("ascii", "ignore").decode() for text in documents]
    tokens = [text.split() for text in documents]
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "runs": {"ngram_range": (1, 3)},
        "char": {"analyzer": "char", "ngram_range": (2, 4)},
        "char_wb": {"analyzer": "char_wb", "ngram_range": (1, 3)},
        "pattern": {"token_pattern": r"\w+", "lowercase": False},
        "unsigned": {"alternate_sign": False, "norm": "l1"},
        "binary": {"binary": True, "norm": None},
        "crosses": {"crosses": [("town", "colour")]},
    }
    for name, X in {"documents": documents, "ascii": ascii_only, "tokens": tokens, "table": frame}.items():
        for way, own in ways.items():
            add(cases, f"encoder/hashing/{name}/{way}", HashingEncoder(n_features=512, **own).transform, X)
    add(cases, "encoder/hashing/names", named_tokens, documents)


def encoded(encoder: Any, frame: Any, unseen: Any) -> list[Any]:
    """Return what an encoder of tables makes of the rows of training and of others."""
    return [encoder.fit_transform(frame), encoder.transform(unseen), encoder.get_feature_names_out()]


def named_tokens(documents: Any) -> list[Any]:
    """Return the tokens that columns stand for, and weights by their names."""
    encoder = HashingEncoder(n_features=32, keep_names=True).fit(documents)
    names = sorted(encoder.feature_names().items())
    return [names, encoder.weights_by_name(np.linspace(-1, 1, 32)), encoder.n_collisions_]


def command(*arguments: Any) -> str:
    """Return what the command prints."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(io.StringIO()):
        code = hotloop.cli.main([str(argument) for argument in arguments])
    if code:
        raise ChildProcessError(f"the command ended with {code}")
    return said.getvalue()


def trained_by_command(target: str, *options: str, header: bool = True, separator: str = ",") -> list[Any]:
    """Train on a file, predict and evaluate another; return what is printed but for times and names of files."""
    how = [] if header else ["--no-header"]
    with tempfile.TemporaryDirectory() as folder:
        model, old, new = (Path(folder) / name for name in ("model", "old.csv", "new.csv"))
        for path, n_rows, seed in ((old, 150, 24), (new, 50, 25)):
            frame = table(n_rows, seed).drop(columns=[name for name in ANSWERS if name != target])
            frame.to_csv(path, index=False, header=header, sep=separator)
        named = target if header else "c5"
        outcome = json.loads(command("train", old, "--target", named, "--model", model, "--json", *how, *options))
        found = [outcome["rows"], outcome["columns"], outcome.get("class_counts")]
        found += [outcome["training"][name] for name in ("columns", "epochs", "loss", "eta0", "alpha")]
        figures = json.loads(command("evaluate", model, new, "--json", *how))
        return [*found, command("predict", model, new, *how), {**figures, "data": None}]


def commands(cases: Cases) -> None:
    """The command, told what would take long to find."""
    fixed = ("--epochs", "3", "--eta0", "0.05", "--alpha", "0.001")
    add(cases, "command/explain", command, "explain")
    for target in ANSWERS:
        add(cases, f"command/plain/{target}", trained_by_command, target, *fixed)
        add(cases, f"command/seed/{target}", trained_by_command, target, *fixed, "--seed", "7")
        add(cases, f"command/hidden/{target}", trained_by_command, target, "--epochs", "2", "--hidden", "19")
        add(cases, f"command/separator/{target}", trained_by_command, target, *fixed, separator=";")
        add(cases, f"command/no-header/{target}", trained_by_command, target, *fixed, header=False)
        add(cases, f"command/regression/{target}", trained_by_command, target, *fixed, "--task", "regression")


def long_commands(cases: Cases) -> None:
    """The command, told nothing."""
    for target in ANSWERS:
        add(cases, f"command/auto/{target}", trained_by_command, target)
