"""Mails that ask somebody outside: who gets which link, and who is spared."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifier.layout import as_html, as_text
from tests.domain.worlds import SAM, example_policy
from tests.services.notifier.world import LINK_SECRET, World
from tierline.domain.commands import (
    AnswerApproval,
    AskApproval,
    Asker,
    Claim,
    Confirm,
    Resolve,
)
from tierline.domain.events import Actor
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import Answer
from tierline.domain.ticket import Requester
from tierline.web.answer_links import Purpose, read_link

pytestmark = pytest.mark.postgres

RUTH = "ruth@contoso.example"
ASK = AskApproval("a new switch", "Ruth", RUTH, amount=18_000)


def links(letter) -> list:
    raws = [address.rpartition("/")[2].partition("?")[0] for _, address in letter.answers]
    return [read_link(LINK_SECRET, raw) for raw in raws]


def letters(world: World, address: str) -> list:
    return [parcel.letter for parcel in world.mail.sent if parcel.address == address]


async def test_the_approver_gets_a_link_and_their_own_name(world: World) -> None:
    story = world.story()
    story.ok(Claim("sam")).ok(ASK)
    await world.tell()
    await world.deliver()
    (letter,) = letters(world, RUTH)
    (link,) = links(letter)
    assert (link.purpose, link.ticket, link.seq) == (
        Purpose.APPROVAL, 1001, story.ticket.approval.id,
    )  # fmt: skip
    text = as_text(letter)
    assert text.startswith("Hello Ruth,")
    assert "180.00" in text
    assert letter.answers[0][1] in text
    assert f'<a href="{letter.answers[0][1]}">Approve or refuse</a>' in as_html(letter)
    others = [letter for letter in letters(world, "jo@contoso.example") if letter.answers]
    assert others == [], "the requester approves nothing"


async def test_what_was_answered_meanwhile_is_not_asked(world: World) -> None:
    story = world.story()
    story.ok(Claim("sam")).ok(ASK)
    await world.tell()
    answer = AnswerApproval(Answer.APPROVED, id=story.ticket.approval.id)
    story.ok(answer, Asker(Actor("contact", "Ruth")))
    await world.tell()
    await world.deliver()
    assert letters(world, RUTH) == []
    (notice,) = await world.notices(recipient=RUTH)
    assert (notice["state"], "answered" in notice["reason"]) == ("superseded", True)


async def ended(world: World, number: int, email: str, days: int = 0, by_time: bool = False):
    story = world.story(number, requester=Requester("Jo", email), problem_key=f"k{number}")
    story.now += timedelta(days=days)
    story.until(story.now).ok(Claim("sam")).ok(Resolve("new cable"))
    if by_time:
        story.wait(timedelta(days=9))
    else:
        story.ok(Confirm(), SAM)
    await world.tell()
    return story


async def asked(world: World, email: str) -> list[tuple[int, str]]:
    found = await world.notices(recipient=email, occasion="survey")
    return [(row["ticket"], row["state"]) for row in found]


async def test_nobody_is_asked_more_often_than_the_policy_says(world: World) -> None:
    world.policy = replace(example_policy(), survey=SurveyRules(1.0, timedelta(days=14)))
    await ended(world, 1001, "jo@x.example")
    await ended(world, 1002, "jo@x.example", days=13)
    await ended(world, 1003, "kim@x.example", days=13)
    await ended(world, 1004, "jo@x.example", days=14)
    assert await asked(world, "jo@x.example") == [
        (1001, "pending"), (1002, "suppressed"), (1004, "pending"),
    ]  # fmt: skip
    assert await asked(world, "kim@x.example") == [(1003, "pending")]
    (spared,) = await world.notices(state="suppressed", occasion="survey")
    assert spared["reason"] == "asked on 2026-11-23 already; at most once in 14 days"


async def test_spared_the_question_they_still_hear_that_time_closed_it(world: World) -> None:
    world.policy = replace(example_policy(), survey=SurveyRules(1.0))
    await ended(world, 1001, "jo@x.example")
    await ended(world, 1002, "jo@x.example", by_time=True)
    assert await asked(world, "jo@x.example") == [(1001, "pending")]
    (closed,) = await world.notices(occasion="client closed")
    assert (closed["ticket"], closed["recipient"]) == (1002, "jo@x.example")


async def test_a_requester_gets_three_links_to_one_question(world: World) -> None:
    world.policy = replace(example_policy(), survey=SurveyRules(1.0))
    story = await ended(world, 1001, "jo@x.example")
    await world.deliver()
    letter = letters(world, "jo@x.example")[-1]
    assert {link.seq for link in links(letter)} == {story.ticket.survey.id}
    assert [address.rpartition("=")[2] for _, address in letter.answers] == ["good", "fine", "bad"]
