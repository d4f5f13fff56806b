"""``python -m bench.speed.tables``: from a file or a frame to a trained model, beside pandas, pyarrow and scikit-learn.

Each line is a program of its own, start and imports included: seconds (median of some turns), peak memory, loss of other rows.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hotloop.cli.demo_file import N_COLUMNS, N_ROWS, PEER, draw_rows

HOTLOOP = """
import sys
import numpy as np, hotloop
from hotloop.cli import main
rows, test, out, folder = sys.argv[1:]
assert main(["train", rows, "--target", "y", "--model", folder + "/model"]) == 0
np.save(out, hotloop.load(folder + "/model").decision_function(np.load(test)))
"""

READING = """
import sys
import numpy as np, pyarrow as pa
from pyarrow import csv
from hotloop import LogisticSGDClassifier
rows, test, out, _ = sys.argv[1:]
table = csv.read_csv(rows)
X = np.empty((len(table), table.num_columns - 1))
for start in range(0, len(table), 8192):
    for j in range(table.num_columns - 1):
        X[start : start + 8192, j] = table.column(j)[start : start + 8192].to_numpy()
model = LogisticSGDClassifier(random_state=0).fit(X, table.column("y").to_numpy())
np.save(out, model.decision_function(np.load(test)))
"""

FRAME = """
import sys
import numpy as np, pandas as pd
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
kind, rows, test, out = sys.argv[1:]
frame, held = pd.read_parquet(rows), pd.read_parquet(test)
y, y_test = frame.pop("y").to_numpy(), held.pop("y").to_numpy()
import time, resource
if kind == "hotloop":
    from hotloop import LogisticSGDClassifier, TableEncoder
    start = time.perf_counter()
    model = make_pipeline(TableEncoder(), LogisticSGDClassifier(random_state=0)).fit(frame, y)
else:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    text = [name for name in frame if name.startswith("t")]
    numbers = [name for name in frame if not name.startswith("t")]
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), text), (StandardScaler(), numbers))
    start = time.perf_counter()
    model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(frame, y)
seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
np.save(out, [seconds, peak, log_loss(y_test, model.predict_proba(held))])
"""

WIDE = """
import sys
from hotloop.cli import main
rows, folder = sys.argv[1:]
assert main(["train", rows, "--target", "y", "--model", folder + "/model"]) == 0
"""


def main() -> None:
    """Make the files, take turns, print a table for each case."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed.tables", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each program (default: %(default)s)")
    parser.add_argument("--case", choices=("file", "frame", "wide"), action="append", help="only this case; may be repeated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hotloop-") as folder:
        for name, case in (("file", file_case), ("frame", frame_case), ("wide", wide_case)):
            if asked.case is None or name in asked.case:
                case(folder, asked.rounds)


def file_case(folder: str, rounds: int) -> None:
    """A million rows of 28 numbers in a CSV file, on one core and on two."""
    import pyarrow as pa
    from pyarrow import csv

    rows, test, out = (f"{folder}/{name}" for name in ("rows.csv", "test.npy", "out.npy"))
    X, y = draw_rows()
    n = N_ROWS
    csv.write_csv(pa.table([*X[:n].T, pa.array(y[:n])], names=[*(f"x{j}" for j in range(N_COLUMNS)), "y"]), rows)
    np.save(test, X[n:])
    truth = 2.0 * y[n:] - 1
    del X
    programs = {"pandas, scikit-learn": [PEER, rows, test, out]}
    programs |= {"hotloop train": [HOTLOOP, rows, test, out, folder], "pyarrow, hotloop": [READING, rows, test, out, folder]}
    print(f"\na CSV file of {n:,} rows of {N_COLUMNS} numbers ({Path(rows).stat().st_size / 1e6:.0f} MB) to a saved model")
    found: dict[str, list[tuple[float, float]]] = {}
    losses = {}
    cores = sorted(os.sched_getaffinity(0))
    for _ in range(rounds):
        for name, program in programs.items():
            for n_cores in (1, 2):
                if n_cores > min(2, len(cores)) or (n_cores == 2 and name.startswith("pandas")):
                    continue
                found.setdefault(f"{name}, {n_cores} core{'s' * (n_cores > 1)}", []).append(_run(program, cores[-n_cores:]))
                losses[f"{name}, {n_cores} core{'s' * (n_cores > 1)}"] = float(np.logaddexp(0, -truth * np.load(out)).mean())
    _show(found, losses)


