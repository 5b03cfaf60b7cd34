"""After the end: whom we ask how it was, and what the answer brings."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import MONITOR, TOM, Story, at, example_policy
from tierline.domain.commands import (
    AnswerSurvey,
    Asker,
    Claim,
    Close,
    Confirm,
    Recover,
    Reopen,
    Resolve,
)
from tierline.domain.events import Actor, Closed, SurveyAnswered
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.surveys import OPEN_FOR, contradicts, is_asked
from tierline.domain.terms import Mode, Score, State
from tierline.domain.ticket import Requester

JO = Asker(Actor("contact", "Jo"))


def asking(share: float = 1.0):
    return replace(example_policy(), survey=SurveyRules(share))


def resolved(**stated: object) -> Story:
    return Story(asking()).call(**stated).ok(Claim("sam")).ok(Resolve("new cable"))


def ended(**stated: object) -> Story:
    return resolved(**stated).ok(Confirm())


def answer(story: Story, score: Score, word: str = "") -> AnswerSurvey:
    return AnswerSurvey(score, story.ticket.survey.id, word)


def test_a_requester_is_asked_once_it_is_closed():
    story = ended()
    assert story.ticket.survey.id == story.last(Closed).seq
    assert ("jo@contoso.example", "survey", "notify") in story.told(Closed)


def test_closed_for_want_of_an_answer_they_hear_both_in_one():
    story = resolved().until(at("2026-11-27 09:00"))
    assert story.ticket.state is State.CLOSED
    assert ("jo@contoso.example", "survey", "notify") in story.told(Closed)


def test_nobody_is_asked_where_nobody_asked_us_or_nothing_was_done():
    assert ended(requester=Requester("Jo", "")).ticket.survey is None
    healed = Story(asking()).open().ok(Recover("2"), MONITOR).wait(timedelta(minutes=11))
    assert healed.ticket.self_healed
    assert healed.ok(Confirm()).ticket.survey is None
    assert Story(asking()).call().ok(Close("spam"), TOM).ticket.survey is None
    again = resolved().ok(Close("fires again", successor=1002), MONITOR)
    assert again.ticket.survey is None


def test_without_a_share_nobody_is():
    story = Story().call().ok(Claim("sam")).ok(Resolve("x")).ok(Confirm())
    assert story.ticket.survey is None
    assert story.told(Closed) == set()


def test_in_watch_nobody_hears_of_it():
    policy = replace(example_policy(mode=Mode.WATCH), survey=SurveyRules(1.0))
    story = Story(policy).call().ok(Claim("sam")).ok(Resolve("x")).ok(Confirm())
    assert story.told(Closed) == set()


def test_the_share_is_kept_and_the_same_ticket_is_always_judged_alike():
    ticket = resolved().ticket
    chosen = [n for n in range(1, 4_001) if is_asked(asking(0.25), replace_id(ticket, n))]
    assert 900 < len(chosen) < 1_100
    assert chosen == [n for n in range(1, 4_001) if is_asked(asking(0.25), replace_id(ticket, n))]
    more = [n for n in range(1, 4_001) if is_asked(asking(0.5), replace_id(ticket, n))]
    assert set(chosen) < set(more)


def replace_id(ticket, number):
    return replace(ticket, id=number)


def test_bad_the_lead_hears():
    story = ended()
    story.ok(answer(story, Score.BAD, "took days"), JO)
    assert story.ticket.survey.score is Score.BAD
    assert ("priya", "survey bad", "notify") in story.told(SurveyAnswered)
    assert story.ticket.state is State.CLOSED, "an answer opens nothing"


def test_well_but_not_fixed_is_shown_to_the_desk_owner():
    story = ended(desk_owner="kim")
    story.ok(answer(story, Score.GOOD, "friendly, but it's still not working"), JO)
    assert story.ticket.survey.contradicts
    assert ("kim", "survey contradicts", "notify") in story.told(SurveyAnswered)


@pytest.mark.parametrize(
    ("score", "word", "against"),
    [
        (Score.GOOD, "not fixed", True),
        (Score.GOOD, "It doesn\N{RIGHT SINGLE QUOTATION MARK}t work.", True),
        (Score.FINE, "the printer is still down", True),
        (Score.GOOD, "It never really worked again", True),
        (Score.GOOD, "works again, thank you", False),
        (Score.GOOD, "It was broken and now it is fixed", False),
        (Score.GOOD, "I could not be happier. All fixed", False),
        (Score.BAD, "not fixed", False),
        (Score.GOOD, "", False),
    ],
)
def test_a_word_that_says_it_is_not_fixed(score, word, against):
    assert contradicts(score, word) is against


def test_it_is_answered_once_and_not_for_ever():
    story = ended()
    story.ok(answer(story, Score.GOOD), JO)
    assert story.refused(answer(story, Score.BAD), JO) == "answered"
    late = ended()
    late.now += OPEN_FOR + timedelta(seconds=1)
    assert late.refused(answer(late, Score.GOOD), JO) == "too_late"


def test_a_question_nobody_asked_has_no_answer():
    assert Story().call().refused(AnswerSurvey(Score.GOOD, 3), JO) == "no_survey"
    story = ended()
    wrong = AnswerSurvey(Score.GOOD, story.ticket.survey.id - 1)
    assert story.refused(wrong, JO) == "no_survey"


def test_a_second_end_asks_anew_and_the_first_link_is_good_no_more():
    story = ended()
    first = answer(story, Score.GOOD)
    story.ok(Reopen("again"), TOM).ok(Resolve("better"), TOM).ok(Confirm())
    assert story.refused(first, JO) == "no_survey"
    story.ok(answer(story, Score.FINE), JO)
