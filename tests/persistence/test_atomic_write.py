"""A file is whole or not there, whatever happens while it is written."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from stored_models import fitted

import hotloop
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.persistence import atomic_write
from hotloop.persistence.atomic_write import whole_file, write_whole


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(path, monkeypatch, when):
    fitted("online").save(path)
    before = path.read_bytes()

    def fail(*arguments):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, when, fail)
    with pytest.raises(ValueError, match="cannot write .*: no space left on device"):
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


def test_what_a_killed_writer_left_is_deleted_and_what_is_being_written_is_not(path):
    pytest.importorskip("fcntl")
    abandoned = path.parent / ".hotloop-0123.tmp"
    abandoned.write_bytes(b"half a model")
    with whole_file(path) as file:
        file.write(b"first")
        assert not abandoned.exists()
        with whole_file(path) as other:
            other.write(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_taken_for_abandoned_before_it_is_locked_is_made_anew(path, monkeypatch):
    pytest.importorskip("fcntl")
    locked = atomic_write.flock

    def delete_first(handle, how):
        monkeypatch.setattr(atomic_write, "flock", locked)
        next(path.parent.glob("*.tmp")).unlink()
        locked(handle, how)

    monkeypatch.setattr(atomic_write, "flock", delete_first)
    write_whole(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_has_the_mode_of_the_umask_which_nobody_touches(path, monkeypatch, mask, mode):
    before = os.umask(mask)
    monkeypatch.setattr(os, "umask", None)
    try:
        write_whole(path, b"whole")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_full_disk_is_said_and_leaves_the_old_file(path):
    """A limit on the size of files is what a full disk is to a process."""
    path.write_bytes(b"old")
    code = f"""
import resource, signal
from pathlib import Path
from hotloop.persistence.atomic_write import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path({str(path)!r}), bytes(100_000))
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_save_that_is_killed_leaves_a_whole_file_and_the_next_one_nothing(path):
    code = f"""
from pathlib import Path
from hotloop.persistence.atomic_write import write_whole
print(flush=True)
while True:
    for letter in b"ab":
        write_whole(Path({str(path)!r}), bytes([letter]) * 3_000_000)
"""
    left = 0
    for delay in np.linspace(0.002, 0.06, 8):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
        if path.exists():
            assert path.read_bytes() in [letter * 3_000_000 for letter in (b"a", b"b", b"c")]
        left += len(list(path.parent.glob("*.tmp")))
        write_whole(path, b"c" * 3_000_000)
        assert list(path.parent.iterdir()) == [path]
    assert left
