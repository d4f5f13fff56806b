"""Tables of numbers: the model of their cells in an array, and no second copy of them."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hotloop import LogisticSGDClassifier, TwoLayerClassifier
from hotloop.data import dataframes as tables

NAMES = ["a", "b", "c", "d", "e"]


def pandas_table(columns):
    return pytest.importorskip("pandas").DataFrame(columns)


def polars_table(columns):
    return pytest.importorskip("polars").DataFrame(columns)


def pyarrow_table(columns):
    return pytest.importorskip("pyarrow").table(columns)


each_library = pytest.mark.parametrize("table", [pandas_table, polars_table, pyarrow_table], ids=lambda f: f.__name__)


def columns(n_samples=120, types=(np.float32, np.int16, np.uint8, np.float32, np.int8)):
    draw = np.random.default_rng(0)
    values = 10 * draw.standard_normal((n_samples, len(NAMES)))
    return {name: np.abs(column).astype(of) for name, column, of in zip(NAMES, values.T, types, strict=True)}


def labels(own):
    return np.where(own["a"] + own["b"] > np.median(own["a"] + own["b"]), "yes", "no")


def model(**options):
    return LogisticSGDClassifier(**{"cv": None, "max_iter": 2, "tol": None, "random_state": 0} | options)


@each_library
@pytest.mark.parametrize("types", [[np.float32, np.int16, np.uint8, np.float32, np.int8], [np.float64] * 5, [np.int64] * 5])
def test_a_table_is_the_array_of_its_cells(backend, monkeypatch, table, types):
    monkeypatch.setattr(tables, "CELLS_AT_ONCE", 5 * 17)  # several blocks, the last a short one
    own = columns(types=types)
    X = np.column_stack(list(own.values())).astype(np.result_type(*types))
    wanted = model().fit(X.astype(np.float32) if np.result_type(*types) == np.float32 else X, labels(own))
    found = model().fit(table(own), labels(own))
    assert found.coef_.dtype == (np.float32 if np.result_type(*types).itemsize == 4 else np.float64)
    assert_array_equal(found.feature_names_in_, NAMES)
    assert_array_equal(found.coef_, wanted.coef_)
    for method in ("predict", "predict_proba", "decision_function", "predict_log_proba"):
        assert_array_equal(getattr(found, method)(table(own)), getattr(wanted, method)(X))
    out = np.empty((120, 2))
    assert found.predict_proba(table(own), out=out) is out
    assert_array_equal(out, wanted.predict_proba(X))
    pieces = model().partial_fit(table(own), labels(own), classes=["no", "yes"])
    assert_array_equal(pieces.coef_, model().partial_fit(X.astype(found.coef_.dtype), labels(own), classes=["no", "yes"]).coef_)


@each_library
def test_the_peak_of_memory(compiled, table):
    """fit holds one copy in the type computed in, predictions a block of rows."""
    own = {f"c{j}": np.random.default_rng(j).standard_normal(60_000).astype(np.float32) for j in range(40)}
    rows, y = table(own), (own["c0"] > 0).astype(int)
    size, peaks = 60_000 * 40 * 4, []
    trained = model(max_iter=1).fit(rows, y)
    for call in (lambda: model(max_iter=1).fit(rows, y), lambda: trained.predict_proba(rows), lambda: trained.predict(rows)):
        tracemalloc.start()
        call()
        peaks.append(tracemalloc.get_traced_memory()[1] / size)
        tracemalloc.stop()
    assert peaks[0] < 1.5
    assert max(peaks[1:]) < 0.7


@each_library
def test_a_cell_that_is_not_finite_is_named_by_its_place_in_the_table(monkeypatch, table):
    own = columns()
    trained = model().fit(table(own), labels(own))
    monkeypatch.setattr(tables, "CELLS_AT_ONCE", 5 * 17)
    own["d"][71] = np.nan
    for call in (lambda: trained.predict(table(own)), lambda: model().fit(table(own), labels(own))):
        with pytest.raises(ValueError, match=r"NaN at row 71, column 3 \(d\)"):
            call()


@each_library
def test_other_columns_are_refused(table):
    own = columns()
    trained = model().fit(table(own), labels(own))
    with pytest.raises(ValueError, match="feature names should match"):
        trained.predict(table({name.upper(): column for name, column in own.items()}))
    with pytest.raises(ValueError, match=r"out has shape \(3, 2\)"):
        trained.predict_proba(table(own), out=np.empty((3, 2)))


def test_an_out_of_another_shape_is_refused_before_any_block_is_written(monkeypatch):
    own = columns()
    trained = model().fit(pandas_table(own), labels(own))
    monkeypatch.setattr(tables, "CELLS_AT_ONCE", 5 * 17)
    out = np.full((119, 2), 7.0)
    with pytest.raises(ValueError, match=r"out has shape \(119, 2\) and dtype float64, expected \(120, 2\)"):
        trained.predict_proba(pandas_table(own), out=out)
    assert (out == 7).all()


@each_library
def test_networks_take_tables(table):
    own = columns()
    X = np.column_stack(list(own.values())).astype(np.float32)
    found, wanted = (
        TwoLayerClassifier(n_hidden=3, max_iter=2, random_state=0).fit(rows, labels(own)) for rows in (table(own), X)
    )
    assert_array_equal(found.predict_proba(table(own)), wanted.predict_proba(X))


@each_library
@pytest.mark.parametrize(
    "cells", [np.arange(120).astype("M8[ms]"), np.array(["x", None] * 60, object)], ids=["dates", "objects"]
)
def test_only_numbers_have_types(table, cells):
    assert tables.column_types(table(columns())) == [np.float32, np.int16, np.uint8, np.float32, np.int8]
    assert tables.column_types(table({**columns(), "b": cells})) is None


def test_tables_with_text_go_the_usual_way():
    own = columns()
    frame = pandas_table({**own, "a": ["x"] * 120})
    with pytest.raises(ValueError, match="X holds text, .*TableEncoder"):
        model().fit(frame, labels(own))
    assert tables.column_types(frame) is None
    nullable = pandas_table(own).astype({"b": "Int64"})
    assert_array_equal(model().fit(nullable, labels(own)).coef_.shape, (1, 5))
