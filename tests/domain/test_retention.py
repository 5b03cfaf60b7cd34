"""How long ago something is, by the calendar; which closed tickets nothing is owed on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.worlds import MONDAY, TOM, Story
from tierline.domain.action import Action
from tierline.domain.commands import Close
from tierline.domain.policy import Policy
from tierline.domain.rca import Rca
from tierline.domain.retention import leans_on, owes
from tierline.domain.retention_rules import Age
from tierline.domain.ticket import Child, Finding, Major, Ticket, Under


@pytest.mark.parametrize(
    ("age", "at", "before"),
    [
        (Age(days=90), "2027-03-01", "2026-12-01"),
        (Age(months=13), "2027-12-23", "2026-11-23"),
        (Age(months=1), "2027-03-31", "2027-02-28"),
        (Age(months=1), "2028-03-31", "2028-02-29"),
        (Age(months=84), "2028-02-29", "2021-02-28"),
        (Age(months=12 * 999), "2026-11-23", "1027-11-23"),
    ],
)
def test_months_go_by_the_calendar_and_days_by_24_hours(age: Age, at: str, before: str) -> None:
    then = datetime.fromisoformat(at).replace(hour=9, tzinfo=UTC)
    assert age.before(then) == datetime.fromisoformat(before).replace(hour=9, tzinfo=UTC)


@settings(deadline=None)
@given(
    st.integers(0, 999),
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001
)
def test_no_age_is_shorter_than_it_says(months: int, at: datetime) -> None:
    age, then = Age(months=months), at.replace(tzinfo=UTC)
    assert then - age.before(then) >= timedelta(days=age.least_days)
    assert age.before(then) <= then


def ended() -> Ticket:
    return Story().open().ok(Close("a duplicate"), TOM).ticket


def action(**more: datetime) -> Action:
    return Action(1, "replace it", "sam", MONDAY, "tom", MONDAY, **more)


def test_nothing_is_owed_on_a_ticket_that_is_closed_and_done() -> None:
    assert owes(ended()) == ""
    assert owes(Story().open().ticket) == "it is open"
    assert owes(replace(ended(), actions=(action(),))) == "an action is not done"
    assert owes(replace(ended(), actions=(action(done_at=MONDAY),))) == ""
    owed = Rca(due=None, since=MONDAY)
    assert owes(replace(ended(), rca=owed)) == "its root cause analysis is owed"
    for done in (replace(owed, done_at=MONDAY), replace(owed, held_by=1002)):
        assert owes(replace(ended(), rca=done)) == ""


def test_it_leans_on_every_ticket_whose_history_it_is_part_of() -> None:
    one = ended()
    assert leans_on(one) == ()
    leaning = replace(
        one,
        problem=2,
        linked=(3, 2),
        under=Under(4, MONDAY),
        major=Major(MONDAY, (Child(5, 1),)),
        finding=Finding(tickets=(6, one.id)),
        rca=Rca(due=None, since=MONDAY, about=(7, one.id), held_by=8),
    )
    assert leans_on(leaning) == (2, 3, 4, 5, 6, 8, 7)


def test_without_a_word_everything_is_kept() -> None:
    rules = Policy.__dataclass_fields__["retention"].default_factory()  # type: ignore[misc]
    assert (rules.closed_tickets, rules.archives, rules.loose_alerts) == (None, None, None)
