"""Rules of options: when they hold, and what they say."""

from types import SimpleNamespace

import pytest

from hotloop.training.rules import Rule, check_rules
from hotloop.training.values import Values, one_of

RULES = (
    Rule({"kind": ("a", "b")}, "share", one_of(0), "leave share=0"),
    Rule({"kind": ("c",), "rows": ("sparse rows",)}, "weight", Values((None,), mapping=True), "give dense rows"),
)


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ({"kind": "a", "share": 0, "weight": 1}, {}),
        ({"kind": "c", "share": 1, "weight": 1}, {}),  # nothing is known of the rows
        ({"kind": "c", "share": 1, "weight": 1}, {"rows": "dense rows"}),
        ({"kind": "c", "share": 1, "weight": {}}, {"rows": "sparse rows"}),
        ({"kind": "c", "share": 1, "weight": None}, {"rows": "sparse rows"}),
        ({"kind": "c"}, {"rows": "sparse rows"}),  # an option that is not there
    ],
)
def test_rules_that_hold(options, facts):
    check_rules(SimpleNamespace(**options), RULES, facts)


@pytest.mark.parametrize(
    ("options", "facts", "message"),
    [
        ({"kind": "b", "share": 0.5}, {}, "share=0.5 does not go with kind='b'; leave share=0"),
        ({"kind": "auto", "share": 1}, {"kind": "kind='a', chosen,"}, None),
        (
            {"kind": "c", "weight": "even"},
            {"rows": "sparse rows"},
            "weight='even' does not go with kind='c' and sparse rows; give dense rows",
        ),
    ],
)
def test_rules_that_are_broken(options, facts, message):
    if message is None:
        check_rules(SimpleNamespace(**options), RULES, facts)
        return
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        check_rules(SimpleNamespace(**options), RULES, facts)
    assert str(raised.value) == message
