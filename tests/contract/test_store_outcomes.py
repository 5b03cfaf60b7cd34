"""Outcomes recorded, lines moved on, subscriptions ended and resumed: the same on both sides."""

import json
from datetime import timedelta

from notifier import plain, record, subscriptions
from tests.contract.store import NOON, proves, recent
from tests.contract.store_rows import put_message, put_notice, put_subscription

LEASE_S = 600.0
WAIT = timedelta(seconds=300)


@proves(record.SETTLE_MESSAGES)
async def test_only_the_latest_attempt_of_a_pending_message_settles_it(side):
    done = await put_message(side, "1", attempt=1)
    again = await put_message(side, "2", attempt=2)
    late = await put_message(side, "3", attempt=3)
    over = await put_message(side, "4", attempt=1, state="failed", settled_at=NOON)
    found = await side.fetch(
        record.SETTLE_MESSAGES,
        [done, again, late, over, 99],
        [1, 2, 2, 1, 1],
        ["delivered", "pending", "delivered", "delivered", "delivered"],
        ["250 ok", "", "", "", ""],
        ["", "451 later", "", "", ""],
        [0.0, 300.0, 0.0, 0.0, 0.0],
    )
    assert sorted(row["id"] for row in found) == [done, again]
    rows = {row["id"]: row for row in await side.rows("message")}
    assert (rows[done]["state"], rows[done]["proof"]) == ("delivered", "250 ok")
    assert recent(rows[done]["settled_at"])
    assert (rows[again]["state"], rows[again]["reason"]) == ("pending", "451 later")
    assert rows[again]["settled_at"] is None
    assert recent(rows[again]["due_at"] - WAIT)
    assert (rows[late]["state"], rows[over]["state"]) == ("pending", "failed")


@proves(record.END_ATTEMPTS)
async def test_attempts_end(side):
    message = await put_message(side, "1")
    await side.put("attempt", message=message, number=1)
    await side.put("attempt", message=message, number=2)
    done = await side.execute(
        record.END_ATTEMPTS, [message, message], [2, 3], ["delivered", "late"], ["204", ""]
    )
    assert done == "UPDATE 1"
    assert await side.values("attempt", "outcome", "detail") == [("", ""), ("delivered", "204")]
    assert recent((await side.rows("attempt"))[1]["ended_at"])


@proves(record.DROP_NOTICES, record.SETTLE_NOTICES, record.NOTE_STAND_INS)
async def test_notices_end_as_their_message_did(side):
    dropped = await put_notice(side, 1, 1, message=5)
    await put_notice(side, 1, 2, message=5)
    await put_notice(side, 1, 3, message=5, state="failed", reason="bounced")
    await put_notice(side, 1, 4, message=6)
    assert await side.execute(record.DROP_NOTICES, [dropped, 99], ["old", "x"]) == "UPDATE 1"
    assert await side.execute(record.DROP_NOTICES, [dropped], ["older"]) == "UPDATE 0"
    done = await side.execute(record.SETTLE_NOTICES, [5, 7], ["delivered"] * 2, ["", ""])
    assert done == "UPDATE 1"
    assert await side.execute(record.NOTE_STAND_INS, [5], ["; told instead: chat"]) == "UPDATE 1"
    assert await side.values("notice", "state", "reason") == [
        ("superseded", "old"),
        ("delivered", ""),
        ("failed", "bounced; told instead: chat"),
        ("pending", ""),
    ]
    first, second, *_ = await side.rows("notice")
    assert recent(first["settled_at"])
    assert recent(second["settled_at"])


@proves(record.NEXT_IN_LINE)
async def test_the_next_of_a_line_is_due(side):
    far = NOON.replace(year=2999)
    await put_message(side, "1", line="a", state="delivered", due_at=far)
    second = await put_message(side, "2", line="a", due_at=far, created_at=NOON)
    await put_message(side, "3", line="a", due_at=far)
    await put_message(side, "4", line="b", due_at=far)
    await put_message(side, "5", due_at=far)
    assert await side.execute(record.NEXT_IN_LINE, ["a", "c", ""]) == "UPDATE 1"
    due = [row["id"] for row in await side.rows("message") if row["due_at"] != far]
    assert due == [second]
    # Its turn among all that wait, by its age, and not behind them.
    assert await side.value("message", "due_at", id=second) == NOON


