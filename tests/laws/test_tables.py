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
    ("header", "rows", "arguments", "said"),
    [
        (["x", "ham"], [[i % 7, "spam" if i % 7 > 3 else "ham"] for i in range(60)], ["--target", "ham"],
         "the name 'ham' of the target is one of its classes: if the file has no header, say --no-header"),
        (["x", "y"], [[i % 7, ["0", "0.0", "1"][i % 3]] for i in range(60)], ["--target", "y"],
         "the classes '0' and '0.0' of the target 'y' are the same number, written in two ways"),
        (["id", "y"], [[17 * i % 1000 + 1000, "pn"[i // 3 % 2]] for i in range(900)], ["--target", "y"],
         "no better than the shares of the classes; name columns whose whole numbers are ids by --text: id"),
    ],
    ids=["header", "numbers", "ids"],
)  # fmt: skip
def test_doubts(tmp_path, capsys, header, rows, arguments, said):
    data = write(tmp_path / "rows.csv", header, rows)
    assert f"hotloop: note: {said}\n" in run(capsys, "train", data, *arguments, "--model", tmp_path / "m")[1]


def test_no_doubts_of_usual_rows(tmp_path, capsys):
    data = write(tmp_path / "rows.csv", ["x", "y"], [[i % 7, "spam" if i % 7 > 3 else "ham"] for i in range(60)])
    assert run(capsys, "train", data, "--target", "y", "--text", "y", "--model", tmp_path / "m")[1] == ""


@pytest.mark.long_on_reference
def test_a_target_named_as_text_is_one_of_classes(tmp_path, capsys):
    data = write(tmp_path / "rows.csv", ["x", "y"], [[i % 7, i % 30] for i in range(300)])
    assert "30 classes" in run(capsys, "train", data, "--target", "y", "--text", "y", "--model", tmp_path / "m")[0]
    code = main(["train", str(data), "--target", "y", "--text", "y", "--task", "regression", "--model", str(tmp_path / "m")])
    assert code == 1
    assert "--text names the target 'y', which --task regression reads as numbers" in capsys.readouterr().err


def test_empty_lines_of_all_pieces_are_counted(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hotloop.data.readers.source.PIECE_BYTES", 100)
    data = write(tmp_path / "rows.csv", ["x", "y"], [[i % 7, "pn"[i % 7 > 3]] for i in range(60)])
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    (tmp_path / "new.csv").write_text("x,y\n" + "3,p\n\n" * 60 + "4,p\n")
    assert "60 empty lines passed over" in run(capsys, "predict", tmp_path / "m", tmp_path / "new.csv")[1]


@pytest.mark.long_on_reference
def test_balanced_classes_are_not_taken_for_nothing_learnt(tmp_path, capsys):
    draw = random.Random(0)
    rows = [[i % 50, draw.gauss(3 * (i % 25 == 0), 1), "pn"[i % 25 != 0]] for i in range(1500)]
    data = write(tmp_path / "rows.csv", ["row", "x", "y"], rows)
    arguments = ["--class-weight", "balanced"]
    assert "no better" not in run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m", *arguments)[1]


def test_evaluate_says_that_rows_count_alike(tmp_path, capsys):
    data = write(tmp_path / "rows.csv", ["x", "w", "y"], [[i % 7, i % 3, "pn"[i % 7 > 3]] for i in range(60)])
    run(capsys, "train", data, "--target", "y", "--weight", "w", "--model", tmp_path / "m")
    assert "the weights 'w' of training are not read" in run(capsys, "evaluate", tmp_path / "m", data)[1]


def test_log_loss_of_a_frame_whose_file_was_trained_on(tmp_path, capsys):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5] * 5, "y": [True, False, True, False] * 5})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    run(capsys, "train", tmp_path / "rows.csv", "--target", "y", "--model", tmp_path / "m")
    assert 0 < hotloop.load(tmp_path / "m").log_loss(frame, frame["y"]) < 1


FLAGS = {
    "bool": lambda flags: flags,
    "nullable": lambda flags: flags.astype("boolean"),
    "words": lambda flags: flags.map({True: "TRUE", False: "false"}),
    "numbers": lambda flags: flags.astype(int),
    "words for numbers": lambda flags: flags.map({True: "1", False: "0"}),
}


@pytest.mark.parametrize("trained", ["bool", "nullable", "words"])
def test_true_and_false_are_one_thing_in_every_container(trained):
    pd = pytest.importorskip("pandas")
    flags = pd.Series([True, False, True, True] * 5)
    encoding = hotloop.preprocessing.table_encoding.TableEncoding.fit({"flag": FLAGS[trained](flags)})
    assert encoding.describe() == ["flag: number (true or false)"]
    for later in FLAGS.values():
        assert encoding.transform({"flag": later(flags)}).ravel().tolist() == flags.astype(int).tolist()


def test_true_and_false_of_a_file_and_a_frame(tmp_path, capsys):
    pd = pytest.importorskip("pandas")
    flags = np.random.default_rng(0).random((300, 2)) < 0.5
    frame = pd.DataFrame({"a": flags[:, 0], "b": flags[:, 1], "y": np.where(flags[:, 0], "p", "n")})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    out, _ = run(capsys, "train", tmp_path / "rows.csv", "--target", "y", "--model", tmp_path / "m")
    assert "a: number (true or false)" in out
    assert (hotloop.load(tmp_path / "m").predict(frame) == frame["y"]).all()


