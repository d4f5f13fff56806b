"""hotloop train: what it says, options, mistakes, and the model of the estimator."""

import json
import os

import numpy as np
import pytest
from command import HEADER, error_of, people, write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


def test_train_says_what_was_done(trained):
    _, out = trained
    assert "400 rows, 4 columns, separator ','" in out
    assert "classification" in out
    assert "city: text, 3 categories" in out
    assert "height: number" in out
    assert "missing" in out


def test_train_says_what_the_search_held_out(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    base = ["train", str(data), "--target", "cycles", "--model", str(model)]
    assert main([*base, "--json"]) == 0
    training = json.loads(capsys.readouterr().out)["training"]
    new = write(tmp_path / "new.csv", HEADER, people(2000, seed=1))
    assert main(["evaluate", str(model), str(new), "--json"]) == 0
    assert training["held_out_loss"] == pytest.approx(json.loads(capsys.readouterr().out)["log loss"], rel=0.2)
    assert main(base) == 0
    assert (
        f"loss of rows held out {training['held_out_loss']:.4f}, of the candidate chosen among {training['candidates']}"
        in capsys.readouterr().out
    )
    assert main([*base, "--alpha", "0.01", "--eta0", "0.01"]) == 0
    assert "held out" not in capsys.readouterr().out


def test_network_and_regression(tmp_path, capsys):
    rows = [[a, b, a * b / 100] for a, b in np.random.default_rng(0).normal(50, 20, (1500, 2)).round(2).tolist()]
    data, model = write(tmp_path / "area.csv", ["a", "b", "area"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "area", "--model", str(model), "--hidden", "16"]) == 0
    assert "TwoLayerRegressor" in capsys.readouterr().out
    assert main(["evaluate", str(model), str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["R2"] > 0.95
    people_file = write(tmp_path / "people.csv", HEADER, [row for row in people() if row[1] != "?"])
    assert main(["train", str(people_file), "--target", "city", "--model", str(model), "--hidden", "4", "--epochs", "3"]) == 0
    out = capsys.readouterr().out
    assert "TwoLayerClassifier" in out
    assert " 3 epochs" in out


def test_options_are_obeyed_and_the_outcome_is_json(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    base = ["train", str(data), "--target", "cycles", "--model", str(model), "--json"]
    assert main([*base, "--epochs", "2", "--eta0", "0.01", "--alpha", "0.5", "--seed", "3"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    training = outcome["training"]
    assert (training["epochs"], training["eta0"], training["alpha"]) == (2, 0.01, 0.5)
    assert "converged" not in training  # nothing had to: the number of epochs is given, or searched
    assert hotloop.load(model).params["random_state"] == 3
    first = model.read_bytes()
    main([*base, "--epochs", "2", "--eta0", "0.01", "--alpha", "0.5", "--seed", "4"])
    assert hotloop.load(model).weights.W.tobytes() not in first


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("a,b,y\n1,2,0\n3,1\n5,6,1\n", ["--target", "y"], ["line 3", "3", "2", "3,1"]),
        ("a,b,y\n1,2,0\n3,4,1\n", ["--target", "z"], ["'z'", "'a', 'b', 'y'"]),
        ("a,b,y\n1,2,0\n3,4,\n5,6,1\n", ["--target", "y"], ["line 3", "'y'", "empty"]),
        ("a,b,y\n1,2,0.5\n3,4,high\n", ["--target", "y", "--task", "regression"], ["line 3", "'y'", "'high'", "number"]),
        ("a,b,y\n1,2,0\n3,4,0\n", ["--target", "y"], ["'y'", "0 in every row"]),
        ("a,b,y\n1,2,0\ninf,4,1\n", ["--target", "y"], ["line 3", "'a'", "inf"]),
        ("y\n1\n0\n", ["--target", "y"], ["only column"]),
        ("a,a,y\n1,2,0\n3,4,1\n", ["--target", "y"], ["line 1", "'a'"]),
        ("", ["--target", "y"], ["empty"]),
    ],
    ids=[
        "broken-line",
        "unknown-target",
        "empty-target",
        "text-target",
        "one-class",
        "infinite",
        "alone",
        "repeated",
        "empty",
    ],
)
def test_mistakes_in_training(tmp_path, capsys, text, arguments, said):
    data, model = tmp_path / "d.csv", tmp_path / "m.safetensors"
    data.write_text(text)
    message = error_of(capsys, ["train", data, "--model", model, *arguments])
    for part in said:
        assert part in message
    assert os.listdir(tmp_path) == ["d.csv"]  # no model, no temporary file


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--epochs", "abc", "'abc' is no positive whole number"),
        ("--epochs", "0", "'0' is no positive whole number"),
        ("--hidden", "2.5", "'2.5' is no positive whole number"),
        ("--seed", "x", "'x' is no whole number from 0 to 4294967295"),
        ("--seed", "-1", "'-1' is no whole number from 0 to 4294967295"),
        ("--eta0", "-1", "'-1' is no positive number"),
        ("--eta0", "0", "'0' is no positive number"),
        ("--eta0", "fast", "'fast' is no positive number"),
        ("--alpha", "nan", "'nan' is no number from 0 on"),
        ("--alpha", "inf", "'inf' is no number from 0 on"),
    ],
)
def test_numbers_are_refused_before_a_file_is_read(capsys, option, value, said):
    with pytest.raises(SystemExit) as stop:
        main(["train", "no file", "--target", "y", "--model", "m", option, value])
    assert stop.value.code == 2
    assert f"argument {option}: {said}\n" in capsys.readouterr().err


def test_notes_stand_on_the_standard_error(tmp_path, capsys):
    rows = [[i, "?" if i == 30 else "many" if i == 7 else i % 9, "ny"[i % 2]] for i in range(60)]
    data, model = write(tmp_path / "d.csv", ["a", "b", "y"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "y", "--model", str(model)]) == 0
    captured = capsys.readouterr()
    assert "note: " not in captured.out
    assert "hotloop: note: b: text, since 1 cell of 59 no numbers" in captured.err


def test_a_model_of_the_command_is_an_estimator(trained):
    model = hotloop.load(trained[0])
    estimator = hotloop.load_estimator(trained[0])
    X = model.encoding.transform({"age": [30, 60], "city": ["Oslo", "Rome"], "height": [180, None]})
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(X, columns=model.feature_names)
    assert (estimator.predict_proba(X) == model.predict_proba(X)).all()
    assert estimator.classes_.tolist() == ["no", "yes"]


def test_the_complaints_of_a_fit_are_printed(tmp_path, capsys):
    rows = [[*row, "ja" if row[3] == "yes" else "nein"] for row in people()]
    data, model = write(tmp_path / "people.csv", [*HEADER, "velo"], rows), tmp_path / "m.safetensors"
    arguments = ["train", str(data), "--target", "cycles", "--model", str(model)]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    (warning,) = [line for line in captured.err.splitlines() if "warning" in line]
    assert warning.startswith("hotloop: warning: leaked label: column 'velo=ja' alone tells 100.00%")
    assert "warning" not in captured.out
    write(data, HEADER, people())
    assert main([*arguments, "--eta0", "300", "--alpha", "0", "--json"]) == 0
    captured = capsys.readouterr()
    assert "hotloop: warning: diverging: the loss of the last epoch" in captured.err
    json.loads(captured.out)


@pytest.mark.parametrize("target", ["cycles", "city"])
@pytest.mark.parametrize("hidden", [None, 8])
def test_the_command_trains_the_model_of_the_estimator(tmp_path, target, hidden):
    rows = [row for row in people() if row[1] != "?"]
    data, file = write(tmp_path / "people.csv", HEADER, rows), tmp_path / "m.safetensors"
    more = [] if hidden is None else ["--hidden", str(hidden)]
    assert main(["train", str(data), "--target", target, "--model", str(file), "--seed", "3", *more]) == 0
    model = hotloop.load(file)
    others = [name for name in HEADER if name != target]
    X = model.encoding.transform({name: [row[HEADER.index(name)] for row in rows] for name in others}, np.float64)
    estimator = hotloop.LogisticSGDClassifier() if hidden is None else hotloop.TwoLayerClassifier(hidden)
    estimator.set_params(random_state=3).fit(X, [row[HEADER.index(target)] for row in rows])
    assert (estimator.predict_proba(X) == model.predict_proba(X)).all()
    assert hotloop.load_estimator(file).random_state == 3


def test_times_and_ids_keep_their_digits(tmp_path, capsys):
    """Seconds since 1970 that differ by one: float32 would merge 128 of them."""
    rows = [[1_700_000_000 + i, "early" if i < 200 else "late"] for i in range(400)]
    data, model = write(tmp_path / "t.csv", ["time", "when"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "when", "--model", str(model)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(model), str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] > 0.95


def test_a_model_of_the_command_predicts_tables(trained):
    model = hotloop.load(trained[0])
    table = {"age": [30, 60], "city": ["Oslo", "Rome"], "height": [180, None]}
    assert (model.predict_proba(table) == model.predict_proba(model.encoding.transform(table, model.dtype))).all()
    assert len(repr(model)) < 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["d.csv", "--weight", "y"], "--target and --weight both name 'y'"),
        (["-", "--validation", "-"], "the standard input can be read once only: name a file in place of one of the -"),
        (["d.csv", "--weight", "w"], "every row whose target 'y' is 'yes' has weight 0; leave these rows out"),
    ],
    ids=["weight-is-target", "standard-input-twice", "class-without-weight"],
)
def test_files_and_columns_that_cannot_be(tmp_path, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "d.csv", ["a", "w", "y"], [[1, 0, "yes"], [2, 1, "no"]] * 30)
    assert said in error_of(capsys, ["train", *arguments, "--target", "y", "--model", "m.safetensors"])
    assert os.listdir(tmp_path) == ["d.csv"]
