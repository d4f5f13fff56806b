"""The command on small files: the main job end to end, and what each mistake prints."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from people import HEADER, error_of, people, write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


@pytest.fixture
def trained(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "cycles", "--model", str(model)]) == 0
    return model, capsys.readouterr().out


def test_train_says_what_was_done(trained):
    _, out = trained
    assert "400 rows, 4 columns, separator ','" in out
    assert "classification" in out
    assert "city: text, 3 categories" in out
    assert "height: number" in out
    assert "missing" in out


def test_evaluate_and_predict_agree_with_python(trained, tmp_path, capsys):
    model, _ = trained
    rows = people(300, seed=1)
    data = write(tmp_path / "new.csv", HEADER, rows)
    assert main(["evaluate", str(model), str(data), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["rows"] == 300
    assert figures["log loss"] < 0.9 * figures["log loss of class frequencies"]
    assert main(["predict", str(model), str(data)]) == 0
    predicted = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    p = np.array([float(row["p(yes)"]) for row in predicted])
    truth = np.array([row[3] == "yes" for row in rows])
    assert -np.log(np.where(truth, p, 1 - p)).mean() == pytest.approx(figures["log loss"], rel=1e-4)
    assert [row["prediction"] == "yes" for row in predicted] == list(p > 0.5)
    assert np.mean((p > 0.5) == truth) == pytest.approx(figures["accuracy"])


def test_order_of_columns_and_missing_target_do_not_matter_in_predict(trained, tmp_path, capsys):
    model, _ = trained
    rows = people(20, seed=2)
    same = write(tmp_path / "same.csv", HEADER, rows)
    turned = write(tmp_path / "turned.csv", ["height", "age", "city"], [[r[2], r[0], r[1]] for r in rows])
    main(["predict", str(model), str(same)])
    first = capsys.readouterr().out
    assert main(["predict", str(model), str(turned), "--out", str(tmp_path / "out.csv")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out.csv").read_text() == first


def test_without_header_packed_and_other_separator(tmp_path, capsys):
    rows = people(200)
    with gzip.open(tmp_path / "p.csv.gz", "wt") as file:
        file.writelines(" ; ".join(map(str, row)) + "\n" for row in rows)
    model = tmp_path / "m.safetensors"
    assert main(["train", str(tmp_path / "p.csv.gz"), "--no-header", "--target", "c4", "--model", str(model)]) == 0
    assert "separator ';'" in capsys.readouterr().out
    assert main(["evaluate", str(model), str(tmp_path / "p.csv.gz")]) == 0  # header and separator as in training
    assert "accuracy" in capsys.readouterr().out


def test_without_header_predict_finds_the_columns_when_the_target_is_left_out(tmp_path, capsys):
    rows = [[r[3], *r[:3]] for r in people(200)]
    model = tmp_path / "m.safetensors"
    data = write(tmp_path / "p.csv", None, rows)
    assert main(["train", str(data), "--no-header", "--target", "c1", "--model", str(model)]) == 0
    capsys.readouterr()
    main(["predict", str(model), str(data)])
    with_target = capsys.readouterr().out
    main(["predict", str(model), str(write(tmp_path / "q.csv", None, [r[1:] for r in rows]))])
    assert capsys.readouterr().out == with_target


def test_standard_input(trained, tmp_path, capsys, monkeypatch):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(50, seed=3))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.read_bytes())))
    assert main(["evaluate", str(model), "-"]) == 0
    assert "standard input: 50 rows" in capsys.readouterr().out


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


def test_help_names_the_hidden_units_that_a_regression_has(tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(2).tolist()
    data, model = write(tmp_path / "d.csv", ["a", "b", "y"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "y", "--model", str(model), "--epochs", "1"]) == 0
    n_hidden = hotloop.load(model).weights.W1.shape[1]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert f"a regression without it: {n_hidden})" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_bar_is_for_terminals(tmp_path, capsys, monkeypatch, more):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    arguments = ["train", str(data), "--target", "cycles", "--model", str(model), *more]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(arguments) == 0
    assert "training" in capsys.readouterr().err


def test_inspect(trained, capsys):
    model, _ = trained
    assert main(["inspect", str(model)]) == 0
    out = capsys.readouterr().out
    for text in (
        "LogisticSGDClassifier",
        "'no', 'yes'",
        "people.csv",
        "target cycles",
        "city: text, 3 categories",
        "city=Rome",
    ):
        assert text in out
    assert main(["inspect", str(model), "--json"]) == 0
    weights = dict(json.loads(capsys.readouterr().out)["largest_weights"])
    assert weights["city=Rome"] < 0 < weights["city=Oslo"]


def test_explain_prints_the_worked_examples(capsys):
    assert main(["explain"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["exact", "2", "0", "0.8807971", "0.5", "1.380797", "0.2099872", "0", "0.1049936", "0", "-0.1049936", "0"] in rows
    assert ["rounded", "2", "0", "0.9", "0.5", "1.4", "0.18", "0", "0.09", "0", "-0.09", "0"] in rows
    values = {row[0]: row[-2] for row in rows if row and row[0] in ("i", "ii", "iii", "iv", "v", "vi", "vii")}
    assert list(values.values()) == ["2", "3", "4", "5", "4", "3", "5"]


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


def test_mistakes_in_applying(trained, tmp_path, capsys):
    model, _ = trained
    unseen = write(tmp_path / "unseen.csv", HEADER, [*people(5), [30, "Rome", 180, "maybe"]])
    message = error_of(capsys, ["evaluate", model, unseen])
    assert "line 7" in message
    assert "'maybe'" in message
    assert "'no', 'yes'" in message
    lacking = write(tmp_path / "lacking.csv", ["age", "city", "cycles"], [[30, "Rome", "no"]])
    assert "'height'" in error_of(capsys, ["evaluate", model, lacking])
    words = write(tmp_path / "words.csv", HEADER, [["old", "Rome", 180, "no"]])
    message = error_of(capsys, ["predict", model, words])
    assert "line 2" in message
    assert "'old'" in message
    assert "there is no model file" in error_of(capsys, ["inspect", tmp_path / "none"])
    assert "there is no file" in error_of(capsys, ["evaluate", model, tmp_path / "none.csv"])
    (tmp_path / "half").write_bytes(model.read_bytes()[:-3])
    assert "no complete model file" in error_of(capsys, ["predict", tmp_path / "half", unseen])
    folder = error_of(capsys, ["train", unseen, "--target", "age", "--model", tmp_path / "no" / "m"])
    assert "there is no folder" in folder


def test_unknown_arguments_exit_with_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train"])
    assert stop.value.code == 2
    assert "--target" in capsys.readouterr().err


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


def test_folders_and_tables_in_the_place_of_files(trained, tmp_path, capsys):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(5))
    for arguments in (["train", tmp_path, "--target", "a", "--model", model], ["evaluate", model, tmp_path]):
        assert error_of(capsys, arguments) == f"hotloop: error: {tmp_path} is a folder, not a file"
    assert error_of(capsys, ["inspect", tmp_path]) == f"hotloop: error: {tmp_path} is a folder, not a model file"
    assert error_of(capsys, ["predict", data, data]) == "hotloop: error: new.csv is no hotloop model file"


def test_notes_stand_on_the_standard_error(tmp_path, capsys):
    rows = [[i, "?" if i == 30 else "many" if i == 7 else i % 9, "ny"[i % 2]] for i in range(60)]
    data, model = write(tmp_path / "d.csv", ["a", "b", "y"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "y", "--model", str(model)]) == 0
    captured = capsys.readouterr()
    assert "note: " not in captured.out
    assert "hotloop: note: b: text, since 1 cell of 59 no numbers" in captured.err


def test_one_of_a_thing_is_singular(tmp_path, capsys):
    data, model = write(tmp_path / "d.csv", ["a", "y"], [[i, i % 2] for i in range(60)]), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "y", "--model", str(model), "--epochs", "1"]) == 0
    assert "on 1 column: 1 epoch in" in capsys.readouterr().out
    assert main(["inspect", str(model)]) == 0
    out = capsys.readouterr().out
    assert "LogisticSGDClassifier, 1 column, " in out
    assert "training: 1 epoch, " in out
    assert main(["evaluate", str(model), str(write(tmp_path / "one.csv", ["a", "y"], [[5, 1]]))]) == 0
    assert "one.csv: 1 row\n" in capsys.readouterr().out


def test_the_command_needs_no_scikit_learn(trained, tmp_path):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(20))
    code = (
        "import sys; from hotloop.cli import main; assert main(sys.argv[1:]) == 0; "
        "assert 'sklearn' not in sys.modules and 'scipy' not in sys.modules"
    )
    for arguments in (["train", str(data), "--target", "cycles", "--model", str(model)], ["evaluate", str(model), str(data)]):
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)


def test_a_model_of_the_command_is_an_estimator(trained):
    model = hotloop.load(trained[0])
    estimator = hotloop.load_estimator(trained[0])
    X = model.encoding.transform({"age": [30, 60], "city": ["Oslo", "Rome"], "height": [180, None]})
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(X, columns=model.feature_names)
    assert (estimator.predict_proba(X) == model.predict_proba(X)).all()
    assert estimator.classes_.tolist() == ["no", "yes"]


def test_demo_compares_with_scikit_learn(capsys):
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert str(hotloop.backend_info()) in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("hotloop Log", "hotloop Two", "scikit-learn"))]
    losses = [float(row[-6]) for row in rows]
    assert len(losses) == 4
    assert losses[0] < 1.2 * losses[1]
    assert losses[2] < 1.2 * losses[3]


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


def test_the_file_that_is_read_is_not_written(trained, tmp_path, capsys):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(5))
    before = data.read_bytes()
    assert "is the file to be read" in error_of(capsys, ["train", data, "--target", "cycles", "--model", data])
    assert "is the file to be read" in error_of(capsys, ["predict", model, data, "--out", data])
    assert data.read_bytes() == before
    assert "it is a folder" in error_of(capsys, ["predict", model, data, "--out", tmp_path])
    assert "cannot write" in error_of(capsys, ["predict", model, data, "--out", tmp_path / "no" / "x.csv"])


def test_a_model_saved_from_python_knows_no_table(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people(5)), tmp_path / "m.safetensors"
    hotloop.LogisticSGDClassifier().fit(np.arange(40.0)[:, None], np.arange(40) % 2).save(model)
    assert "it knows no columns of a table; use hotloop.load in Python" in error_of(capsys, ["predict", model, data])


def test_a_model_of_the_command_predicts_tables(trained):
    model = hotloop.load(trained[0])
    table = {"age": [30, 60], "city": ["Oslo", "Rome"], "height": [180, None]}
    assert (model.predict_proba(table) == model.predict_proba(model.encoding.transform(table, model.dtype))).all()
    assert len(repr(model)) < 200
