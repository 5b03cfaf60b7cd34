"""Restricted tickets over HTTP: for whoever is not let in there is none, on every route."""

import re
from pathlib import Path

import pytest
import pytest_asyncio

from router.consumer import Live
from tests.services.router.streams import following
from tests.services.router.test_walls import BODIES, MISSING, ON_A_TICKET
from tests.services.router.world import HARBOUR, World
from tierline.messages.events import decode_event
from tierline.store import events as stored

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).resolve().parents[3]
SECRET = "Payroll was read by a stranger"

LET_IN = ("tom", "ines", "priya", "grace", "all")
"""Network's own, the desk owner, the service manager, a token with every scope."""
KEPT_OUT = ("leila", "wally", "sam", "reader", "mirror", "toms")
"""Of other groups; nobody's tokens; a token of Tom's for another client."""


async def hide(world: World, title: str = SECRET, **fields) -> int:
    """A ticket that lies with Network and is Network's to see; Priya took the call."""
    number = await world.open(title, **fields)
    await world.did("priya", number, "restrict", group="Network", reason="a breach")
    await world.did("priya", number, "move", to_group="Network", reason="theirs")
    return number


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hidden(shared_world) -> tuple[World, int]:
    return shared_world, await hide(shared_world, client=HARBOUR)


async def test_those_let_in_see_it_and_others_do_not(hidden):
    world, number = hidden
    for who in LET_IN:
        assert (await world.as_(who).get(f"/v1/tickets/{number}")).status_code == 200, who
    for who in KEPT_OUT:
        assert (await world.as_(who).get(f"/v1/tickets/{number}")).status_code == 404, who


async def test_on_every_route_it_answers_like_a_missing_one(hidden):
    world, number = hidden
    before = await world.counts()
    for who in ("leila", "wally"):
        client = world.as_(who)
        for method, path in ON_A_TICKET:
            body = BODIES.get(path.rsplit("/", 1)[1]) if method == "POST" else None
            there, missing = [
                await client.request(method, path.replace("{number}", str(n)), json=body)
                for n in (number, MISSING)
            ]
            assert (there.status_code, missing.status_code) == (404, 404), (who, path)
            said = [re.sub(r"\d{4,}", "N", answer.text) for answer in (there, missing)]
            assert said[0] == said[1], (who, path)
    assert await world.counts() == before