@proves(record.CLAIM_NEXT)
async def test_what_waited_in_memory_is_claimed_where_nothing_goes_before_it(side):
    await put_message(side, "1", line="a", state="delivered")
    second = await put_message(side, "2", line="a")
    third = await put_message(side, "3", line="a")
    tried = await put_message(side, "4", line="b", attempt=1)
    over = await put_message(side, "5", line="c", state="failed")
    alone = await put_message(side, "6")
    asked = [second, third, tried, over, alone, 99]
    assert await side.fetch(record.CLAIM_NEXT, asked, LEASE_S) == [{"id": second}, {"id": alone}]
    assert await side.values("attempt", "message", "number") == [(second, 1), (alone, 1)]
    assert await side.value("message", "attempt", id=second) == 1
    assert recent(await side.value("message", "due_at", id=second) - timedelta(seconds=LEASE_S))
    assert await side.fetch(record.CLAIM_NEXT, asked, LEASE_S) == []


def plainly(*rows):
    """Arguments of RECORD_PLAIN: (id, attempt, state, follower[, wait_s]) each."""
    full = [
        (row[0], row[1], row[2], "250 ok", "r", row[4] if row[4:] else 0.0, "o", "d", "l", row[3])
        for row in rows
    ]
    return [*[list(column) for column in zip(*full, strict=True)], LEASE_S]


def became(found):
    return sorted((row["id"], row["what"]) for row in found)


async def under_way(side, key, number=1, **values):
    """A message whose attempt of that number has no end yet, and the notice it tells of."""
    message = await put_message(side, key, attempt=number, **values)
    await side.put("attempt", message=message, number=number)
    await put_notice(side, 1, message, message=message)
    return message


@proves(plain.RECORD_PLAIN)
async def test_messages_attempts_and_notices_end_in_one_statement(side):
    done, again = await under_way(side, "1"), await under_way(side, "2")
    late, over = await under_way(side, "3", 2), await under_way(side, "4", state="failed")
    await side.put("attempt", message=late, number=1, ended_at=NOON, outcome="lost")
    await put_notice(side, 9, 1, message=done, state="failed", reason="bounced")
    said = [(done, 1, "delivered", None), (again, 1, "pending", None, 300.0)]
    said += [(late, 1, "delivered", None), (over, 1, "superseded", None), (99, 1, "delivered", 9)]
    found = await side.fetch(plain.RECORD_PLAIN, *plainly(*said))
    assert became(found) == [(done, "settled"), (again, "settled")]
    rows = {row["id"]: row for row in await side.rows("message")}
    assert [rows[n]["state"] for n in (done, again, late, over)] == [
        "delivered", "pending", "pending", "failed",
    ]  # fmt: skip
    assert (rows[done]["proof"], rows[done]["reason"]) == ("250 ok", "r")
    assert recent(rows[done]["settled_at"])
    assert rows[again]["settled_at"] is None
    assert recent(rows[again]["due_at"] - WAIT)
    assert await side.values("attempt", "message", "outcome", "detail") == [
        (done, "o", "d"), (again, "o", "d"), (late, "late", "l"), (late, "", ""),
        (over, "late", "l"),
    ]  # fmt: skip
    assert await side.values("notice", "message", "state", "reason") == [
        (done, "delivered", "r"), (again, "pending", ""), (late, "pending", ""),
        (over, "pending", ""), (done, "failed", "bounced"),
    ]  # fmt: skip
    assert recent((await side.rows("notice"))[0]["settled_at"])
    assert recent((await side.rows("attempt"))[0]["ended_at"])
    assert became(await side.fetch(plain.RECORD_PLAIN, *plainly(*said))) == [(again, "settled")]
    assert (await side.values("attempt", "outcome"))[0] == ("o",), "an end is kept"


FAR = NOON.replace(year=2999)


