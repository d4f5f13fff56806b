"""The command on small files: the main job end to end, and what each mistake prints."""

import subprocess
import sys

import numpy as np
import pytest
from command import HEADER, error_of, people, write

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


def test_help_names_the_hidden_units_that_a_regression_has(tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(60, 3)).round(2).tolist()
    data, model = write(tmp_path / "d.csv", ["a", "b", "y"], rows), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "y", "--model", str(model), "--epochs", "1"]) == 0
    n_hidden = hotloop.load(model).weights.W1.shape[1]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    assert f"a regression without it: {n_hidden})" in " ".join(capsys.readouterr().out.split())


def test_unknown_arguments_exit_with_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train"])
    assert stop.value.code == 2
    assert "--target" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["train", "no file", "--target", "y", "--model", "m", "--max-iter", "4"])
    assert stop.value.code == 2
    assert "unrecognized arguments: --max-iter 4; hotloop train --help lists all" in capsys.readouterr().err


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


def test_the_file_that_is_read_is_not_written(trained, tmp_path, capsys):
    model, _ = trained
    data = write(tmp_path / "new.csv", HEADER, people(5))
    before = data.read_bytes()
    assert "is the file to be read" in error_of(capsys, ["train", data, "--target", "cycles", "--model", data])
    assert "is the file to be read" in error_of(capsys, ["predict", model, data, "--out", data])
    assert data.read_bytes() == before
    assert "it is a folder" in error_of(capsys, ["predict", model, data, "--out", tmp_path])
    assert "cannot write" in error_of(capsys, ["predict", model, data, "--out", tmp_path / "no" / "x.csv"])
