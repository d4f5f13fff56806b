"""The file format: one section of named arrays and JSON in a safetensors file. Nothing in a file is ever executed."""

import hashlib
import json
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np

from hotloop.data.section import Arrays, Section
from hotloop.persistence.atomic_write import write_whole
from hotloop.persistence.packing import fill_in, thin_out

FORMAT = 1

# What reading may raise from a file that is well formed and holds nonsense.
NONSENSE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)

MOST_TEXT = 90_000_000  # safetensors takes 100 MB, other entries of its header included


def write_section(section: Section, path: str | PathLike[str]) -> None:
    """Write a section to a temporary file beside ``path`` and rename it; ValueError where its values take too much room."""
    from safetensors.numpy import save

    arrays, layout = _lay_out(section.arrays)
    text = json.dumps({"format": FORMAT, **vars(layout), "values": section.values})
    if len(text) + text.count('"') + text.count("\\") > MOST_TEXT:  # the header is JSON again
        size, most = len(text) / 1e6, MOST_TEXT / 1e6
        raise ValueError(
            f"a model file holds {most:.0f} MB of names and parameters at most, this model has {size:.0f} MB: "
            "fit without names of columns (an array in place of a table)"
        )
    write_whole(Path(path), save(arrays, metadata={"hotloop": text, "sha256": _checksum(arrays, text)}))


def read_section(path: str | PathLike[str]) -> Section:
    """Read a section.

    Raises
    ------
    FileNotFoundError
        There is no such file, or it is a folder.
    ValueError
        The file is truncated, altered, or no file of hotloop.
    """
    from safetensors import SafetensorError, safe_open

    name = Path(path).name
    if Path(path).is_dir():
        raise FileNotFoundError(f"{path} is a folder, not a model file")
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    with open(path, "rb") as opened:
        if opened.read(9)[8:] != b"{":  # after the length of its header
            raise ValueError(f"{name} is no hotloop model file")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} is no complete model file: {error}") from None
    if "hotloop" not in metadata:
        raise ValueError(f"{name} is a safetensors file, but no hotloop model")
    if metadata.get("sha256") != _checksum(arrays, metadata["hotloop"]):
        raise ValueError(f"{name} was altered since it was written: its checksum differs")
    try:
        header = json.loads(metadata["hotloop"])
        if header["format"] > FORMAT:
            raise ValueError(f"it has format {header['format']}, this version of hotloop reads up to {FORMAT}")
        layout = _Layout(header["shapes"], header["by_column"], header["same"])
        return Section(_restore_layout(arrays, layout), header["values"])
    except NONSENSE as error:
        raise unusable(path, error) from None


def unusable(path: str | PathLike[str], error: Exception) -> ValueError:
    """Return the error of a file that is well formed and whose content does not fit."""
    return ValueError(f"{Path(path).name} is no model file that hotloop can use: {type(error).__name__}: {error}")


@dataclass
class _Layout:
    """How the arrays of a section lie in the file.

    Attributes
    ----------
    shapes : dict of lists
        Shapes of the arrays that are stored as their non-zeros.
    by_column : list of str
        Arrays that are stored transposed: in memory they are in Fortran order.
    same : dict of str
        Arrays that are not stored, and the names of equal ones that are.
    """

    shapes: dict[str, list[int]] = field(default_factory=dict)
    by_column: list[str] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)


def _lay_out(arrays: Arrays) -> tuple[Arrays, _Layout]:
    """Return the arrays as the file holds them."""
    layout, stored = _Layout(), {}
    names: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    for name, array in arrays.items():
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            layout.by_column.append(name)
            array = array.T
        array = np.ascontiguousarray(array)
        key = array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest()
        if names.setdefault(key, name) == name:
            stored[name] = array
        else:
            layout.same[name] = names[key]
    stored, layout.shapes = thin_out(stored)
    return stored, layout


def _restore_layout(stored: Arrays, layout: _Layout) -> Arrays:
    """Return the arrays as they were in memory; ValueError where one does not hold finite numbers."""
    for name, array in stored.items():
        is_whole = name.endswith((".indptr", ".indices", ".ends")) and array.dtype == np.int64
        is_text = name.endswith(".words") and array.dtype == np.uint8
        if not is_whole and not is_text and (array.dtype.kind != "f" or not np.isfinite(array).all()):
            raise ValueError(f"array {name} does not hold finite numbers")
    arrays = fill_in(stored, layout.shapes)
    arrays |= {name: arrays[other].copy() for name, other in layout.same.items()}
    return arrays | {name: arrays[name].T for name in layout.by_column}


def _checksum(arrays: Arrays, text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
