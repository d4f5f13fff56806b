"""Documents, lists of tokens and tables become the matrices of scikit-learn's hashers, on every backend."""

import gzip
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from texts import same, tokens, words

import hotloop

text = pytest.importorskip("sklearn.feature_extraction.text")
FeatureHasher = pytest.importorskip("sklearn.feature_extraction").FeatureHasher

HashingEncoder = hotloop.HashingEncoder


@given(
    documents=st.lists(words, min_size=1, max_size=5),
    ngrams=st.sampled_from([(1, 1), (1, 2), (2, 3), (5, 6)]),
    analyzer=st.sampled_from(["word", "char", "char_wb"]),
    lowercase=st.booleans(),
    signed=st.booleans(),
    binary=st.booleans(),
    norm=st.sampled_from(["l2", "l1", None]),
)
@example(  # words shorter than all runs
    documents=["ab a abcdef", ""],
    ngrams=(5, 6),
    analyzer="char_wb",
    lowercase=True,
    signed=True,
    binary=False,
    norm=None,
)
def test_documents(backend, documents, ngrams, analyzer, lowercase, signed, binary, norm):
    options = {"analyzer": analyzer, "lowercase": lowercase, "alternate_sign": signed, "binary": binary, "norm": norm}
    if any(analyzer == "char" and len(document) < ngrams[1] for document in documents):
        ngrams = (1, 1)
    options |= {"ngram_range": ngrams, "n_features": 32}
    expected = text.HashingVectorizer(**options, dtype=np.float32).transform(documents)
    same(HashingEncoder(**options).transform(documents), expected)
    same(HashingEncoder(**options).transform(iter(documents)), expected)
    if analyzer == "word":
        own = HashingEncoder(**options, token_pattern=r"[a-z]+").transform(documents)
        same(own, text.HashingVectorizer(**options, token_pattern=r"[a-z]+", dtype=np.float32).transform(documents))


@given(st.lists(st.lists(tokens, max_size=9), min_size=1, max_size=5), st.sampled_from([1, 7, 64, 2**31 - 1]))
def test_tokens(backend, rows, n_features):
    found = HashingEncoder(n_features).transform(rows)
    same(found, FeatureHasher(n_features, input_type="string", dtype=np.float32).transform(rows))
    assert found.dtype == np.float32
    assert found.indices.dtype == np.int32


def test_many_words_of_a_document_are_sorted(compiled):
    """More than the pieces that are sorted by insertion, with repeats, sorted and turned round."""
    draw = np.random.default_rng(0)
    for n in (15, 16, 17, 40, 3000):
        some = [f"w{i}" for i in draw.integers(0, n, n)]
        for document in (some, sorted(some), sorted(some)[::-1], some[:1] * n):
            found = HashingEncoder(1 << 12, norm=None).transform([" ".join(document)])
            same(found, text.HashingVectorizer(n_features=1 << 12, norm=None).transform([" ".join(document)]))


def test_tables(backend):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "city": ["Ulm", "Bonn", None, "Bonn"],
            "size": [1.5, 0.0, 2.0, np.nan],
            "open": [True, False, True, True],
            "n": [3, 4, 3, 3],
        }
    )
    frame["kind"] = frame["n"].astype("category")
    frame.loc[3, "kind"] = None
    rows = [
        {"city=Ulm": 1, "size": 1.5, "open=True": 1, "n": 3, "kind=3": 1, "city=Ulm&kind=3": 1},
        {"city=Bonn": 1, "open=False": 1, "n": 4, "kind=4": 1, "city=Bonn&kind=4": 1},
        {"size": 2.0, "open=True": 1, "n": 3, "kind=3": 1},
        {"city=Bonn": 1, "open=True": 1, "n": 3},
    ]
    for n_features, signed in itertools.product((4, 1 << 20), (True, False)):
        expected = FeatureHasher(n_features, alternate_sign=signed, dtype=np.float32).transform(rows)
        encoder = HashingEncoder(n_features, alternate_sign=signed, crosses=[("city", "kind")])
        same(encoder.transform(frame), expected)
        same(encoder.transform({name: frame[name] for name in frame}), expected)
        same(encoder.transform(pytest.importorskip("pyarrow").Table.from_pandas(frame)), expected)
    with pytest.raises(ValueError, match="crosses names 'city' and 'street'"):
        HashingEncoder(crosses=[("city", "street")]).transform(frame)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a b", 3], "document 1 is of type int"),
        (["a b", None], "document 1 is of type NoneType"),
        ([3, 4], "row 0 is of type int"),
        ([["a"], "b"], "row 1 is a str"),
        ([["a"], ["b", 3]], "row 1 has a token of type int"),
    ],
)
def test_what_is_no_text_is_refused(backend, rows, message):
    for analyzer in ("word", "char"):
        with pytest.raises(TypeError, match=message):
            HashingEncoder(analyzer=analyzer).transform(rows)


def test_one_string_is_no_list(backend):
    with pytest.raises(ValueError, match="X is one string"):
        HashingEncoder().transform("a b c")
    assert HashingEncoder(8).transform([]).shape == (0, 8)


@pytest.mark.skipif("HOTLOOP_DATA" not in os.environ, reason="HOTLOOP_DATA is not set")
def test_real_text(compiled):
    with gzip.open(
        Path(os.environ["HOTLOOP_DATA"]) / "imdb" / "imdb_test.tsv.gz", "rt", encoding="utf-8", newline="\n"
    ) as file:
        documents = [next(file)[2:] for _ in range(2000)]
    assert not all(map(str.isascii, documents))
    expected = text.HashingVectorizer(ngram_range=(1, 2), dtype=np.float32).transform(documents)
    same(HashingEncoder(ngram_range=(1, 2)).transform(documents), expected)
