"""Columns, labels and files as users have them: what they mean, or a note; never a wrong model without a word."""

import csv
import io
import random

import numpy as np
import pytest
from command import write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")
pytest.importorskip("rich")


def run(capsys, *arguments):
    """The output and the notes of the command, which must not fail."""
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out, captured.err


def predicted(capsys, model, *arguments):
    """The rows of ``hotloop predict``."""
    return list(csv.DictReader(io.StringIO(run(capsys, "predict", model, *arguments)[0])))


def accuracy(capsys, model, data):
    out, _ = run(capsys, "evaluate", model, data)
    return float(out.split("accuracy")[1].split()[0])


def signs(seed, cell, n=600):
    """Rows of a cell made of a number, and the number's sign."""
    draw = random.Random(seed)
    numbers = [draw.gauss(0, 100) for _ in range(n)]
    return [[cell(x, draw), "p" if x > 0 else "n"] for x in numbers]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (lambda x, _: f"{x:.3f}".replace(".", ","), "decimal comma"),
        (lambda x, _: f"{x * 1000:,.2f}", "thousands ','"),
        (lambda x, _: f"{x * 1000:,.2f}".translate(str.maketrans(",.", ".,")), "decimal comma, thousands '.'"),
        (lambda x, _: f"{x:.1f} %", "unit '%'"),
        (lambda x, _: f"${x:.2f}".replace("$-", "-$"), "unit '$'"),
        (lambda x, _: f"{x:.1f} kg", "unit 'kg'"),
    ],
    ids=["comma", "thousands", "both", "percent", "currency", "unit"],
)
def test_other_notations(tmp_path, capsys, cell, said):
    data, new = (write(tmp_path / f"{s}.csv", ["x", "y"], signs(s, cell), delimiter=";") for s in (1, 2))
    _, notes = run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    assert f"x: numbers written with {said}" in notes
    assert accuracy(capsys, tmp_path / "m", new) > 0.98


@pytest.mark.parametrize("word", ["n/a", "#N/A", "-", ".", "unknown", "NULL", "None"])
def test_words_for_missing_numbers(tmp_path, capsys, word):
    def cell(x, draw):
        return word if draw.random() < 0.2 else f"{x:.4f}"

    data, new = (write(tmp_path / f"{s}.csv", ["x", "y"], signs(s, cell)) for s in (1, 2))
    _, notes = run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    assert f"'{word}' taken as missing" in notes
    assert accuracy(capsys, tmp_path / "m", new) > 0.87  # half of the missing ones are guessed


def test_codes_are_categories(tmp_path, capsys):
    classes = {"01001": "u", "02360": "v", "10001": "u", "60601": "v", "90210": "u"}
    draw = random.Random(7)
    rows = [[code, classes[code]] for code in draw.choices(list(classes), k=500)]
    data = write(tmp_path / "t.csv", ["zip", "y"], rows)
    out, _ = run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    assert "zip: text, 5 categories" in out
    assert accuracy(capsys, tmp_path / "m", data) == 1
    later = write(tmp_path / "n.csv", ["zip"], [["10001"], ["60601"]])  # without leading zeros: read the same way
    assert [row["prediction"] for row in predicted(capsys, tmp_path / "m", later)] == ["u", "v"]


LABELS = [
    ("1582218195625938945", "1582218195625938946"),
    ("007", "7"),
    ("3E2", "300"),
    ("1.0", "1.5"),
    ("+1", "-1"),
    ("0", "1"),
]


@pytest.mark.parametrize("labels", LABELS, ids=repr)
def test_labels_are_kept_as_they_are_written(tmp_path, capsys, labels):
    rows = [[x, labels[y == "p"]] for x, y in signs(5, lambda x, _: f"{x:.3f}", 200)]
    data = write(tmp_path / "t.csv", ["x", "y"], rows)
    run(capsys, "train", data, "--target", "y", "--task", "classification", "--model", tmp_path / "m")
    new = write(tmp_path / "n.csv", ["x"], [["300"], ["-300"]])
    assert [row["prediction"] for row in predicted(capsys, tmp_path / "m", new)] == [labels[1], labels[0]]
    assert accuracy(capsys, tmp_path / "m", data) > 0.9


