"""The file format: what is damaged or foreign is refused, and arrays come back as they were in memory."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import save_file
from stored_models import fitted, read, write

import hotloop
from hotloop.data.section import Section
from hotloop.persistence import checkpoint, container, model_file, packing
from hotloop.persistence.container import read_section, write_section

LOADERS = (hotloop.load, hotloop.load_estimator)


@pytest.mark.parametrize("kind", ["pending", "adam"])
def test_a_truncated_file_is_refused(path, kind):
    fitted(kind).save(path)
    data = path.read_bytes()
    for length in {*range(0, 200), *range(200, len(data), 37), len(data) - 1}:
        path.write_bytes(data[:length])
        for load in LOADERS:
            with pytest.raises(ValueError, match=r"m\.safetensors"):
                load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(ValueError, match="no complete model file"):
        hotloop.load(path)


@pytest.mark.parametrize("kind", ["pending", "adam"])
def test_a_flipped_bit_is_refused(path, kind):
    """Those of the learner too, by ``load``, which does not use it."""
    fitted(kind).save(path)
    data = path.read_bytes()
    for place in {*range(0, len(data), 11), *range(8, 400)}:
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        for load in LOADERS:
            with pytest.raises(ValueError, match=r"m\.safetensors"):
                load(path)


@pytest.mark.parametrize("content", [b"", b"age,pet\n31,cat\n", b"\x80\x04N.", b"{}", b"\xff" * 100, b"\0" * 100])
def test_a_foreign_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"m\.safetensors is no hotloop model file"):
        hotloop.load(path)


def test_a_safetensors_file_of_another_kind_is_refused(path):
    save_file({"W": np.ones((1, 2))}, path)
    with pytest.raises(ValueError, match="is a safetensors file, but no hotloop model"):
        hotloop.load(path)


@pytest.mark.parametrize("load", LOADERS)
def test_a_missing_file_is_named(path, load):
    with pytest.raises(FileNotFoundError, match=f"there is no model file {path}"):
        load(path)
    with pytest.raises(FileNotFoundError, match="is a folder, not a model file"):
        load(path.parent)


@pytest.mark.parametrize(
    "header", ["", "no JSON", "[]", "3", "null", "{}", '{"format": 1}', '{"format": "1"}', '{"format": null}']
)
def test_a_header_that_is_none_is_refused(path, header):
    write(path, header)
    with pytest.raises(ValueError, match="no model file that hotloop can use"):
        hotloop.load(path)


def test_a_later_format_is_refused(path):
    fitted("online").save(path)
    header, arrays = read(path)
    write(path, header | {"format": 2}, arrays)
    with pytest.raises(ValueError, match="has format 2, this version of hotloop reads up to 1"):
        hotloop.load(path)


def test_nothing_in_a_file_is_executed():
    """The reader knows numbers, text and JSON."""
    for module in (container, packing, model_file, checkpoint):
        for word in ("pickle", "eval(", "exec(", "import_module", "marshal"):
            assert word not in Path(module.__file__).read_text()


def test_arrays_keep_their_memory_order_and_share_nothing(path):
    """Equal arrays lie in the file once, arrays that are mostly 0 as their non-zeros."""
    W = np.asfortranarray(np.random.default_rng(0).standard_normal((3, 5)))
    sparse = np.zeros((100, 100), np.float32)
    sparse[3, 7] = 2
    arrays = {"W": W, "same": W.copy(order="F"), "by_row": np.ascontiguousarray(W), "sparse": sparse, "empty": np.zeros((0, 4))}
    write_section(Section(arrays, {"n": 1}), path)
    _, stored = read(path)
    assert sorted(stored) == ["W", "by_row", "empty", "sparse.data", "sparse.indices"]
    section = read_section(path)
    assert section.values == {"n": 1}
    for name, array in arrays.items():
        assert_array_equal(section.arrays[name], array)
        assert section.arrays[name].dtype == array.dtype
        assert section.arrays[name].flags.c_contiguous == array.flags.c_contiguous
    assert not np.shares_memory(section.arrays["W"], section.arrays["same"])


@pytest.mark.parametrize(
    "layout",
    [
        {"shapes": {"W": [1, 2]}},
        {"shapes": {"W": [2**50]}},
        {"shapes": {"W": [2**40, "W"]}},
        {"same": {"V": "U"}},
        {"same": ["V"]},
        {"by_column": ["U"]},
        {"by_column": 3},
    ],
    ids=str,
)
def test_a_layout_that_does_not_fit_is_refused(path, layout):
    write_section(Section({"W": np.ones((2, 3))}), path)
    header, arrays = read(path)
    write(path, header | layout, arrays)
    with pytest.raises(ValueError, match="no model file that hotloop can use"):
        read_section(path)


@pytest.mark.parametrize("values", [[4, 0], [-1, 0], [0.5, 1]])
def test_non_zeros_outside_their_array_are_refused(path, values):
    indices = np.array(values, dtype=np.int64 if isinstance(values[0], int) else np.float64)
    write_section(Section({"W.indices": indices, "W.data": np.ones(2)}), path)
    header, arrays = read(path)
    write(path, header | {"shapes": {"W": [2, 2]}}, arrays)
    with pytest.raises(ValueError, match="no model file that hotloop can use"):
        read_section(path)


def test_an_array_beyond_the_memory_is_refused_before_it_is_made(path):
    write_section(Section({"W.indices": np.array([1, 2]), "W.data": np.ones(2)}), path)
    header, arrays = read(path)
    write(path, header | {"shapes": {"W": [2**19, 2**20]}}, arrays)
    with pytest.raises(MemoryError, match=r"array W of shape \[524288, 1048576\] needs 4398.0 GB"):
        read_section(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_arrays_of_numbers_that_are_not_finite_are_refused(path, value):
    write_section(Section({"W": np.ones((2, 3)), "b": np.array([1, value])}), path)
    with pytest.raises(ValueError, match="m.* is no model file .*: array b does not hold finite numbers"):
        read_section(path)


def test_more_text_than_a_file_holds_is_refused(tmp_path, monkeypatch):
    from hotloop.persistence import container

    monkeypatch.setattr(container, "MOST_TEXT", 1000)
    with pytest.raises(ValueError, match="a model file holds 0 MB of names and parameters at most"):
        container.write_section(Section({"a": np.zeros(3)}, {"names": ["x" * 50] * 30}), tmp_path / "m")
    assert not (tmp_path / "m").exists()
    container.write_section(Section({"a": np.zeros(3)}, {"names": ["x"]}), tmp_path / "m")
