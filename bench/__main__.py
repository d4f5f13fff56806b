"""``python -m bench``: one table, each row a speed and its error, and results/<date>-<cpu>.json."""

import argparse
import json
import re
import warnings
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from bench.measure import Candidate, machine, pin, take_turns
from bench.speed import csr as bench_sparse
from bench.speed import logistic as bench_logistic
from bench.speed import two_layer as bench_two_layer
from bench.speed.bandwidth import read_bandwidth
from hotloop.kernels import available_levels
from hotloop.training.warnings import FewRowsWarning

RESULTS = Path(__file__).parent / "results"
HEAD = ("case", "what", "M samples/s best", "median", "ns a sample", "of read bandwidth", "x reference", "max|dw|/max|w|")


def main() -> None:
    """Run the cases asked for, print the table and store the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed of the kernels, each with its error.")
    parser.add_argument("--quick", action="store_true", help="an eighth of the rows: for a look, not for figures to quote")
    parser.add_argument("--case", action="append", metavar="NAME", help="only this case; may be repeated")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each candidate (default: %(default)s)")
    parser.add_argument("--store", type=Path, metavar="FILE", help="write the ratios of speeds to a file")
    parser.add_argument("--against", type=Path, metavar="FILE", help="exit 1 if a ratio has lost a tenth of what is stored")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the speeds of the dense cases (SVG, PNG; matplotlib)")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count what the process itself takes, all its threads: where others run, too",
    )
    asked = parser.parse_args()
    families = [
        (family, case)
        for family in (bench_logistic, bench_sparse, bench_two_layer)
        for case in (family.QUICK if asked.quick else family.CASES)
    ]
    names = [case.name for _, case in families]
    if unknown := set(asked.case or ()) - set(names):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are: {', '.join(names)}")

    warnings.filterwarnings("ignore", category=FewRowsWarning)  # a case of 6,400 rows of 10,000 columns has too few
    about = {**machine(), "core": pin(), "clock": "processor time" if asked.processor_time else "wall time"}
    bandwidth = read_bandwidth()
    print(f"{about['cpu']}, {about['cores']} cores, one thread on core {about['core']}, {about['clock']}; ", end="")
    print(f"reads memory at {bandwidth['best'] / 1e9:.1f} GB/s at least; numpy {about['numpy']}, Python {about['python']}\n")
    print("| " + " | ".join(HEAD) + " |\n|---|---|" + "--:|" * (len(HEAD) - 2), flush=True)
    rows = []
    for family, case in families:
        if asked.case and case.name not in asked.case:
            continue
        candidates = family.candidates(case)
        take_turns(candidates, asked.rounds, process_time if asked.processor_time else perf_counter)
        of_case = [figures(c, candidates[-1], bandwidth["best"], c.error(family.PREFIX)) for c in candidates]
        for row in of_case:
            print(line(row), flush=True)
        rows += of_case
    print()
    found = ratios(rows)
    for title, cases in found.items():
        print(f"- {title}: " + ", ".join(f"{ratio:.2f} ({case})" for case, ratio in cases.items()))
    if asked.store:
        asked.store.write_text(json.dumps({"machine": about, "ratios": found}, indent=1) + "\n")
    if asked.plot:
        from bench.speed.plot import plot

        plot(rows, about, bandwidth["best"], asked.plot)
    RESULTS.mkdir(exist_ok=True)
    cpu = re.sub(r"[^a-z0-9]+", "-", about["cpu"].lower()).strip("-")
    part = [*(["quick"] if asked.quick else []), *(asked.case or [])]
    path = RESULTS / f"{'-'.join([str(date.today()), cpu, *part])}.json"
    path.write_text(json.dumps({"machine": about, "read_bandwidth": bandwidth, "rows": rows}, indent=1) + "\n")
    print(f"\n{path}")
    if asked.against:
        complaints = lost(found, json.loads(asked.against.read_text())["ratios"])
        print(*complaints or ["no ratio is lost"], sep="\n")
        raise SystemExit(bool(complaints))


def figures(found: Candidate, reference: Candidate, bandwidth: float, error: float) -> dict[str, object]:
    """Return what is printed and stored of one candidate."""
    return {
        "case": found.case,
        "what": found.name,
        "n_samples": found.n_samples,
        "best": found.best,
        "median": found.median,
        "nanoseconds": 1e9 / found.best,
        "share_of_bandwidth": found.n_bytes / min(found.seconds) / bandwidth,
        "times_reference": found.best / reference.best,
        "error": None if error != error else error,
        "seconds": found.seconds,
    }


BY_BATCHES = tuple((name.removeprefix("scikit-learn "), name) for name in (
    "torch eager", "torch.compile", "torch.compile, slopes written out", "scikit-learn MLPClassifier.fit",
))  # fmt: skip
# What the figures of a case say: title, this speed over that speed, times a factor. All are the better the larger.
RATIOS = (
    ("pass over numba loop", "logistic_pass, {best}", "numba loop, fastmath", 1),
    ("sparse pass over numba loop", "logistic_sparse_pass, {best}", "numba loop, fastmath", 1),
    ("sparse pass, baseline over the highest level", "logistic_sparse_pass, baseline", "logistic_sparse_pass, {best}", 1),
    ("sparse pass in random order over in order", "logistic_sparse_pass, random order", "logistic_sparse_pass, {best}", 1),
    ("sparse pass, averaged over not averaged", "logistic_sparse_pass, averaged", "logistic_sparse_pass, {best}", 1),
    *(
        (f"network pass over {title}", "two_layer_pass, {best}", name, 1)
        for title, name in (
            ("numba loop", "numba loop, fastmath"),
            ("numba loop that skips zeros", "numba loop, fastmath, zeros skipped"),
            ("exact_net.c", "exact_net.c"),
            ("jax scan", "jax scan"),
            *BY_BATCHES,
            ("Vowpal Wabbit --nn", "Vowpal Wabbit --nn"),
            ("x86-64-v3, where higher is best", "two_layer_pass, x86-64-v3"),
        )
    ),
    *((f"network minibatches over {title}", "two_layer_minibatch_pass", name, 1) for title, name in BY_BATCHES),
    ("network fit over MLPClassifier.fit", "TwoLayerClassifier.fit", "scikit-learn MLPClassifier.fit", 1),
    ("elastic net over the sparse pass", "logistic_l1_pass, elastic net", "logistic_sparse_pass, {best}", 1),
    ("AdaGrad over the sparse pass", "logistic_adaptive_pass, adagrad", "logistic_sparse_pass, {best}", 1),
    ("FTRL over the sparse pass", "logistic_adaptive_pass, ftrl", "logistic_sparse_pass, {best}", 1),
    ("normalised steps over the sparse pass", "logistic_adaptive_pass, normalized", "logistic_sparse_pass, {best}", 1),
    *(
        (
            f"sparse fit over SGDClassifier.fit, shuffle={shuffle}",
            f"LogisticSGDClassifier.fit, shuffle={shuffle}",
            f"scikit-learn SGDClassifier.fit, shuffle={shuffle}",
            1,
        )
        for shuffle in (False, True)
    ),
    ("baseline over the highest level", "logistic_pass, baseline", "logistic_pass, {best}", 1),
    ("pass in random order over in order", "logistic_pass, random order", "logistic_pass, {best}", 1),
    ("uint8 over float32 rows", "logistic_pass, uint8 rows", "logistic_pass, {best}", 1),
    ("float16 over float32 rows", "logistic_pass, float16 rows", "logistic_pass, {best}", 1),
    ("16 models in one read over one after the other", "logistic_many_pass, 16 models", "logistic_pass, {best}", 16),
    ("whole fit over pass", "LogisticSGDClassifier.fit, standardize=None, shuffle=False", "logistic_pass, {best}", 1),
    *(
        (
            f"fit over SGDClassifier.fit, standardize={standardize}, shuffle={shuffle}",
            f"LogisticSGDClassifier.fit, standardize={standardize}, shuffle={shuffle}",
            f"scikit-learn SGDClassifier.fit, shuffle={shuffle}",
            1,
        )
        for shuffle in (False, True)
        for standardize in ("None", "'auto'")
    ),
    *(
        (f"fit over {name}", "LogisticSGDClassifier.fit, standardize=None, shuffle=False", name, 1)
        for name in ("scikit-learn LogisticRegression.fit", "torch, SGD, batch 256", "river, row by row", "Vowpal Wabbit")
    ),
    ("predict_proba over SGDClassifier.predict_proba", "predict_proba", "scikit-learn predict_proba", 1),
    (
        "scorer over SGDClassifier.predict_proba, one row a call",
        "scorer, one row a call",
        "scikit-learn predict_proba, one row a call",
        1,
    ),
)
LOST = 0.9  # of a stored ratio; a lower one is reported


def ratios(rows) -> dict[str, dict[str, float]]:
    """Return each ratio by title and case: the median over the turns, in each of which both ran one after the other."""
    speeds = {(row["case"], row["what"]): row["n_samples"] / np.array(row["seconds"]) for row in rows}
    found: dict[str, dict[str, float]] = {}
    for title, *names, factor in RATIOS:
        this, that = (name.format(best=available_levels()[0]) for name in names)
        for case in dict.fromkeys(row["case"] for row in rows):
            if this != that and (case, this) in speeds and (case, that) in speeds:
                ratio = factor * np.median(speeds[case, this] / speeds[case, that])
                found.setdefault(title, {})[case] = round(float(ratio), 3)
    return found


def lost(now: dict[str, dict[str, float]], before: dict[str, dict[str, float]]) -> list[str]:
    """Return one line a ratio that is below LOST of what it was."""
    return [
        f"lost: {title} ({case}) is {now[title][case]:.2f}, was {ratio:.2f}"
        for title, cases in before.items()
        for case, ratio in cases.items()
        if case in now.get(title, {}) and now[title][case] < LOST * ratio
    ]


def line(row) -> str:
    """Return a row of the table."""
    nanoseconds = row["nanoseconds"]
    cells = [row["case"], row["what"], f"{row['best'] / 1e6:.3g}", f"{row['median'] / 1e6:.3g}"]
    cells += [f"{nanoseconds:,.0f}" if nanoseconds >= 100 else f"{nanoseconds:.1f}", f"{100 * row['share_of_bandwidth']:.0f} %"]
    cells += [f"{row['times_reference']:,.0f}", "-" if row["error"] is None else f"{row['error']:.1e}"]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
