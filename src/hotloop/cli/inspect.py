"""``hotloop inspect``: what a model file holds."""

import json
from argparse import Namespace
from typing import Any

import numpy as np

from hotloop.cli.messages import counted
from hotloop.logistic.weights import LinearWeights
from hotloop.persistence.model_file import load
from hotloop.predictor import Predictor
from hotloop.two_layer.weights import NetworkWeights

MOST_WEIGHTS = 10


def run(arguments: Namespace) -> None:
    """Print kind, target, columns, training and the largest weights of a model file."""
    model = load(arguments.model)
    if arguments.json:
        print(json.dumps(_facts(model)))
        return
    facts, about = _facts(model), model.metadata
    print(f"{arguments.model}: {facts['kind']}, {counted(facts['features'], 'column')}, {facts['dtype']}")
    if model.classes is not None:
        labels = [repr(label) for label in facts["classes"][:20]]
        print(f"classes: {', '.join(labels)}{', ...' if len(facts['classes']) > 20 else ''}")
    if "training" in about:
        rows = counted(about["rows"], "row")
        print(f"trained on {about['data']}, {rows}, target {about['target']}, by hotloop {about['hotloop']}")
        training = about["training"]
        print(
            f"training: {counted(training['epochs'], 'epoch')}, loss {training['loss']:.4f}, eta0 {training['eta0']:.3g}, "
            f"alpha {training['alpha']:.3g}, {training['backend']}"
        )
    given = {name: value for name, value in model.params.items() if value is not None}
    print(f"parameters: {', '.join(f'{name}={value!r}' for name, value in given.items())}")
    if model.encoding is not None:
        print("columns of the table:")
        for line in model.encoding.describe():
            print(f"  {line}")
    if "largest_weights" in facts:
        print(f"largest weights (on standardised columns, for {facts['largest_weights_of']!r}):")
        for name, weight in facts["largest_weights"]:
            print(f"  {weight:+9.4f}  {name}")


def _facts(model: Predictor) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": model.estimator_name,
        "features": model.n_features,
        "dtype": str(model.dtype),
        "classes": None if model.classes is None else model.classes.tolist(),
        "params": model.params,
        "metadata": model.metadata,
        "columns": None if model.encoding is None else model.encoding.describe(),
    }
    weights = model.weights
    if isinstance(weights, LinearWeights) and model.classes is not None and len(model.classes) == 2:
        w = weights.W[0]
        names = model.feature_names or [f"x{j}" for j in range(len(w))]
        largest = np.argsort(-np.abs(w), kind="stable")[:MOST_WEIGHTS]
        facts["largest_weights_of"] = model.classes.tolist()[1]
        facts["largest_weights"] = [[names[j], float(w[j])] for j in largest]
    if isinstance(weights, NetworkWeights):
        facts["hidden"], facts["output"] = int(weights.W1.shape[1]), weights.output
    return facts
