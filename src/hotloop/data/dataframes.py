"""Tables of numbers (pandas, polars, pyarrow), a block of rows at a time: never a second copy of the whole."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from hotloop.data.errors import DataError
from hotloop.data.validation import Array
from hotloop.structs import float_dtype

CELLS_AT_ONCE = 1 << 20


def table_columns(X: Any) -> dict[Any, Any] | None:
    """Return the columns of a table by name; None for what is no table of named columns.

    Tables are mappings, DataFrames (pandas, polars and their like), Arrow tables and record batches, and all that has
    ``__arrow_c_stream__``. DataError for a name that stands twice.
    """
    if hasattr(X, "tocsr"):  # one of SciPy's sparse matrices is a mapping
        return None
    if isinstance(X, Mapping):
        return dict(X)
    if hasattr(X, "__arrow_c_stream__") and getattr(X, "ndim", 2) == 1:
        raise DataError("X is one column, expected a table: frame[['name']] in place of frame['name']")
    if hasattr(X, "column_names") or (hasattr(X, "__arrow_c_stream__") and not hasattr(X, "columns")):
        import pyarrow as pa

        X = pa.table(X)
        names, columns = list(X.column_names), list(X.columns)
    elif hasattr(X, "columns"):
        names = list(X.columns)
        columns = [X.iloc[:, j] if hasattr(X, "iloc") else X[name] for j, name in enumerate(names)]
    else:
        return None
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"column names repeated: {repeated}")
    return dict(zip(names, columns, strict=True))


def sparse_matrix(X: Any) -> Any:
    """Return the SciPy matrix of a table whose columns are all sparse ones of pandas; None for any other table."""
    if not hasattr(X, "iloc") or not len(getattr(X, "columns", ())) or not all(hasattr(of, "fill_value") for of in X.dtypes):
        return None
    for name, of in zip(X.columns, X.dtypes, strict=True):
        if of.fill_value != 0:
            raise DataError(f"column {name!r} is sparse around {of.fill_value!r}, expected 0")
    return X.sparse.to_coo().tocsr()


def column_types(X: Any) -> list[np.dtype[Any]] | None:
    """Return the type of each column of a table of plain numbers; None for anything else."""
    if isinstance(X, np.ndarray) or hasattr(X, "tocsr") or not hasattr(X, "shape") or len(X.shape) != 2:
        return None
    if hasattr(X, "iloc") and hasattr(X, "dtypes"):
        types = list(X.dtypes)
    elif hasattr(X, "schema") and hasattr(X, "slice"):
        none = X.slice(0, 0)
        columns = none.columns if hasattr(none, "column_names") else none.get_columns()
        types = [np.asarray(column).dtype for column in columns]
    else:
        return None
    plain = all(isinstance(of, np.dtype) and of.kind in "fiub" for of in types)
    return types if plain and types else None


def computing_dtype(X: Any) -> type[np.floating[Any]]:
    """Return the type to compute in with an array, or with all columns of a table; float64 for anything else."""
    types = column_types(X)
    try:
        if types is not None:
            return float_dtype(np.result_type(*types))
        return float_dtype(X.dtype if hasattr(X, "dtype") else np.result_type(*X.dtypes))
    except (AttributeError, TypeError):  # lists, and tables of other libraries or types
        return np.float64


def rows_at_once(X: Any) -> int:
    """Return how many rows make up a block."""
    return max(1, CELLS_AT_ONCE // int(X.shape[1]))


def block_of(X: Any, start: int, stop: int) -> Any:
    """Return rows start to stop - 1 as a table."""
    return X.iloc[start:stop] if hasattr(X, "iloc") else X.slice(start, stop - start)


def gathered(X: Any, dtype: Any) -> Array:
    """Return the cells of a table of numbers, (n_samples, n_features) in C order; bytes (uint8) stay bytes."""
    if set(column_types(X) or ()) == {np.dtype(np.uint8)}:
        dtype = np.uint8
    rows = np.empty(X.shape, dtype)
    size = rows_at_once(X)
    for start in range(0, len(rows), size):
        block, part = block_of(X, start, start + size), rows[start : start + size]
        if hasattr(block, "column_names"):  # pyarrow
            for j, column in enumerate(block.columns):
                part[:, j] = column.to_numpy(zero_copy_only=False)
        else:
            part[:] = block.to_numpy()
    return rows
