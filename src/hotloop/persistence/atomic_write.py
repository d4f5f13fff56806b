"""Files that are complete or not there at all."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows: what killed writers leave behind stays there
    flock = None  # type: ignore[assignment]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is complete or not there; ValueError says why it cannot be written."""
    try:
        with whole_file(path) as file:
            file.write(data)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write that is complete or not there: of a temporary name in the same folder, flushed to disk, renamed.

    Temporary files of writers that were killed are deleted: their locks are free.
    """
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe or device: there is nothing to replace
        with path.open("wb") as file:
            yield file
        return
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not path.parent.exists():
            raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
        mode = path.stat().st_mode & 0o777 if path.exists() else None
        handle, temporary = _temporary_file(path.parent, 0o666 if mode is None else 0o600)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    try:
        _delete_abandoned(path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            if flock is not None:
                os.replace(temporary, path)  # while it is locked
        if flock is None:
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def _temporary_file(folder: Path, mode: int) -> tuple[int, Path]:
    """Make a file that is locked as long as it is open; its mode follows the umask, which all threads share: it is not read."""
    while True:
        temporary = folder / f".hotloop-{secrets.token_hex(8)}.tmp"
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        if flock is None:
            return handle, temporary
        with contextlib.suppress(OSError):  # a file system without locks
            flock(handle, LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # another process took it for abandoned before it was locked


def _delete_abandoned(folder: Path) -> None:
    """Delete temporary files that nobody has locked."""
    if flock is None:
        return
    for temporary in folder.glob(".hotloop-*.tmp"):
        with contextlib.suppress(OSError):  # gone, locked, or another user's
            handle = os.open(temporary, os.O_RDWR)
            try:
                flock(handle, LOCK_EX | LOCK_NB)
                temporary.unlink()
            finally:
                os.close(handle)
