"""Which speeds are compared: what ``python -m bench`` prints below its table, stores, and holds against a stored file.

A candidate is named by its key, a ratio by the keys of its two candidates; texts may change, keys are what stored files hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hotloop.kernels import available_levels

Found = dict[str, dict[str, float]]  # a ratio's key: case: value


class Ratio(NamedTuple):
    """Speed of ``this`` over that of ``that``, keys of two candidates of one case, times ``factor``: the larger, the better.

    "@best" stands for the highest instruction-set level of the machine.
    """

    this: str
    that: str
    title: str
    factor: int = 1

    @property
    def key(self) -> str:
        """Name in a stored file."""
        return f"{self.this} / {self.that}"


BY_BATCHES = {
    "torch": "torch eager",
    "torch.compile": "torch.compile",
    "torch.compile@gradient": "torch.compile, slopes written out",
    "mlp_classifier": "MLPClassifier.fit",
}
RATIOS = (
    Ratio("logistic_pass@best", "numba", "pass over numba loop"),
    Ratio("logistic_pass@baseline", "logistic_pass@best", "baseline over the highest level"),
    Ratio("logistic_pass@random-order", "logistic_pass@best", "pass in random order over in order"),
    Ratio("logistic_pass@uint8", "logistic_pass@best", "uint8 over float32 rows"),
    Ratio("logistic_pass@float16", "logistic_pass@best", "float16 over float32 rows"),
    Ratio("logistic_many_pass", "logistic_pass@best", "16 models in one read over one after the other", 16),
    Ratio("fit", "logistic_pass@best", "whole fit over pass"),
    Ratio("fit", "sgd_classifier", "fit over SGDClassifier.fit, standardize=None, shuffle=False"),
    Ratio("fit@auto", "sgd_classifier", "fit over SGDClassifier.fit, standardize='auto', shuffle=False"),
    Ratio("fit@shuffle", "sgd_classifier@shuffle", "fit over SGDClassifier.fit, standardize=None, shuffle=True"),
    Ratio("fit@auto,shuffle", "sgd_classifier@shuffle", "fit over SGDClassifier.fit, standardize='auto', shuffle=True"),
    Ratio("fit", "logistic_regression", "fit over scikit-learn LogisticRegression.fit"),
    Ratio("fit", "torch@256", "fit over torch, SGD, batch 256"),
    Ratio("fit", "river", "fit over river, row by row"),
    Ratio("fit", "vowpal_wabbit", "fit over Vowpal Wabbit"),
    Ratio("predict_proba", "sgd_classifier.predict_proba", "predict_proba over SGDClassifier.predict_proba"),
    Ratio("scorer", "sgd_classifier.predict_proba@row", "scorer over SGDClassifier.predict_proba, one row a call"),
    Ratio("logistic_csr_pass@best", "numba", "sparse pass over numba loop"),
    Ratio("logistic_csr_pass@baseline", "logistic_csr_pass@best", "sparse pass, baseline over the highest level"),
    Ratio("logistic_csr_pass@random-order", "logistic_csr_pass@best", "sparse pass in random order over in order"),
    Ratio("logistic_csr_pass@averaged", "logistic_csr_pass@best", "sparse pass, averaged over not averaged"),
    Ratio("logistic_l1_pass", "logistic_csr_pass@best", "elastic net over the sparse pass"),
    Ratio("logistic_adaptive_pass@adagrad", "logistic_csr_pass@best", "AdaGrad over the sparse pass"),
    Ratio("logistic_adaptive_pass@ftrl", "logistic_csr_pass@best", "FTRL over the sparse pass"),
    Ratio("logistic_adaptive_pass@normalized", "logistic_csr_pass@best", "normalised steps over the sparse pass"),
    Ratio("sparse_fit", "sgd_classifier", "sparse fit over SGDClassifier.fit, shuffle=False"),
    Ratio("sparse_fit@shuffle", "sgd_classifier@shuffle", "sparse fit over SGDClassifier.fit, shuffle=True"),
    Ratio("two_layer_pass@best", "numba", "network pass over numba loop"),
    Ratio("two_layer_pass@best", "numba@zeros-skipped", "network pass over numba loop that skips zeros"),
    Ratio("two_layer_pass@best", "exact_net.c", "network pass over exact_net.c"),
    Ratio("two_layer_pass@best", "jax", "network pass over jax scan"),
    *(Ratio("two_layer_pass@best", key, f"network pass over {name}") for key, name in BY_BATCHES.items()),
    Ratio("two_layer_pass@best", "vowpal_wabbit", "network pass over Vowpal Wabbit --nn"),
    Ratio("two_layer_pass@best", "two_layer_pass@x86-64-v3", "network pass over x86-64-v3, where higher is best"),
    *(Ratio("two_layer_minibatch_pass", key, f"network minibatches over {name}") for key, name in BY_BATCHES.items()),
    Ratio("two_layer_fit", "mlp_classifier", "network fit over MLPClassifier.fit"),
)
BY_KEY = {ratio.key: ratio for ratio in RATIOS}
LOST = 0.9  # of a stored ratio; a lower one is reported


def ratios(rows: Sequence[Mapping[str, Any]]) -> Found:
    """Return the ratios of the rows that were measured: the median over the turns, in each of which both ran."""
    speeds = {(row["case"], row["key"]): row["n_samples"] / np.array(row["seconds"]) for row in rows}
    found: Found = {}
    for ratio in RATIOS:
        this, that = (key.replace("@best", f"@{available_levels()[0]}") for key in (ratio.this, ratio.that))
        for case in dict.fromkeys(row["case"] for row in rows):
            if this != that and (case, this) in speeds and (case, that) in speeds:
                value = ratio.factor * np.median(speeds[case, this] / speeds[case, that])
                found.setdefault(ratio.key, {})[case] = round(float(value), 3)
    return found


def told(found: Found) -> Iterable[str]:
    """Yield a line for each ratio."""
    for key, cases in found.items():
        yield f"- {BY_KEY[key].title}: " + ", ".join(f"{value:.2f} ({case})" for case, value in cases.items())


def lost(now: Found, before: Found) -> list[str]:
    """Return a line for each ratio that is below LOST of what it was.

    Raises
    ------
    ValueError
        A stored ratio has a key that no ratio has: it would never be compared.
    """
    if unknown := set(before) - set(BY_KEY):
        raise ValueError(f"no ratio is called {', '.join(sorted(unknown))}; rename it in the stored file, or take it out")
    return [
        f"lost: {BY_KEY[key].title} ({case}) is {now[key][case]:.2f}, was {value:.2f}"
        for key, cases in before.items()
        for case, value in cases.items()
        if case in now.get(key, {}) and now[key][case] < LOST * value
    ]
