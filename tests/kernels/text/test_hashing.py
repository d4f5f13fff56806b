"""Hashes of tokens, words and units, of both backends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import tokens, words

from hotloop import reference

text = pytest.importorskip("sklearn.feature_extraction.text")


# Published vectors of MurmurHash3_x86_32 with seed 0 (Appleby; the smhasher suite and its ports).
@pytest.mark.parametrize(
    ("token", "expected"),
    [("", 0), ("test", 0xBA6BD213), ("Hello, world!", 0xC0363E43), ("The quick brown fox jumps over the lazy dog", 0x2E4FF723)],
)
def test_known_hashes(backend, token, expected):
    assert backend.murmurhash3([token]).astype(np.uint32)[0] == expected


@given(st.lists(tokens, max_size=20))
def test_hashes(backend, some):
    murmurhash3_32 = pytest.importorskip("sklearn.utils").murmurhash3_32
    assert backend.murmurhash3(some).tolist() == [murmurhash3_32(token, seed=0) for token in some]


@given(documents=st.lists(words, max_size=4), shortest=st.integers(1, 2), more=st.integers(0, 2), signed=st.booleans())
def test_kernels_equal_the_reference(compiled, documents, shortest, more, signed):
    find = text.CountVectorizer().build_tokenizer()
    for n_features in (5, 1 << 20):
        arguments = shortest, shortest + more, n_features
        found = compiled.hash_words(documents, *arguments, False, signed, find)
        for a, b in zip(found, reference.hash_words(documents, *arguments, False, signed, find), strict=True):
            assert (a == b).all()
            assert a.dtype == b.dtype
        segments = [[list(document), find(document)] for document in documents]
        for between in ("", " "):
            found = compiled.hash_units(segments, between, *arguments, signed)
            for a, b in zip(found, reference.hash_units(segments, between, *arguments, signed), strict=True):
                assert (a == b).all()
