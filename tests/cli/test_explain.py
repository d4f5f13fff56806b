"""hotloop explain."""

import pytest

from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


def test_explain_prints_the_worked_examples(capsys):
    assert main(["explain"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["exact", "2", "0", "0.8807971", "0.5", "1.380797", "0.2099872", "0", "0.1049936", "0", "-0.1049936", "0"] in rows
    assert ["rounded", "2", "0", "0.9", "0.5", "1.4", "0.18", "0", "0.09", "0", "-0.09", "0"] in rows
    values = {row[0]: row[-2] for row in rows if row and row[0] in ("i", "ii", "iii", "iv", "v", "vi", "vii")}
    assert list(values.values()) == ["2", "3", "4", "5", "4", "3", "5"]
