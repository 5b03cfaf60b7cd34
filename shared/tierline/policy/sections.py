"""Shapes that only one section of a policy uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tierline.domain import audience
from tierline.domain.terms import Reach
from tierline.policy.counting import AtLeast, is_count
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.expressions import EXPRESSION_LIMIT, ExpressionError, compile_expression
from tierline.policy.matchers import FACTS, fact_hint, fact_path
from tierline.policy.shapes import BAD, Checked, Choice, JsonSchema, ListOf, MapOf, Text, kind_of

VALUES_PER_FACT_LIMIT = 200
FACTS_PER_RULE_LIMIT = 20

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9])?) ?%")
_LARGEST_SHARE = 5.0
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a target: `75%` or `0.75`."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept more than nothing and at most five times the target; returns a fraction."""
        share: Any = value
        if isinstance(value, str) and (percent := _PERCENT.fullmatch(value.strip())):
            share = round(float(percent[1]) / 100, 6)
        number = isinstance(share, int | float) and not isinstance(share, bool)
        if not number or not 0 < share <= _LARGEST_SHARE:
            problems.error(at, f"{kind_of(value)} is no share of a target", "write it like 75%")
            return BAD
        return float(share)

    def schema(self) -> JsonSchema:
        """A number or a percentage."""
        number = {"type": "number", "exclusiveMinimum": 0, "maximum": _LARGEST_SHARE}
        return {"anyOf": [number, {"type": "string", "pattern": "^[0-9]{1,3}(\\.[0-9])? ?%$"}]}


_DAYS = re.compile(r"([1-9][0-9]{0,2})d")


@dataclass(frozen=True, slots=True)
class Days:
    """`14d`: days by the calendar."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept one to 999 days, as they are written."""
        shape = Text("a number of days", example="14d", pattern=_DAYS.pattern)
        return shape.check(value, at, problems)

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_DAYS.pattern}$"}


def days_of(text: str) -> timedelta:
    """The time that an accepted `14d` means."""
    return timedelta(days=int(text.removesuffix("d")))


PAGE: Final = "page on_call"
WAIT: Final = "wait for opening"
CLOSED_GROUP: Final = (PAGE, WAIT)
"""What a ticket does that comes into the queue of a closed group."""

_ASSIST = re.compile(r"lead at (.+)")


def assist_share(text: str) -> float:
    """The fraction of a limit that an accepted `lead at 50%` names."""
    number = text.removeprefix("lead at").strip().removesuffix("%").strip()
    return round(float(number) / 100, 6) if "%" in text else float(number)


@dataclass(frozen=True, slots=True)
class AssistAt:
    """`lead at 50%`: the fraction of a limit at which the group's lead joins."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept `lead at` and a share below 100 %; returns it as it was written."""
        found = _ASSIST.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            problems.error(at, f"{kind_of(value)} does not say when", "write it like lead at 50%")
            return BAD
        share = Share().check(found[1], at, problems)
        if share is not BAD and share >= 1:
            problems.error(at, "must be before the limit is reached", "write it like lead at 50%")
            return BAD
        return BAD if share is BAD else value.strip()

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": "^lead at [0-9]{1,2}(\\.[0-9])? ?%$"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value to compare a fact with."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a text, a number, true or false."""
        if isinstance(value, bool | int | float):
            return value
        return Text("a value", limit=500, example='firewall, "backup *" or 3').check(
            value, at, problems
        )

    def schema(self) -> JsonSchema:
        """A scalar."""
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True)
class Template:
    """A text in which `{client}` or `{labels.site}` stand for facts."""

    what: str
    limit: int

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept a text whose braces name facts."""
        text = Text(self.what, self.limit).check(value, at, problems)
        if text is BAD:
            return BAD
        for name in _BRACES.findall(text):
            if is_count(name):
                problems.error(at, f"`{name}` is a number that changes", "name another fact")
                return BAD
            if fact_path(name) is None:
                problems.error(at, f"no fact is called `{name}`", fact_hint(name))
                return BAD
        if any(brace in _BRACES.sub("", text) for brace in "{}"):
            problems.error(at, f"`{text[:60]}` has a lone brace", "write {client}, in quotes")
            return BAD
        return text

    def schema(self) -> JsonSchema:
        """A string."""
        return Text(self.what, self.limit).schema()