def test_a_prediction_a_row(tmp_path, capsys):
    data = write(tmp_path / "t.csv", ["word", "y"], [["good", "p"], ["bad", "n"], ["so so", "n"]] * 40)
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    (tmp_path / "n.csv").write_text("word\ngood\n\nbad\n")
    assert len(predicted(capsys, tmp_path / "m", tmp_path / "n.csv")) == 3


def test_the_index_that_pandas_writes(tmp_path, capsys):
    pd = pytest.importorskip("pandas")
    x = np.random.default_rng(0).standard_normal(200).round(3)
    pd.DataFrame({"x": x, "y": np.where(x > 0, "yes", "no")}).to_csv(tmp_path / "t.csv")
    out, notes = run(capsys, "train", tmp_path / "t.csv", "--target", "y", "--model", tmp_path / "m")
    assert "as an index that pandas has written" in notes
    assert "--no-header" not in notes
    assert "unnamed: row numbers, dropped" in out
    assert accuracy(capsys, tmp_path / "m", tmp_path / "t.csv") > 0.9


def test_ids_are_repeated_and_not_learnt(tmp_path, capsys):
    rows = [[f"k{i:03}", *row] for i, row in enumerate(signs(1, lambda x, _: f"{x:.3f}", 200))]
    data = write(tmp_path / "t.csv", ["key", "x", "y"], rows)
    out, _ = run(capsys, "train", data, "--target", "y", "--id", "key", "--model", tmp_path / "m")
    assert "key" not in out.split("target y")[1]
    assert [row["key"] for row in predicted(capsys, tmp_path / "m", data)] == [row[0] for row in rows]
    without = write(tmp_path / "n.csv", ["x"], [["1"], ["2"]])
    assert list(predicted(capsys, tmp_path / "m", without)[0]) == ["prediction", "p(n)", "p(p)"]
    assert predicted(capsys, tmp_path / "m", data, "--id", "x")[0]["x"] == rows[0][1]
    assert main(["predict", str(tmp_path / "m"), str(without), "--id", "key"]) == 1
    assert "no id column 'key'; there are 'x'" in capsys.readouterr().err


def test_several_files_are_one_table(tmp_path, capsys):
    rows = signs(1, lambda x, _: f"{x:.3f}", 400)
    whole = write(tmp_path / "t.csv", ["x", "y"], rows)
    parts = [write(tmp_path / f"{k}.csv", ["x", "y"], rows[k * 200 : (k + 1) * 200]) for k in range(2)]
    run(capsys, "train", whole, "--target", "y", "--model", tmp_path / "whole")
    run(capsys, "train", *parts, "--target", "y", "--model", tmp_path / "parts")
    models = [hotloop.load(tmp_path / name) for name in ("whole", "parts")]
    assert models[0].weights.W.tobytes() == models[1].weights.W.tobytes()
    assert predicted(capsys, tmp_path / "parts", *parts) == predicted(capsys, tmp_path / "whole", whole)


def test_groups_are_held_out_together(tmp_path, capsys):
    rows = [[f"g{i % 20}", *row] for i, row in enumerate(signs(1, lambda x, _: f"{x:.3f}", 300))]
    data = write(tmp_path / "t.csv", ["who", "x", "y"], rows)
    out, _ = run(capsys, "train", data, "--target", "y", "--groups", "who", "--model", tmp_path / "m")
    assert "who" not in out.split("target y")[1]
    assert accuracy(capsys, tmp_path / "m", data) > 0.9
    assert main(["train", str(data), "--target", "y", "--groups", "them", "--model", str(tmp_path / "m")]) == 1
    assert "no groups column 'them'" in capsys.readouterr().err


def test_predictions_of_many_pieces_are_those_of_one(tmp_path, capsys, monkeypatch):
    from hotloop.data.readers import source

    data = write(
        tmp_path / "t.csv",
        ["x", "t", "y"],
        [[x, f"w{i % 60}", y] for i, (x, y) in enumerate(signs(1, lambda x, _: f"{x:.3f}"))],
    )
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    whole = predicted(capsys, tmp_path / "m", data)
    assert len(whole) == 600
    monkeypatch.setattr(source, "PIECE_BYTES", 500)
    assert predicted(capsys, tmp_path / "m", data) == whole
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "pieces")
    assert hotloop.load(tmp_path / "pieces").weights.W.tobytes() == hotloop.load(tmp_path / "m").weights.W.tobytes()
