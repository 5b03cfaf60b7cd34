"""Approvals: a hold with an approver, an amount and an expiry, answered once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import (
    AnswerApproval,
    AskApproval,
    Asker,
    Claim,
    Move,
    PutOnHold,
    Resolve,
    Resume,
)
from tierline.domain.events import Actor, ApprovalAnswered, Held, Reviewed
from tierline.domain.money import money
from tierline.domain.policy import ApprovalRules, Duration
from tierline.domain.terms import Answer, HoldReason, State

RUTH = Asker(Actor("contact", "Ruth"))
ASK = AskApproval("a new switch", "Ruth", "ruth@contoso.example", amount=18_000)
YES, NO = Answer.APPROVED, Answer.REFUSED
HEARD = "Ruth by phone to Sam, 09:10"


def asked(command: AskApproval = ASK, policy=None) -> Story:
    policy = replace(policy or example_policy(), currency="GBP")
    return Story(policy).call().ok(Claim("sam")).ok(command)


def by_link(story: Story, answer: Answer, word: str = "") -> AnswerApproval:
    return AnswerApproval(answer, word, id=story.ticket.approval.id)


def test_asking_is_a_hold_that_ends_when_the_question_expires():
    story = asked()
    hold, approval = story.ticket.hold, story.ticket.approval
    assert (hold.reason, hold.of, hold.until) == (HoldReason.APPROVAL, "Ruth", approval.expires_at)
    assert approval.expires_at == at("2026-11-25 09:00"), "two business days on the cover"
    assert (approval.price, approval.asked_by) == ("180.00 GBP", "sam")
    assert approval.id == story.last(Held).seq
    assert not story.clock("resolve").running
    assert story.told(Held) == {("ruth@contoso.example", "approval asked", "notify")}


def test_how_long_they_have_is_the_policys_or_said():
    policy = replace(example_policy(), approvals=ApprovalRules(Duration(seconds=3600)))
    assert asked(policy=policy).ticket.approval.expires_at == MONDAY + HOUR
    story = asked(replace(ASK, expires_at=MONDAY + 3 * HOUR))
    assert story.ticket.hold.until == MONDAY + 3 * HOUR


def test_approved_by_the_link_work_goes_on():
    story = asked().wait(HOUR)
    story.ok(by_link(story, YES, "go ahead"), RUTH)
    answered = story.last(ApprovalAnswered)
    assert (answered.by.name, answered.what.approval.word) == ("Ruth", "go ahead")
    assert (story.ticket.state, story.ticket.hold) == (State.WORKING, None)
    assert story.ticket.approval.answered_at == MONDAY + HOUR
    assert story.ticket.held_us == 3_600_000_000
    assert story.due("resolve") == at("2026-11-25 10:00"), "one hour was held"
    assert ("sam", "approved", "notify") in story.told(ApprovalAnswered)


def test_refused_its_owner_hears_and_it_goes_on_without():
    story = asked()
    story.ok(by_link(story, NO), RUTH)
    assert ("sam", "approval refused", "notify") in story.told(ApprovalAnswered)
    assert story.ticket.state is State.WORKING


def test_expired_it_ends_by_itself_as_unanswered_and_the_owner_hears():
    story = asked().until(at("2026-11-25 09:20"))
    answered = story.last(ApprovalAnswered)
    assert (answered.at, answered.by.kind) == (at("2026-11-25 09:00"), "time")
    assert story.ticket.approval.answer is Answer.UNANSWERED
    assert ("sam", "approval unanswered", "notify") in story.told(ApprovalAnswered)
    assert story.ticket.state is State.WORKING


def test_one_of_us_records_what_they_said_with_evidence():
    story = asked()
    assert story.refused(AnswerApproval(YES)) == "missing"
    story.ok(AnswerApproval(YES, evidence=HEARD), KIM)
    assert story.ticket.approval.evidence == HEARD
    assert story.last(ApprovalAnswered).by.name == "kim"


def test_a_question_is_answered_once():
    story = asked()
    link = by_link(story, YES)
    story.ok(link, RUTH)
    assert story.refused(link, RUTH) == "no_approval"
    assert "approved" in story.rejected.reason
    assert story.refused(AnswerApproval(NO, evidence=HEARD)) == "no_approval"


@pytest.mark.parametrize(
    "away",
    [
        Resume("not needed"),
        Move("theirs", to_group="Network"),
        Resolve("done without"),
        PutOnHold(HoldReason.CLIENT, "which colour?"),
    ],
)
def test_where_work_goes_on_without_it_the_link_is_good_no_more(away):
    story = asked()
    link = by_link(story, YES)
    story.ok(away)
    assert story.ticket.open_approval is None
    assert story.refused(link, RUTH) == "no_approval"


def test_a_plain_hold_for_approval_does_not_bring_an_old_question_back():
    story = asked()
    link = by_link(story, YES)
    story.ok(PutOnHold(HoldReason.CLIENT, "?")).ok(PutOnHold(HoldReason.APPROVAL, "the boss"))
    assert story.ticket.open_approval is None
    assert story.refused(link, RUTH) == "no_approval"


def test_the_link_of_an_older_question_does_not_answer_a_newer_one():
    story = asked()
    old = by_link(story, YES)
    story.ok(replace(ASK, asked="two switches", amount=36_000))
    assert story.refused(old, RUTH) == "no_approval"
    story.ok(by_link(story, YES), RUTH)
    assert story.ticket.approval.amount == 36_000


def test_what_was_answered_stays_known_through_later_pauses():
    story = asked()
    story.ok(by_link(story, YES), RUTH).ok(PutOnHold(HoldReason.CLIENT, "?"))
    assert story.ticket.approval.answer is YES


@pytest.mark.parametrize(
    ("limit", "amount", "code"),
    [(50_000, 50_000, ""), (50_000, 50_001, "over_limit"), (None, 10**9, ""), (0, 1, "over_limit"),
     (50_000, None, ""), (None, -1, "out_of_range")],
)  # fmt: skip
def test_nobody_is_asked_for_more_than_they_may_approve(limit, amount, code):
    story = Story().call()
    command = replace(ASK, limit=limit, amount=amount)
    if code:
        assert story.refused(command) == code
    else:
        story.ok(command)


@pytest.mark.parametrize(
    ("command", "asker", "code"),
    [
        (replace(ASK, asked=" "), SAM, "missing"),
        (replace(ASK, approver=""), SAM, "missing"),
        (replace(ASK, expires_at=MONDAY), SAM, "instant_past"),
        (ASK, KIM, "owned"),
        (AnswerApproval(YES, evidence="x"), SAM, "no_approval"),
    ],
)
def test_what_makes_no_sense_is_refused(command, asker, code):
    assert Story().call().ok(Claim("sam")).refused(command, asker) == code


def test_the_approver_is_reminded_and_so_is_the_owner():
    story = asked(replace(ASK, chase_at=MONDAY + HOUR)).wait(HOUR)
    told = story.told(Reviewed)
    assert ("ruth@contoso.example", "approval reminder", "notify") in told
    assert ("sam", "chase inside", "notify") in told


def test_a_client_whose_tickets_are_the_psas_is_asked_by_us_all_the_same():
    story = Story().call(record="psa").ok(Claim("sam")).ok(ASK)
    assert ("ruth@contoso.example", "approval asked", "notify") in story.told(Held)


def test_unclaimed_it_goes_back_to_its_queue():
    story = Story().call().ok(ASK).wait(5 * MINUTE)
    story.ok(by_link(story, YES), RUTH)
    assert story.ticket.state is State.QUEUED
    assert story.clock("queue").running


def test_a_lead_asks_again_after_an_expiry():
    story = asked().until(at("2026-11-25 09:20")).ok(ASK, TOM)
    assert story.ticket.open_approval.expires_at > story.now


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0.00 GBP"), (5, "0.05 GBP"), (18_050, "180.50 GBP")]
)
def test_amounts_are_minor_units(amount, words):
    assert money(amount, "GBP") == words
    assert money(amount, "GBP", per_hour=True) == f"{words} an hour"
    assert money(amount, "") == words.removesuffix(" GBP")


def test_expiry_is_told_late_but_counts_from_its_instant():
    story = asked().until(at("2026-11-27 12:00"))
    assert story.last(ApprovalAnswered).at == at("2026-11-25 09:00")
    assert story.last(ApprovalAnswered).recorded_at == at("2026-11-27 12:00")
    assert timedelta(microseconds=story.ticket.held_us) == timedelta(days=2)
