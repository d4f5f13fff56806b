"""A file is whole or not there, whatever happens while it is written."""

import os
from pathlib import Path

import pytest
from stored_models import fitted

import hotloop
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(path, monkeypatch, when):
    fitted("online").save(path)
    before = path.read_bytes()

    def fail(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, when, fail)
    with pytest.raises(OSError, match="no space left"):
        fitted("adam").save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_saving_again_replaces_the_file_and_keeps_its_mode(path):
    fitted("online").save(path)
    path.chmod(0o640)
    fitted("adam").save(str(path))
    assert hotloop.load(str(path)).estimator_name == "TwoLayerClassifier"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(path):
    with pytest.raises(ValueError, match="cannot write .*nowhere: there is no folder"):
        fitted("online").save(path / "nowhere")


def test_a_model_that_is_not_fitted_is_not_saved(path):
    for estimator in (LogisticSGDClassifier(), TwoLayerClassifier(), TwoLayerRegressor()):
        with pytest.raises(ValueError, match="not fitted"):
            estimator.save(path)
    assert not Path(path).exists()


def test_what_cannot_be_saved_says_so_and_writes_nothing(path):
    model = fitted("online")
    model.verbose = object()
    with pytest.raises(ValueError, match="parameter verbose=.* cannot be saved"):
        model.save(path)
    assert list(path.parent.iterdir()) == []
