"""From an accepted `when` to what the core asks: of a triage rule, and of a step on a path."""

from collections.abc import Mapping
from typing import Any

from tierline.domain.conditions import STEP_FACTS, Condition
from tierline.policy.counting import least_of
from tierline.policy.expressions import compile_expression
from tierline.policy.matchers import (
    FACTS,
    AllFields,
    Always,
    ByExpression,
    CountTest,
    FieldTest,
    Matcher,
    fact_path,
)

When = str | Mapping[str, Any]
"""An accepted `when`: a CEL expression, or facts with the values of which any will do."""


def matcher(when: When | None) -> Matcher:
    """What a triage rule asks of an alert; None: nothing."""
    if when is None:
        return Always()
    if isinstance(when, str):
        return ByExpression(compile_expression(when, FACTS))
    tests = ((fact_path(name), wanted) for name, wanted in sorted(when.items()))
    return AllFields(tuple(_test(path, wanted) for path, wanted in tests if path))


def _test(path: tuple[str, ...], wanted: str | list[Any]) -> FieldTest | CountTest:
    if isinstance(wanted, str):
        return CountTest(path[-1], least_of(wanted))
    return FieldTest(path, tuple(wanted))


def condition(when: When) -> Condition:
    """What a step asks of a ticket, and how it reads: `category firewall or server`."""
    if isinstance(when, str):
        return Condition(when, ByExpression(compile_expression(when, STEP_FACTS), STEP_FACTS))
    tests = tuple(FieldTest((name,), tuple(wanted)) for name, wanted in sorted(when.items()))
    said = " and ".join(_said(name, wanted) for name, wanted in sorted(when.items()))
    return Condition(said, AllFields(tests))


def _said(name: str, wanted: list[Any]) -> str:
    if wanted == ["*"]:
        return f"a {name}"
    texts = (str(it).lower() if isinstance(it, bool) else str(it) for it in wanted)
    return f"{name} {' or '.join(texts)}"