async def test_no_command_of_another_ticket_reaches_it(hidden):
    world, number = hidden
    seen = await world.open()
    for verb, body in (
        ("join", {"parent": number}),
        ("link-problem", {"problem": number}),
        ("problem", {"reason": "x", "others": [number]}),
    ):
        answer = await world.do("leila", seen, verb, **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_ticket"), verb
        assert SECRET not in answer.text


LISTS = (
    "/v1/tickets",
    f"/v1/tickets?q={SECRET[:7]}",
    "/v1/tickets?sort=number&state=queued&group=Network",
    "/v1/notices",
    "/v1/next",
    "/v1/actions?owner=all",
    "/v1/known-errors",
    "/v1/board",
    "/v1/groups/Network/list",
    "/v1/training",
    "/v1/reports/bounces",
    "/v1/reports/week",
    "/v1/scheduled?from=2026-11-23T00:00:00Z&until=2026-12-31T00:00:00Z",
    "/v1/to-confirm?owner=priya",
    "/v1/surveys",
)


async def test_no_list_search_or_report_tells_of_it(world):
    """It is a major incident, has an action, was moved to and fro, and was resolved once."""
    number = await hide(world)
    await world.did("tom", number, "add-action", what="call police", due="2026-12-24T12:00:00Z")
    await world.did("tom", number, "declare-major", reason="all of it")
    await world.did("tom", number, "move", to_group="Desk", reason="no")
    await world.did("tom", number, "move", to_group="Network", reason="yes")
    problem = await hide(world, f"{SECRET} again", type="problem")
    await world.did("tom", problem, "cause", cause="a stolen key")
    await world.did("tom", problem, "workaround", workaround="another key")
    await world.did("tom", problem, "claim")
    done = await hide(world, f"{SECRET} before")
    await world.did("tom", done, "claim")
    await world.did("tom", done, "resolve", resolution="locked", tier_below_could="guide")
    await world.sql(
        "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
        " policy, why, state) SELECT id, 1, client, 'person', 'sam', 'x', 'notify', 'v', 'w',"
        " 'pending' FROM tierline.ticket"
    )
    told = {path: (await world.as_("tom").get(path)).text for path in LISTS}
    assert sum(SECRET in text or str(number) in text for text in told.values()) >= 8
    for who in ("leila", "wally"):
        for path in LISTS:
            answer = await world.as_(who).get(path)
            assert answer.status_code in {200, 403}, (who, path, answer.text)
            for secret in (SECRET, "police", "stolen key"):
                assert secret not in answer.text, (who, path)
            if path != "/v1/reports/bounces":  # counted, and its number with it
                assert f":{number}," not in answer.text, (who, path)


async def test_what_is_restricted_is_counted(world):
    await world.open()
    before = (await world.as_("leila").get("/v1/board")).json()["counts"]["queued"]
    await hide(world)
    board = (await world.as_("leila").get("/v1/board")).json()
    assert board["counts"]["queued"] == before + 1
    load = {g["name"]: g["load"] for c in board["columns"] for g in c["groups"]}
    assert load["Network"] == 1


async def test_a_bounce_is_counted_without_its_title(world):
    number = await world.open(SECRET)
    await world.did("priya", number, "move", to_group="Network", reason="their words")
    await world.did("tom", number, "move", to_group="Desk", reason="not ours")
    await world.did("tom", number, "restrict", group="Network", reason="a breach")
    await world.did("tom", number, "move", to_group="Network", reason="ours after all")
    pages = {who: await world.as_(who).get("/v1/reports/bounces") for who in ("tom", "leila")}
    assert pages["tom"].json()["count"] == pages["leila"].json()["count"] == 2
    assert SECRET in pages["tom"].text
    assert "a restricted ticket" in pages["leila"].text
    assert "not ours" not in pages["leila"].text


async def test_it_is_restricted_and_opened_again_by_a_lead(world):
    number = await world.open(SECRET)
    refused = await world.do("sam", number, "restrict", group="Network", reason="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "lead_decides")
    unknown = await world.do("priya", number, "restrict", group="Netwrk", reason="x")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_group")
    assert "group must be one of" in unknown.json()["detail"]
    done = await world.did("priya", number, "restrict", group="Network", reason="a breach")
    assert done["events"][0]["words"] == "Priya restricted it to Network: a breach."
    assert done["ticket"]["restricted"] == "Network"
    assert "unrestrict" in done["ticket"]["allowed"]
    assert await world.sql("SELECT count(*) FROM tierline.restricted") == 1
    assert (await world.ticket(number, "leila"))["restricted"] == "Network", "the Desk holds it"
    why = (await world.as_("tom").get(f"/v1/tickets/{number}/why", params={"seq": 3})).json()
    assert why["words"][0].startswith("Priya let only Network, and whoever works")
    await world.did("priya", number, "unrestrict", reason="a false alarm")
    assert (await world.ticket(number, "wally"))["restricted"] == ""
    assert await world.sql("SELECT count(*) FROM tierline.restricted") == 0


async def test_the_group_that_receives_it_sees_it_and_the_one_it_left_does_not(world):
    number = await hide(world)
    assert (await world.as_("leila").get(f"/v1/tickets/{number}")).status_code == 404
    await world.did("tom", number, "move", to_group="Desk", reason="yours to call them")
    assert (await world.ticket(number, "leila"))["group"] == "Desk"
    await world.did("tom", number, "move", to_group="Network", reason="ours again")
    assert (await world.as_("leila").get(f"/v1/tickets/{number}")).status_code == 404


async def test_the_stream_stops_at_the_restriction(world):
    number = await hide(world)
    open_to_all = await world.open("Printer")
    async with following(world, "leila") as leilas, following(world, "ines") as ines:
        assert (await leilas.next())[0] == (await ines.next())[0] == "clock"
        live = Live(world.db, world.context.hub, world.context.people, "nowhere:1")
        async with world.db.connection() as connection:
            for ticket in (number, open_to_all):
                bodies = await stored.timeline(connection, ticket, after=1, limit=9)
                await live.tell([decode_event(body) for body in bodies[-1:]])
        assert (await ines.next())[1]["number"] == number
        assert (await ines.next())[1]["number"] == open_to_all
        assert (await leilas.next())[1]["number"] == open_to_all


# -- nobody can forget it

READS_TICKETS = re.compile(r"tierline\.(ticket|event|notice|action)\b")
PLACES = (
    "services/router/router/queries",
    "services/router/router/agenda",
    "shared/tierline/reports",
    "services/notifier/notifier/letters",
)


def test_what_lists_tickets_asks_the_wall_of_tickets():
    """A module that reads tickets for people imports no other wall than that of tickets."""
    for place in PLACES:
        for path in sorted((ROOT / place).glob("*.py")):
            text = path.read_text()
            if not READS_TICKETS.search(text):
                continue
            walls = re.findall(r"(?<![_a-z])wall\(", text)
            assert not walls, f"{path.name}: a ticket is behind `ticket_wall`, not `wall`"
            assert re.search(r"(ticket|counted|restriction)_wall\(", text), path.name


def test_a_route_that_reads_one_ticket_asks_whether_it_is_seen():
    for path in sorted((ROOT / "services/router/router").rglob("*.py")):
        text = path.read_text()
        only_records = path.name in {"opening.py", "places.py", "archived.py"}
        assert only_records or not re.search(r"\bmay_see\(", text), f"{path}: ask `sees`"
        if "read_ticket(" in text and "/routes/" in str(path):
            asks = ("sees(principal", "check_visible(", "principal.link")
            assert any(ask in text for ask in asks), path
