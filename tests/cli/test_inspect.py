"""hotloop inspect."""

import json

import pytest

from hotloop.cli import main

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


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