_ANY_OF = ListOf(Wanted(), least=1, single=True, limit=VALUES_PER_FACT_LIMIT)


@dataclass(frozen=True, slots=True)
class Conditions:
    """`when:` facts with the values of which any will do, or one CEL expression.

    `known`: the only facts there are, where those of an alert are not meant.
    """

    known: tuple[str, ...] = ()

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept known facts, or an expression that compiles."""
        if isinstance(value, str):
            return self._expression(value, at, problems)
        if not isinstance(value, dict) or not 0 < len(value) <= FACTS_PER_RULE_LIMIT:
            remedy = "write it like {severity: critical}, or leave `when` out to match always"
            problems.error(at, f"must hold 1 to {FACTS_PER_RULE_LIMIT} facts", remedy)
            return BAD
        found: dict[str, Any] = {}
        fine = True
        for name, wanted in value.items():
            here = (*at, name)
            if (name not in self.known) if self.known else fact_path(name) is None:
                hint = did_you_mean(name, self.known) if self.known else fact_hint(name)
                problems.error(here, f"no fact is called `{name}`", hint, at_key=True)
                fine = False
                continue
            shape = AtLeast() if is_count(name) else _ANY_OF
            found[name] = shape.check(wanted, here, problems)
            fine = fine and found[name] is not BAD
        return found if fine else BAD

    def _expression(self, source: str, at: Where, problems: Problems) -> Any:
        try:
            expression = compile_expression(source, self.known or FACTS)
        except ExpressionError as error:
            problems.error(at, error.message, error.remedy)
            return BAD
        if self.known and expression.windows:
            fix = "let a triage rule count, and ask for what it sets, like category"
            problems.error(at, "only a triage rule can count", fix)
            return BAD
        return source

    def schema(self) -> JsonSchema:
        """An object of facts, or a string."""
        facts: JsonSchema = {
            "type": "object",
            "minProperties": 1,
            "maxProperties": FACTS_PER_RULE_LIMIT,
            "additionalProperties": _ANY_OF.schema(),
        }
        if self.known:
            facts["propertyNames"] = {"enum": list(self.known)}
        return {"anyOf": [{"type": "string", "maxLength": EXPRESSION_LIMIT}, facts]}


_AUDIENCES = Choice(
    (
        audience.OWNER,
        audience.LEAD,
        audience.ROOM,
        audience.SENDER,
        audience.NEXT_ROOM,
        audience.DESK_OWNER,
        audience.SERVICE_MANAGER,
        audience.ACCOUNT_MANAGER,
        audience.REQUESTER,
        audience.DUTY_MANAGER,
        audience.NEXT_LEAD,
        audience.ON_CALL,
        audience.ASSISTANT,
        audience.HELPER,
        audience.MANAGERS,
        audience.JOINED,
        audience.RELIEVED,
        audience.ACTION_OWNER,
        audience.CANDIDATE,
        audience.APPROVER,
    )
)


def _somebody(told: Mapping[str, str]) -> tuple[str, str] | None:
    return None if told else ("names nobody", "leave the line out for what is told by default")


TOLD: Final = Checked(MapOf(Choice(tuple(str(reach) for reach in Reach)), _AUDIENCES), _somebody)
"""Who hears of one occasion, and how hard it pulls."""


def occasions() -> Mapping[str, str]:
    """The occasions that `tell` knows, and what is told by default, in words."""
    return {
        occasion: "by default: " + ", ".join(f"{who} ({how})" for who, how in told.items())
        for occasion, told in audience.DEFAULT_TELL.items()
    }
