"""A version of the policy: previewed on the open tickets, applied, and its terms moved to."""

import copy
from datetime import datetime, timedelta

import pytest

from router.policies import moving
from tests.services.router.world import MONDAY, loaded_policy

PREVIEWS = "/v1/policy/previews"
REASON = "the contract of this year"


def document(**changes):
    """The example's document with some of its parts changed: `{"slas.gold.P3.resolve": "1bd"}`."""
    found = copy.deepcopy(loaded_policy().document)
    for path, value in changes.items():
        *way, last = path.split(".")
        here = found
        for key in way:
            here = here[int(key) if isinstance(here, list) else key]
        here[last] = value
    return found


SHORTER = {"slas.gold.P3.resolve": "1bd"}
"""Ten hours of the office instead of twenty."""


async def preview(world, who="priya", **changes):
    answer = await world.as_(who).post(PREVIEWS, json={"document": document(**changes)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def apply(world, token, who="priya", **body):
    return await world.as_(who).post(f"{PREVIEWS}/{token}/apply", json={"reason": REASON, **body})


async def in_force(world, token):
    """What a few seconds bring: every service decides under the version."""
    await world.sql(
        "UPDATE tierline.policy_preview SET applied_at = now() - interval '1 minute' WHERE id = $1",
        token,
    )
    await world.context.source.refresh()


async def move(world, token, who="priya"):
    return await world.as_(who).post(f"{PREVIEWS}/{token}/move", json={})


def resolve_due(ticket):
    return at(next(it["due"] for it in ticket["clocks"] if it["name"] == "resolve"))


def at(text):
    return datetime.fromisoformat(text)


def after(**by):
    return MONDAY + timedelta(**by)


async def test_a_preview_says_what_would_change_and_changes_nothing(world):
    pressing, plain = await world.open(priority="P1"), await world.open(priority="P3")
    before = await world.counts()
    said = await preview(world, **SHORTER, **{"paths.standard.1.limit": "20m"})
    assert (said["open"], said["looked_at"], said["unlisted"]) == (2, 2, 0)
    assert said["fates"] == {
        "breached": 0, "less time": 1, "changed": 1, "more time": 0, "unchanged": 0,
    }  # fmt: skip
    assert [it["said"] for it in said["differences"]] == [
        "gold's P3 resolve: 2bd -> 1bd",
        "T1's limit on path standard: 30m -> 20m",
    ]
    first, second = said["tickets"]
    assert (first["number"], first["fate"]) == (plain, "less time")
    assert first["dues"]["resolve"]["new"] < first["dues"]["resolve"]["old"]
    assert (second["number"], set(second["dues"])) == (pressing, {"tier"})
    assert await world.counts() == before
    assert await world.sql("SELECT count(*) FROM tierline.policy_version") == 1


async def test_a_preview_is_kept_and_listed_with_what_became_of_it(world):
    said = await preview(world, **SHORTER)
    lead = world.as_("priya")
    listed = (await lead.get(PREVIEWS)).json()["items"]
    assert [(it["id"], it["made_by"], it["applied_at"]) for it in listed] == [
        (said["id"], "priya", None)
    ]
    assert "tickets" not in listed[0]
    assert (await lead.get(f"{PREVIEWS}/{said['id']}")).json() == said
    valid = datetime.fromisoformat(said["valid_until"]) - datetime.fromisoformat(said["made_at"])
    assert valid == timedelta(minutes=15)


async def test_running_promises_keep_their_terms_and_new_ones_get_the_new(world):
    old = await world.open(priority="P3")
    said = await preview(world, **SHORTER)
    done = (await apply(world, said["id"])).json()
    assert done == {"version": said["version"], "changed": True, "moved_groups": 0, "left": 0}
    await in_force(world, said["id"])
    new = await world.open(priority="P3")
    assert resolve_due(await world.ticket(old)) > after(days=2)
    assert resolve_due(await world.ticket(new)) < after(days=2)
    assert (await move(world, said["id"])).json()["code"] == "nothing_to_move"
    again = await apply(world, said["id"])
    assert (again.status_code, again.json()["code"]) == (409, "already_applied")


async def test_open_tickets_are_moved_by_somebody_with_a_reason_batch_by_batch(world, monkeypatch):
    monkeypatch.setattr(moving, "MOVE_BATCH", 2)
    numbers = [await world.open(priority="P3") for _ in range(3)]
    closed = await world.open(priority="P3")
    await world.did("priya", closed, "close", reason="x")
    said = await preview(world, **SHORTER)
    assert (await apply(world, said["id"], move=True)).json()["left"] == 3
    await world.context.source.refresh()  # this service decides under it, others may not yet
    early = await move(world, said["id"])
    assert (early.status_code, early.json()["code"]) == (503, "not_in_force")
    assert int(early.headers["Retry-After"]) >= 4
    await in_force(world, said["id"])
    assert (await move(world, said["id"])).json() == {"moved": 2, "left": 1, "end": False}
    assert (await move(world, said["id"], who="grace")).json() == {
        "moved": 3, "left": 0, "end": True,
    }  # fmt: skip
    assert (await move(world, said["id"])).json() == {"moved": 3, "left": 0, "end": True}
    for number in numbers:
        events = (await world.as_("priya").get(f"/v1/tickets/{number}/events")).json()["items"]
        (moved,) = [it for it in events if "terms_moved" in it["type"]]
        assert moved["what"]["reason"] == REASON
        assert moved["what"]["to_policy"] == said["version"]
        assert resolve_due(await world.ticket(number)) < after(days=2)
    assert resolve_due(await world.ticket(numbers[-1])) == at(moved["what"]["dues"]["resolve"][1])
    assert (
        await world.sql(
            "SELECT count(DISTINCT cause) FROM tierline.event WHERE type LIKE '%terms_moved%'"
        )
        == 1
    )


async def test_only_some_priorities_are_moved(world):
    numbers = {p: await world.open(priority=p) for p in ("P3", "P4")}
    changes = {"slas.gold.P3.resolve": "1bd", "slas.gold.P4.resolve": "1bd"}
    said = await preview(world, **changes)
    assert (await apply(world, said["id"], move=True, only=["P4"])).json()["left"] == 1
    await in_force(world, said["id"])
    assert (await move(world, said["id"])).json() == {"moved": 1, "left": 0, "end": True}
    assert resolve_due(await world.ticket(numbers["P3"])) > after(days=2)


async def test_a_ticket_that_would_be_broken_is_told_and_breaks_when_it_is_moved(world):
    number = await world.open(priority="P3")
    await world.jump(minutes=10)
    said = await preview(world, **{"slas.gold.P3.resolve": "5m"})
    assert said["fates"]["breached"] == 1
    await apply(world, said["id"], move=True)
    await in_force(world, said["id"])
    assert (await move(world, said["id"])).json()["moved"] == 1
    clocks = {it["name"]: it for it in (await world.ticket(number))["clocks"]}
    assert clocks["resolve"]["breached_at"] is not None


async def _with_two_desks(world):
    """A version in force in which T1 has two groups, and the document without the first."""
    both = document()
    both["groups"]["Helpdesk"] = {**both["groups"]["Desk"]}
    both["groups_listed"].append("Helpdesk")
    lead = world.as_("priya")
    said = (await lead.post(PREVIEWS, json={"document": both})).json()
    assert (await apply(world, said["id"])).status_code == 200
    await world.context.source.refresh()
    one = copy.deepcopy(both)
    del one["groups"]["Desk"]
    one["groups_listed"].remove("Desk")
    return one


async def test_a_group_that_holds_tickets_goes_only_where_somebody_says_they_go(world):
    one = await _with_two_desks(world)
    number = await world.open(start="Desk")
    lead = world.as_("priya")
    said = (await lead.post(PREVIEWS, json={"document": one})).json()
    assert said["held"] == [{"place": "group Desk", "tickets": 1}]
    refused = await apply(world, said["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert "group Desk (1)" in refused.json()["detail"]
    nowhere = await apply(world, said["id"], move_groups={"Desk": "Attic"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "unknown_group")
    assert (await world.ticket(number))["group"] == "Desk"
    done = (await apply(world, said["id"], move_groups={"Desk": "Helpdesk"})).json()
    assert (done["changed"], done["moved_groups"]) == (True, 1)
    ticket = await world.ticket(number)
    assert (ticket["group"], ticket["tier"]) == ("Helpdesk", "T1")


async def test_a_resolved_ticket_of_a_group_that_goes_is_named(world):
    one = await _with_two_desks(world)
    number = await world.open(start="Desk")
    await world.did("sam", number, "resolve", resolution="x")
    said = (await world.as_("priya").post(PREVIEWS, json={"document": one})).json()
    refused = await apply(world, said["id"], move_groups={"Desk": "Helpdesk"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_active")
    assert f"ticket {number} cannot go to Helpdesk" in refused.json()["detail"]


async def _stale(world, token):
    answer = await apply(world, token)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_preview"), answer.text
    assert await world.sql("SELECT count(*) FROM tierline.policy_version WHERE active") == 1
    return answer.json()["detail"]


async def test_a_preview_is_stale_once_another_version_was_loaded(world):
    first, second = await preview(world, **SHORTER), await preview(world, unsorted="T1")
    assert (await apply(world, second["id"])).status_code == 200
    assert "another version" in await _stale(world, first["id"])


async def test_a_preview_is_stale_after_a_quarter_of_an_hour(world):
    said = await preview(world, **SHORTER)
    await world.sql("UPDATE tierline.policy_preview SET made_at = now() - interval '16 minutes'")
    assert "older than 15 minutes" in await _stale(world, said["id"])


async def test_a_preview_is_stale_once_the_open_tickets_are_others(world):
    said = await preview(world, **SHORTER)
    await world.open_many([f"t{i}" for i in range(11)])
    assert "11 tickets have come and gone" in await _stale(world, said["id"])
    again = await preview(world, **SHORTER)
    await world.open_many([f"u{i}" for i in range(10)])
    assert (await apply(world, again["id"])).status_code == 200


async def test_moving_stops_where_another_version_came(world):
    await world.open(priority="P3")
    said = await preview(world, **SHORTER)
    await apply(world, said["id"], move=True)
    other = await preview_on(world, {"slas.gold.P3.resolve": "3bd"})
    assert (await apply(world, other["id"])).status_code == 200
    answer = await move(world, said["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "superseded")


async def preview_on(world, changes):
    await world.context.source.refresh()
    return await preview(world, **changes)


@pytest.mark.parametrize(
    ("who", "code"), [("sam", "lead_decides"), ("reader", "lead_decides"), ("nora", "walled")]
)
async def test_only_a_lead_who_sees_all_clients_looks_and_decides(shared_world, who, code):
    world = shared_world
    said = await preview(world, **SHORTER)
    asked = world.as_(who)
    answers = [await asked.get(PREVIEWS), await asked.get(f"{PREVIEWS}/{said['id']}")]
    if who != "reader":
        answers += [
            await asked.post(PREVIEWS, json={"document": {}}),
            await apply(world, said["id"], who=who),
            await move(world, said["id"], who=who),
        ]
    assert {(it.status_code, it.json()["code"]) for it in answers} == {(403, code)}


async def test_a_preview_nobody_made_is_not_there(shared_world):
    lead = shared_world.as_("priya")
    answers = [
        await lead.get(f"{PREVIEWS}/nothing"),
        await apply(shared_world, "nothing"),
        await move(shared_world, "nothing"),
    ]
    assert {(it.status_code, it.json()["code"]) for it in answers} == {(404, "no_such_preview")}


async def test_a_document_that_cannot_be_used_is_refused_by_its_field(shared_world):
    wrong = document(**{"groups.Desk.tier": "T9"})
    answer = await shared_world.as_("priya").post(PREVIEWS, json={"document": wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "document.groups.Desk.tier"
    loose = document(**{"slas.gold.thresholds": ["50%", "100%"]})
    answer = await shared_world.as_("priya").post(PREVIEWS, json={"document": loose})
    assert "canonical form" in answer.json()["detail"]


async def test_old_previews_go_but_not_one_that_is_being_carried_out(world):
    await world.open(priority="P3")
    said = await preview(world, **SHORTER)
    await apply(world, said["id"], move=True)
    await world.sql(
        "INSERT INTO tierline.policy_preview (id, version, document, base, answer, made_by, open,"
        " last_ticket, made_at) SELECT 'p' || n, 'v', '{}', 'b', '{}', 'x', 0, 0,"
        " now() - n * interval '1 minute' FROM generate_series(1, 60) n"
    )
    await preview_on(world, {"unsorted": "T1"})
    assert await world.sql("SELECT count(*) FROM tierline.policy_preview WHERE id LIKE 'p%'") == 49
    assert (
        await world.sql("SELECT count(*) FROM tierline.policy_preview WHERE id = $1", said["id"])
        == 1
    )
