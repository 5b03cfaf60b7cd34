"""Alerts accepted and triaged: the same on both sides."""

from datetime import timedelta

import pytest

from intake import inserts
from intake.triage import counting, store
from intake.triage.limits import ALIKE_READ_MAX
from tests.contract.store import AGES_S, MINUTE, NOON, proves, recent
from tests.contract.store_acts import NOWHERE, settled, taken_up, wanted
from tests.contract.store_rows import put_alert, put_ticket
from tierline.messages.alert import AcceptedAlert, Alert, decode_accepted

ODD = 'é "quoted" \\ \n\t\x01\x7f\u2028 end'


async def noon(side, **passed):
    at = NOON + timedelta(**passed)
    await side.put("policy_clock", one=True, anchor=at, held=True)
    return at


@pytest.mark.parametrize("fraction", [0, 500_000, 120, 123_456])
@proves(inserts.INSERT_ALERTS)
async def test_an_accepted_alert_and_its_message(side, fraction):
    at = await noon(side, microseconds=fraction)
    alert = Alert(dedup_key="disk", title=ODD)
    first = inserts.make_row(4, ODD, "generic", "Contoso", alert)
    second = inserts.make_row(5, "rmm", "generic", ODD, alert)
    async with side.db.connection() as connection:
        taken = await inserts.write(side.on(connection), [first, second])
    rows = await side.rows("alert")
    assert [row["id"] for row in rows] == [one.id for one in taken]
    assert [one.accepted_at for one in taken] == [at, at]
    assert recent(rows[0].pop("received_at"))
    assert rows[0] == {
        "id": taken[0].id, "accepted_at": at, "idx": 4, "integration": ODD, "source": "generic",
        "client": "Contoso", "dedup_key": "disk", "body": first.body, "outcome": None,
        "ticket": None, "handled_at": None,
    }  # fmt: skip
    sent = await side.rows("outbox")
    assert [row["shard"] for row in sent] == [first.shard, second.shard]
    assert (sent[0]["topic"], sent[0]["key"]) == ("alerts.received", f"{ODD}\x1fdisk")
    assert [decode_accepted(row["body"]) for row in sent] == [
        AcceptedAlert(taken[0].id, 4, at, ODD, "generic", "Contoso", alert),
        AcceptedAlert(taken[1].id, 5, at, "rmm", "generic", ODD, alert),
    ]
    start = f'{{"id":{taken[1].id},"index":5,"accepted_at":"2026-03-02T12:00:00'
    assert sent[1]["body"].decode().startswith(start)


@proves(inserts.BURY_MEMBERS)
async def test_members_that_became_no_alert(side):
    done = await side.execute(
        inserts.BURY_MEMBERS, "intake", ["a", "b"], [b"1", b"\x00"], ["bad", "worse"]
    )
    assert done == "INSERT 0 2"
    assert await side.values("dead_letter", "source", "key", "body", "reason") == [
        ("intake", "a", b"1", "bad"),
        ("intake", "b", b"\x00", "worse"),
    ]


@proves(store.LOCK_ALERTS, store.TAKE_UP, store.SETTLE, store.SET_ASIDE)
async def test_an_alert_has_one_outcome(side):
    first, second, third = [await put_alert(side) for _ in range(3)]
    three = wanted(*((number, "A", "k") for number in (third, first, second)))
    locked, _ = taken_up(*await side.fetch(store.TAKE_UP, *three))
    assert locked == [first, second, third]
    alone = await side.fetch(store.LOCK_ALERTS, [third, first, second, 99])
    assert [row["id"] for row in alone] == locked
    said = [(first, "opened", 7), (second, "nothing open", 0), (99, "opened", 7)]
    done = await side.execute(store.SETTLE, *settled(said))
    assert done == "UPDATE 2"
    assert await side.values("alert", "outcome", "ticket") == [
        ("opened", 7),
        ("nothing open", None),
        (None, None),
    ]
    assert recent(await side.value("alert", "handled_at", id=first))
    assert await side.execute(store.SET_ASIDE, first) == "UPDATE 0"
    assert await side.execute(store.SET_ASIDE, third) == "UPDATE 1"
    assert await side.execute(store.SET_ASIDE, third) == "UPDATE 0"
    assert await side.value("alert", "outcome", id=third) == "dead letter"
    assert await side.fetch(store.TAKE_UP, *three) == []
    assert await side.fetch(store.LOCK_ALERTS, [first, second, third]) == []