@proves(plain.RECORD_PLAIN)
async def test_the_next_of_each_line_has_its_turn_in_the_same_statement(side):
    at_hand, left, retry, tried, busy = [
        await under_way(side, f"{line}1", line=line) for line in "abcde"
    ]
    later = {"due_at": FAR}
    ours = await put_message(side, "a2", line="a", **later)
    await put_message(side, "a3", line="a", **later)
    due = await put_message(side, "b2", line="b", **later)
    await put_message(side, "c2", line="c", **later)
    again = await put_message(side, "d2", line="d", attempt=1, **later)
    taken = await under_way(side, "e2", 3, line="e", **later)
    alone = await under_way(side, "f")
    said = [(at_hand, 1, "delivered", ours), (left, 1, "delivered", None)]
    said += [(retry, 1, "pending", None), (tried, 1, "superseded", again)]
    said += [(busy, 1, "delivered", taken), (alone, 1, "delivered", None)]
    found = became(await side.fetch(plain.RECORD_PLAIN, *plainly(*said)))
    assert [one for one in found if one[1] != "settled"] == [
        (ours, "claimed"), (due, "due"), (again, "due"),
    ]  # fmt: skip
    rows = {row["id"]: row for row in await side.rows("message")}
    assert recent(rows[ours]["due_at"] - timedelta(seconds=LEASE_S))
    assert recent(rows[due]["due_at"])
    assert recent(rows[again]["due_at"])
    moved = {ours, due, again, at_hand, left, retry, tried, busy, alone}
    assert {number for number, row in rows.items() if row["due_at"] != FAR} == moved
    assert [rows[number]["attempt"] for number in (ours, due, again, taken)] == [1, 0, 1, 3]
    assert [row for row in await side.values("attempt", "message", "number") if row[0] == ours] == [
        (ours, 1)
    ]


@proves(record.LOCK_SUBSCRIPTIONS, subscriptions.DISABLE, subscriptions.ENABLE)
async def test_a_subscription_is_disabled_once_and_enabled(side):
    await put_subscription(side, "b")
    await put_subscription(side, "a")
    found = await side.fetch(record.LOCK_SUBSCRIPTIONS, ["b", "a", "z"])
    assert found == [{"name": "a", "live": True}, {"name": "b", "live": True}]
    assert await side.execute(subscriptions.DISABLE, "a", "410 Gone") == "UPDATE 1"
    assert await side.execute(subscriptions.DISABLE, "a", "other") == "UPDATE 0"
    assert await side.execute(subscriptions.DISABLE, "z", "other") == "UPDATE 0"
    found = await side.fetch(record.LOCK_SUBSCRIPTIONS, ["b", "a"])
    assert found == [{"name": "a", "live": False}, {"name": "b", "live": True}]
    row = (await side.rows("subscription"))[0]
    assert (row["why"], recent(row["disabled_at"])) == ("410 Gone", True)
    assert await side.execute(subscriptions.ENABLE, "a") == "UPDATE 1"
    assert await side.execute(subscriptions.ENABLE, "z") == "UPDATE 0"
    row = (await side.rows("subscription"))[0]
    assert (row["why"], row["disabled_at"]) == ("", None)


@proves(subscriptions.FAIL_WAITING, subscriptions.SEND_MISSED)
async def test_what_waits_for_a_disabled_subscription_fails_and_comes_back(side):
    hook = {"channel": "webhook", "address": "a", "content": '{"ticket":7,"audience":"feed"}'}
    first = await put_message(side, "1", attempt=4, **hook)
    await side.put("attempt", message=first, number=4, ended_at=NOON, outcome="retry")
    second = await put_message(side, "2", **hook)
    third = await put_message(side, "3", **hook)
    other = await put_message(side, "4", **{**hook, "address": "b"})
    for seq, message in enumerate([first, second, third, other], 1):
        await put_notice(side, 7, seq, message=message, kind="subscription")
    told = await put_notice(side, 7, 9, message=first, state="delivered")
    why = "subscription disabled: 410"
    assert await side.execute(subscriptions.FAIL_WAITING, "a", why, 2) == "UPDATE 2"
    failed, waits = ("failed", why), ("pending", "")
    assert await side.values("message", "state", "reason") == [failed, failed, waits, waits]
    assert await side.value("notice", "state", id=told) == "delivered"
    notices = await side.values("notice", "state", "reason")
    assert notices == [failed, failed, waits, waits, ("delivered", "")]
    assert recent((await side.rows("notice"))[0]["settled_at"])
    await side.put("message", **{**(await side.rows("message"))[2], "state": "failed"})
    missed = await side.fetch(subscriptions.SEND_MISSED, "a", "subscription disabled", 9)
    assert missed == [{"count": 2}]
    rows = await side.rows("message")
    assert [row["state"] for row in rows] == ["pending", "pending", "failed", "pending"]
    again = rows[0]
    assert (again["reason"], again["settled_at"], again["attempt"]) == ("", None, 4)
    assert recent(again["due_at"])
    spent = {"ticket": 7, "audience": "feed", "spent": 4}
    assert json.loads(again["content"]) == spent
    assert again["content"] == '{"spent": 4, "ticket": 7, "audience": "feed"}'
    assert await side.values("notice", "state") == [
        ("pending",), ("pending",), ("pending",), ("pending",), ("delivered",),
    ]  # fmt: skip
