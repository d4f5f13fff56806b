"""Logistic regression on rows given by their non-zeros (CSR): the rule of dense rows on each row written out.

What the compiled kernels put off so that a step costs the non-zeros of its row, (LR-13) to (LR-15), is done here before the
first step: the oracle takes the plain rule.
"""

import numpy as np

from hotloop.reference.logistic.dense import take_pass
from hotloop.reference.losses import Array
from hotloop.reference.rows.source import WrittenOut, csr_rows
from hotloop.structs import CSRRows, Pass


def logistic_csr_pass(
    rows: CSRRows,
    steps: Pass,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    lazy: Array,
) -> tuple[float, int]:
    """Run :func:`logistic_pass` over rows given by their non-zeros.

    Parameters
    ----------
    rows : CSRRows
        The columns must exist: see :func:`check_nonzeros`, which is not called here.
    steps : as for :func:`logistic_pass`
    W : ndarray of shape (n_outputs, n_features), float32 or float64, Fortran order
        The weights of a column lie side by side. Overwritten.
    b, b_total : as for :func:`logistic_pass`
        Overwritten.
    W_total : ndarray of shape (n_outputs, n_features), float64, Fortran order, or None for no averaging
        Overwritten.
    lazy : ndarray of shape (3 + 3 n_outputs,), float64
        What W and W_total are still to be combined with, see :func:`materialize`, which makes the first of it. Overwritten.

    Returns
    -------
    loss, n_updates, and errors : as for :func:`logistic_pass`
    """
    written = WrittenOut(csr_rows(rows), W.shape[1])
    materialize(rows.shift, W, W_total, lazy)
    own, total = W.copy(), None if W_total is None else W_total.copy()
    try:
        result = take_pass(written, steps, own, b, total, b_total)
    finally:
        W[:] = own
        if W_total is not None and total is not None:
            W_total[:] = total
        materialize(rows.shift, W, W_total, lazy)
    return result


def materialize(shift: Array | None, W: Array, W_total: Array | None, lazy: Array) -> None:
    """Let W hold the weights and W_total their sum, and start anew with nothing put off.

    Between two calls the kernel has ``u`` in W and the delayed sum in W_total, (LR-13) and (LR-14). ``lazy`` holds scale, the
    sum of its values, and shift . shift; then for each output shift_coef, the sum of scale shift_coef, and u . shift. Where the
    first entry is 1 and the others are 0, nothing is put off. Where there is a ``shift``, this function must be called before
    the first pass.

    Parameters
    ----------
    shift : ndarray of shape (n_features,), dtype of W, or None
        Of the rows, (LR-15).
    W, W_total, lazy : as for :func:`logistic_csr_pass`
    """
    n_outputs, n_features = W.shape
    if len(lazy) != 3 + 3 * n_outputs:
        raise ValueError(f"lazy must have {3 + 3 * n_outputs} entries")
    if shift is not None and len(shift) != n_features:
        raise ValueError(f"shift must have {n_features} entries")
    if W_total is not None and W_total.shape != W.shape:
        raise ValueError("W_total must have the shape of W")
    scale, scale_sum = lazy[:2]
    shift_coef, shift_coef_sum, along = lazy[3:].reshape(3, n_outputs, 1)
    moved = 0.0 if shift is None else shift.astype(np.float64)
    if W_total is not None:
        W_total += scale_sum * W + shift_coef_sum * moved  # (LR-14)
    W[:] = scale * (W + shift_coef * moved)  # (LR-13)
    lazy[:] = 0
    lazy[0] = 1
    if shift is not None:
        lazy[2] = (shift.astype(np.float64) ** 2).sum()
        along[:, 0] = (shift.astype(np.float64)[:, None] * W.T).sum(axis=0)


def csr_margins(rows: CSRRows, W: Array, b: Array) -> Array:
    """Return the margins of rows given by their non-zeros.

    Parameters
    ----------
    rows : CSRRows
    W : ndarray of shape (n_outputs, n_features), float32 or float64, Fortran order
    b : ndarray of shape (n_outputs,), float64

    Returns
    -------
    m : ndarray of shape (n_samples, n_outputs), float64
    """
    if len(b) != len(W):
        raise ValueError(f"b must have {len(W)} entries")
    written = WrittenOut(csr_rows(rows), W.shape[1])
    return np.array([x @ W.T + b for x in written], dtype=np.float64).reshape(len(rows), len(W))
