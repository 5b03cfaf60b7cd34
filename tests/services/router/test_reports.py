"""Reports over HTTP: a group's list, the bounce ledger, the week in figures; and their walls."""

import pytest
import pytest_asyncio

from router.routes import reports
from tests.services.router.world import HARBOUR, OAKFIELD
from tierline.reports import bounces as bounces_module
from tierline.reports import lists, week

pytestmark = pytest.mark.postgres


async def ask(world, path, who="priya", **params):
    answer = await world.as_(who).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def bounced(world, client=HARBOUR):
    """A ticket that went from the desk to the network and came back after 40 minutes."""
    number = await world.open(client=client)
    await world.did("sam", number, "claim")
    await world.did("sam", number, "move", to_group="Network", reason="a firewall")
    await world.jump(minutes=40)
    await world.did("tom", number, "move", to_group="Desk", reason="not ours")
    return number


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(shared_world):
    """Two clients' tickets that bounced, on a Monday morning; the tests below go in order."""
    return shared_world, await bounced(shared_world), await bounced(shared_world, OAKFIELD)


async def test_a_list_says_what_needs_a_hand_now(told):
    world, one, other = told
    found = await ask(world, "/v1/groups/Desk/list")
    assert (found["group"], found["tier"], found["kind"]) == ("Desk", "T1", "closing")
    parts = {part["section"]: part for part in found["sections"]}
    assert {line["number"] for line in parts["bouncing"]["lines"]} == {one, other}
    assert {line["what"] for line in parts["bouncing"]["lines"]} == {"Desk > Network > Desk"}
    assert parts["unclaimed"]["title"] == "Unclaimed"
    assert found["tickets"] == 2
    assert found["more"] is False
    opening = await ask(world, "/v1/groups/Desk/list", at="opening")
    assert opening["kind"] == "opening"


async def test_a_list_and_a_ledger_stop_at_the_wall(told):
    world, mine, hidden = told
    text = (await world.as_("wally").get("/v1/groups/Desk/list")).text
    assert f'"number":{mine}' in text
    assert str(hidden) not in text
    assert OAKFIELD not in text
    ledger = await ask(world, "/v1/reports/bounces", who="wally")
    assert [one["ticket"] for edge in ledger["edges"] for one in edge["bounces"]] == [mine]
    asked = await ask(world, "/v1/reports/bounces", who="wally", client=OAKFIELD)
    assert asked["count"] == 0
    figures = await ask(world, "/v1/reports/week", who="wally", week="2026-W48")
    assert [edge["count"] for edge in figures["figures"]["bounces"]] == [1]
    both = await ask(world, "/v1/reports/week", week="2026-W48")
    assert [edge["count"] for edge in both["figures"]["bounces"]] == [2]


async def test_the_ledger_counts_by_edge_with_what_was_lost(told):
    world, one, other = told
    ledger = await ask(world, "/v1/reports/bounces")
    (edge,) = ledger["edges"]
    assert (edge["sent_by"], edge["sent_to"], edge["count"]) == ("Desk", "Network", 2)
    assert edge["lost_s"] == pytest.approx(2 * 40 * 60, abs=60)
    assert [b["ticket"] for b in edge["bounces"]] == [other, one]
    assert (edge["bounces"][0]["reason"], edge["bounces"][0]["by"]) == ("not ours", "tom")
    assert ledger["more"] is False


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"client": HARBOUR}, 1),
        ({"group": "Network"}, 2),
        ({"group": "Dispatch"}, 0),
        ({"since": "2026-11-23T09:30:00Z", "until": "2026-11-23T09:45:00Z"}, 1),
        ({"since": "2026-11-20T00:00:00Z", "until": "2026-11-23T00:00:00Z"}, 0),
    ],
)
async def test_a_ledger_is_narrowed(told, params, count):
    assert (await ask(told[0], "/v1/reports/bounces", **params))["count"] == count


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/v1/groups/Dsk/list", {}, 404, "did you mean Desk"),
        ("/v1/groups/Desk/list", {"at": "noon"}, 422, "opening"),
        ("/v1/reports/bounces", {"group": "Dsk"}, 404, "did you mean Desk"),
        ("/v1/reports/bounces", {"since": "2026-01-01T00:00:00Z"}, 422, "92 days"),
        ("/v1/reports/bounces", {"since": "2026-12-01T00:00:00Z"}, 422, "before `until`"),
        ("/v1/reports/bounces", {"until": "0001-01-01T00:00:00Z"}, 422, "until:"),
        ("/v1/reports/week", {"week": "2026-W54"}, 422, "2026-W48"),
        ("/v1/reports/week", {"week": "48"}, 422, "2026-W48"),
        ("/v1/reports/week", {"week": "1999-W01"}, 422, "2026-W48"),
    ],
)
async def test_what_cannot_be_reported_is_refused_with_what_to_write(
    shared_world, path, params, status, said
):
    answer = await shared_world.as_("priya").get(path, params=params)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"] + str(answer.json().get("errors", ""))


