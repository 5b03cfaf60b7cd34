"""What is read, of policy, records, events and the floor: the same on both sides."""

import json
from datetime import timedelta

import pytest

from intake import client_of
from intake.triage import directory as triage_directory
from notifier import directory
from router import commands, owners, people, policy_clock
from router.queries import records
from router.queries import tickets as lists
from tests.contract.store import AGES_S, MINUTE, NOON, proves, recent
from tests.contract.store_rows import (
    put_event,
    put_notice,
    put_person,
    put_subscription,
    put_ticket,
)
from tierline.domain.seeing import marked
from tierline.policy import crew, source, vendors
from tierline.store import (
    approvers,
    database,
    events,
    freezes,
    on_call,
    partners,
    schedules_read,
    tickets,
)
from tierline.store.schema import head
from tierline.web.walls import EVERYTHING

BOUGHT = {"agreements": [{"name": "managed"}, {"name": "gold", "devices": ["sw1"]}]}


@proves(database.ALIVE)
async def test_alive(side):
    assert await side.fetch(database.ALIVE) == [{"version_num": head()}]


@proves(source.ACTIVE_VERSION, source.POLICY_DOCUMENT, source.CALENDARS, source.LOGINS)
async def test_policy_in_force(side):
    await side.put("policy_version", version="v1", document='{"n":1}')
    assert await side.fetch(source.ACTIVE_VERSION) == []
    await side.put("policy_version", version="v2", document='{"n":2}', active=True)
    await side.put("calendar", hash="h", document="{}")
    await put_person(side, "sam")
    assert await side.fetch(source.ACTIVE_VERSION) == [{"version": "v2"}]
    assert await side.fetch(source.POLICY_DOCUMENT, "v1") == [{"document": '{"n":1}'}]
    assert await side.fetch(source.POLICY_DOCUMENT, "v3") == []
    assert await side.fetch(source.CALENDARS) == [{"hash": "h", "document": "{}"}]
    assert await side.fetch(source.LOGINS) == [{"name": "Sam", "login": "sam"}]


@proves(tickets.POLICY_NOW, policy_clock.READ_CLOCK)
async def test_policy_time_is_real_time_until_somebody_moves_it(side):
    assert recent((await side.fetch(tickets.POLICY_NOW))[0]["policy_now"])
    (clock,) = await side.fetch(policy_clock.READ_CLOCK)
    assert recent(clock["now"])
    assert recent(clock["real"])
    assert (clock["speed"], clock["held"], clock["changes"]) == (1.0, False, 0)


