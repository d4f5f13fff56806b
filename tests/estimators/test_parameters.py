"""Parameters declared as fields: the constructor, its signature, and docstrings that share parts."""

import inspect
import pickle
from dataclasses import KW_ONLY, is_dataclass

import pytest
from sklearn.base import BaseEstimator, clone

from hotloop import TwoLayerClassifier, TwoLayerRegressor
from hotloop.estimators._parameters import with_constructor, with_docs


@with_constructor
class Shared:
    size: int = 3
    _: KW_ONLY
    rate: float | str = "auto"


class Between(Shared, BaseEstimator):
    learnt: float
    limit: int = 7  # no field: this class is not decorated


@with_docs(shared="size : int, default=3\n    Rows.\nrate : float")
@with_constructor
class Model(Between):
    """A model.

    Parameters
    ----------
    {shared}
    kind : str, default="a"

    Examples
    --------
    >>> Model(4).size
    4
    """

    _: KW_ONLY
    kind: str = "a"


def test_the_constructor_stores_what_it_is_given():
    assert vars(Model()) == {"size": 3, "rate": "auto", "kind": "a"}
    assert vars(Model(5, kind="b")) == {"size": 5, "rate": "auto", "kind": "b"}
    assert Model().get_params() == {"size": 3, "rate": "auto", "kind": "a"}
    model = Model(rate=[1])
    assert model.rate is model.get_params()["rate"]
    assert clone(model.set_params(kind="c")).kind == "c"
    assert pickle.loads(pickle.dumps(model)).rate == [1]
    assert Model(1) != Model(1)  # nor are two models that have learnt different things
    assert not is_dataclass(Model)


def test_the_signature_shows_every_parameter():
    assert str(inspect.signature(Model)) == "(size: int = 3, *, rate: float | str = 'auto', kind: str = 'a') -> None"
    assert list(inspect.signature(Model.__init__).parameters) == ["self", "size", "rate", "kind"]
    for estimator, own in ((TwoLayerClassifier, "class_weight"), (TwoLayerRegressor, "output")):
        parameters = inspect.signature(estimator).parameters
        assert len(parameters) == 27
        assert list(parameters)[0] == "n_hidden"
        assert list(parameters)[-1] == own
        assert all(p.annotation is not inspect.Parameter.empty for p in parameters.values())


def test_calls_that_do_not_fit_the_signature():
    for call, message in (
        (lambda: Model(limit=1), r"Model\(\) got an unexpected keyword argument 'limit'"),
        (lambda: Model(1, "a"), r"Model\(\) too many positional arguments"),
        (lambda: Model(1, size=2), r"Model\(\) multiple values for argument 'size'"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_docstrings_share_parts():
    lines = inspect.getdoc(Model).splitlines()
    assert lines[2:8] == [
        "Parameters",
        "----------",
        "size : int, default=3",
        "    Rows.",
        "rate : float",
        'kind : str, default="a"',
    ]
    for estimator in (TwoLayerClassifier, TwoLayerRegressor):
        assert "{parameters}" not in estimator.__doc__
        assert "\nbatch_size : int, default=1\n    Rows of a step.\nmomentum : float" in estimator.__doc__
