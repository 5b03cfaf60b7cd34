"""Schedules over HTTP: reading, changing by hand, calendar files in and out."""

from datetime import datetime, timedelta

import icalendar
import pytest
import pytest_asyncio

from tests.services.router.world import HARBOUR, MONDAY, loaded_policy
from tierline.store.schedules import load_schedules
from tierline.store.tickets import policy_now

pytestmark = pytest.mark.postgres
ROTA = "/v1/schedules/network rota"


@pytest_asyncio.fixture(loop_scope="session")
async def duty(world):
    """The router of a world whose schedules are those of the example records."""
    async with world.db.transaction() as connection:
        now = await policy_now(connection)
        await load_schedules(connection, loaded_policy().records.schedules, now)
    return world


def read(text):
    return datetime.fromisoformat(text)


def days(n, hour=9):
    """That many days after the Monday of the test, at an hour of London's winter (UTC)."""
    return (MONDAY.replace(hour=0) + timedelta(days=n, hours=hour)).isoformat()


async def ask(world, path, who="priya", **params):
    answer = await world.as_(who).get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def change(world, who="tom", **body):
    return await world.as_(who).post(f"{ROTA}/overrides", json=body)


async def changed(world, who="tom", **body):
    answer = await change(world, who, **body)
    assert answer.status_code == 201, answer.text
    return answer.json()["items"]


async def people(world, at):
    found = await ask(world, "/v1/on-call", group="Network", at=at)
    return [it["name"] for it in found["groups"][0]["on_call"]["people"]]


async def test_schedules_are_listed_with_who_is_on_call(duty):
    items = (await ask(duty, "/v1/schedules"))["items"]
    assert [it["name"] for it in items] == ["duty manager", "infrastructure rota", "network rota"]
    rota = items[-1]
    assert (rota["groups"], rota["people"]) == (["Network"], ["Tom", "Ines"])
    (now,) = rota["now"]["people"]
    assert now["login"] in {"tom", "ines"}
    assert "in the rotation" in now["why"]["words"]
    assert rota["now"]["next"]["at"] == rota["now"]["until"]


async def test_one_schedule_shows_the_shifts_and_gaps_of_a_stretch(duty):
    found = await ask(duty, ROTA, **{"from": days(0, 0), "until": days(14, 0)})
    assert [it["name"] for it in found["shifts"]] == ["Ines", "Tom", "Ines"]
    assert [read(it["from"]) for it in found["shifts"][1:]] == [read(days(0)), read(days(7))]
    assert found["gaps"] == found["overrides"] == []


async def test_what_is_not_there_is_404_with_the_nearest_name(duty):
    answer = await duty.as_("priya").get("/v1/schedules/netwrk rota")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_schedule")
    assert "did you mean network rota?" in answer.json()["detail"]


async def test_a_stretch_of_more_than_400_days_is_refused(duty):
    answer = await duty.as_("priya").get(ROTA, params={"from": days(0), "until": days(500)})
    assert answer.status_code == 422
    assert "400 days" in answer.json()["detail"]


