"""Options that do not go together, as data: what is checked, and what a message says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotloop.training.values import Values


@dataclass(frozen=True)
class Rule:
    """Where all of ``when`` holds, ``option`` must have one of the ``allowed`` values.

    Attributes
    ----------
    when : mapping of str to tuple
        Options, and facts of the fit, each with the values for which the rule holds.
    option : str
    allowed : Values
    instead : str
        What to do, for the message.
    """

    when: Mapping[str, tuple[Any, ...]]
    option: str
    allowed: Values
    instead: str


def check_rules(options: Any, rules: Sequence[Rule], facts: Mapping[str, str], words: Mapping[str, str] | None = None) -> None:
    """Raise ValueError for the first rule that is broken; a rule about a fact that is not known yet holds.

    Parameters
    ----------
    options : object
        Has an attribute for each of its options; a rule about an option that it has not holds.
    rules : sequence of Rule
    facts : mapping of str to str
        What is known of the fit beside the options, in the words of messages: {"rows": "sparse rows"}.
    words : mapping of str to str, default=None
        How messages name a fact, where its own words are not enough.
    """
    missing, in_words = object(), {**facts, **(words or {})}
    for rule in rules:
        actual = {name: facts.get(name, getattr(options, name, missing)) for name in rule.when}
        holds = all(actual[name] in values for name, values in rule.when.items())
        value = getattr(options, rule.option, missing)
        if holds and value is not missing and not rule.allowed.allow(value):
            with_what = " and ".join(in_words.get(name, f"{name}={actual[name]!r}") for name in rule.when).rstrip(",")
            raise ValueError(f"{rule.option}={value!r} does not go with {with_what}; {rule.instead}")
