"""Texts to hash, and when two sparse matrices are the same."""

from hypothesis import strategies as st

words = st.text(alphabet="abcABC019_ -.,\n\t\u00e4\u00c9\u4e2d\u0130\U0001f600", max_size=40)
tokens = st.text(max_size=9).filter(lambda token: token.encode("utf-8", "ignore").decode() == token)


def same(found, expected):
    assert found.shape == expected.shape
    assert found.has_canonical_format
    assert found.nnz == expected.nnz
    difference = abs(found - expected)
    assert difference.max() <= 1e-6 if difference.nnz else True
