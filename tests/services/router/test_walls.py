"""Clients are walled off on every route, and nothing answers without a credential."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from router.app import application
from tests.services.router.streams import following
from tests.services.router.world import HARBOUR, OAKFIELD, token_of
from tierline.domain.terms import Role
from tierline.web.principal import Principal

MISSING = 999_999

BODIES = {
    "claim": {},
    "accept-offer": {},
    "decline-offer": {},
    "keep": {},
    "hand-over": {"to": "priya"},
    "release": {},
    "notes": {"text": "x"},
    "plan": {"next_step": "x", "promised_at": "2030-01-01T00:00:00Z"},
    "move": {"reason": "x"},
    "accept": {"seq": 1},
    "decline": {"seq": 1, "reason": "x"},
    "refuse-plan": {"reason": "x"},
    "packet": {"tried": "x", "ask": "x"},
    "vendor": {"vendor": "x", "asked": "x"},
    "vendor-news": {"news": "x"},
    "vendor-close": {"outcome": "x"},
    "hold": {"reason": "client", "asked": "x"},
    "ask-approval": {"asked": "x"},
    "approve": {"evidence": "x"},
    "refuse-approval": {"evidence": "x"},
    "resume": {},
    "retype": {"to": "request", "reason": "x"},
    "priority": {"reason": "x", "priority": "P1"},
    "resolve": {"resolution": "x"},
    "confirm": {},
    "reject": {"reason": "x"},
    "reopen": {"reason": "x"},
    "close": {"reason": "x"},
    "declare-major": {"reason": "x"},
    "join": {"parent": 1},
    "leave": {"reason": "x"},
    "problem": {"reason": "x"},
    "link-problem": {"problem": 1},
    "cause": {"cause": "x"},
    "workaround": {"workaround": "x"},
    "gather": {"tickets": [1]},
    "state-complex": {"text": "x"},
    "brief": {"text": "x"},
    "reallocate": {"reason": "x", "join": ["ines"]},
    "add-action": {"what": "x", "due": "2030-01-01T00:00:00Z"},
    "move-action": {"number": 1, "due": "2030-01-01T00:00:00Z", "reason": "x"},
    "complete-action": {"number": 1, "outcome": "x"},
    "rca": {"summary": "x"},
    "to-problem": {"problem": 1},
    "restrict": {"group": "Network", "reason": "x"},
    "unrestrict": {"reason": "x"},
    "decide": {"decision": "move all"},
}
NOBODYS = {"/v1/me", "/v1/clock", "/v1/sessions", "/v1/sessions/current"}
LISTS = {
    "/v1/tickets",
    "/v1/notices",
    "/v1/board",
    "/v1/policy",
    "/v1/stream",
    "/v1/next",
    "/v1/actions",
    "/v1/known-errors",
    "/v1/storms",
}
REPLAYS = {"/v1/replay", "/v1/replay/commands", "/v1/replay/time", "/v1/replay/end"}
"""Behind a scope of their own (test_replay.py); GET says only whether one runs."""
FOR_ALL_CLIENTS = {"/v1/audit", "/v1/dead-letters", "/v1/dead-letters/{id}/replay"}

ROUTES = [
    (method.upper(), path)
    for path, methods in application().openapi()["paths"].items()
    for method in methods
]
RECORDS = {path for _, path in ROUTES if path.startswith("/v1/records")}
"""Their walls are tested kind by kind (test_records.py)."""
DUTY = {path for _, path in ROUTES if path.startswith(("/v1/on-call", "/v1/schedules"))}
"""Theirs in test_schedules.py."""
POLICIES = {path for _, path in ROUTES if path.startswith("/v1/policy/previews")}
"""For leads who see all clients alone (test_policies.py)."""
_REPORTS = ("/v1/reports", "/v1/groups", "/v1/letters", "/v1/training")
REPORTS = {path for _, path in ROUTES if path.startswith(_REPORTS)}
"""Theirs in test_reports.py and test_training.py."""
AGENDA = {"/v1/scheduled", "/v1/to-confirm", "/v1/surveys"}
"""Theirs in test_agenda.py."""
LINKS = {"/v1/answer"}
"""Behind a link of its own (test_answers.py)."""
CLOSED = [route for route in ROUTES if route != ("POST", "/v1/sessions")]
CLOSED += [("GET", "/v1/nothing"), ("GET", "/"), ("POST", "/metrics"), ("GET", "/v1/sessions")]
ON_A_TICKET = [(method, path) for method, path in ROUTES if "{number}" in path]


def test_every_route_is_known_to_these_tests():
    paths = {path for _, path in ROUTES} - {path for _, path in ON_A_TICKET}
    elsewhere = FOR_ALL_CLIENTS | REPLAYS | RECORDS | DUTY | POLICIES | REPORTS | AGENDA | LINKS
    assert paths == NOBODYS | LISTS | elsewhere
    asked = {path.rsplit("/", 1)[1] for method, path in ON_A_TICKET if method == "POST"}
    assert asked == set(BODIES)


@pytest.mark.parametrize(("method", "path"), ON_A_TICKET)
async def test_a_ticket_behind_the_wall_answers_like_a_missing_one(shared_world, method, path):
    world = shared_world
    hidden = await world.open(client=OAKFIELD)
    before = await world.counts()
    wally = world.as_("wally")
    body = BODIES.get(path.rsplit("/", 1)[1]) if method == "POST" else None
    answers = [
        await wally.request(method, path.replace("{number}", str(number)), json=body)
        for number in (hidden, MISSING)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    said = [re.sub(r"\d{4,}", "N", answer.text) for answer in answers]
    assert said[0] == said[1]
    assert await world.counts() == before


async def test_even_a_preview_and_a_known_key_stay_behind_the_wall(shared_world):
    world = shared_world
    hidden = await world.open(client=OAKFIELD)
    body = {"reason": "x", "priority": "P1", "preview": True}
    answer = await world.as_("wally").post(f"/v1/tickets/{hidden}/priority", json=body)
    assert answer.status_code == 404
    path, key = f"/v1/tickets/{hidden}/notes", {"Idempotency-Key": "moved-behind"}
    nora = world.as_("nora")
    assert (await nora.post(path, json={"text": "x"}, headers=key)).status_code == 200
    await world.sql(f"UPDATE tierline.person SET clients = '{{{HARBOUR}}}' WHERE login = 'nora'")
    world.context.authenticator.forget(token_of("nora"))
    assert (await nora.post(path, json={"text": "x"}, headers=key)).status_code == 404
    await world.sql(f"UPDATE tierline.person SET clients = '{{{OAKFIELD}}}' WHERE login = 'nora'")
    world.context.authenticator.forget(token_of("nora"))


async def test_lists_show_only_this_side_of_the_wall(world):
    seen, hidden = await world.open(), await world.open(client=OAKFIELD)
    await world.sql(
        "INSERT INTO tierline.notice"
        " (ticket, seq, client, kind, recipient, occasion, reach, policy, why, state)"
        f" SELECT id, 1, client, 'person', 'sam', 'x', 'notify', 'v', 'w', 'pending'"
        f" FROM tierline.ticket WHERE id IN ({seen}, {hidden})"
    )
    wally = world.as_("wally")
    tickets = (await wally.get("/v1/tickets")).json()["items"]
    assert [ticket["number"] for ticket in tickets] == [seen]
    named = await wally.get("/v1/tickets", params={"client": OAKFIELD, "q": str(hidden)})
    assert named.json()["items"] == []
    notices = (await wally.get("/v1/notices")).json()["items"]
    assert [notice["ticket"] for notice in notices] == [seen]
    board = (await wally.get("/v1/board")).json()
    assert board["counts"]["queued"] == 1
    load = {g["name"]: g["load"] for c in board["columns"] for g in c["groups"]}
    assert load["Desk"] == 1
    policy = (await wally.get("/v1/policy")).json()
    assert policy["clients"] == list(policy["contacts"]) == [HARBOUR]
    everything = (await world.as_("sam").get("/v1/tickets")).json()["items"]
    assert {ticket["number"] for ticket in everything} == {seen, hidden}


async def test_what_comes_next_is_on_this_side_of_the_wall(world):
    await world.open(client=OAKFIELD, priority="P1")
    seen = await world.open(priority="P4")
    wally = world.as_("wally")
    found = (await wally.get("/v1/next")).json()
    assert (found["ticket"]["number"], found["waiting"]) == (seen, 1)
    assert (await wally.post("/v1/next")).json()["ticket"]["number"] == seen
    assert (await wally.post("/v1/next")).json()["ticket"] is None


async def test_a_walled_person_opens_tickets_on_their_side_only(world):
    body = {"type": "incident", "title": "x", "client": OAKFIELD}
    answer = await world.as_("wally").post("/v1/tickets", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_client")
    never = {**body, "client": "Oakfield School"}
    unknown = await world.as_("wally").post("/v1/tickets", json=never)
    assert OAKFIELD not in unknown.json()["detail"]  # not even as a suggestion
    answer = await world.as_("wally").post("/v1/tickets", json={**body, "client": HARBOUR})
    assert answer.status_code == 201


async def test_the_stream_stops_at_the_wall(world):
    async with following(world, "wally") as wallys, following(world, "sam") as sams:
        assert (await wallys.next())[0] == (await sams.next())[0] == "clock"
        for client in (OAKFIELD, HARBOUR):
            ticket = SimpleNamespace(client=client, restricted_to=())
            said = {"event": "ticket", "ticket": ticket, "data": {"of": client}}
            world.context.hub.publish(said)
        assert (await sams.next())[1] == {"of": OAKFIELD}
        assert (await sams.next())[1] == {"of": HARBOUR}
        assert (await wallys.next())[1] == {"of": HARBOUR}


async def test_a_persons_token_sees_what_both_may_see_and_acts_as_the_person(world):
    seen, hidden = await world.open(client=OAKFIELD), await world.open()
    done = await world.did("toms", seen, "claim")
    assert done["ticket"]["owner"] == "tom"
    assert (await world.do("toms", hidden, "claim")).status_code == 404


@pytest.mark.parametrize("path", ["/v1/dead-letters", "/v1/audit"])
async def test_what_is_of_any_client_is_for_who_sees_every_client(world, path):
    assert (await world.as_("walled admin").get(path)).status_code == 403
    assert (await world.as_("grace").get(path)).status_code == 403
    assert (await world.as_("all").get(path)).status_code == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_nothing_answers_without_a_credential(shared_world, method, path):
    path = path.replace("{number}", "1001").replace("{id}", "1")
    said = set()
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dG9tOnRvbQ=="},
        {"Authorization": "Bearer tl_" + "a" * 43},
        {"Authorization": "Bearer tls_" + "a" * 43},
        {"Authorization": "Bearer tli_" + "a" * 43},
        {"Authorization": "Bearer \xe9\xe9".encode("latin-1")},
    ):
        answer = await shared_world.as_("").request(
            method, path, content=b"{not json", headers=headers
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="tierline"'
        said.add(answer.text)
    assert len(said) == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])
async def test_health_and_the_description_answer_everybody(shared_world, path):
    assert (await shared_world.as_("").get(path)).status_code == 200


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        ("reader", "POST", "/v1/tickets"),
        ("reader", "POST", "/v1/tickets/1/claim"),
        ("reader", "GET", "/v1/notices"),
        ("reader", "POST", "/v1/clock"),
        ("sam", "GET", "/v1/dead-letters"),
        ("walled admin", "GET", "/v1/tickets"),
    ],
)
async def test_a_scope_that_is_missing_is_named(shared_world, who, method, path):
    bodies = {
        "/v1/tickets": {"type": "incident", "title": "x", "client": HARBOUR},
        "/v1/clock": {"speed": 2},
    }
    answer = await shared_world.as_(who).request(method, path, json=bodies.get(path, {}))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")
    assert re.search(r"scope [a-z]+", answer.json()["detail"])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tierline.api_token SET revoked_at = now() WHERE name = 'mirror'",
        "UPDATE tierline.api_token SET expires_at = now() WHERE name = 'mirror'",
    ],
)
async def test_a_revoked_or_expired_token_is_nobody(world, change):
    await world.sql(change)
    assert (await world.as_("mirror").get("/v1/me")).status_code == 401


async def test_who_left_is_let_in_neither_by_session_nor_by_token(world):
    await world.sql("UPDATE tierline.person SET active = false WHERE login = 'tom'")
    assert (await world.as_("tom").get("/v1/me")).status_code == 401
    assert (await world.as_("toms").get("/v1/me")).status_code == 401


@pytest.fixture
async def with_client_group(world):
    """A world in which a group of the second tier is Oakfield's own."""
    source = world.context.source
    policy = source.current
    theirs = replace(policy.groups["Network"], name="Oakfield IT", of=f"client {OAKFIELD}")
    source._policy = replace(policy, groups={**policy.groups, theirs.name: theirs})
    return world


