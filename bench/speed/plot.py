"""The speeds of the dense cases as a picture."""

from pathlib import Path
from typing import Any

from bench.picture import save
from hotloop.kernels import available_levels

LINES = {
    "logistic_pass@best": ("hotloop, the pass", "C0-o"),
    "numba": ("numba loop", "C1-s"),
    "fit@shuffle": ("LogisticSGDClassifier.fit, one epoch, shuffled", "C0--o"),
    "sgd_classifier@shuffle": ("SGDClassifier.fit, one epoch, shuffled", "C2--s"),
    "logistic_many_pass": ("hotloop, 16 models in one read (a model)", "C3:^"),
}


def plot(rows: list[dict[str, Any]], machine: dict[str, Any], bandwidth: float, path: Path) -> None:
    """Draw median samples a second over the number of columns, and where the memory would be read at full speed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    dense = [row for row in rows if row["case"].startswith("dense-")]
    widths = sorted({int(row["case"].removeprefix("dense-")) for row in dense})
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for key, (label, style) in LINES.items():
        times = 16 if key == "logistic_many_pass" else 1
        speeds = {
            int(row["case"].removeprefix("dense-")): times * row["median"] / 1e6
            for row in dense
            if row["key"] == key.replace("@best", f"@{available_levels()[0]}")
        }
        axes.plot(list(speeds), list(speeds.values()), style, label=label)
    axes.plot(widths, [bandwidth / (4 * k) / 1e6 for k in widths], "k-", linewidth=0.8, label="float32 rows read, nothing else")
    axes.set(xscale="log", yscale="log", xlabel="columns", ylabel="million samples a second, one core")
    axes.set_title(f"{machine['cpu']}, {available_levels()[0]}", fontsize=9)
    axes.legend(fontsize=7)
    figure.tight_layout()
    save(figure, path)
