"""Stories with people in them: shifts, absences, load, whose turn it was."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.domain.worlds import MONDAY, OFFICE, Story, at, example_policy
from tierline.domain.calendar import Calendar
from tierline.domain.floor import Floor, Turn
from tierline.domain.people import Away, Person
from tierline.domain.policy import Path, Policy, Step
from tierline.domain.terms import Assign, Mode

EARLY = Calendar.build(
    "Europe/London", {day: ["08:00-16:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
)
NIGHTS = Calendar.build("Europe/London", {"sat": ["22:00-06:00"]})


@dataclass
class Manned(Story):
    """A story on a floor with people; `held` and `turns` as the floor has them."""

    people: dict[str, Person] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    turns: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def floor(self) -> Floor:
        turns = {key: Turn(at) for key, at in self.turns.items()}
        return Floor(self.now, people=self.people, held=self.held, turns=turns)


def people(*them: Person) -> dict[str, Person]:
    return {person.login: person for person in them}


def calm(policy: Policy) -> Policy:
    """`policy` in which time moves no ticket: what is left are offers, claims and promises."""
    return replace(policy, paths={"standard": Path("standard", (Step("T1"), Step("T2")))})


def pushing(
    assign: Assign = Assign.ROUND_ROBIN,
    *,
    members: tuple[str, ...] = ("sam", "kim"),
    hours: Calendar = OFFICE,
    capacity: int | None = None,
    mode: Mode = Mode.ACT,
) -> Policy:
    """The example policy, calm, whose Desk offers its tickets; `capacity` for each member."""
    policy = calm(example_policy(mode=mode))
    desk = replace(
        policy.groups["Desk"],
        assign=assign,
        members=members,
        hours=hours,
        capacity=capacity,
        capacity_each=True,
    )
    known = {**policy.calendars, hours.hash: hours}
    return replace(policy, groups={**policy.groups, "Desk": desk}, calendars=known)


def staying(hours: Calendar = OFFICE, mode: Mode = Mode.ACT) -> Policy:
    """The same, whose Desk lets its people claim."""
    return pushing(Assign.CLAIM, hours=hours, mode=mode)


def away(start: str, end: str, stand_in: str = "") -> Away:
    return Away(at(start), at(end), stand_in)


__all__ = [
    "EARLY", "MONDAY", "NIGHTS", "Manned", "away", "calm", "people", "pushing", "staying",
]  # fmt: skip