async def test_a_clients_own_group_is_shown_on_its_side_of_the_wall_only(with_client_group):
    for who, shown in (("priya", True), ("nora", True), ("wally", False)):
        client = with_client_group.as_(who)
        for path in ("/v1/board", "/v1/policy"):
            assert ("Oakfield IT" in (await client.get(path)).text) is shown, (who, path)


async def test_a_ticket_is_not_sent_to_another_clients_group_by_name(with_client_group):
    world = with_client_group
    number, theirs = await world.open(), await world.open(client=OAKFIELD)
    for who, named in (("wally", "Oakfield IT"), ("wally", "Nobody"), ("priya", "Oakfield IT")):
        answer = await world.do(who, number, "move", reason="x", to_group=named)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_group")
        assert "Oakfield" not in answer.text
    body = {"type": "incident", "title": "x", "client": HARBOUR, "start": "Oakfield IT"}
    refused = await world.as_("wally").post("/v1/tickets", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_start")
    body["start"] = "Nowhere"
    assert "Oakfield" not in (await world.as_("wally").post("/v1/tickets", json=body)).text
    await world.did("priya", theirs, "move", reason="yours", to_group="Oakfield IT")


def test_two_tokens_of_one_name_with_different_walls_share_no_kept_answer():
    def asked_by(*clients):
        return Principal("token", "sync", "", Role.TECHNICIAN, frozenset(), frozenset(clients))

    assert asked_by(HARBOUR).identity == asked_by(HARBOUR).identity
    assert asked_by(HARBOUR).identity != asked_by(OAKFIELD).identity
    colons = [
        Principal("person", name, login, Role.TECHNICIAN, frozenset())
        for login, name in (("a:b", "c"), ("a", "b:c"))
    ]
    assert colons[0].identity != colons[1].identity
