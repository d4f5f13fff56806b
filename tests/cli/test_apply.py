"""hotloop evaluate and predict."""

import csv
import gzip
import io
import json

import numpy as np
import pytest
from command import HEADER, error_of, people, write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


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


def test_folders_and_tables_in_the_place_of_files(trained, tmp_path, capsys):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(5))
    for arguments in (["train", tmp_path, "--target", "a", "--model", model], ["evaluate", model, tmp_path]):
        assert error_of(capsys, arguments) == f"hotloop: error: {tmp_path} is a folder, not a file"
    assert error_of(capsys, ["inspect", tmp_path]) == f"hotloop: error: {tmp_path} is a folder, not a model file"
    assert error_of(capsys, ["predict", data, data]) == "hotloop: error: new.csv is no hotloop model file"


def test_a_model_saved_from_python_knows_no_table(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people(5)), tmp_path / "m.safetensors"
    hotloop.LogisticSGDClassifier().fit(np.arange(40.0)[:, None], np.arange(40) % 2).save(model)
    assert "it knows no columns of a table; use hotloop.load in Python" in error_of(capsys, ["predict", model, data])