def test_notes_on_later_rows_are_few(tmp_path, capsys, monkeypatch):
    """Each once, whatever its numbers, however many pieces a file has; and not one for each of many columns."""
    monkeypatch.setattr("hotloop.data.readers.source.PIECE_BYTES", 1000)
    draw = random.Random(0)
    names = [f"c{j}" for j in range(14)]
    rows = [[*(draw.choice("xyz") for _ in names), draw.choice("pn")] for _ in range(300)]
    data = write(tmp_path / "rows.csv", [*names, "y"], rows)
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    new = write(tmp_path / "new.csv", [*names, "y"], [[*(draw.choice("xw") for _ in names), "p"] for _ in range(300)])
    for command in ("predict", "evaluate"):
        notes = run(capsys, command, tmp_path / "m", new)[1].splitlines()
        assert len(notes) == 11
        assert notes[0].startswith("hotloop: note: c0: ")
        assert notes[-1] == "hotloop: note: more columns have such notes"


def test_a_target_of_nearly_as_many_classes_as_rows_is_told(tmp_path, capsys):
    data = write(tmp_path / "rows.csv", ["x", "who"], [[i % 7, f"person {i // 2}"] for i in range(60)])
    _, notes = run(capsys, "train", data, "--target", "who", "--model", tmp_path / "m", "--epochs", "1")
    assert "the target 'who' has 30 classes in 60 rows: is it a number (--task regression), or an id?" in notes


@pytest.mark.long_on_reference
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


@pytest.mark.long_on_reference
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


@pytest.mark.long_on_reference
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


@pytest.mark.long_on_reference
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


@pytest.mark.long_on_reference
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


def test_a_model_of_the_command_goes_through_its_encoding_in_any_order(tmp_path, capsys):
    pd = pytest.importorskip("pandas")
    rows = [[x, "5", y] for x, y in signs(1, lambda x, _: f"{x:.3f}", 200)]
    rows[3][0] = "-999"
    data = write(tmp_path / "t.csv", ["a", "b", "y"], rows)
    run(capsys, "train", data, "--target", "y", "--missing", "-999", "--model", tmp_path / "m")
    model = hotloop.load(tmp_path / "m")
    frame = pd.DataFrame({"a": [1.0, -999.0], "b": [2.0, 3.0]})
    assert model.predict_proba(frame).tolist() == model.predict_proba(frame[["b", "a"]]).tolist()
    assert (
        model.predict_proba(pd.DataFrame({"a": ["1", "n/a"], "b": [2.0, 3.0]})).tolist() == model.predict_proba(frame).tolist()
    )
    with pytest.warns(UserWarning, match="b: 1 cell missing, none in training"):
        model.predict(pd.DataFrame({"a": [1.0], "b": [None]}))


def test_notations_hold_for_later_files_and_for_the_target(tmp_path, capsys):
    def cell(x, _):
        return f"{x * 1000:,.1f}".translate(str.maketrans(",.", ".,"))

    rows = [[x, x] for x, _ in signs(1, cell, 400)]
    data = write(tmp_path / "t.csv", ["x", "y"], rows, delimiter=";")
    _, notes = run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    assert "x: numbers written with decimal comma, thousands '.'" in notes
    plain = write(tmp_path / "n.csv", ["x", "y"], [["1.234", "1.234"], ["-9.876", "-9.876"]] * 20, delimiter=";")
    out, _ = run(capsys, "evaluate", tmp_path / "m", plain)
    assert float(out.split("R2")[1].split()[0]) > 0.8  # thousands, as in training


@pytest.mark.parametrize("cells", [["1.100", "2.101"], ["1.100", "2.101", "n/a"]], ids=["plain", "with a word"])
def test_marks_that_are_given_hold_for_every_column(tmp_path, capsys, cells):
    data = write(tmp_path / "t.csv", ["z", "y"], [[cells[i % len(cells)], "ab"[i % 2]] for i in range(60)], delimiter=";")
    run(capsys, "train", data, "--target", "y", "--thousands", ".", "--model", tmp_path / "m")
    assert hotloop.load(tmp_path / "m").encoding.encoders[0].mean == pytest.approx(1600.5)


def test_words_for_missing_cells_hold_for_the_target(tmp_path, capsys):
    rows = [[x, "?" if i == 7 else y] for i, (x, y) in enumerate(signs(1, lambda x, _: f"{x:.3f}", 100))]
    rows[7][1] = "NONE"
    data = write(tmp_path / "t.csv", ["x", "y"], rows)
    assert main(["train", str(data), "--target", "y", "--missing", "NONE", "--model", str(tmp_path / "m")]) == 1
    assert "line 9: the cell of the target 'y' is 'NONE', a word for a missing" in capsys.readouterr().err
    euro = write(tmp_path / "e.csv", ["x", "y"], [[i % 7, ["1,234", "12", "2,345"][i % 3]] for i in range(60)])
    assert main(["train", str(euro), "--target", "y", "--model", str(tmp_path / "m")]) == 1
    assert "say which by --decimal or --thousands, or that they are classes by --task" in capsys.readouterr().err
    run(capsys, "train", euro, "--target", "y", "--thousands", ",", "--task", "regression", "--model", tmp_path / "m")


def test_a_later_file_of_another_separator_is_named(tmp_path, capsys):
    data = write(tmp_path / "t.csv", ["x", "z", "y"], [[x, "5.5", y] for x, y in signs(1, lambda x, _: f"{x:.3f}", 100)])
    run(capsys, "train", data, "--target", "y", "--model", tmp_path / "m")
    other = write(tmp_path / "n.csv", ["x", "z"], [["1", "2"]], delimiter=";")
    assert main(["predict", str(tmp_path / "m"), str(other)]) == 1
    assert "n.csv: one column, read with the separator ','; name another by --delimiter" in capsys.readouterr().err
    assert len(predicted(capsys, tmp_path / "m", other, "--delimiter", ";")) == 1
