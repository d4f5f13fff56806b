"""Model files: a predictor, everything that predictions need and nothing more."""

from os import PathLike

from hotloop.data.section import Section, from_json
from hotloop.logistic.weights import LinearWeights
from hotloop.persistence.container import NONSENSE, read_section, unusable, write_section
from hotloop.persistence.packing import pack_labels, pack_params, unpack_labels
from hotloop.predictor import Predictor
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.two_layer.weights import NetworkWeights

# Weights of the models of each estimator.
WEIGHTS: dict[str, type[LinearWeights] | type[NetworkWeights]] = {
    "LogisticSDCAClassifier": LinearWeights,
    "LogisticSGDClassifier": LinearWeights,
    "TwoLayerClassifier": NetworkWeights,
    "TwoLayerRegressor": NetworkWeights,
}


def save(predictor: Predictor, path: str | PathLike[str]) -> None:
    """Write a model file that predicts; ``estimator.save`` writes one from which training goes on, too.

    The file is complete or not there at all.

    Raises
    ------
    TypeError
        It is no Predictor.
    """
    if not isinstance(predictor, Predictor):
        kind = type(predictor).__name__
        raise TypeError(f"predictor is a {kind}, expected a Predictor; an estimator is saved by its own save(path)")
    write_section(predictor_section(predictor), path)


def load(path: str | PathLike[str]) -> Predictor:
    """Read what predicts from a file of :func:`save`, of an estimator or of the command.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    predictor : Predictor
        Predicts like the estimator that was saved, without scikit-learn.

    Raises
    ------
    FileNotFoundError
        There is no such file, or it is a folder.
    ValueError
        The file is truncated, altered or no hotloop model.
    """
    section = read_section(path)
    try:
        return predictor_of(section)
    except NONSENSE as error:
        raise unusable(path, error) from None


def predictor_section(predictor: Predictor) -> Section:
    """Return a section whose part "predictor" holds a predictor."""
    part = Section(
        values={
            "estimator": predictor.estimator_name,
            "classes": None if predictor.classes is None else pack_labels(predictor.classes),
            "feature_names": predictor.feature_names if predictor.encoding is None else None,
            "params": pack_params(predictor.params),
            "metadata": predictor.metadata,
        }
    )
    part.add("weights", predictor.weights.to_section())
    if predictor.encoding is not None:
        part.add("encoding", predictor.encoding.to_section())
    section = Section()
    section.add("predictor", part)
    return section


def predictor_of(section: Section) -> Predictor:
    """Return the predictor of a section; an error of ``NONSENSE`` where its parts do not fit together."""
    part = section.part("predictor")
    values = part.values
    if values["estimator"] not in WEIGHTS:
        raise ValueError(f"unknown kind of model {values['estimator']!r}")
    weights = WEIGHTS[values["estimator"]].from_section(part.part("weights"))
    classes = None if values["classes"] is None else unpack_labels(values["classes"])
    if (classes is None) == (values["estimator"] != "TwoLayerRegressor"):
        raise ValueError("a classifier has classes and a regressor none")
    if classes is not None and len(classes) != (2 if weights.n_outputs == 1 else weights.n_outputs):
        raise ValueError(f"{len(classes)} classes for {weights.n_outputs} outputs")
    names = values["feature_names"]
    if names is not None and len(names) != weights.n_features:
        raise ValueError(f"{len(names)} feature names for {weights.n_features} columns")
    encoding = TableEncoding.from_section(part.part("encoding")) if "encoding" in values else None
    if encoding is not None and len(encoding.feature_names) != weights.n_features:
        raise ValueError(f"an encoding to {len(encoding.feature_names)} columns for {weights.n_features}")
    if encoding is not None:
        names = encoding.feature_names
    params = {name: from_json(value) for name, value in values["params"].items()}
    return Predictor(values["estimator"], weights, classes, names, params, encoding, dict(values["metadata"]))
