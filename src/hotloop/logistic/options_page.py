"""The part on logistic regression of docs/options.md, made of the tables: ``python -m hotloop.logistic.options_page``."""

from collections.abc import Sequence
from typing import Any

from hotloop.logistic.options import NUMBERS_PER_WEIGHT, RULES, VALUES, LogisticOptions, bytes_per_weight
from hotloop.logistic.sdca import SDCAOptions
from hotloop.training.rules import Rule
from hotloop.training.values import one_of

HEAD = """## Logistic regression

`LogisticSGDClassifier` and `hotloop train` refuse every other value, in this order. The command has `-` in place of `_`, and
`none`, `true`, `false` for None, True, False; `max_iter` is `--epochs` there, `warm_start` and a dict it has not.
"""
RULES_HEAD = """
What does not go together is refused by a message that names both options and says what to do; so is an option that would do
nothing. The optimizer is what `optimizer="auto"` is for the fit.
"""
SDCA_HEAD = """
`LogisticSDCAClassifier`:
"""
MEMORY_HEAD = """
Bytes for each weight. `fit` of more than one epoch keeps two copies; a model that does not fit into memory is refused.
"""


def options_section() -> str:
    """Return the section, which docs/options.md holds."""
    values = _table(["option", "default", "values"], _values(LogisticOptions(), VALUES))
    rules = _table(["option", "where", "must be", "instead"], [_rule(rule) for rule in RULES])
    sdca = _table(["option", "default", "values"], _values(SDCAOptions(), SDCAOptions.VALUES))
    memory = [[kind, str(bytes_per_weight(kind, 4)), str(bytes_per_weight(kind, 8))] for kind in NUMBERS_PER_WEIGHT]
    parts = [
        HEAD,
        values,
        RULES_HEAD,
        rules,
        SDCA_HEAD,
        sdca,
        MEMORY_HEAD,
        _table(["kind of state", "float32", "float64"], memory),
    ]
    return "\n".join(parts)


def _values(defaults: Any, table: Any) -> list[list[str]]:
    return [[f"`{name}`", f"`{getattr(defaults, name)!r}`", str(allowed)] for name, allowed in table.items()]


def _rule(rule: Rule) -> list[str]:
    where = " and ".join(f"`{name}` is {one_of(*values)}" for name, values in rule.when.items())
    return [f"`{rule.option}`", where, str(rule.allowed), rule.instead]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], "|" + "--|" * len(header), *lines[1:]])


if __name__ == "__main__":
    print(options_section())