@proves(policy_clock.LOCK_CLOCK, policy_clock.MOVE_CLOCK, tickets.POLICY_NOW)
async def test_policy_time_held_jumped_and_sped_up(side):
    await side.put("policy_clock", one=True, anchor=NOON, real_anchor=NOON, held=True)
    await side.execute(policy_clock.LOCK_CLOCK)
    assert (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"] == NOON
    assert await side.execute(policy_clock.MOVE_CLOCK, None, 60.0, None, 0.05) == "UPDATE 1"
    assert (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"] == NOON + MINUTE
    await side.execute(policy_clock.MOVE_CLOCK, 3600.0, None, None, 0.05)
    await side.execute(policy_clock.MOVE_CLOCK, None, None, False, 0.05)
    first = (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"]
    second = (await side.fetch(tickets.POLICY_NOW))[0]["policy_now"]
    assert NOON + MINUTE < first < second
    (row,) = await side.rows("policy_clock")
    assert (row["anchor"], row["speed"], row["held"]) == (NOON + MINUTE, 3600.0, False)
    assert row["changed"] == 3
    assert recent(row["real_anchor"])


@pytest.mark.parametrize(("speed", "held"), [(0.5, None), (None, True)], ids=["slower", "held"])
@proves(policy_clock.MOVE_CLOCK)
async def test_policy_time_that_slows_down_does_so_a_little_ahead(side, speed, held):
    await side.put("policy_clock", one=True, anchor=NOON, real_anchor=NOON, speed=1.0)
    await side.execute(policy_clock.MOVE_CLOCK, speed, None, held, 600.0)
    (row,) = await side.rows("policy_clock")
    assert not recent(row["real_anchor"])
    assert recent(row["real_anchor"] - 10 * MINUTE)
    assert row["anchor"] == row["real_anchor"]  # at speed 1 until then


@proves(tickets.READ_FLOOR)
async def test_floor_counts_what_is_open_by_group_and_who_stands_beside_an_owner(side):
    assert await side.fetch(tickets.READ_FLOOR) == []
    states = ["queued", "working", "on_hold", "resolved", "closed"]
    for number, state in enumerate(states):
        await put_ticket(side, number, state=state)
    await put_ticket(side, 9, grp="Desktop")
    for number, login in ((1, "sam"), (1, "kim"), (9, "sam")):
        await side.put("joined", ticket=number, login=login)
    found = await side.fetch(tickets.READ_FLOOR)
    assert {row["grp"]: row["load"] for row in found if row["grp"]} == {
        "Network": 3,
        "Desktop": 1,
    }
    assert {row["beside"]: row["load"] for row in found if row["beside"]} == {"sam": 2, "kim": 1}


@proves(tickets.READ_FLOOR)
async def test_floor_counts_what_each_person_owns_and_is_offered(side):
    await put_ticket(side, 1, state="working", owner="sam")
    await put_ticket(side, 2, state="on_hold", owner="sam")
    await put_ticket(side, 3, state="resolved", owner="sam")
    await put_ticket(side, 4, offered_to="sam")
    await put_ticket(side, 5, offered_to="kim")
    rows = await side.fetch(tickets.READ_FLOOR)
    held = sorted((row["login"], row["load"]) for row in rows if row["login"])
    assert held == [("kim", 1), ("sam", 1), ("sam", 2)]


def turn(kind, group, at, **what):
    body = {"data": {"ticket": {"group": group}, "what": what}}
    return {"type": kind, "recorded_at": at, "body": json.dumps(body)}


@proves(tickets.READ_TURNS)
async def test_the_last_turn_of_each_member(side):
    await put_event(side, 1, 1, **turn("offered", "Desk", NOON, to="sam"))
    later = NOON + MINUTE
    await put_event(side, 1, 2, **turn("claimed", "Desk", later, owner="sam", accepted=True))
    await put_event(side, 4, 1, **turn("offered", "Desk", NOON, to="sam"))
    await put_event(side, 5, 1, **turn("claimed", "Voice", NOON, owner="tom", accepted=False))
    await put_event(side, 2, 1, **turn("offered", "Desk", NOON - MINUTE, to="kim"))
    await put_event(side, 2, 2, **turn("offered", "Network", NOON + MINUTE, to="kim"))
    await put_event(side, 3, 1, **turn("released", "Desk", NOON + 9 * MINUTE, owner="kim"))
    asked = (["Desk", "Desk", "Desk", "Voice"], ["kim", "sam", "tom", "tom"])
    found = await side.fetch(tickets.READ_TURNS, *asked)
    assert found == [
        {"grp": "Desk", "login": "kim", "at": NOON - MINUTE, "n": 1},
        {"grp": "Desk", "login": "sam", "at": NOON, "n": 2},
        {"grp": "Voice", "login": "tom", "at": NOON, "n": 1},
    ]
    assert await side.fetch(tickets.READ_TURNS, [], []) == []


@proves(events.TIMELINE)
async def test_timeline_is_in_order_after_a_seq(side):
    for seq in (3, 1, 2):
        await put_event(side, 7, seq)
    await put_event(side, 8, 9)
    assert await side.fetch(events.TIMELINE, 7, 1, 10) == [
        {"body": '{"of":"7/2"}'},
        {"body": '{"of":"7/3"}'},
    ]
    assert len(await side.fetch(events.TIMELINE, 7, 0, 2)) == 2
    assert await side.fetch(events.TIMELINE, 5, 0, 2) == []


@proves(events.MISSING)
async def test_missing_events_of_several_ranges(side):
    for ticket, seq in [(7, 1), (7, 2), (7, 3), (8, 1), (8, 2)]:
        await put_event(side, ticket, seq)
    found = await side.fetch(events.MISSING, [8, 7, 6], [0, 1, 0], [2, 4, 9], 100)
    assert [(row["ticket"], row["seq"]) for row in found] == [(7, 2), (7, 3), (8, 1)]
    assert found[0]["body"] == '{"of":"7/2"}'
    found = await side.fetch(events.MISSING, [8, 7], [0, 0], [9, 9], 2)
    assert [(row["ticket"], row["seq"]) for row in found] == [(7, 1), (7, 2)]


@proves(events.BEHIND)
async def test_behind_is_what_a_consumer_has_not_seen_for_a_while(side):
    await put_ticket(side, 1, seq=2, changed_at=NOON)
    await put_ticket(side, 2, seq=2, changed_at=NOON - MINUTE)
    await put_ticket(side, 3, seq=2, changed_at=NOON)
    await put_ticket(side, 4, seq=2)
    await side.put("progress", consumer="notifier", ticket=1, seq=1)
    await side.put("progress", consumer="notifier", ticket=3, seq=2)
    await side.put("progress", consumer="other", ticket=2, seq=2)
    found = await side.fetch(events.BEHIND, "notifier", 60.0, None, 10)
    assert found == [{"id": 2, "seen": 0, "seq": 2}, {"id": 1, "seen": 1, "seq": 2}]
    assert len(await side.fetch(events.BEHIND, "notifier", 60.0, None, 1)) == 1
    assert await side.fetch(events.BEHIND, "notifier", AGES_S * 1000, None, 10) == []
    within = await side.fetch(events.BEHIND, "notifier", 0.0, 60.0, 10)
    assert [row["id"] for row in within] == [4]


@proves(events.CLEAN_SINCE, events.SAVE_CLEAN)
async def test_until_when_a_consumer_has_seen_everything_only_goes_forward(side):
    async def age_s() -> float:
        (row,) = await side.fetch(events.CLEAN_SINCE, "notifier")
        return row["age_s"]

    assert await side.fetch(events.CLEAN_SINCE, "notifier") == []
    await side.execute(events.SAVE_CLEAN, "notifier", 100.0)
    assert 100.0 <= await age_s() < 160.0
    await side.execute(events.SAVE_CLEAN, "notifier", 3_600.0)
    assert await age_s() < 160.0
    await side.execute(events.SAVE_CLEAN, "notifier", 0.0)
    assert 0.0 <= await age_s() < 60.0
    assert await side.fetch(events.CLEAN_SINCE, "other") == []


@proves(client_of.CLIENT_NAMES, triage_directory.CLIENTS, triage_directory.DEVICES)
async def test_clients_and_devices(side):
    await side.put(
        "client", name="Contoso", agreement="managed", mode="suggest", doc=json.dumps(BOUGHT)
    )
    await side.put(
        "device", client="Contoso", name="sw1", site="HQ", criticality=1, agreement="gold"
    )
    assert await side.fetch(client_of.CLIENT_NAMES, 10) == [
        {"name": "Contoso"},
        {"name": "Unsorted"},
    ]
    assert await side.fetch(client_of.CLIENT_NAMES, 1) == [{"name": "Contoso"}]
    known = {row["name"]: row for row in await side.fetch(triage_directory.CLIENTS)}
    assert known == {
        "Contoso": {
            "name": "Contoso",
            "agreement": "managed",
            "record": "tierline",
            "mode": "suggest",
            "bought": json.dumps(BOUGHT["agreements"]),
        },
        "Unsorted": {
            "name": "Unsorted",
            "agreement": "",
            "record": "tierline",
            "mode": None,
            "bought": None,
        },
    }
    found = await side.fetch(triage_directory.DEVICES, ["Contoso", "Other"], ["sw1", "sw1"])
    assert found == [
        {
            "client": "Contoso",
            "name": "sw1",
            "site": "HQ",
            "type": "",
            "criticality": 1,
            "agreement": "gold",
        }
    ]


@proves(directory.PEOPLE, directory.ROOMS, directory.SUBSCRIPTIONS, people.NAMES)
async def test_who_can_be_told(side):
    await put_person(side, "sam", email="sam@example.com")
    await side.put("room", name="net", kind="slack", url="https://chat.example")
    await put_subscription(side, "b", clients=["Contoso"], disabled_at=NOON, why="410")
    await put_subscription(side, "a", types=["escalated"])
    await put_subscription(side, "c", active=False)
    assert await side.fetch(directory.PEOPLE) == [
        {"login": "sam", "email": "sam@example.com", "active": True}
    ]
    assert await side.fetch(people.NAMES) == [{"login": "sam", "name": "Sam"}]
    assert await side.fetch(directory.ROOMS) == [
        {"name": "net", "kind": "slack", "url": "https://chat.example"}
    ]
    first, second = await side.fetch(directory.SUBSCRIPTIONS)
    assert (first["name"], first["types"], first["clients"]) == ("a", ["escalated"], None)
    assert (first["disabled"], first["why"], first["secrets"]) == (False, "", ["s1"])
    assert (second["name"], second["clients"], second["types"]) == ("b", ["Contoso"], None)
    assert (second["disabled"], second["why"]) == (True, "410")
    assert second["url"] == "https://b.example/hook"


@proves(owners.OWNERS)
async def test_owners_are_active_and_not_walled_off(side):
    await put_ticket(side, 1)
    await put_person(side, "all")
    await put_person(side, "gone", active=False)
    await put_person(side, "inside", clients=["Contoso"])
    await put_person(side, "outside", clients=["Fabrikam"])
    found = await side.fetch(owners.OWNERS, 1)
    assert sorted(row["login"] for row in found) == ["all", "inside"]
    assert await side.fetch(owners.OWNERS, 2) == []


@proves(commands.CLIENT_OF)
async def test_whose_ticket_it_is_for_those_who_see_it(side):
    await put_ticket(side, 1)
    await side.put("restricted", ticket=3, keys=[marked("group A"), marked("person sam")])
    await put_ticket(side, 3)
    for clients, sees_it in ((["Contoso"], True), (EVERYTHING[:1], True), (["Fabrikam"], False)):
        found = [{"client": "Contoso"}] if sees_it else []
        assert await side.fetch(commands.CLIENT_OF, clients, 1) == found
        assert await side.fetch(commands.CLIENT_OF, [*clients, marked("group A")], 3) == found
        assert await side.fetch(commands.CLIENT_OF, [*clients, marked("group B")], 3) == []
    assert await side.fetch(commands.CLIENT_OF, EVERYTHING, 2) == []


@proves(lists.NOTICE_COUNTS)
async def test_notices_of_a_ticket_by_state(side):
    await put_notice(side, 1, 1)
    await put_notice(side, 1, 2)
    await put_notice(side, 1, 3, state="held")
    await put_notice(side, 2, 1)
    found = await side.fetch(lists.NOTICE_COUNTS, 1)
    assert {row["state"]: row["n"] for row in found} == {"pending": 2, "held": 1}


@proves(records.CLIENT_FACTS)
async def test_what_records_say_of_a_client(side):
    await side.put("client", name="Contoso", agreement="managed", mode="act")
    await side.put("device", client="Contoso", name="sw1", type="switch", criticality=2)
    await side.put("contact", client="Contoso", name="Ann", email="ann@contoso.example", vip=True)
    await side.put("contact", client="Contoso", name="Bob")
    plain = {"agreement": "managed", "bought": None, "record": "tierline", "mode": "act"}
    device = {"type": "switch", "criticality": 2, "site": ""}
    none = {"type": None, "criticality": None, "site": ""}
    facts = records.CLIENT_FACTS
    asked = await side.fetch(facts, "Contoso", "sw1", "ANN@contoso.example", "")
    assert asked == [{**plain, **device, "vip": True}]
    assert await side.fetch(facts, "Contoso", "", "", "Ann") == [{**plain, **none, "vip": True}]
    assert await side.fetch(facts, "Contoso", "", "", "Bob") == [{**plain, **none, "vip": False}]
    assert await side.fetch(facts, "Nobody", "", "", "Ann") == []


@proves(records.CLIENT_FACTS)
async def test_which_agreements_a_ticket_may_be_under(side):
    await side.put("client", name="Contoso", agreement="managed", doc=json.dumps(BOUGHT))
    await side.put("device", client="Contoso", name="sw1", agreement="gold")
    [own] = await side.fetch(records.CLIENT_FACTS, "Contoso", "sw1", "", "")
    assert (own["agreement"], own["bought"]) == ("gold", None)
    [any_of] = await side.fetch(records.CLIENT_FACTS, "Contoso", "", "", "")
    assert any_of["agreement"] == "managed"
    assert json.loads(any_of["bought"]) == BOUGHT["agreements"]


@proves(schedules_read.SCHEDULES)
async def test_without_schedules_none_is_read(side):
    assert await side.fetch(schedules_read.SCHEDULES, None) == []
    assert await side.fetch(schedules_read.SCHEDULES, ["network rota"]) == []


@proves(partners.PARTNERS)
async def test_without_partners_none_is_read(side):
    assert await side.fetch(partners.PARTNERS) == []


@proves(vendors.VENDOR)
async def test_of_a_vendor_without_a_record_nothing_is_read(side):
    assert await side.fetch(vendors.VENDOR, "Northgrid") == []


@proves(approvers.APPROVERS)
async def test_who_may_approve_in_the_order_the_client_names_them(side):
    await side.put("client", name="Contoso", doc='{"approvers": ["Zoe", "Ann"]}')
    await side.put("client", name="Fabrikam")
    for client, name, doc in [
        ("Contoso", "Ann", '{"approver": 500}'),
        ("Contoso", "Bob", '{"approver": "any"}'),
        ("Contoso", "Cal", "{}"),
        ("Contoso", "Zoe", "{}"),
        ("Fabrikam", "Dee", '{"approver": 0}'),
    ]:
        await side.put("contact", client=client, name=name, email=f"{name}@x", doc=doc)
    found = await side.fetch(approvers.APPROVERS, ["Contoso"])
    assert [(row["name"], row["most"], row["place"]) for row in found] == [
        ("Zoe", None, 1),
        ("Ann", "500", 2),
        ("Bob", "any", None),
    ]
    everybody = await side.fetch(approvers.APPROVERS, None)
    assert [row["client"] for row in everybody] == ["Contoso"] * 3 + ["Fabrikam"]


@proves(freezes.FREEZES)
async def test_freezes_are_read_of_the_clients_that_have_any(side):
    assert await side.fetch(freezes.FREEZES) == []
    doc = '{"zone": "Europe/London", "freezes": [{"from": "2026-12-24", "to": "2026-12-27"}]}'
    await side.put("client", name="Contoso", doc=doc)
    await side.put("client", name="Fabrikam", doc='{"zone": "Europe/London"}')
    assert await side.fetch(freezes.FREEZES) == [
        {
            "name": "Contoso",
            "zone": "Europe/London",
            "freezes": '[{"from": "2026-12-24", "to": "2026-12-27"}]',
        }
    ]


@proves(schedules_read.OVERRIDES)
async def test_nor_an_override(side):
    later = NOON + timedelta(days=1)
    assert await side.fetch(schedules_read.OVERRIDES, None, NOON, later) == []


@proves(on_call.ABSENCES)
async def test_without_absences_nobody_is_away(side):
    assert await side.fetch(on_call.ABSENCES, NOON) == []


@proves(on_call.LOGINS)
async def test_logins_of_who_is_active(side):
    await put_person(side, "ann", active=False)
    await put_person(side, "bob")
    await put_person(side, "sam")
    assert await side.fetch(on_call.LOGINS) == [
        {"name": "Sam", "login": "sam"},
        {"name": "Bob", "login": "bob"},
    ]


@proves(crew.PEOPLE)
async def test_people_as_decisions_see_them(side):
    await put_person(side, "sam", skills=["vpn"], capacity=6, clients=["Contoso"], zone="UTC")
    await put_person(side, "ann", active=False)
    ann, sam = await side.fetch(crew.PEOPLE)
    assert (ann["login"], ann["active"], ann["clients"], ann["shifts"]) == (
        "ann",
        False,
        None,
        None,
    )
    assert sam == {
        "login": "sam", "name": "Sam", "zone": "UTC", "shifts": None, "skills": ["vpn"],
        "capacity": 6, "usual_clients": [], "clients": ["Contoso"], "active": True,
    }  # fmt: skip
