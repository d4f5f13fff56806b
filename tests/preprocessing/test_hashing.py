"""HashingEncoder gives the matrices of scikit-learn's hashers, on every backend."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotloop
from hotloop import reference

sp = pytest.importorskip("scipy.sparse")
text = pytest.importorskip("sklearn.feature_extraction.text")
FeatureHasher = pytest.importorskip("sklearn.feature_extraction").FeatureHasher
HashingEncoder = hotloop.HashingEncoder

words = st.text(alphabet="abcABC019_ -.,\n\t\u00e4\u00c9\u4e2d\u0130\U0001f600", max_size=40)
tokens = st.text(max_size=9).filter(lambda token: token.encode("utf-8", "ignore").decode() == token)


def same(found, expected):
    assert found.shape == expected.shape
    assert found.has_canonical_format
    difference = abs(found - expected)
    assert difference.max() <= 1e-6 if difference.nnz else True


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


@given(
    documents=st.lists(words, min_size=1, max_size=5),
    ngrams=st.sampled_from([(1, 1), (1, 2), (2, 3)]),
    analyzer=st.sampled_from(["word", "char", "char_wb"]),
    lowercase=st.booleans(),
    signed=st.booleans(),
    binary=st.booleans(),
    norm=st.sampled_from(["l2", "l1", None]),
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


def test_tables(backend):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "city": ["Ulm", "Bonn", None, "Ulm"],
            "size": [1.5, 0.0, 2.0, np.nan],
            "open": [True, False, True, True],
            "n": [3, 4, 3, 3],
        }
    )
    frame["kind"] = frame["n"].astype("category")
    rows = [
        {"city=Ulm": 1, "size": 1.5, "open=True": 1, "n": 3, "kind=3": 1, "city=Ulm&kind=3": 1},
        {"city=Bonn": 1, "open=False": 1, "n": 4, "kind=4": 1, "city=Bonn&kind=4": 1},
        {"size": 2.0, "open=True": 1, "n": 3, "kind=3": 1},
        {"city=Ulm": 1, "open=True": 1, "n": 3, "kind=3": 1, "city=Ulm&kind=3": 1},
    ]
    for n_features in (4, 1 << 20):
        expected = FeatureHasher(n_features, dtype=np.float32).transform(rows)
        encoder = HashingEncoder(n_features, crosses=[("city", "kind")])
        same(encoder.transform(frame), expected)
        same(encoder.transform({name: frame[name] for name in frame}), expected)
        same(encoder.transform(pytest.importorskip("pyarrow").Table.from_pandas(frame)), expected)
    with pytest.raises(ValueError, match="crosses names 'city' and 'street'"):
        HashingEncoder(crosses=[("city", "street")]).transform(frame)


def test_names(backend):
    documents = ["good good film", "bad film", "a b c"]
    encoder = HashingEncoder(1 << 18, keep_names=True, ngram_range=(1, 2)).fit(documents)
    assert sorted(encoder.feature_names().values()) == ["bad", "bad film", "film", "good", "good film", "good good"]
    assert encoder.n_collisions_ == 0
    X = encoder.transform(documents)
    coef = np.zeros(1 << 18)
    coef[X[1].indices] = np.sign(X[1].data) * [3, 2, 1]
    assert {name for name, _ in encoder.weights_by_name(coef)} == {"bad", "film", "bad film"}
    assert [weight for _, weight in encoder.weights_by_name(coef)] == [3, 2, 1]
    crowded = HashingEncoder(2, keep_names=True).fit(documents)
    assert crowded.n_collisions_ == len({"good", "bad", "film"}) - len(crowded.feature_names()) > 0
    with pytest.raises(AttributeError, match="keep_names=True"):
        HashingEncoder().fit(documents).feature_names()
    with pytest.raises(ValueError, match="coef has 3 entries"):
        encoder.weights_by_name([1, 2, 3])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a b", 3], "document 1 is of type int"),
        (["a b", None], "document 1 is of type NoneType"),
        ([{"a": 1.0}], "row 0 is of type dict"),
        ([3, 4], "row 0 is of type int"),
        ([["a"], "b"], "row 1 is a str"),
        ([["a"], ["b", 3]], "row 1 has a token of type int"),
    ],
)
def test_what_is_no_text_is_refused(backend, rows, message):
    for analyzer in ("word", "char"):
        with pytest.raises(TypeError, match=message):
            HashingEncoder(analyzer=analyzer).transform(rows)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_features": 0}, "n_features is 0"),
        ({"n_features": 2**31}, "n_features is 2147483648"),
        ({"analyzer": "words"}, "analyzer is 'words'"),
        ({"norm": "max"}, "norm is 'max'"),
        ({"ngram_range": (2, 1)}, "ngram_range is"),
    ],
)
def test_parameters_are_checked(backend, params, message):
    with pytest.raises(ValueError, match=message):
        HashingEncoder(**params).fit(["a"])


def test_one_string_is_no_list(backend):
    with pytest.raises(ValueError, match="X is one string"):
        HashingEncoder().transform("a b c")
    assert HashingEncoder(8).transform([]).shape == (0, 8)


def test_in_a_pipeline(compiled):
    pipeline = pytest.importorskip("sklearn.pipeline")
    documents, y = ["good film", "bad film", "very good", "so bad"] * 20, [1, 0, 1, 0] * 20
    model = pipeline.make_pipeline(HashingEncoder(), hotloop.LogisticSGDClassifier(random_state=0)).fit(documents, y)
    assert model.score(documents, y) == 1
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(documents) == model.predict_proba(documents)).all()


@pytest.mark.skipif("HOTLOOP_DATA" not in os.environ, reason="HOTLOOP_DATA is not set")
def test_real_text(compiled):
    with gzip.open(
        Path(os.environ["HOTLOOP_DATA"]) / "imdb" / "imdb_test.tsv.gz", "rt", encoding="utf-8", newline="\n"
    ) as file:
        documents = [next(file)[2:] for _ in range(2000)]
    assert not all(map(str.isascii, documents))
    expected = text.HashingVectorizer(ngram_range=(1, 2), dtype=np.float32).transform(documents)
    same(HashingEncoder(ngram_range=(1, 2)).transform(documents), expected)
