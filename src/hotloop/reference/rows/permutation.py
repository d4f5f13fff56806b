"""Permutations of row numbers, as a function of their place and six keys alone."""

import numpy as np

from hotloop.reference.losses import Array

ROUNDS = 6


def permutation(n: int, keys: Array) -> Array:
    """Return the numbers 0, ..., n - 1 in an order that the keys decide.

    The places 0, 1, ... of the smallest power of two 2^bits >= n go through a Feistel network of six rounds (Luby and Rackoff
    1988): it turns places into places one to one, whatever its round function. Places that come out at n or beyond are left
    out; those that remain are a permutation of the n.

    Parameters
    ----------
    n : int, >= 0
    keys : ndarray of shape (6,), uint32

    Returns
    -------
    order : ndarray of shape (n,), intp

    Raises
    ------
    ValueError
        The number of keys is wrong, or n is negative.
    """
    if len(keys) != ROUNDS:
        raise ValueError(f"keys has {len(keys)} entries, expected {ROUNDS}")
    if n < 0:
        raise ValueError(f"n is {n}, expected a number that is not negative")
    bits = max(n - 1, 1).bit_length()
    low_bits, high_bits = (bits + 1) // 2, bits // 2
    low_mask, high_mask = np.uint32(2**low_bits - 1), np.uint32(2**high_bits - 1)
    places = np.arange(2**bits, dtype=np.uint64)
    low, high = (places & low_mask).astype(np.uint32), (places >> np.uint64(low_bits)).astype(np.uint32)
    for k in range(0, ROUNDS, 2):
        high ^= mix(low ^ keys[k]) & high_mask
        low ^= mix(high ^ keys[k + 1]) & low_mask
    order = (high.astype(np.uint64) << np.uint64(low_bits)) | low
    return np.asarray(order[order < n], dtype=np.intp)


def mix(x: Array) -> Array:
    """Return 32 bits mixed by multiplication and xor-shift, as the finaliser of MurmurHash3; x is uint32."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    mixed: Array = x ^ (x >> np.uint32(16))
    return mixed
