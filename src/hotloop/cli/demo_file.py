"""The part of ``hotloop demo`` that trains on a file: a million rows, made on the spot, to a saved model, beside pandas."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hotloop.cli.messages import note
from hotloop.data.validation import Array
from hotloop.metrics import mean_log_loss
from hotloop.persistence.model_file import load

N_ROWS, N_TEST, N_COLUMNS = 1_000_000, 100_000, 28

PEER = """
import sys
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rows, test, out = sys.argv[1:]
frame = pd.read_csv(rows)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame.drop(columns="y").to_numpy(), frame["y"])
np.save(out, model.decision_function(np.load(test)))
"""


def compare_on_a_file(seed: int) -> None:
    """Make a file, train on it by the command and by pandas and scikit-learn; print times and losses on other rows."""
    missing = [name for name in ("pyarrow", "pandas") if find_spec(name) is None]
    if missing:
        note(f"the file of a million rows needs {' and '.join(missing)}: pip install 'hotloop[cli]' pandas")
        return
    import pyarrow as pa
    from pyarrow import csv

    with tempfile.TemporaryDirectory(prefix="hotloop-") as folder:
        rows, test, out, model = (str(Path(folder, name)) for name in ("rows.csv", "test.npy", "margins.npy", "model"))
        X, y = draw_rows()
        names = [f"x{j}" for j in range(N_COLUMNS)]
        csv.write_csv(pa.table([*X[:N_ROWS].T, pa.array(y[:N_ROWS])], names=[*names, "y"]), rows)
        np.save(test, X[N_ROWS:])
        size = Path(rows).stat().st_size / 1e6
        print(f"\n{N_ROWS:,} rows of {N_COLUMNS} numbers, a CSV file of {size:.0f} MB, to a trained model; loss of other rows")
        print(f"{'':<64}{'log loss':>10}{'seconds':>10}")
        command = ["-m", "hotloop", "train", rows, "--target", "y", "--model", model, "--seed", str(seed)]
        seconds = _timed(command)
        m = load(model).decision_function(np.load(test))
        _show("hotloop train: read, encode, search, train, save", m, y[N_ROWS:], seconds)
        seconds = _timed(["-c", PEER, rows, test, out])
        _show("pandas.read_csv, StandardScaler, LogisticRegression", np.load(out), y[N_ROWS:], seconds)


def _timed(arguments: Sequence[str]) -> float:
    """Return the seconds that a Python program takes, its start included."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"the program failed: {done.stderr.strip().splitlines()[-1:]}")
    return time.perf_counter() - start


def _show(name: str, margins: Array, y: Array, seconds: float) -> None:
    """Print a line of the table.

    Parameters
    ----------
    name : str
        Of the program.
    margins, y : ndarray of shape (n_test,)
    seconds : float
    """
    loss = mean_log_loss(np.column_stack([np.zeros_like(margins), margins]), y)
    print(f"{name:<64}{loss:>10.4f}{seconds:>10.2f}")


def draw_rows() -> tuple[Array, Array]:
    """Return rows and labels: columns of unlike scales, some of which depend on each other."""
    rng = np.random.default_rng(0)
    n = N_ROWS + N_TEST
    X = rng.standard_normal((n, N_COLUMNS), np.float32)
    X[:, 1::4] += X[:, ::4]
    margins = X @ rng.normal(0, 0.4, N_COLUMNS).astype(np.float32)
    y = (rng.random(n) < 1 / (1 + np.exp(-margins))).astype(np.int8)
    X *= np.float32(10) ** rng.integers(-2, 4, N_COLUMNS).astype(np.float32)
    return X, y
