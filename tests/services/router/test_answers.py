"""Approvals and surveys over HTTP: who is asked, and what the link of a mail can and cannot do."""

from dataclasses import replace

import httpx
import pytest

from tests.services.router.world import HARBOUR, OAKFIELD, SECRET, World
from tierline.domain.survey_rules import SurveyRules
from tierline.web.answer_links import AnswerLink, Purpose, make_link, read_link

APPROVAL, SURVEY = Purpose.APPROVAL, Purpose.SURVEY


def guest(world: World, purpose: Purpose, ticket: int, seq: int, secret: str = SECRET):
    raw = make_link(secret, AnswerLink(purpose, ticket, seq))
    client = world.as_("")
    client.headers["Authorization"] = f"Bearer {raw}"
    return client


async def approvers(world: World) -> None:
    """Ruth may approve 500; Omar, whom the record names first, any amount."""
    await world.sql(
        "INSERT INTO tierline.contact (client, name, email, doc) VALUES"
        f" ('{HARBOUR}', 'Omar Ali', 'omar@harbourdental.example', '{{}}')"
        " ON CONFLICT (client, name) DO NOTHING"
    )
    await world.sql(
        f"UPDATE tierline.contact SET doc = '{{\"approver\": 500}}'"
        f" WHERE client = '{HARBOUR}' AND name = 'Ruth Adeyemi'"
    )
    await world.sql(
        f'UPDATE tierline.client SET doc = \'{{"approvers": ["Omar Ali"]}}\''
        f" WHERE name = '{HARBOUR}'"
    )


async def asked(world: World, **body: object) -> tuple[int, dict]:
    await approvers(world)
    number = await world.open()
    said = {"asked": "a new switch", "approver": "Ruth Adeyemi", "amount": 18_000, **body}
    done = await world.did("priya", number, "ask-approval", **said)
    return number, done["ticket"]["approval"]


def test_a_link_is_read_only_as_it_was_signed():
    link = AnswerLink(APPROVAL, 1001, 7)
    raw = make_link(SECRET, link)
    assert read_link(SECRET, raw) == link
    for bad in (
        raw.replace("1001", "1002"),
        raw.replace(".7.", ".8."),
        raw[:-1] + "_",
        raw + "A",
        raw.replace("approval", "survey"),
        raw.replace("approval", "payment"),
        "",
    ):
        assert read_link(SECRET, bad) is None, bad  # fmt: skip
    assert read_link("another secret of thirty-two letters", raw) is None
    assert read_link("", make_link("", link)) is None


async def test_who_is_asked_is_a_contact_who_may_with_their_address(shared_world):
    number, approval = await asked(shared_world)
    assert (approval["email"], approval["amount"]) == ("ruth@harbourdental.example", 18_000)
    ticket = await shared_world.ticket(number)
    assert (ticket["state"], ticket["hold"]["reason"]) == ("on_hold", "approval")


async def test_nobody_named_is_the_first_whom_the_record_names(shared_world):
    _, approval = await asked(shared_world, approver="")
    assert approval["approver"] == "Omar Ali"


