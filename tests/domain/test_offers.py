"""What the agreement does not hold: asked about, for so much an hour, and never silently worked."""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    OFFICE,
    P1,
    P2,
    P3,
    P4,
    Story,
    at,
    example_policy,
)
from tierline.domain.approval import Approver
from tierline.domain.commands import AnswerApproval, Asker, Claim
from tierline.domain.events import Actor, ApprovalAnswered, Held, Opened, Paged
from tierline.domain.floor import Floor
from tierline.domain.policy import Agreement, Group, PagingRules
from tierline.domain.terms import Answer, Mode, Offer, State, TicketType

RUTH = Approver("Ruth", "ruth@contoso.example", 50_000)
POOR = Approver("Pia", "pia@contoso.example", 10_000)
ANSWERS = Asker(Actor("contact", "Ruth"))
NIGHT, OPENS = at("2026-11-23 22:00"), at("2026-11-24 08:00")
RATE = 18_000


class OnCall(Story):
    @property
    def floor(self) -> Floor:
        return Floor(self.now, {}, lambda _schedule, _at: ("ann",))


def offering(*, mode: Mode = Mode.ACT, **changed: object):
    policy = example_policy(mode=mode)
    agreement = Agreement("managed", "gold", "standard", after_hours={P3: RATE, P4: RATE})
    desk = replace(policy.groups["Desk"], on_call="desk rota")
    return replace(
        policy,
        agreements={"managed": replace(agreement, **changed)},
        groups={**policy.groups, "Desk": desk},
        currency="GBP",
    )


def called(now=NIGHT, policy=None, **stated: object) -> OnCall:
    story = OnCall(policy or offering(), now=now)
    return story.call(**{"approvers": (POOR, RUTH), "priority": P3, **stated})


def said(story: Story, answer: Answer) -> Story:
    return story.ok(AnswerApproval(answer, id=story.ticket.approval.id), ANSWERS)


def test_outside_the_cover_the_first_who_may_is_asked_until_opening():
    story = called()
    approval = story.ticket.approval
    assert (approval.approver, approval.price) == ("Ruth", "180.00 GBP an hour")
    assert (approval.expires_at, approval.offer) == (OPENS, Offer.AFTER_HOURS)
    assert "2026-11-24 08:00" in approval.asked
    assert story.ticket.state is State.ON_HOLD
    assert story.told(Held) == {("ruth@contoso.example", "approval asked", "notify")}
    assert story.last(Held).by.kind == "system"


def test_approved_it_is_worked_now_as_if_covered():
    story = said(called().wait(20 * MINUTE), Answer.APPROVED)
    paged = story.last(Paged)
    assert (paged.what.page.to, paged.at) == ("ann", NIGHT + 20 * MINUTE)
    assert story.ticket.called_out == NIGHT + 20 * MINUTE
    assert story.due("respond") == NIGHT + 20 * MINUTE + 2 * HOUR, "it counts round the clock"
    assert story.due("resolve") == NIGHT + 20 * MINUTE + 20 * HOUR
    assert story.clock("resolve").calendar == ALWAYS.hash
    story.ok(Claim("sam"))
    assert story.ticket.page is None


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNANSWERED])
def test_refused_or_unanswered_it_waits_for_opening(answer):
    story = called()
    if answer is Answer.REFUSED:
        said(story, answer)
    story.until(at("2026-11-24 08:01"))
    assert story.ticket.approval.answer is answer
    assert (story.ticket.state, story.ticket.called_out) == (State.QUEUED, None)
    assert not story.all(Paged)
    assert story.due("respond") == OPENS + 2 * HOUR


@pytest.mark.parametrize(
    ("stated", "now"),
    [
        ({"priority": P1}, NIGHT),
        ({"priority": P2}, NIGHT),
        ({}, at("2026-11-23 10:00")),
        ({"approvers": (POOR,)}, NIGHT),
        ({"approvers": ()}, NIGHT),
        ({"type": TicketType.ALERT, "alert": "1"}, NIGHT),
        ({"type": TicketType.PROBLEM}, NIGHT),
    ],
)
def test_nobody_is_asked_where_there_is_nothing_to_ask(stated, now):
    assert called(now, **stated).ticket.approval is None


def test_a_request_is_offered_too():
    story = called(type=TicketType.REQUEST)
    assert story.ticket.approval.offer is Offer.AFTER_HOURS
    said(story, Answer.APPROVED)
    assert story.due("fulfil") == NIGHT + 30 * HOUR


def test_in_watch_nobody_is_asked_and_it_waits_for_nobody():
    story = called(policy=offering(mode=Mode.WATCH))
    assert (story.ticket.hold, story.ticket.approval) == (None, None)


def test_what_lies_with_the_clients_own_people_is_not_ours_to_offer():
    own = Group("Contoso IT", "T1", OFFICE, of="client Contoso")
    policy = offering(first="{client.it}")
    policy = replace(policy, groups={**policy.groups, "Contoso IT": own})
    assert called(policy=policy).ticket.approval is None


def test_once_the_group_opens_nobody_is_woken_any_more():
    policy = replace(offering(), paging=PagingRules(every=11 * HOUR))
    story = said(called(policy=policy), Answer.APPROVED).until(at("2026-11-24 09:30"))
    assert story.ticket.page is None


COVERS = {"covers": ("server", "mail"), "not_covered": 9_500, "after_hours": {}}


def device(kind: str) -> dict[str, object]:
    return {"device": {"type": kind}, "severity": "error"}


@pytest.mark.parametrize(
    ("stated", "covered"),
    [
        ({"facts": device("server")}, True),
        ({"facts": device("workstation")}, False),
        ({"facts": device("workstation"), "service": "mail"}, True),
        ({"service": "phones"}, False),
        ({}, True),
    ],
)
def test_what_is_not_covered_is_marked_and_what_is_not_known_is_covered(stated, covered):
    story = called(at("2026-11-23 10:00"), offering(**COVERS), **stated)
    assert story.ticket.covered is covered
    assert story.last(Opened).what.covered is covered


def test_and_offered_by_day_and_for_alerts_too():
    story = called(
        at("2026-11-23 10:00"),
        offering(**COVERS),
        facts=device("workstation"),
        type=TicketType.ALERT,
        alert="1",
    )
    approval = story.ticket.approval
    assert (approval.offer, approval.price) == (Offer.NOT_COVERED, "95.00 GBP an hour")
    assert approval.approver == "Pia", "she may approve as much"
    assert approval.expires_at == at("2026-11-25 10:00")
    assert not story.ticket.touched, "a recovery still resolves it"
    said(story, Answer.APPROVED)
    assert (story.ticket.covered, story.ticket.called_out) == (False, None)
    assert story.last(ApprovalAnswered).what.approval.answer is Answer.APPROVED


def test_without_a_rate_it_is_marked_and_nobody_is_asked():
    story = called(
        at("2026-11-23 10:00"), offering(**{**COVERS, "not_covered": None}), service="phones"
    )
    assert (story.ticket.covered, story.ticket.approval) == (False, None)


def test_an_agreement_without_covers_covers_all():
    assert called(at("2026-11-23 10:00"), service="phones").ticket.covered
