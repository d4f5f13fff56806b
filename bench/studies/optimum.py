"""LogisticSDCAClassifier against scikit-learn at convergence: the objective of both, the certificate, and the time.

    HOTLOOP_DATA=... python -m bench.studies.optimum [--only NAME ...]

alpha is 1 / n, C = 1, on standardised columns. The peer is LogisticRegression by Newton's method (newton-cholesky), tol=1e-10.
"""

import argparse
from time import perf_counter

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bench.datasets import load
from hotloop import LogisticSDCAClassifier


def main() -> None:
    """Print one row a data set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=["breast cancer", "spambase", "a9a"])
    print(
        "| data | epochs | seconds | certificate | objective | LogisticRegression | difference |\n|---|---|---|---|---|---|---|"
    )
    for name in parser.parse_args().only:
        if name == "breast cancer":
            X, y = load_breast_cancer(return_X_y=True)
        else:
            data = load(name)
            X, y = data.X, data.y
        Z = StandardScaler().fit_transform(X)
        peer = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(Z, y)
        m = peer.decision_function(Z)
        theirs = np.logaddexp(0, -np.where(y == peer.classes_[1], m, -m)).mean() + (peer.coef_**2).sum() / 2 / len(y)
        start = perf_counter()
        model = LogisticSDCAClassifier(alpha=1 / len(y), random_state=0).fit(X, y)
        seconds, ours = perf_counter() - start, model.certificate_
        print(
            f"| {name} | {model.n_iter_} | {seconds:.2f} | {ours.gap:.1e} | {ours.objective:.9f} | {theirs:.9f} | "
            f"{ours.objective - theirs:+.1e} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