def frame_case(folder: str, rounds: int) -> None:
    """200,000 rows of 10 numbers and 16 columns of text, a DataFrame: the fit alone."""
    import pandas as pd

    names = {}
    for name, n, seed in (("train", 200_000, 0), ("test", 50_000, 1)):
        names[name] = f"{folder}/{name}.parquet"
        pd.DataFrame(_mixed(n, seed)).to_parquet(names[name])
    out = f"{folder}/out.npy"
    print("\na DataFrame of 200,000 rows of 10 numbers and 16 columns of text: the fit; memory of the whole process")
    found: dict[str, list[tuple[float, float]]] = {}
    losses = {}
    for _ in range(rounds):
        for kind in ("scikit-learn", "hotloop"):
            _run([FRAME, kind, names["train"], names["test"], out], sorted(os.sched_getaffinity(0))[-1:])
            seconds, peak, losses[kind] = np.load(out).tolist()
            found.setdefault(kind, []).append((seconds, peak))
    _show(found, losses)


def wide_case(folder: str, rounds: int) -> None:
    """A million rows of 26 columns of text, Zipf, up to 100,000 values each: the command."""
    import pyarrow as pa
    from pyarrow import csv

    n, n_columns = 1_000_000, 26
    rng = np.random.default_rng(0)
    words = pa.array([f"v{value:x}" for value in range(100_000)])
    columns = [words.take(pa.array(rng.zipf(1.2, n) % 100_000)) for _ in range(n_columns)]
    rows = f"{folder}/wide.csv"
    csv.write_csv(
        pa.table([pa.array(rng.integers(0, 2, n)), *columns], names=["y", *(f"t{j}" for j in range(n_columns))]), rows
    )
    size, base = Path(rows).stat().st_size, _run(["import hotloop.cli, pyarrow.csv"], [0])[1]
    print(f"\na CSV file of {n:,} rows of {n_columns} columns of text ({size / 1e6:.0f} MB): hotloop train")
    found = {"hotloop train": [_run([WIDE, rows, folder], sorted(os.sched_getaffinity(0))[-1:]) for _ in range(1)]}
    _show(found, {})
    peak = found["hotloop train"][0][1]
    print(f"bytes a cell beyond the imports: {(peak - base) * 1024 / (n * n_columns):.0f}")


def _mixed(n: int, seed: int) -> dict[str, np.ndarray]:
    """Return columns of numbers and text, and labels that depend on them."""
    weights, rng = np.random.default_rng(7), np.random.default_rng(seed)
    X = rng.standard_normal((n, 10))
    margins = X @ weights.normal(0, 0.5, 10)
    columns: dict[str, np.ndarray] = {f"n{j}": X[:, j] for j in range(10)}
    for j, size in enumerate([5, 10, 20, 50, 100, 200, 500, 1000] * 2):
        codes = np.minimum(rng.zipf(1.3, n) - 1, size - 1)
        margins += weights.normal(0, 0.5, size)[codes]
        columns[f"t{j}"] = np.array([f"v{value:x}" for value in range(size)], object)[codes]
    columns["y"] = (rng.random(n) < 1 / (1 + np.exp(-margins))).astype(int)
    return columns


def _run(program: list[str], cores: list[int]) -> tuple[float, float]:
    """Return seconds and peak memory (KiB) of a program on these cores."""
    environment = os.environ | {f"{name}_NUM_THREADS": str(len(cores)) for name in ("OMP", "OPENBLAS", "MKL")}
    command = ["taskset", "-c", ",".join(map(str, cores)), sys.executable, "-c", *program]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"a program failed: {program[1:]}")
    return time.perf_counter() - start, usage.ru_maxrss


def _show(found: dict[str, list[tuple[float, float]]], losses: dict[str, float]) -> None:
    first = statistics.median(seconds for seconds, _ in next(iter(found.values())))
    print(f"| {'program':<32} | seconds | of the first | peak MB | log loss |\n|---|--:|--:|--:|--:|")
    for name, turns in found.items():
        seconds, peak = statistics.median(one for one, _ in turns), max(peak for _, peak in turns)
        loss = f"{losses[name]:.4f}" if name in losses else "-"
        print(f"| {name:<32} | {seconds:.2f} | {seconds / first:.2f} | {peak / 1e3:.0f} | {loss} |", flush=True)


if __name__ == "__main__":
    main()
