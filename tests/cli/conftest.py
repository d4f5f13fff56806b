"""Fixtures of this folder."""

import pytest
from command import HEADER, people, write

from hotloop.cli import main


@pytest.fixture
def trained(tmp_path, capsys):
    data, model = write(tmp_path / "people.csv", HEADER, people()), tmp_path / "m.safetensors"
    assert main(["train", str(data), "--target", "cycles", "--model", str(model)]) == 0
    return model, capsys.readouterr().out
