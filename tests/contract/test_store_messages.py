"""Notices and messages written and claimed: the same on both sides."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from notifier import claim, handlers, prepare, subscriptions, surveys, writing
from tests.contract.store import MINUTE, NOON, proves, recent
from tests.contract.store_acts import (
    LEASE_S,
    take,
)
from tests.contract.store_rows import (
    put_event,
    put_message,
    put_notice,
    put_subscription,
    put_ticket,
)

LEASE = timedelta(seconds=LEASE_S)
LONG_AGO = NOON


def notices(*rows):
    """Arguments of WRITE_NOTICES for the notices: (seq, recipient, state, draft), of ticket 1."""
    full = [
        (1, seq, "Contoso", "person", recipient, "lapse", "notify", "owner", state, "r", draft)
        for seq, recipient, state, draft in rows
    ]
    arrays = [list(column) for column in zip(*full, strict=True)]
    return [*arrays, "v1", ["failed", "suppressed"]]


def drafts(*rows):
    """Arguments of WRITE_NOTICES for the messages: (n, address, line, turn) each."""
    full = [
        (n, "webhook", address, line, f"k{n}", "{}", turn, "Contoso")
        for n, address, line, turn in rows
    ]
    return [list(column) for column in zip(*full, strict=True)] or [[]] * 8


async def write(side, drawn, told, said=()):
    """What WRITE_NOTICES answers: (n, id, fresh, claimed, url, secrets, clients) each."""
    more = (*drafts(*said), len(told), LEASE_S)
    rows = await side.fetch(writing.WRITE_NOTICES, drawn, *notices(*told), *more)
    return [tuple(row.values()) for row in rows]


NOBODY = (None, None, None)


@proves(writing.WRITE_NOTICES)
async def test_a_notice_is_written_once(side):
    first = ((1, "sam", "pending", 2), (1, "sam", "held", None), (1, "eve", "failed", None))
    made = await write(side, 2, first, [(2, "hook", "", "")])
    assert made == [(1, made[0][1], False, False, *NOBODY), (2, made[1][1], False, False, *NOBODY)]
    assert made[0][1] < made[1][1]
    assert await side.rows("message") == [], "one was there: which are wanted is said later"
    again = await write(side, 1, [(1, "sam", "pending", 1), (2, "sam", "pending", 1)])
    assert again[0][2] is False
    sam, eve, later = await side.rows("notice")
    assert (sam["message"], later["message"], later["seq"]) == (made[1][1], again[0][1], 2)
    assert sam["settled_at"] is None
    assert recent(sam["created_at"])
    assert recent(eve["settled_at"])
    for name in ("id", "created_at", "settled_at", "message"):
        sam.pop(name)
    assert sam == {
        "ticket": 1, "seq": 1, "client": "Contoso", "kind": "person", "recipient": "sam",
        "occasion": "lapse", "reach": "notify", "policy": "v1", "why": "owner",
        "state": "pending", "reason": "r",
    }  # fmt: skip


@proves(writing.WRITE_NOTICES, writing.WRITTEN_NOTICES)
async def test_new_notices_and_their_messages_are_written_together(side):
    told = [(1, "sam", "pending", 1), (1, "eve", "pending", 2), (2, "eve", "held", None)]
    said = [(1, "hook", "", ""), (2, "other", "", "")]
    made = await write(side, 2, told, said)
    ids = [row[1] for row in made]
    assert made == [(1, ids[0], True, False, *NOBODY), (2, ids[1], True, False, *NOBODY)]
    assert await side.values("notice", "message") == [(ids[0],), (ids[1],), (None,)]
    assert await side.fetch(writing.WRITTEN_NOTICES, [ids[1], 99]) == [
        {"ticket": 1, "seq": 1, "kind": "person", "recipient": "eve"}
    ]
    first, second = await side.rows("message")
    assert (second["id"], second["address"], second["key"]) == (ids[1], "other", "k2")
    for name in ("due_at", "created_at"):
        assert recent(first.pop(name))
    assert first == {
        "id": ids[0], "channel": "webhook", "address": "hook", "line": "", "key": "k1",
        "content": "{}", "state": "pending", "attempt": 0, "settled_at": None, "proof": "",
        "reason": "", "fallback_of": None,
    }  # fmt: skip
    assert await side.rows("attempt") == []
    assert await write(side, 0, [(3, "eve", "held", None)]) == []


async def subscribed(side):
    """Subscriptions: one that takes everything, and for each reason one that takes nothing."""
    await put_subscription(side, "free", url="https://a", secrets=["s"], clients=["Contoso"])
    await put_subscription(side, "all", url="https://b", secrets=["s", "t"])
    await put_subscription(side, "other", clients=["Fabrikam"])
    await put_subscription(side, "ended", disabled_at=NOON)
    await put_subscription(side, "off", active=False)


@proves(writing.WRITE_NOTICES)
async def test_the_first_of_a_free_line_of_a_live_subscription_is_claimed_as_it_is_written(side):
    await subscribed(side)
    await put_message(side, "waits", line="all/8", channel="webhook", address="all")
    await put_message(side, "told", line="all/7", state="delivered")
    said = [
        (1, "all", "all/7", "first"), (2, "all", "all/7", "behind"), (3, "all", "all/8", "first"),
        (4, "free", "free/7", "first"), (5, "free", "free/8", ""), (6, "other", "other/7", "first"),
        (7, "ended", "ended/7", "first"), (8, "off", "off/7", "first"), (9, "z", "z/7", "first"),
    ]  # fmt: skip
    made = await write(side, 9, [(n, "sam", "pending", n) for n in range(1, 10)], said)
    reached = {row[0]: row[4:] for row in made if row[3]}
    assert reached == {1: ("https://b", ["s", "t"], None), 4: ("https://a", ["s"], ["Contoso"])}
    rows = {row["key"]: row for row in await side.rows("message")}
    assert [n for n in range(1, 10) if rows[f"k{n}"]["attempt"] == 1] == [1, 4]
    leased = [n for n in range(1, 10) if recent(rows[f"k{n}"]["due_at"] - LEASE)]
    assert leased == [1, 2, 4]
    assert recent(rows["k3"]["due_at"])
    assert await side.values("attempt", "message", "number") == [
        (rows["k1"]["id"], 1), (rows["k4"]["id"], 1),
    ]  # fmt: skip


@proves(handlers.DRAW_MESSAGES, handlers.INSERT_MESSAGES)
async def test_messages_under_drawn_ids_due_at_once_or_over(side):
    ids = [row["id"] for row in await side.fetch(handlers.DRAW_MESSAGES, 2)]
    said = messages((ids[0], "", "pending", ""), (ids[1], "", "failed", ""))
    assert await side.fetch(handlers.INSERT_MESSAGES, *said) == []
    first, second = await side.rows("message")
    assert recent(first["due_at"])
    assert recent(second["settled_at"])
    for name in ("due_at", "created_at"):
        assert recent(first.pop(name))
    assert first == {
        "id": ids[0], "channel": "webhook", "address": "hook", "line": "", "key": f"k{ids[0]}",
        "content": "{}", "state": "pending", "attempt": 0, "settled_at": None, "proof": "",
        "reason": "r", "fallback_of": None,
    }  # fmt: skip
    assert await side.rows("attempt") == []
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await side.fetch(handlers.INSERT_MESSAGES, *messages((99, "", "pending", "", f"k{ids[0]}")))
    assert refused.value.constraint_name == "message_key_key"
    with pytest.raises(asyncpg.CheckViolationError):
        await side.fetch(handlers.INSERT_MESSAGES, *messages((99, "", "odd", "")))


def messages(*rows):
    """Arguments of INSERT_MESSAGES: (id, line, state, turn[, key]) each."""
    full = [
        (row[0], "webhook", "hook", row[1], row[4] if row[4:] else f"k{row[0]}", "{}", row[2],
         "r", None, row[3])
        for row in rows
    ]  # fmt: skip
    return [*[list(column) for column in zip(*full, strict=True)], LEASE_S]


@proves(handlers.INSERT_MESSAGES)
async def test_the_first_of_a_free_line_is_claimed_at_birth(side):
    await put_message(side, "waits", line="busy")
    await put_message(side, "told", line="free", state="delivered")
    said = messages(
        (11, "free", "pending", "first"),
        (12, "free", "pending", "behind"),
        (13, "busy", "pending", "first"),
        (14, "other", "pending", ""),
    )
    assert await side.fetch(handlers.INSERT_MESSAGES, *said) == [{"id": 11}]
    rows = {row["id"]: row for row in await side.rows("message")}
    assert [rows[number]["attempt"] for number in (11, 12, 13, 14)] == [1, 0, 0, 0]
    assert [recent(rows[n]["due_at"] - LEASE) for n in (11, 12)] == [True, True]
    assert [recent(rows[n]["due_at"]) for n in (13, 14)] == [True, True]
    (attempt,) = await side.rows("attempt")
    assert (attempt["message"], attempt["number"], attempt["ended_at"]) == (11, 1, None)


def ids(rows, *, claimed=True):
    return sorted(row["id"] for row in rows if row["claimed"] is claimed)


@proves(claim.TAKE)
async def test_due_messages_are_claimed_with_an_attempt_and_a_lease(side):
    due = await put_message(side, "due", due_at=LONG_AGO, created_at=LONG_AGO, attempt=2)
    await put_message(side, "later", due_at=LONG_AGO.replace(year=2999))
    await put_message(side, "over", due_at=LONG_AGO, state="delivered")
    (row,) = await take(side)
    assert row.pop("age_s") > 60
    assert row == {
        "id": due, "channel": "mail", "address": "sam@example.com", "line": "", "key": "due",
        "content": "{}", "attempt": 3, "fallback_of": None, "claimed": True, "disabled": False,
    }  # fmt: skip
    assert recent(await side.value("message", "due_at", id=due) - LEASE)
    (attempt,) = await side.rows("attempt")
    assert (attempt["message"], attempt["number"]) == (due, 3)
    assert recent(attempt["began_at"])
    assert await take(side) == []


@proves(claim.TAKE, subscriptions.DISABLE)
async def test_a_claim_says_whether_its_subscription_was_disabled(side):
    for name in ("a", "b"):
        await put_subscription(side, name)
        await put_message(side, name, channel="webhook", address=name, due_at=LONG_AGO)
    await put_message(side, "c", channel="mail", address="a", due_at=LONG_AGO)
    await side.execute(subscriptions.DISABLE, "a", "410 Gone")
    found = {(row["channel"], row["address"]): row["disabled"] for row in await take(side)}
    assert found == {("webhook", "a"): True, ("webhook", "b"): False, ("mail", "a"): False}


@proves(claim.TAKE)
async def test_the_earliest_due_go_first_and_no_more_than_asked(side):
    late = await put_message(side, "late", due_at=LONG_AGO + MINUTE)
    early = await put_message(side, "early", due_at=LONG_AGO)
    assert ids(await take(side, 1)) == [early]
    assert ids(await take(side, 1)) == [late]


@proves(claim.TAKE)
async def test_of_a_line_only_the_first_is_claimed_and_others_are_put_off(side):
    first = await put_message(side, "1", line="hook/7", due_at=LONG_AGO)
    second = await put_message(side, "2", line="hook/7", due_at=LONG_AGO - MINUTE)
    other = await put_message(side, "3", line="hook/8", due_at=LONG_AGO)
    rows = await take(side)
    assert ids(rows) == [first, other]
    assert ids(rows, claimed=False) == [second]
    # As the statement saw it, the first was due long ago: look again in a minute.
    assert recent(await side.value("message", "due_at", id=second) - MINUTE)
    assert await side.value("message", "attempt", id=second) == 0


@proves(claim.TAKE)
async def test_what_stands_behind_another_takes_nobodys_share(side):
    first = await put_message(side, "1", line="hook/7", due_at=LONG_AGO)
    behind = [await put_message(side, f"b{n}", line="hook/7", due_at=LONG_AGO) for n in range(5)]
    other = await put_message(side, "3", line="hook/8", due_at=LONG_AGO + MINUTE)
    rows = await take(side, 2, per=(2, 2))
    assert ids(rows) == [first, other]
    assert ids(rows, claimed=False) == behind


@proves(claim.TAKE)
@pytest.mark.parametrize(
    ("waited", "again"), [(1, 60.0), (200, 100.0), (20_000, 3_600.0)], ids=["new", "old", "older"]
)
async def test_the_longer_it_has_waited_behind_the_later_it_is_looked_at(side, waited, again):
    created = datetime.now(UTC) - timedelta(seconds=waited)
    await put_message(side, "1", line="hook/7", due_at=LONG_AGO)
    second = await put_message(side, "2", line="hook/7", due_at=LONG_AGO, created_at=created)
    await take(side)
    due = await side.value("message", "due_at", id=second)
    assert recent(due - timedelta(seconds=again))


@proves(claim.TAKE)
async def test_behind_one_that_waits_for_a_retry_there_is_no_use_in_looking_before(side):
    retry = LONG_AGO.replace(year=2999)
    await put_message(side, "1", line="hook/7", due_at=retry)
    second = await put_message(side, "2", line="hook/7", due_at=LONG_AGO)
    assert ids(await take(side), claimed=False) == [second]
    assert await side.value("message", "due_at", id=second) == retry


@proves(claim.TAKE)
async def test_a_full_channel_or_place_is_left_alone(side):
    mail = await put_message(side, "1", due_at=LONG_AGO)
    chat = await put_message(side, "2", channel="chat", address="net", due_at=LONG_AGO)
    room = await put_message(side, "3", channel="chat", address="desk", due_at=LONG_AGO)
    rows = await take(side, full=(["mail"], ["chat desk"]))
    assert ids(rows) == [chat]
    assert ids(await take(side)) == [mail, room]


@proves(claim.TAKE)
async def test_shares_of_channels_and_places_count_what_is_under_way(side):
    sent = [await put_message(side, f"m{n}", due_at=LONG_AGO) for n in range(4)]
    rows = await take(side, per=(2, 9), places=[("mail sam@example.com", 1)])
    assert ids(rows) == sent[:1]
    rows = await take(side, per=(9, 3), channels=[("mail", 1)])
    assert ids(rows) == sent[1:3]


async def many_and_one_behind(side):
    """Three mails to one address, the first due; a chat behind them."""
    mails = [await put_message(side, f"m{n}", due_at=LONG_AGO) for n in range(3)]
    late = LONG_AGO + MINUTE
    return mails, await put_message(side, "o", channel="chat", address="x", due_at=late)


@proves(claim.TAKE)
async def test_no_more_is_looked_at_than_asked(side):
    mails, other = await many_and_one_behind(side)
    assert ids(await take(side, 3, per=(9, 9), look=3)) == mails
    assert ids(await take(side, 3, per=(9, 9), look=3)) == [other]


@proves(claim.TAKE)
async def test_what_is_closed_or_full_hides_nothing_behind_it(side):
    mails, other = await many_and_one_behind(side)
    mail = "mail sam@example.com"
    for number, around in enumerate(({"full": ([], [mail])}, {"full": (["mail"], [])})):
        assert ids(await take(side, look=3, **around)) == [other + number]
        await put_message(side, f"o{number}", channel="chat", address="x", due_at=LONG_AGO + MINUTE)
    assert ids(await take(side, per=(1, 9), look=3)) == [mails[0], other + 2]


@proves(claim.TAKE)
async def test_shares_hold_where_addresses_are_asked_one_by_one(side):
    front = [await put_message(side, f"f{n}", address="a", due_at=LONG_AGO) for n in range(3)]
    late = LONG_AGO + MINUTE
    b = [await put_message(side, f"b{n}", address="b", due_at=late) for n in range(3)]
    await put_message(side, "c", address="c", due_at=late.replace(year=2999))
    d = [await put_message(side, f"d{n}", address="d", due_at=late + MINUTE) for n in range(3)]
    rows = await take(side, look=3, full=([], ["mail a"]), per=(2, 9), places=[("mail b", 1)])
    assert ids(rows) == [b[0], d[0], d[1]]
    rows = await take(side, look=3, full=([], ["mail a"]), per=(2, 3), channels=[("mail", 1)])
    assert ids(rows) == [b[1], b[2]]
    assert ids(await take(side, 2, look=2, per=(1, 9))) == [front[0], d[2]]


@proves(claim.TAKE)
async def test_of_a_line_only_the_first_is_claimed_however_it_was_found(side):
    await put_message(side, "f", channel="webhook", address="full", due_at=LONG_AGO)
    hook = {"channel": "webhook", "address": "hook", "line": "hook/7"}
    first = await put_message(side, "1", due_at=LONG_AGO + MINUTE, **hook)
    second = await put_message(side, "2", due_at=LONG_AGO + MINUTE, **hook)
    rows = await take(side, look=1, full=([], ["webhook full"]))
    assert (ids(rows), ids(rows, claimed=False)) == ([first], [second])


@proves(claim.CLOSE_LOST)
async def test_earlier_attempts_without_an_end_are_lost(side):
    message = await put_message(side, "1")
    await side.put("attempt", message=message, number=1, ended_at=NOON, outcome="retry")
    await side.put("attempt", message=message, number=2)
    await side.put("attempt", message=message, number=3)
    assert await side.execute(claim.CLOSE_LOST, [message], [3]) == "UPDATE 1"
    assert await side.values("attempt", "outcome") == [("retry",), ("lost",), ("",)]
    lost = await side.rows("attempt")
    assert recent(lost[1]["ended_at"])
    assert lost[1]["detail"] == (
        "no outcome within the lease: the sender died, or lost the database"
    )


@proves(prepare.NOTICES, prepare.EVENT_BODIES, prepare.TICKET_DOCS)
async def test_what_is_read_to_send(side):
    second = await put_notice(side, 1, 2, message=5)
    first = await put_notice(side, 1, 1, message=5)
    await put_notice(side, 1, 3, message=6)
    found = await side.fetch(prepare.NOTICES, [5, 7])
    assert [row["id"] for row in found] == [first, second]
    assert found[0] == {
        "id": first, "message": 5, "ticket": 1, "seq": 1, "kind": "person", "recipient": "sam",
        "occasion": "lapse", "reach": "notify", "why": "owner", "state": "pending",
    }  # fmt: skip
    await put_event(side, 1, 2)
    found = await side.fetch(prepare.EVENT_BODIES, [1, 1, 2], [2, 1, 1])
    body = {"ticket": 1, "seq": 2, "client": "Contoso", "body": '{"of":"1/2"}'}
    assert found == [{**body, "restricted": False}]
    await side.put("restricted", ticket=1, keys=["x"])
    found = await side.fetch(prepare.EVENT_BODIES, [1], [2])
    assert found == [{**body, "restricted": True}]
    await put_ticket(side, 4)
    assert await side.fetch(prepare.TICKET_DOCS, [4, 5]) == [{"id": 4, "doc": '{"id":4}'}]


@proves(surveys.HOLD_ASKED, surveys.LAST_ASKED)
async def test_when_a_requester_was_last_asked_how_it_was(side):
    await put_ticket(side, 1)
    said = [("jo@x", "survey", "delivered"), ("jo@x", "survey", "pending"),
            ("jo@x", "survey", "suppressed"), ("jo@x", "closed", "pending"),
            ("kim@x", "survey", "delivered")]  # fmt: skip
    for seq, (who, occasion, state) in enumerate(said, start=1):
        await put_event(side, 1, seq, at=NOON + seq * MINUTE)
        kinds = {"kind": "requester", "recipient": who, "occasion": occasion, "state": state}
        await put_notice(side, 1, seq, **kinds)
    assert await side.execute(surveys.HOLD_ASKED, ["jo@x", "lee@x"]) == "SELECT 2"
    asked = await side.fetch(surveys.LAST_ASKED, ["jo@x", "lee@x"])
    assert asked == [{"recipient": "jo@x", "at": NOON + 2 * MINUTE}]