async def test_without_a_week_the_last_whole_one_is_meant(shared_world):
    assert (await ask(shared_world, "/v1/reports/week"))["week"] == "2026-W47"


async def test_every_report_says_where_it_stops(told, monkeypatch):
    world, _, _ = told
    monkeypatch.setattr(lists, "LIST_TICKETS_MAX", 1)
    monkeypatch.setattr(bounces_module, "BOUNCES_MAX", 1)
    monkeypatch.setattr(week, "REPORT_EVENTS_MAX", 3)
    found = await ask(world, "/v1/groups/Desk/list")
    assert (found["tickets"], found["more"]) == (1, True)
    ledger = await ask(world, "/v1/reports/bounces")
    assert (ledger["count"], ledger["more"]) == (1, True)
    page = await ask(world, "/v1/reports/week", week="2026-W48")
    assert (page["complete"], page["figures"]["events"]) == (False, 3)


async def test_who_was_woken_at_night_is_counted_by_person(told):
    world, number, hidden = told
    await world.sql(
        "INSERT INTO tierline.notice"
        " (ticket, seq, client, kind, recipient, occasion, reach, policy, why, state)"
        " SELECT ticket, seq, client, 'person', w, 'paged', r, 'v', 'w', s FROM tierline.event,"
        " (VALUES ('tom', 'page', 'delivered'), ('ana', 'notify', 'delivered'),"
        "         ('joel', 'page', 'failed')) AS said(w, r, s)"
        f" WHERE seq = 1 AND ticket IN ({number}, {hidden})"
    )
    week48 = {"week": "2026-W48"}
    assert (await ask(world, "/v1/reports/week", **week48))["figures"]["woken"] == []
    await world.sql("UPDATE tierline.event SET recorded_at = '2026-11-23T23:30:00Z' WHERE seq = 1")
    found = (await ask(world, "/v1/reports/week", **week48))["figures"]["woken"]
    assert found == [{"who": "tom", "count": 2, "occasions": ["paged"]}]
    walled = (await ask(world, "/v1/reports/week", who="wally", **week48))["figures"]["woken"]
    assert [one["count"] for one in walled] == [1]


async def test_the_week_has_this_weeks_figures_beside_the_last_ones(told):
    world, number, _ = told
    await world.did("leila", number, "claim")
    await world.did("leila", number, "resolve", resolution="done", tier_below_could="guide")
    page = await ask(world, "/v1/reports/week", week="2026-W48")
    assert (page["week"], page["zone"]) == ("2026-W48", "Europe/London")
    assert (page["since"], page["until"]) == ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z")
    assert page["figures"]["resolved"] == 1
    assert page["figures"]["training"] == [{"name": "guide", "count": 1}]
    assert page["before"]["resolved"] == 0
    assert page["complete"] is True
    assert {"name": "resolved by people", "now": "1", "before": "0"} in page["rows"]
    later = await ask(world, "/v1/reports/week", week="2026-W49")
    assert (later["figures"]["resolved"], later["before"]["resolved"]) == (0, 1)


async def test_letters_are_listed_for_who_sees_all_clients(shared_world):
    world = shared_world
    await world.sql(
        "INSERT INTO tierline.letter"
        " (kind, about, day, due_at, at, recipient, policy, doc, why) VALUES"
        " ('closing', 'Desk', '2026-11-23', now(), now(), 'priya', 'v', '{}', 'no address')"
    )
    (letter,) = (await ask(world, "/v1/letters"))["items"]
    assert (letter["kind"], letter["day"], letter["state"]) == ("closing", "2026-11-23", "not sent")
    assert (await ask(world, "/v1/letters", who="wally"))["items"] == []
    assert (await world.as_("reader").get("/v1/letters")).status_code == 403


def test_the_default_stretch_fits_into_the_longest():
    assert reports.BOUNCE_DAYS < reports.REPORT_DAYS_MAX