async def test_a_lead_replaces_somebody_and_takes_it_back(duty):
    body = {"from_at": days(8), "until_at": days(9), "person": "tom", "instead_of": "Ines"}
    (made,) = await changed(duty, **body, reason="dentist")
    assert (made["person"], made["replaces"], made["by"]) == ("Tom", "Ines", "tom")
    assert await people(duty, days(8)) == ["Tom"]
    assert await people(duty, days(9)) == ["Ines"]
    shown = await ask(duty, ROTA, **{"from": days(7), "until": days(14)})
    assert [it["id"] for it in shown["overrides"]] == [made["id"]]
    assert [it["name"] for it in shown["shifts"]] == ["Ines", "Tom", "Ines"]
    gone = await duty.as_("tom").delete(f"{ROTA}/overrides/{made['id']}")
    assert gone.status_code == 204
    assert await people(duty, days(8)) == ["Ines"]
    again = await duty.as_("tom").delete(f"{ROTA}/overrides/{made['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "no_such_override")


async def test_an_override_that_overlaps_one_of_the_same_person_is_refused_and_named(duty):
    (made,) = await changed(duty, from_at=days(8), until_at=days(10), instead_of="Ines")
    second = {"from_at": days(9), "until_at": days(11), "person": "Tom", "instead_of": "Ines"}
    answer = await change(duty, **second)
    assert (answer.status_code, answer.json()["code"]) == (409, "override_conflict")
    assert answer.json()["override"] == made["id"]
    assert made["id"] in answer.json()["detail"]


async def test_the_past_is_refused_and_what_has_begun_begins_now(duty):
    past = await change(duty, from_at="2020-01-01T00:00:00Z", until_at="2020-01-02T00:00:00Z",
                        person="Tom")  # fmt: skip
    assert (past.status_code, past.json()["code"]) == (409, "past")
    now = await duty.sql("SELECT tierline.policy_now()")
    body = {"from_at": "2020-01-01T00:00:00Z", "until_at": (now + timedelta(days=1)).isoformat()}
    (made,) = await changed(duty, **body, person="Priya")
    assert read(made["from"]) >= now
    await duty.jump(hours=1)
    assert (await duty.as_("tom").delete(f"{ROTA}/overrides/{made['id']}")).status_code == 204
    ended = await duty.sql("SELECT until_at FROM tierline.override WHERE id = $1", made["id"])
    assert read(made["from"]) < ended < now + timedelta(hours=2)


async def test_a_technician_gives_away_their_own_shifts_and_no_others(duty):
    await duty.sql("UPDATE tierline.person SET role = 'technician' WHERE login = 'tom' RETURNING 1")
    mine = {"from_at": days(8), "until_at": days(9), "person": "Tom", "instead_of": "Ines"}
    assert len(await changed(duty, "ines", **mine)) == 1
    for body in (
        {**mine, "from_at": days(10), "until_at": days(11), "person": "Ines", "instead_of": "Tom"},
        {"from_at": days(10), "until_at": days(11), "person": "Ines"},
        {"from_at": days(10), "until_at": days(11), "instead_of": "Ines"},
    ):
        answer = await change(duty, "ines", **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours"), body
    sam = await change(duty, "sam", **mine)
    assert sam.json()["code"] == "not_yours"


SWAP = {
    "person": "Tom",
    "instead_of": "Ines",
    "from_at": days(8),
    "until_at": days(9),
    "in_return": {"from_at": days(15), "until_at": days(16)},
}


async def test_a_swap_is_both_halves_or_none(duty):
    first, second = await changed(duty, "ines", **SWAP)
    assert (first["person"], first["replaces"]) == ("Tom", "Ines")
    assert (second["person"], second["replaces"]) == ("Ines", "Tom")
    assert await people(duty, days(8)) == ["Tom"]
    assert await people(duty, days(15)) == ["Ines"]
    again = await change(duty, "ines", **SWAP)
    assert again.json()["code"] in {"override_conflict", "invalid"}
    assert await duty.sql("SELECT count(*) FROM tierline.override") == 2


async def test_a_swap_of_what_is_not_theirs_writes_nothing(duty):
    wrong = {**SWAP, "in_return": {"from_at": days(9), "until_at": days(10)}}
    answer = await change(duty, "ines", **wrong)
    assert answer.status_code == 422
    assert "Tom is not on call at" in answer.json()["detail"]
    assert await duty.sql("SELECT count(*) FROM tierline.override") == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"person": "Thom"}, "did you mean Tom?"),
        ({}, "an override that changes nobody"),
        ({"person": "Tom", "until_at": days(8)}, "until_at"),
        ({"person": "Tom", "until_at": days(900)}, "400 days"),
        ({"persn": "Tom"}, "did you mean person?"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_remedy(duty, body, said):
    answer = await change(duty, **{"from_at": days(8), "until_at": days(9), **body})
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_retry_with_its_key_makes_one_override(duty):
    body = {"from_at": days(8), "until_at": days(9), "person": "Tom", "instead_of": "Ines"}
    client = duty.as_("tom")
    answers = [
        await client.post(f"{ROTA}/overrides", json=body, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert await duty.sql("SELECT count(*) FROM tierline.override") == 1


async def test_who_is_on_for_a_client_lists_its_groups_and_the_duty_manager_last(duty):
    night = days(1, 3)
    found = await ask(duty, "/v1/on-call", client=HARBOUR, at=night)
    groups = {it["name"]: it for it in found["groups"]}
    assert next(iter(groups)) in {"Dispatch", "Desk"}
    network, infrastructure = groups["Network"], groups["Infrastructure"]
    assert (network["staffed"], infrastructure["staffed"]) == (True, False)
    assert [it["login"] for it in network["on_call"]["people"]] == ["tom"]
    assert read(infrastructure["opens_at"]) > read(night)
    assert groups["Desk"]["on_call"] is None
    assert "no schedule" in groups["Desk"]["words"]
    assert found["duty_manager"]["schedule"] == "duty manager"
    assert found["duty_manager"]["people"]
    assert set(found["cover"]) == {"P1", "P2", "P3", "P4"}


async def test_behind_a_wall_other_clients_are_not_there(duty):
    answer = await duty.as_("nora").get("/v1/on-call", params={"client": HARBOUR})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_client")
    items = (await ask(duty, "/v1/schedules", who="nora"))["items"]
    assert [it["name"] for it in items] == ["infrastructure rota", "network rota"]
    hidden = await duty.as_("nora").get("/v1/schedules/duty manager")
    assert hidden.status_code == 404


async def export(world, **how):
    answer = await world.as_("priya").get(f"{ROTA}.ics", **how)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(it["UID"]): it for it in events}


async def test_the_feed_has_one_event_a_shift_with_a_uid_that_stays(duty):
    first = await export(duty)
    await duty.jump(hours=5)
    second = await export(duty)
    assert len(first) in {13, 14}
    assert len(set(first) & set(second)) >= len(first) - 1
    for event in first.values():
        assert event["DTSTART"].dt.utcoffset() == timedelta(0)
        assert str(event["SUMMARY"]) in {"Tom", "Ines"}
        assert event["DTEND"].dt > event["DTSTART"].dt
    whole = [e for e in first.values() if e["DTEND"].dt - e["DTSTART"].dt == timedelta(days=7)]
    assert len(whole) >= 12


async def test_a_calendar_program_may_send_its_token_in_the_address_of_a_feed_only(duty):
    token = duty.as_("priya").headers["authorization"].removeprefix("Bearer ")
    stranger = duty.as_("")
    assert (await stranger.get(f"{ROTA}.ics", params={"token": token})).status_code == 200
    assert (await stranger.get(f"{ROTA}.ics", params={"token": "tl_wrong"})).status_code == 401
    assert (await stranger.get(ROTA, params={"token": token})).status_code == 401
    sent = await stranger.post(f"{ROTA}.ics", params={"token": token})
    assert sent.status_code == 401


FILE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/London:20261130T090000
DTEND;TZID=Europe/London:20261130T170000
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Europe/London:20261207T090000
SUMMARY:On call: Sam
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Europe/London:20261214T090000
DTSTART;TZID=Europe/London:20261215T090000
DTEND;TZID=Europe/London:20261215T170000
SUMMARY:sam
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261226
SUMMARY:Christmas
END:VEVENT
END:VCALENDAR
"""


async def take(world, who="tom", text=FILE, **params):
    return await world.as_(who).post(f"{ROTA}/import", params=params, content=text.encode())


async def test_a_calendar_file_is_previewed_then_taken_as_a_layer(duty):
    shown = await take(duty, "sam", preview="true")
    assert shown.status_code == 200, shown.text
    found = shown.json()
    assert [it["from"][:16] for it in found["shifts"]] == [
        "2026-11-30T09:00",
        "2026-12-15T09:00",
        "2026-12-21T09:00",
    ]
    assert found["left"][0]["summary"] == "Christmas"
    assert "names nobody" in found["left"][0]["reason"]
    assert await people(duty, days(7, 10)) == ["Ines"]
    assert (await take(duty, "sam")).status_code == 403
    assert (await take(duty)).json()["written"] is True
    assert await people(duty, days(7, 10)) == ["Sam"]
    assert await people(duty, days(7, 18)) == ["Ines"]


async def test_an_imported_layer_stays_when_records_are_loaded_again(duty):
    assert (await take(duty, layer="holidays")).status_code == 200
    async with duty.db.transaction() as connection:
        now = await policy_now(connection)
        await load_schedules(connection, loaded_policy().records.schedules, now)
    assert await people(duty, days(7, 10)) == ["Sam"]
    assert (await take(duty, layer="rotation")).json()["code"] == "layer_taken"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "unreadable_calendar"),
        (FILE.replace("Sam", "Nobody").replace("sam", "nobody"), "nothing_taken"),
    ],
)
async def test_a_file_without_shifts_is_refused(duty, text, code):
    answer = await take(duty, text=text)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