@proves(counting.ALIKE)
async def test_alerts_that_are_alike(side):
    fires, clears = '{"status":"firing"}', '{"status":"resolved"}'
    edge = await put_alert(side, accepted_at=NOON - MINUTE, body=fires)
    first = await put_alert(side, accepted_at=NOON - MINUTE / 2, body=fires, idx=3)
    await put_alert(side, accepted_at=NOON - MINUTE / 3, body=clears)
    second = await put_alert(side, accepted_at=NOON, body=fires, outcome="opened")
    await put_alert(side, accepted_at=NOON + MINUTE, body=fires)
    for other in ({"client": "B"}, {"dedup_key": "cpu"}, {"integration": "mail"}):
        await put_alert(side, body=fires, **other)
    elsewhere = await put_alert(side, body=fires, client="B", dedup_key="cpu")
    asked = [["rmm", "rmm"], ["cpu", "disk"], ["B", "Contoso"], [NOON - MINUTE] * 2, [NOON] * 2]
    found = await side.fetch(counting.ALIKE, *asked, ALIKE_READ_MAX)
    by_id = {row["id"]: (row["n"], row["accepted_at"], row["idx"]) for row in found}
    assert by_id == {
        elsewhere: (1, NOON, 0),
        first: (2, NOON - MINUTE / 2, 3),
        second: (2, NOON, 0),
    }
    assert edge not in by_id, "a window begins after its first instant"
    latest = await side.fetch(counting.ALIKE, *asked, 2)
    assert {row["id"] for row in latest} == {elsewhere, second}, "the recovery is one of the two"


@proves(store.WAITING_ALERTS)
async def test_alerts_that_wait(side):
    first = await put_alert(side, received_at=NOON)
    second = await put_alert(side, received_at=NOON - MINUTE, idx=3)
    await put_alert(side, received_at=NOON, outcome="opened")
    fresh = await put_alert(side)
    found = await side.fetch(store.WAITING_ALERTS, 60.0, 10)
    assert [row["id"] for row in found] == [first, second]
    assert found[1] == {
        "id": second, "idx": 3, "accepted_at": NOON, "integration": "rmm", "source": "generic",
        "client": "Contoso", "body": '{"title":"disk"}',
    }  # fmt: skip
    assert len(await side.fetch(store.WAITING_ALERTS, 60.0, 1)) == 1
    assert await side.fetch(store.WAITING_ALERTS, AGES_S * 1000, 10) == []
    assert [row["id"] for row in await side.fetch(store.WAITING_ALERTS, 0.0, 10)][-1] == fresh


@proves(store.TAKE_UP)
async def test_nothing_is_taken_up_before_an_older_alert_that_waits(side):
    first = await put_alert(side, outcome="opened")
    second, third = [await put_alert(side) for _ in range(2)]
    for number, found in [(first, []), (second, [second]), (third, [])]:
        rows = await side.fetch(store.TAKE_UP, *wanted((number, "A", "k"), first=number))
        assert taken_up(*rows)[0] == found
    both = wanted((second, "A", "k"), (third, "A", "k"), first=second)
    assert taken_up(*await side.fetch(store.TAKE_UP, *both))[0] == [second, third]


@proves(store.TAKE_UP, store.LOCK_PROBLEMS, store.SETTLE)
async def test_one_row_a_problem(side):
    one, two, three = [await put_alert(side) for _ in range(3)]
    made = await side.fetch(
        store.TAKE_UP, *wanted((three, "B", "k"), (one, "B", "k"), (two, "A", "k"))
    )
    assert taken_up(*made) == ([one, two, three], {("A", "k"): NOWHERE, ("B", "k"): NOWHERE})
    assert await side.values("problem", "client", "key") == [("A", "k"), ("B", "k")]
    assert await side.fetch(store.LOCK_PROBLEMS, ["B", "C", "A"], ["k", "k", "k"]) == [
        {"client": "A", "key": "k", "accepted_at": None, "idx": 0, "alert": 0},
        {"client": "B", "key": "k", "accepted_at": None, "idx": 0, "alert": 0},
    ]
    first = settled([(one, "opened", 7)], [("A", "k", NOON, 2, 5, 7)])
    assert await side.execute(store.SETTLE, *first) == "UPDATE 1"
    assert await side.value("alert", "ticket", id=one) == 7
    found = await side.fetch(
        store.TAKE_UP, *wanted((one, "C", "k"), (two, "A", "k"), (99, "D", "k"))
    )
    assert taken_up(*found) == ([two], {("A", "k"): (NOON, 2, 5)})
    assert len(await side.rows("problem")) == 2, "none is made for what has its outcome"
    both = [("A", "k", NOON + MINUTE, 0, 6, 0), ("C", "k", NOON, 0, 1, 0)]
    assert await side.execute(store.SETTLE, *settled((), both)) == "UPDATE 0"
    (row,) = [row for row in await side.rows("problem") if row["client"] == "A"]
    assert row == {
        "client": "A", "key": "k", "accepted_at": NOON + MINUTE, "idx": 0, "alert": 6, "ticket": 7,
    }  # fmt: skip


@proves(store.LOCK_OPEN_TICKETS)
async def test_the_open_ticket_of_each_problem(side):
    await put_ticket(side, 3, problem_key="disk")
    await put_ticket(side, 2, problem_key="disk", client="Fabrikam")
    await put_ticket(side, 1, problem_key="fan", state="closed")
    await put_ticket(side, 4)
    clients = ["Contoso", "Contoso", "Fabrikam", "Contoso"]
    found = await side.fetch(store.LOCK_OPEN_TICKETS, clients, ["disk", "fan", "disk", ""])
    assert found == [
        {"client": "Fabrikam", "problem_key": "disk", "doc": '{"id":2}'},
        {"client": "Contoso", "problem_key": "disk", "doc": '{"id":3}'},
    ]
