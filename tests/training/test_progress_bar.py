"""The bar of the command."""

import sys

import pytest
from command import HEADER, people, write

from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_bar_is_for_terminals(tmp_path, capsys, monkeypatch, more):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    arguments = ["train", str(data), "--target", "cycles", "--model", str(model), *more]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(arguments) == 0
    assert "training" in capsys.readouterr().err
