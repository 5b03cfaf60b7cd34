"""The grammar of `tests`: what is sent when, and what is to come of it."""

from typing import Any, Final

from tierline.domain.terms import Mode, Priority, TicketType
from tierline.domain.triage import COUNTED_MAX
from tierline.policy.counting import is_count
from tierline.policy.errors import Problems, Where
from tierline.policy.fields import Field, Fields
from tierline.policy.matchers import fact_hint, fact_path
from tierline.policy.plain import NAME
from tierline.policy.sections import Wanted
from tierline.policy.shapes import BAD, Checked, Choice, JsonSchema, ListOf, MapOf, Text, Whole
from tierline.policy.trying.moments import MomentText

TESTS_LIMIT: Final = 500
NOBODY: Final = "nobody"

CLOCKS: Final = ("respond", "plan", "resolve")
"""Promises whose due instant a test may state."""


_WORDS = {"type": tuple(map(str, TicketType)), "priority": tuple(map(str, Priority))}
"""Facts that a ticket is opened with, so that they must be what it can be."""


_COUNTED = Whole(0, COUNTED_MAX)


class _Facts:
    """Facts of the alert, by the names that rules use."""

    _shape = MapOf(Wanted())

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept known facts with plain values."""
        found = self._shape.check(value, at, problems)
        if found is BAD:
            return BAD
        fine = True
        for name, said in found.items():
            here = (*at, name)
            if fact_path(name) is None:
                unknown = f"no fact is called `{name}`"
                problems.error(here, unknown, fact_hint(name), at_key=True)
                fine = False
            elif is_count(name):
                fine = _COUNTED.check(said, here, problems) is not BAD and fine
            elif (words := _WORDS.get(name)) is not None:
                fine = Choice(words).check(said, here, problems) is not BAD and fine
        return found if fine else BAD

    def schema(self) -> JsonSchema:
        """An object of plain values."""
        return self._shape.schema()


_MOMENT = MomentText()

EXPECTED: Final = Fields(
    "what is expected",
    {
        "start": Field(NAME, "the group, or the tier, that gets it"),
        "category": Field(NAME, "what it is about"),
        "priority": Field(Choice(tuple(str(p) for p in Priority)), "how pressing it is"),
        "path": Field(NAME, "the way it takes"),
        "mode": Field(Choice(tuple(str(m) for m in Mode)), "how far Tierline may go"),
        "restricted": Field(NAME, "the group that alone may see it, or `nobody`"),
        "paged": Field(NAME, "who is woken first while it waits there, or `nobody`"),
        "lapses": Field(_MOMENT, "when the limit of its first tier is reached, if nobody acts"),
        "next": Field(NAME, "the group that time takes it to, or proposes"),
        **{name: Field(_MOMENT, f"when `{name}` is due") for name in CLOCKS},
    },
)


def _something(expected: dict[str, Any]) -> tuple[str, str] | None:
    return None if expected else ("expects nothing", "write what is to come of it, like start: T1")


TEST: Final = Fields(
    "a test",
    {
        "name": Field(NAME, "how the report calls it", required=True),
        "at": Field(
            _MOMENT, 'when it comes: "fri 17:50" of the coming week, or a date', required=True
        ),
        "zone": Field(
            Text("a time zone", example="Europe/London"),
            "whose clock shows that; that of the first hours if left out",
        ),
        "alert": Field(_Facts(), "its facts, as rules call them", required=True),
        "expect": Field(Checked(EXPECTED, _something), "what is to come of it", required=True),
    },
)
TESTS: Final = ListOf(TEST, limit=TESTS_LIMIT)
