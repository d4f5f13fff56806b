"""The public names: those of docs/architecture.md, each with a docstring; a name more or less is a decision."""

import inspect
from importlib import import_module

import pytest

PUBLIC = {
    "hotloop": [
        "BackendInfo", "HashingEncoder", "LogisticSDCAClassifier", "LogisticSGDClassifier", "LogisticSGDClassifierCV",
        "Predictor",
        "TableEncoder", "TwoLayerClassifier", "TwoLayerRegressor", "backend_info", "bootstrap_std", "duality_gap",
        "functional", "load",
        "load_estimator", "progressive_validation", "reference", "save",
    ],
    "hotloop.functional": [
        "logistic_gradient", "logistic_loss", "logistic_probability", "logistic_sgd", "sigmoid_sum_backward",
        "sigmoid_sum_forward", "sigmoid_sum_gradients", "two_layer_backward", "two_layer_forward", "two_layer_jacobians",
    ],
    "hotloop.estimators.warnings": [
        "AbsentClassWarning", "CalibrationWarning", "ConstantColumnWarning", "DivergingWarning", "FewRowsWarning", "FitWarning",
        "LeakedLabelWarning", "NotConvergedWarning", "SeparableWarning", "UnscaledWarning",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names(name):
    module = import_module(name)
    assert [public for public in sorted(module.__all__) if not public.startswith("__")] == PUBLIC[name]


@pytest.mark.parametrize("name", [*PUBLIC, "hotloop.reference"])
def test_public_names_have_docstrings(name):
    module = import_module(name)
    assert [
        public for public in module.__all__ if not public.startswith("__") and not inspect.getdoc(getattr(module, public))
    ] == []


def test_the_names_of_the_reference_are_those_that_it_imports():
    reference = import_module("hotloop.reference")
    found = {key for key, value in vars(reference).items() if callable(value) and not key.startswith("_")}
    assert found == set(reference.__all__)
