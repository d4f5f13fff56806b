from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_Csr = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]

def hash_words(
    documents: Iterable[str],
    shortest: int,
    longest: int,
    n_features: int,
    lower: bool,
    signed: bool,
    words: Callable[[str], list[str]],
) -> _Csr: ...
def hash_units(
    documents: Iterable[Iterable[Sequence[str]]], between: str, shortest: int, longest: int, n_features: int, signed: bool
) -> _Csr: ...
def murmurhash3(tokens: Sequence[str]) -> NDArray[np.int32]: ...
