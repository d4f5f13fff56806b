"""The file of the demo: made, trained by the command and by the peer, both figures printed."""

import re

import pytest

from hotloop.cli import demo_file

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")
pytest.importorskip("pandas")


def test_both_programs_train_on_the_same_file(monkeypatch, capsys):
    monkeypatch.setattr(demo_file, "N_ROWS", 3000)
    monkeypatch.setattr(demo_file, "N_TEST", 1000)
    demo_file.compare_on_a_file(0)
    out = capsys.readouterr().out
    assert "3,000 rows of 28 numbers" in out
    losses = [float(loss) for loss in re.findall(r"^(?:hotloop train|pandas).*?(0\.\d{4}) +\d+\.\d\d$", out, re.MULTILINE)]
    assert len(losses) == 2
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert max(losses) < 0.6


def test_a_missing_library_is_told(monkeypatch, capsys):
    monkeypatch.setattr(demo_file, "find_spec", lambda name: None if name == "pandas" else name)
    demo_file.compare_on_a_file(0)
    assert "the file of a million rows needs pandas" in capsys.readouterr().err


def test_a_program_that_fails_is_an_error():
    with pytest.raises(ValueError, match="the program failed: .*ZeroDivisionError"):
        demo_file._timed(["-c", "1 / 0"])
