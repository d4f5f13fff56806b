"""hotloop demo."""

import pytest

import hotloop
from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


def test_demo_compares_with_scikit_learn(capsys):
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert str(hotloop.backend_info()) in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("hotloop Log", "hotloop Two", "scikit-learn"))]
    losses = [float(row[-6]) for row in rows]
    assert len(losses) == 4
    assert losses[0] < 1.2 * losses[1]
    assert losses[2] < 1.2 * losses[3]
