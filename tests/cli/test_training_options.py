"""The options of ``hotloop train``: those of the estimator, weights and validation rows."""

import csv
import json

import numpy as np
import pytest
from command import HEADER, error_of, people, write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


LOGISTIC = [
    ["--optimizer", "ftrl", "--penalty", "l1", "--alpha", "0.01"],
    ["--penalty", "elasticnet", "--l1-ratio", "0.5", "--alpha", "0.01"],
    ["--penalty", "none", "--average", "false", "--standardize", "none", "--fit-intercept", "false", "--eta0", "1e-5"],
    ["--class-weight", "balanced", "--early-stopping", "true", "--validation-fraction", "0.2"],
    ["--cv", "3", "--learning-rate", "optimal"],
    ["--cv", "none", "--tol", "0.01", "--n-iter-no-change", "2", "--shuffle", "false"],
]


@pytest.mark.parametrize("options", LOGISTIC, ids=lambda options: options[0])
def test_the_options_are_those_of_the_estimator(tmp_path, options):
    rows = [row for row in people() if row[1] != "?"]
    data, file = write(tmp_path / "people.csv", HEADER, rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "cycles", "--model", str(file), *options]) == 0
    model, estimator = hotloop.load(file), hotloop.load_estimator(file)
    given = {name[2:].replace("-", "_") for name in options[::2]}
    changed = {
        name for name, value in estimator.get_params().items() if value != getattr(hotloop.LogisticSGDClassifier(), name)
    }
    assert given - {"cv"} <= changed
    X = model.encoding.transform({name: [row[HEADER.index(name)] for row in rows] for name in HEADER[:-1]}, np.float64)
    again = hotloop.LogisticSGDClassifier(**estimator.get_params()).fit(X, [row[-1] for row in rows])
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


def test_weights_and_validation(tmp_path, capsys):
    rows = [row for row in people() if row[1] != "?"]
    weight = np.random.default_rng(0).integers(0, 3, len(rows)).tolist()
    weighted = [[*row, w] for row, w in zip(rows, weight, strict=True)]
    data, file = write(tmp_path / "people.csv", [*HEADER, "times"], weighted), tmp_path / "m.safetensors"
    held = write(tmp_path / "held.csv", HEADER, [row for row in people(100, seed=1) if row[1] != "?"])
    arguments = ["train", data, "--target", "cycles", "--model", file, "--weight", "times", "--validation", held, "--seed", "3"]
    assert main([*map(str, arguments), "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)["training"]
    model = hotloop.load(file)
    assert not any("times" in name for name in model.feature_names)

    def encoded(rows):
        return model.encoding.transform({name: [row[HEADER.index(name)] for row in rows] for name in HEADER[:-1]}, np.float64)

    with open(held, newline="") as file:
        held_rows = list(csv.reader(file))[1:]
    own = {"X_val": encoded(held_rows), "y_val": [row[-1] for row in held_rows], "sample_weight": weight}
    estimator = hotloop.LogisticSGDClassifier(random_state=3).fit(encoded(rows), [row[-1] for row in rows], **own)
    assert (estimator.predict_proba(encoded(rows)) == model.predict_proba(encoded(rows))).all()
    assert outcome["validation_loss"] == min(estimator.validation_curve_)
    assert main(["evaluate", str(arguments[5]), str(data), "--json"]) == 0  # the column of weights is not needed there
    capsys.readouterr()
    assert main([*map(str, arguments), "--hidden", "4"]) == 0  # a network takes both, too
    assert "of " + str(held) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--weight", "times"], "no weight column 'times'"),
        (["--weight", "city"], "the weight 'city' is 'Bern', expected a number"),
        (["--weight", "age"], "line 3: the weight 'age' is -1, expected a number that is not negative"),
        (["--optimizer", "ftrl", "--average", "true"], "average=True does not go with optimizer='ftrl'; leave average='auto'"),
        (
            ["--hidden", "3", "--penalty", "l1"],
            "--penalty is for logistic regression, but --hidden 3 trains a network; leave it out",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path, capsys, more, said):
    rows = [[30, "Bern", 170, "yes"], [-1, "Oslo", 180, "no"], [50, "Rome", 160, "yes"]]
    data = write(tmp_path / "people.csv", HEADER, rows)
    assert said in error_of(capsys, ["train", data, "--target", "cycles", "--model", tmp_path / "m", *more])


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--penalty", "l3", "'l3' is not l2, l1, elasticnet or none"),
        ("--optimizer", "sdca", "'sdca' is not auto, sgd, adagrad, ftrl or normalized: it is a class of its own"),
        ("--l1-ratio", "2", "'2' is not a number from 0 to 1"),
        ("--shuffle", "1", "'1' is not true or false"),
        ("--tol", "-1", "'-1' is not a number that is not negative, auto or none"),
    ],
)
def test_values_are_refused_before_a_file_is_read(capsys, option, value, said):
    with pytest.raises(SystemExit) as stop:
        main(["train", "no file", "--target", "y", "--model", "m", f"{option}={value}"])
    assert stop.value.code == 2
    assert f"argument {option}: {said}" in capsys.readouterr().err
