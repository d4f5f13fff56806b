"""Rows, dense or CSR, as the rules read them (docs/equations.md, LR-9, LR-15)."""

from collections.abc import Iterator

import numpy as np

from hotloop.reference.losses import Array
from hotloop.structs import CSRRows, DenseRows


class WrittenOut:
    """Rows of either kind as the rules read them: entry i is row i with its zeros, standardised.

    Parameters
    ----------
    rows : DenseRows or CSRRows
    n_features : int
        Columns that the weights have.

    Raises
    ------
    ValueError
        The constants, or the weights, have another number of columns; only one of center and scale is given.
    """

    def __init__(self, rows: DenseRows | CSRRows, n_features: int) -> None:
        if rows.n_features != n_features:
            raise ValueError(f"the weights have {n_features} columns, they must have {rows.n_features} as the rows have")
        if isinstance(rows, DenseRows):
            if (rows.center is None) != (rows.scale is None):
                raise ValueError("center and scale come together or not at all")
            constants = {"center": rows.center, "scale": rows.scale}
        else:
            constants = {"shift": rows.shift, "scale": rows.scale}
        for name, array in constants.items():
            if array is not None and len(array) != n_features:
                raise ValueError(f"{name} must have {n_features} entries")
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> Array:
        rows = self.rows
        if isinstance(rows, DenseRows):
            x: Array = rows.X[i]
            return x if rows.center is None else (x - rows.center) * rows.scale  # (LR-9)
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        x = np.zeros(rows.n_features)
        np.add.at(x, rows.indices[own], 1.0 if rows.data is None else rows.data[own])
        if rows.scale is not None:
            x *= rows.scale
        return x if rows.shift is None else x - rows.shift  # (LR-15)


def dense_rows(rows: DenseRows) -> DenseRows:
    """Return rows for a rule that takes dense ones only."""
    if not isinstance(rows, DenseRows):
        raise TypeError(f"rows is a {type(rows).__name__}, expected DenseRows")
    return rows


def csr_rows(rows: CSRRows) -> CSRRows:
    """Return rows for a rule that takes CSR rows only."""
    if not isinstance(rows, CSRRows):
        raise TypeError(f"rows is a {type(rows).__name__}, expected CSRRows")
    if rows.n_features < 0:
        raise ValueError(f"n_features is {rows.n_features}, expected a number that is not negative")
    return rows
