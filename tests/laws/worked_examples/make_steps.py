"""Write steps.json: a few steps of the per-sample rule in decimal arithmetic of 50 digits.

The rule is put down as its loss alone, L(weights; x, y), as in a textbook. A step is

    weights <- weights - eta * d/d weights [sample_weight * L + alpha / 2 * (sum of squares of all but the intercepts)]

with the derivative taken by central differences of width 1e-15, whose error is below 1e-28. No gradient formula is used.
"""

import json
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 50
D, WIDTH = Decimal, Decimal("1e-15")
ROWS = [["1", "-2", "0.5"], ["0.25", "3", "-1"], ["-1.5", "0.75", "2"], ["0.5", "0.5", "-0.25"]]
ORDER = [2, 0, 1, 3, 0, 2]  # row 3 has weight 0
SAMPLE_WEIGHT = ["1", "2", "0.5", "0"]
ETA = ["0.5", "0.25", "0.4", "0.125", "0.3", "0.2"]
ALPHA, CENTER, SCALE = "0.1", ["0.25", "-0.5", "1"], ["2", "0.5", "0.8"]
W1 = [["0.5", "-0.25"], ["-0.75", "1"], ["0.25", "0.5"]]


def sigmoid(m):
    return 1 / (1 + (-m).exp())


def dot(u, v):
    return sum((a * b for a, b in zip(u, v, strict=True)), D(0))


def log_loss(weights, x, y):
    p = sigmoid(dot(weights["W"][0], x) + weights["b"][0])
    return -(p.ln() if y else (1 - p).ln())


def softmax_loss(margins, y):
    return -(margins[y].exp() / sum(m.exp() for m in margins)).ln()


def linear_softmax(weights, x, y):
    return softmax_loss([dot(w, x) + b for w, b in zip(weights["W"], weights["b"], strict=True)], y)


def hidden(weights, x):
    columns = zip(*weights["W1"], strict=True)
    return [max(dot(column, x) + b, D(0)) for column, b in zip(columns, weights["b1"], strict=True)]


def network_softmax(weights, x, y):
    columns = zip(*weights["W2"], strict=True)
    return softmax_loss([dot(c, hidden(weights, x)) + b for c, b in zip(columns, weights["b2"], strict=True)], y)


def network_linear(weights, x, y):
    (column,) = zip(*weights["W2"], strict=True)
    return (dot(column, hidden(weights, x)) + weights["b2"][0] - y) ** 2 / 2


def network_sigmoid_sum(weights, x, y):
    return (sum(sigmoid(v[0] * z) for v, z in zip(weights["W2"], hidden(weights, x), strict=True)) - y) ** 2 / 2


def run(loss, weights, labels, *, alpha="0", standardised=False, order=ORDER, sample_weight=SAMPLE_WEIGHT):
    """Return the weights after the steps, their sum over the steps, the summed loss and the number of steps."""
    weights = {name: nested(D, values) for name, values in weights.items()}
    total = {name: nested(lambda _: D(0), values) for name, values in weights.items()}
    spent, n_updates = D(0), 0
    for i in order:
        if (factor := D(sample_weight[i])) == 0:
            continue
        x = [D(cell) for cell in ROWS[i]]
        if standardised:
            x = [(cell - D(c)) * D(s) for cell, c, s in zip(x, CENTER, SCALE, strict=True)]
        y, eta = labels[i] if isinstance(labels[i], int) else D(labels[i]), D(ETA[n_updates])
        spent += factor * loss(weights, x, y)
        weights = step(weights, lambda w, x=x, y=y, factor=factor: factor * loss(w, x, y) + penalty(w, D(alpha)), eta)
        total = {name: add(total[name], weights[name]) for name in weights}
        n_updates += 1
    return {"after": nested(float, weights), "total": nested(float, total), "loss": float(spent), "n_updates": n_updates}


def penalty(weights, alpha):
    """alpha / 2 times the squares of the arrays named W..., not of the intercepts b..."""
    return alpha / 2 * sum(v * v for name, array in weights.items() if name[0] == "W" for row in array for v in row)


def step(weights, objective, eta):
    new = {name: nested(lambda v: v, values) for name, values in weights.items()}
    for name, place in places(weights):
        row, j = (weights[name][place[0]], place[1]) if len(place) == 2 else (weights[name], place[0])
        kept = row[j]
        row[j] = kept + WIDTH
        above = objective(weights)
        row[j] = kept - WIDTH
        slope = (above - objective(weights)) / (2 * WIDTH)
        row[j] = kept
        target = new[name][place[0]] if len(place) == 2 else new[name]
        target[j] = kept - eta * slope
    return new


def places(weights):
    for name, values in weights.items():
        for i, value in enumerate(values):
            yield from ((name, (i, j)) for j in range(len(value))) if isinstance(value, list) else ((name, (i,)),)


def nested(function, value):
    if isinstance(value, dict):
        return {name: nested(function, v) for name, v in value.items()}
    return [nested(function, v) for v in value] if isinstance(value, list) else function(value)


def add(a, b):
    return [add(x, y) for x, y in zip(a, b, strict=True)] if isinstance(a, list) else a + b


BINARY = {"W": [["0.5", "-0.25", "1"]], "b": ["0.125"]}
THREE = {"W": [["0.5", "-0.25", "1"], ["-1", "0", "0.5"], ["0.25", "0.75", "-0.5"]], "b": ["0.125", "-0.5", "0"]}
CLASSES = {"W1": W1, "b1": ["0.1", "-0.2"], "W2": [["1", "-0.5", "0.25"], ["0.5", "0.75", "-1"]], "b2": ["0", "0.1", "-0.1"]}
VALUE = {"W1": W1, "b1": ["0.1", "-0.2"], "W2": [["1"], ["0.5"]], "b2": ["0.2"]}

CASES = {
    "logistic": (log_loss, BINARY, [1, 0, 0, 1]),
    "softmax": (linear_softmax, THREE, [2, 0, 1, 1]),
    "network softmax": (network_softmax, CLASSES, [2, 0, 1, 1]),
    "network linear": (network_linear, VALUE, ["1.5", "-0.5", "0.25", "9"]),
    "network sigmoid_sum": (network_sigmoid_sum, VALUE, ["1.5", "-0.5", "0.25", "9"]),
}


def main():
    inputs = {"X": ROWS, "order": ORDER, "eta": ETA, "sample_weight": SAMPLE_WEIGHT, "center": CENTER, "scale": SCALE}
    lines = []
    for name, (loss, weights, labels) in CASES.items():
        for standardised, alpha in ((False, "0"), (False, ALPHA), (True, "0"), (True, ALPHA)):
            found = run(loss, weights, labels, alpha=alpha, standardised=standardised)
            case = {"rule": name, "standardised": standardised, "alpha": float(alpha), "y": nested(float, labels)}
            lines.append(json.dumps({**case, "before": nested(float, weights), **found}))
    text = json.dumps(nested(lambda v: v if isinstance(v, int) else float(v), inputs))
    Path(__file__).with_name("steps.json").write_text(f'{{"inputs": {text}, "cases": [\n' + ",\n".join(lines) + "\n]}\n")


if __name__ == "__main__":
    main()
