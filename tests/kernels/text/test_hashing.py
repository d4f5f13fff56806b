"""Hashes of tokens, words and units, of both backends."""

import re

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


@pytest.mark.parametrize(
    ("shortest", "longest", "n_features", "message"),
    [
        (0, 1, 8, "runs have 0 to 1 units"),
        (-3, 1, 8, "runs have -3 to 1 units"),
        (2, 1, 8, "runs have 2 to 1 units"),
        (1, 2**31, 8, "runs have 1 to 2147483648 units"),
        (1, 2**63 - 1, 8, "runs have 1 to 9223372036854775807 units"),
        (1, 1, 0, "n_features is 0"),
        (1, 1, -8, "n_features is -8"),
        (1, 1, 2**31, "n_features is 2147483648"),
    ],
)
def test_runs_and_columns_that_cannot_be(backend, shortest, longest, n_features, message):
    with pytest.raises(ValueError, match=message):
        backend.hash_words(["ab cd ef"], shortest, longest, n_features, False, True, str.split)
    with pytest.raises(ValueError, match=message):
        backend.hash_units([[["ab", "cd"]]], " ", shortest, longest, n_features, True)


def test_runs_of_any_length(backend):
    """The longest run is the document, and room is made for no longer one."""
    for longest in (3, 2**31 - 1):
        assert backend.hash_words(["ab cd ef"], 1, longest, 2**20, False, True, str.split)[0].tolist() == [0, 6]
        assert backend.hash_units([[["ab", "cd", "ef"]]], " ", 1, longest, 2**20, True)[0].tolist() == [0, 6]
    assert backend.hash_words(["ab"], 2, 3, 8, False, True, str.split)[0].tolist() == [0, 0]


class Growing(list):
    """Has more entries by the time that they are read, as a list may that another thread fills."""

    def __len__(self):
        return 0


def test_more_units_than_there_were(compiled):
    many = [f"unit {i}" for i in range(5000)]
    assert compiled.murmurhash3(Growing(many)).tolist() == compiled.murmurhash3(many).tolist()
    expected = compiled.hash_units([[many]], "", 1, 1, 2**20, True)
    for a, b in zip(compiled.hash_units([[Growing(many)]], "", 1, 1, 2**20, True), expected, strict=True):
        assert (a == b).all()


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


def test_capitals_of_ascii_are_lowered(backend):
    def hashed(document, lower):
        def find(text):
            return re.findall(r"\w\w+", text.lower() if lower else text)

        return [array.tolist() for array in backend.hash_words([document], 1, 1, 2**20, lower, False, find)]

    assert hashed("Ab cZ 1A", True) == hashed("ab cz 1a", False) == hashed("ab cz 1a", True)
    assert hashed("Ab cZ 1A", False) != hashed("ab cz 1a", False)
