"""Lives of tickets that management is called to, with actions and an analysis, to the end."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.domain.worlds import HOUR, MIA, MINUTE, MONDAY, P1, TOM, Story, example_policy
from tierline.domain.action import Action
from tierline.domain.commands import Claim, Confirm, Move, Resolve
from tierline.domain.correction import CorrectionHanded
from tierline.domain.management import RcaRule, Trigger, When
from tierline.domain.oversight_commands import (
    AddAction,
    Brief,
    CompleteAction,
    HandCorrection,
    MoveAction,
    Reallocate,
    StateComplexity,
    TakeCorrection,
    WriteRca,
)
from tierline.domain.policy import Duration, Policy
from tierline.domain.terms import Priority, TicketType

HALF_HOUR = Duration(seconds=1_800)
DAY = timedelta(days=1)


def managed_policy(*triggers: Trigger, rca: RcaRule | None = None) -> Policy:
    """The example policy that calls management for any P1, unless other triggers are given."""
    first = Trigger("Any P1", When(priorities=frozenset({P1})), ("service manager",), HALF_HOUR)
    return replace(example_policy(), management=triggers or (first,), rca=rca)


def an_action(now: datetime) -> Action:
    """An action as another ticket hands it over, due in an hour."""
    return Action(1, "swap it", "kim", now + HOUR, "sam", now, next_chase=now + HOUR)


def critical() -> Story:
    """A P1 that is worked under the eyes of management, and an analysis owed after it."""
    needs = Trigger(
        "Complex",
        When(complex=True),
        ("lead", "account manager"),
        plan_within=Duration(seconds=7_200),
    )
    first = managed_policy().management[0]
    rule = RcaRule(
        When(priorities=frozenset({Priority.P1}), escalated=True), Duration(business_days=5)
    )
    story = Story(managed_policy(first, needs, rca=rule)).open(priority=P1, start="Desk")
    story.ok(Claim("sam")).ok(StateComplexity("three vendors are in it"))
    story.wait(35 * MINUTE).wait(30 * MINUTE).ok(Brief("a spare is on its way"))
    story.ok(Reallocate("two hands more", ("kim", "ana")), TOM)
    story.ok(Reallocate("back to the desk", (), ("kim",)), TOM)
    story.wait(2 * HOUR).ok(Move("over my head", to_group="Network"))
    story.ok(AddAction("swap the card", "kim", MONDAY + 3 * DAY))
    story.ok(AddAction("order a second one", "sam", MONDAY + 2 * DAY, "preventive"))
    story.ok(MoveAction(1, MONDAY + 4 * DAY, "the part is late"), TOM)
    story.ok(Resolve("a spare was found"), TOM).ok(Confirm())
    daily(story, 3).ok(CompleteAction(2, "ordered"))
    return daily(story, 8).ok(HandCorrection(1002), TOM)


def daily(story: Story, days: int) -> Story:
    """Let days pass, looking once a day, so that no reminder overtakes another."""
    for _ in range(days):
        story.wait(DAY)
    return story


def found_out() -> Story:
    """The problem that carries on: taken over, chased, written, complete."""
    story = Story(managed_policy()).call(type=TicketType.PROBLEM)
    handed = critical().last(CorrectionHanded).what
    story.ok(TakeCorrection(1001, handed.actions, handed.rca), TOM)
    story.wait(DAY).ok(WriteRca("The card failed.", ("no spare on site",), {"1001/3": "too late"}))
    story.ok(AddAction("keep a spare", "kim", story.now + DAY, "preventive"))
    daily(story, 4)
    story.ok(CompleteAction(1, "swapped"), MIA)
    story.ok(CompleteAction(2, "not worth it", dropped=True), MIA)
    return story.ok(WriteRca(done=True), MIA)


def oversights() -> list[Story]:
    """All of them."""
    return [critical(), found_out()]
