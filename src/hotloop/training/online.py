"""What the online learners of both families share."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from hotloop.data.batch import Batch
from hotloop.structs import CSRRows

FIRST = 64


def joined(parts: Sequence[Batch]) -> list[Batch]:
    """Return the parts one after the other, neighbours of one kind (dense or sparse) as one."""
    found = []
    for sparse, same in groupby(parts, key=lambda part: isinstance(part.X, CSRRows)):
        some = list(same)
        matrices = [part.X for part in some]
        X: Any = CSRRows.concat(matrices) if sparse else np.concatenate(matrices)
        found.append(Batch(X, *(np.concatenate([getattr(part, name) for part in some]) for name in ("y", "sample_weight"))))
    return found