@pytest.mark.parametrize(
    ("body", "code", "names"),
    [
        ({"approver": "Ruth Adeyemy"}, "unknown_approver", "Ruth Adeyemi"),
        ({"approver": "Callum Reid"}, "unknown_approver", "Omar Ali"),
        ({"approver": "Ruth Adeyemi", "amount": 50_001}, "over_limit", "500.00"),
    ],
)
async def test_nobody_else_and_not_beyond_their_limit(shared_world, body, code, names):
    await approvers(shared_world)
    number = await shared_world.open()
    answer = await shared_world.do("priya", number, "ask-approval", asked="x", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert names in answer.json()["detail"]


async def test_a_client_without_an_approver_is_told_so(shared_world):
    number = await shared_world.open(client=OAKFIELD)
    answer = await shared_world.do("priya", number, "ask-approval", asked="x")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_approver")
    assert OAKFIELD in answer.json()["detail"]


async def test_the_link_shows_what_is_asked_and_takes_one_answer(shared_world):
    number, approval = await asked(shared_world, per_hour=True)
    link = guest(shared_world, APPROVAL, number, approval["id"])
    shown = (await link.get("/v1/answer")).json()
    assert (shown["state"], shown["asked"], shown["of"]) == ("open", "a new switch", "Ruth Adeyemi")
    assert (shown["price"], shown["asked_by"]) == ("180.00 GBP an hour", "Priya")
    assert not {"group", "owner", "tier", "body"} & set(shown)
    before = await shared_world.counts()
    await link.get("/v1/answer")
    assert await shared_world.counts() == before, "mail scanners look, too"
    answer = await link.post("/v1/answer", json={"answer": "approve", "word": "go ahead"})
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    again = await link.post("/v1/answer", json={"answer": "refuse"})
    assert (again.status_code, again.json()["code"]) == (409, "no_approval")
    assert "place" not in again.json()
    ticket = await shared_world.ticket(number)
    assert (ticket["approval"]["answer"], ticket["approval"]["word"]) == ("approved", "go ahead")
    assert ticket["hold"] is None
    events = (await shared_world.as_("priya").get(f"/v1/tickets/{number}/events")).json()["items"]
    assert events[-1]["by"] == {"kind": "contact", "name": "Ruth Adeyemi"}


async def test_an_answer_that_crosses_a_withdrawal_is_refused(shared_world):
    number, approval = await asked(shared_world)
    await shared_world.did("priya", number, "resume", because="bought already")
    link = guest(shared_world, APPROVAL, number, approval["id"])
    assert (await link.get("/v1/answer")).json()["state"] == "withdrawn"
    assert (await link.post("/v1/answer", json={"answer": "approve"})).status_code == 409


async def test_a_link_opens_nothing_else(shared_world):
    number, approval = await asked(shared_world)
    link = guest(shared_world, APPROVAL, number, approval["id"])
    for path in (f"/v1/tickets/{number}", "/v1/tickets", "/v1/me", "/v1/clock", "/v1/records",
                 "/v1/to-confirm", "/v1/policy"):  # fmt: skip
        assert (await link.get(path)).status_code == 403, path
    claim = await link.post(f"/v1/tickets/{number}/claim", json={})
    assert claim.status_code == 403
    assert (await link.delete("/v1/sessions/current")).status_code == 403


@pytest.mark.parametrize(("purpose", "ticket", "seq"), [
    (APPROVAL, 0, 1), (APPROVAL, 999_999, 3), (SURVEY, 0, 0), (APPROVAL, 0, 999),
])  # fmt: skip
async def test_a_signed_link_to_no_question_finds_none(shared_world, purpose, ticket, seq):
    number, approval = await asked(shared_world)
    link = guest(shared_world, purpose, ticket or number, seq or approval["id"])
    for answer in (await link.get("/v1/answer"),
                   await link.post("/v1/answer", json={"answer": "good"})):  # fmt: skip
        assert answer.status_code in {404, 422}
    assert (await link.get("/v1/answer")).status_code == 404


async def test_neither_a_forged_link_nor_a_session_answers(shared_world):
    number, approval = await asked(shared_world)
    forged = guest(shared_world, APPROVAL, number, approval["id"], "x" * 40)
    assert (await forged.get("/v1/answer")).status_code == 401
    for who in ("priya", "all"):
        answer: httpx.Response = await shared_world.as_(who).get("/v1/answer")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope")


async def test_one_of_us_records_what_was_said(shared_world):
    number, _ = await asked(shared_world)
    assert (await shared_world.do("sam", number, "approve")).status_code == 422
    done = await shared_world.did("sam", number, "refuse-approval", evidence="Ruth, by phone")
    assert done["ticket"]["approval"]["answer"] == "refused"
    assert "approve" not in done["ticket"]["allowed"]


async def test_a_survey_is_answered_by_its_link_once(shared_world):
    world = shared_world
    policy = world.context.source.current
    requester = {"name": "Ruth", "email": "ruth@harbourdental.example"}
    number = await world.open(requester=requester)
    await world.did("priya", number, "resolve", resolution="new cable")
    asked_all = _always_asking(policy)
    world.context.source._policy = asked_all
    try:
        done = await world.did("priya", number, "confirm")
    finally:
        world.context.source._policy = policy
    survey = done["ticket"]["survey"]
    link = guest(world, SURVEY, number, survey["id"])
    assert (await link.get("/v1/answer")).json()["state"] == "open"
    wrong = await link.post("/v1/answer", json={"answer": "approve"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_answer")
    said = await link.post("/v1/answer", json={"answer": "good", "word": "still not working"})
    assert (said.status_code, said.json()["score"]) == (200, "good")
    assert (await link.post("/v1/answer", json={"answer": "bad"})).status_code == 409
    assert (await world.ticket(number))["survey"]["contradicts"] is True
    counted = (await world.as_("priya").get("/v1/surveys")).json()["items"]
    assert counted == [{"group": "Desk", "good": 1, "fine": 0, "bad": 0, "contradicting": 1}]
    assert (await world.as_("nora").get("/v1/surveys")).json()["items"] == []


def _always_asking(policy):
    return replace(policy, survey=SurveyRules(1.0))
