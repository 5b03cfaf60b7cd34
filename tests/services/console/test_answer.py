"""The page behind the link of a mail: just what is asked, no login, answered by a form."""

import pytest

from tests.services.console.fake_router import problem

LINK = "tla_approval.1042.7.signature"
QUESTION = {
    "purpose": "approval", "ticket": 1042, "title": "Disk <almost> full",
    "client": "Harbour Dental", "asked": "a new disk", "of": "Ruth Adeyemi", "asked_by": "Sam",
    "asked_at": "2026-11-20T14:00:00Z", "expires_at": "2026-11-24T10:00:00Z",
    "price": "180.00 GBP", "state": "open", "word": "", "now": "2026-11-20T14:05:00Z",
}  # fmt: skip
SURVEY = {
    **{k: QUESTION[k] for k in ("ticket", "title", "client", "of", "asked_at", "expires_at")},
    "purpose": "survey", "state": "open", "score": None, "word": "", "now": QUESTION["now"],
}  # fmt: skip


@pytest.fixture
def asked(world):
    world.questions[LINK] = dict(QUESTION)
    return world


async def test_it_shows_what_is_asked_and_nothing_of_us(visitor, asked):
    page = await visitor.get(f"/answer/{LINK}")
    assert page.status_code == 200
    for text in ("Ruth Adeyemi", "a new disk", "180.00 GBP", "Sam", "2026-11-24 10:00"):
        assert text in page.text, text
    assert "Disk &lt;almost&gt; full" in page.text
    assert "<nav" not in page.text
    assert asked.asked == [], "looking answers nothing"


async def test_an_answer_is_sent_with_its_word_and_thanked_for(visitor, asked):
    token = await visitor.token(f"/answer/{LINK}")
    fields = {"answer": "approve", "word": "go ahead"}
    page = await visitor.send(f"/answer/{LINK}", fields, token=token)
    assert asked.asked == [("answer", fields, "")]
    assert "Your answer has been passed on" in page.text
    assert "It was approved." in page.text
    assert "<form" not in page.text


async def test_a_form_of_another_link_is_not_taken(visitor, asked):
    asked.questions["tla_other"] = dict(QUESTION)
    token = await visitor.token("/answer/tla_other")
    page = await visitor.send(f"/answer/{LINK}", {"answer": "approve"}, token=token)
    assert page.status_code == 403
    assert asked.asked == []


async def test_a_link_that_is_not_good_says_so(visitor, asked):
    page = await visitor.get("/answer/tla_forged")
    assert (page.status_code, "not good" in page.text) == (404, True)


@pytest.mark.parametrize(
    ("state", "words"),
    [("refused", "It was refused."), ("unanswered", "goes on without it"),
     ("withdrawn", "not asked any more")],
)  # fmt: skip
async def test_what_is_over_takes_no_answer(visitor, asked, state, words):
    asked.questions[LINK]["state"] = state
    page = (await visitor.get(f"/answer/{LINK}")).text
    assert words in page
    assert "<form" not in page


async def test_somebody_else_was_faster(visitor, asked):
    token = await visitor.token(f"/answer/{LINK}")
    asked.refuse["answer"] = problem(409, "no_approval", "Ruth was asked, and said: refused")
    page = await visitor.send(f"/answer/{LINK}", {"answer": "approve"}, token=token)
    assert (page.status_code, "said: refused" in page.text) == (409, True)


async def test_a_survey_has_the_score_of_the_link_ready(visitor, asked):
    asked.questions[LINK] = dict(SURVEY)
    page = (await visitor.get(f"/answer/{LINK}", params={"score": "bad"})).text
    assert '<button name="answer" value="bad" class="main">It went badly</button>' in page
    assert '<button name="answer" value="good">It went well</button>' in page
    assert "How was it?" in page
