"""Between NumPy and Arrow by their buffers."""

import subprocess
import sys

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow")
from hotloop.data.arrow_arrays import as_mask, as_numpy, from_mask, from_numbers, strings  # noqa: E402

pytestmark = pytest.mark.no_backend


@pytest.mark.parametrize("start", [0, 3, 8])
def test_numbers_with_nulls_and_an_offset(start):
    values = [1.0, None, 3.0, 4.0, None, 6.0, 7.0, 8.0, 9.0, None][start:]
    expected = [-1.0 if value is None else value for value in values]
    array = pa.array([1.0, None, 3.0, 4.0, None, 6.0, 7.0, 8.0, 9.0, None]).slice(start)
    assert as_numpy(array, np.float64, -1).tolist() == expected
    assert as_numpy(pa.chunked_array([array, array]), np.float64, -1).tolist() == 2 * expected


def test_masks():
    mask = np.arange(21) % 3 == 0
    assert from_mask(mask).to_pylist() == mask.tolist()
    assert as_mask(from_mask(mask)).tolist() == mask.tolist()
    assert as_mask(pa.array([True, None, False])).tolist() == [True, False, False]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float64])
def test_numbers(dtype):
    assert from_numbers(np.arange(6).astype(dtype)[::2]).to_pylist() == [0, 2, 4]


def test_strings():
    assert strings(["a", "", "é"]).to_pylist() == ["a", "", "é"]
    assert len(strings([])) == 0


def test_training_on_a_file_does_not_import_pandas(tmp_path):
    (tmp_path / "rows.csv").write_text("x,pet,y\n" + "1.5,cat,a\n-3,dog,b\n,n/a,a\n" * 50)
    program = f"""
import sys
from hotloop.cli import main
assert main(["train", {str(tmp_path / "rows.csv")!r}, "--target", "y", "--model", {str(tmp_path / "model")!r}]) == 0
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
