"""Claiming, sending and recording on a real Postgres, with channels that answer as told."""

import asyncio
from dataclasses import replace

import pytest

from notifier.claim import take_due
from notifier.outcome import Delivered, Failed, Retry
from tests.domain.worlds import HOUR, SAM
from tests.services.notifier.world import LIMITS, World, taken
from tierline.domain.commands import Claim, Resolve
from tierline.domain.ticket import Requester
from tierline.testing.channels import FakeChannel

pytestmark = pytest.mark.postgres


async def one_chat_message(world: World) -> None:
    """A ticket that nobody reported: one message, to the room."""
    world.story(requester=Requester())
    assert await world.tell() == 1


async def test_delivered_with_the_receivers_proof(world: World) -> None:
    await one_chat_message(world)
    assert await world.deliver() == 1
    [message] = await world.sent()
    assert message["state"] == "delivered"
    assert message["proof"] == f"took {message['key']}"
    assert message["settled_at"] is not None
    [notice] = await world.notices(kind="room")
    assert notice["state"] == "delivered"
    assert notice["settled_at"] is not None
    [attempt] = await world.attempts(message["id"])
    assert (attempt["outcome"], attempt["detail"]) == ("delivered", message["proof"])
    assert attempt["ended_at"] is not None


async def test_the_parcel_holds_what_the_channel_needs(world: World) -> None:
    await world.subscribe("psa")
    world.story()
    await world.tell()
    await world.deliver()
    [chat] = world.chat.sent
    assert (chat.url, chat.kind) == ("https://chat.example/desk", "slack")
    assert chat.letter.link == "http://127.0.0.1:8080/tickets/1001"
    [mail] = world.mail.sent
    assert (mail.address, mail.letter.audience) == ("jo@contoso.example", "client")
    rows = await world.sql("SELECT body FROM tierline.event ORDER BY seq")
    assert [parcel.body.decode() for parcel in world.webhook.sent] == [r["body"] for r in rows]


async def test_a_refusal_for_now_is_tried_again_later_under_the_same_key(world: World) -> None:
    await one_chat_message(world)
    world.chat.answer(Retry(0.0, "503 busy"))
    await world.deliver()
    [message] = await world.sent()
    assert (message["state"], message["reason"]) == ("pending", "503 busy")
    wait = (message["due_at"] - message["created_at"]).total_seconds()
    assert wait > LIMITS.chat.first_s * 0.8
    await world.make_due()
    await world.deliver()
    assert len(set(world.chat.field("key"))) == 1
    [message] = await world.sent()
    outcomes = [a["outcome"] for a in await world.attempts(message["id"])]
    assert (message["state"], outcomes) == ("delivered", ["retry", "delivered"])


async def test_a_receivers_retry_after_holds_back_everything_for_that_address(
    world: World,
) -> None:
    for number in (1001, 1002, 1003):
        world.story(number, requester=Requester())
    await world.tell()
    world.chat.answer(Retry(120.0, "429"))
    deliverer = world.deliverer(batch=1)
    assert await deliverer.deliver_once() == 1
    assert await deliverer.deliver_once() == 0
    [first, *rest] = await world.sent()
    assert (first["due_at"] - first["created_at"]).total_seconds() >= 120.0
    assert [m["attempt"] for m in rest] == [0, 0]


async def test_given_up_after_the_last_attempt_with_the_reason(world: World) -> None:
    await one_chat_message(world)
    world.chat.answer(Retry(0.0, "503 busy"), Retry(0.0, "503 still busy"))
    for _ in range(2):
        await world.make_due()
        await world.deliver()
    [original, _] = await world.sent()
    assert original["state"] == "failed"
    assert original["reason"] == "gave up after 2 attempts: 503 still busy"


async def test_a_message_that_never_reports_back_is_not_sent_for_ever(world: World) -> None:
    await one_chat_message(world)
    await world.sql("UPDATE tierline.message SET attempt = 2")
    await world.deliver()
    [original, _] = await world.sent()
    assert original["state"] == "failed"
    assert "without an outcome" in original["reason"]
    assert world.chat.sent == []


async def test_a_room_that_fails_for_good_is_stood_in_for_by_its_leads_mail(world: World) -> None:
    await one_chat_message(world)
    world.chat.answer(Failed("404 no_service"))
    await world.deliver()
    original, stand_in = await world.sent()
    assert (original["state"], original["reason"]) == ("failed", "404 no_service")
    assert stand_in["fallback_of"] == original["id"]
    assert (stand_in["channel"], stand_in["address"]) == ("mail", "priya@msp.example")
    assert stand_in["state"] == "delivered"
    [parcel] = world.mail.sent
    assert "desk could not be told: 404 no_service" in parcel.letter.preamble
    [notice] = await world.notices(kind="room")
    assert notice["state"] == "failed"
    assert notice["reason"] == "404 no_service; told instead: mail priya@msp.example"


async def test_a_fallback_that_fails_too_is_the_end(world: World) -> None:
    await one_chat_message(world)
    world.chat.answer(Failed("404"))
    world.mail.answer(Failed("550 no such user"))
    await world.deliver()
    assert [m["state"] for m in await world.sent()] == ["failed", "failed"]
    [notice] = await world.notices(kind="room")
    assert (
        notice["reason"] == "404; the fallback to mail priya@msp.example failed: 550 no such user"
    )


async def test_a_client_who_cannot_be_mailed_is_made_known_to_the_room(world: World) -> None:
    world.story()
    await world.tell()
    world.mail.answer(Failed("550 no such user"))
    await world.deliver()
    letters = [parcel.letter for parcel in world.chat.sent]
    [stand_in] = [letter for letter in letters if letter.preamble]
    assert stand_in.audience == "team"
    assert "jo@contoso.example could not be told: 550" in stand_in.preamble


async def test_what_fails_of_a_restricted_ticket_goes_to_the_lead_and_to_no_room(
    world: World,
) -> None:
    world.story(restricted="Infra")
    await world.tell()
    world.mail.answer(Delivered("250 for the lead"), Failed("550 no such user"))
    await world.deliver()
    [stand_in] = [m for m in await world.sent() if m["fallback_of"]]
    assert (stand_in["channel"], stand_in["address"]) == ("mail", "priya@msp.example")
    assert world.chat.sent == []


async def test_what_nobody_needs_any_more_is_superseded_unsent(world: World) -> None:
    await one_chat_message(world)
    world.stories[1001].ok(Claim("sam"))
    await world.save()
    await world.deliver()
    assert world.chat.sent == []
    [message] = await world.sent()
    assert (message["state"], message["reason"]) == ("superseded", "sam has claimed it")
    [notice] = await world.notices(kind="room")
    assert (notice["state"], notice["reason"]) == ("superseded", "sam has claimed it")


async def test_a_message_drops_the_notices_nobody_needs_and_tells_the_rest(world: World) -> None:
    """`arrived` asks for a claim; once claimed, only what is still news is said."""
    story = world.story(desk_owner="priya", requester=Requester())
    story.until(story.now + HOUR)
    await world.tell()
    pending = await world.notices(state="pending")
    groups = {n["message"] for n in pending}
    story.ok(Claim("tom"))
    await world.save()
    await world.deliver()
    after = {n["id"]: n for n in await world.notices() if n["message"] in groups}
    states = {n["state"] for n in after.values()}
    assert states == {"superseded", "delivered"}
    assert all(n["reason"] for n in after.values() if n["state"] == "superseded")


async def test_a_feed_has_no_holes_whatever_happens_to_the_ticket(world: World) -> None:
    await world.subscribe("psa")
    story = world.story()
    story.ok(Claim("sam")).ok(Resolve("rebooted"), SAM)
    await world.tell()
    await world.deliver()
    bodies = [parcel.body for parcel in world.webhook.sent]
    assert [f'"id":"1001/{seq}"'.encode() in body for seq, body in enumerate(bodies, 1)] == [
        True
    ] * len(story.events)


async def test_a_sender_that_dies_is_followed_after_the_lease_under_the_same_key(
    world: World,
) -> None:
    await one_chat_message(world)
    world.chat.gate.clear()
    dying = asyncio.create_task(world.deliverer().deliver_once())
    while not world.chat.sent:
        await asyncio.sleep(0.001)
    assert await world.deliverer().deliver_once() == 0, "the lease has not run out"
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    world.chat.gate.set()
    await world.make_due()
    await world.deliver()
    [message] = await world.sent()
    assert message["state"] == "delivered"
    assert world.chat.field("key") == [message["key"]] * 2
    first, second = await world.attempts(message["id"])
    assert (first["outcome"], second["outcome"]) == ("lost", "delivered")


@pytest.mark.parametrize(
    ("second", "state"), [(None, "delivered"), (Retry(0.0, "503 busy"), "pending")]
)
async def test_the_outcome_of_an_attempt_that_lost_its_lease_is_kept_and_not_counted(
    world: World, second: Retry | None, state: str
) -> None:
    """A slow sender comes back with a refusal after another has tried: the other's word stands."""
    await one_chat_message(world)
    slow_channel: FakeChannel = FakeChannel(taken)
    slow_channel.gate.clear()
    slow_channel.answer(Failed("timed out"))
    slow = world.deliverer(channels={"chat": slow_channel})
    late = asyncio.create_task(slow.deliver_once())
    while not slow_channel.sent:
        await asyncio.sleep(0.001)
    world.chat.answer(*[second] if second else [])
    await world.make_due()
    await world.deliver(chat=replace(LIMITS.chat, attempts=9))
    slow_channel.gate.set()
    await late
    [message] = await world.sent()
    assert (message["state"], message["attempt"]) == (state, 2)
    assert [n["state"] for n in await world.notices(kind="room")] == [state]
    first, other = await world.attempts(message["id"])
    assert (first["outcome"], other["outcome"]) == ("late", "retry" if second else "delivered")
    assert "timed out" in first["detail"]


async def test_two_senders_never_take_the_same_message(world: World) -> None:
    for number in range(1001, 1041):
        world.story(number, requester=Requester())
    await world.tell()
    deliverers = [world.deliverer(batch=10) for _ in range(4)]
    for _ in range(4):
        await asyncio.gather(*(one.deliver_once() for one in deliverers))
    keys = world.chat.field("key")
    assert len(keys) == len(set(keys)) == 40
    assert {m["attempt"] for m in await world.sent()} == {1}


async def test_one_message_that_cannot_be_worded_does_not_hold_up_the_rest(world: World) -> None:
    for number in (1001, 1002):
        world.story(number, requester=Requester())
    await world.tell()
    await world.sql("UPDATE tierline.event SET body = '{}' WHERE ticket = 1001")
    await world.deliver()
    states = {m["content"]: m for m in await world.sent(channel="chat")}
    broken = next(m for m in states.values() if '"ticket":1001' in m["content"])
    whole = next(m for m in states.values() if '"ticket":1002' in m["content"])
    assert broken["state"] == "failed"
    assert "cannot be put into words" in broken["reason"]
    assert whole["state"] == "delivered"


async def test_a_channel_that_breaks_is_a_retry_and_not_an_end(world: World) -> None:
    await one_chat_message(world)
    world.chat.answer(RuntimeError("a defect"))
    await world.deliver()
    [message] = await world.sent()
    assert (message["state"], message["reason"]) == ("pending", "internal error: RuntimeError")


async def test_one_address_takes_no_more_than_its_share_of_a_batch(world: World) -> None:
    for number in range(1001, 1013):
        world.story(number, requester=Requester())
    world.story(1013, facts={"device": {"type": "firewall"}}, requester=Requester())
    await world.tell()
    await world.sql(
        "UPDATE tierline.message SET due_at = now() - interval '1 hour' WHERE address = 'desk'"
    )
    async with world.db.connection() as connection:
        limits = replace(LIMITS, per_address=3, batch=10)
        taken_now = await take_due(connection, limits, free=10, busy={("chat", "desk"): 2})
    assert sorted(claim.address for claim in taken_now.claims) == ["desk", "network"]


async def test_the_loop_delivers_what_it_is_woken_for_and_ends_clean(
    world: World, eventually
) -> None:
    stop = asyncio.Event()
    deliverer = world.deliverer(poll_s=30.0)
    loop = asyncio.create_task(deliverer.run(stop))
    for number in range(1001, 1101):
        world.story(number, requester=Requester())
    await world.tell()
    deliverer.wake.set()

    async def all_delivered() -> bool:
        return {m["state"] for m in await world.sent()} == {"delivered"}

    await eventually(all_delivered)
    stop.set()
    deliverer.wake.set()
    await asyncio.wait_for(loop, 5)
    assert len(world.chat.sent) == 100


async def test_a_stop_waits_for_what_is_under_way_and_records_it(world: World) -> None:
    await one_chat_message(world)
    world.chat.gate.clear()
    stop = asyncio.Event()
    deliverer = world.deliverer()
    loop = asyncio.create_task(deliverer.run(stop))
    while not world.chat.sent:
        await asyncio.sleep(0.001)
    stop.set()
    deliverer.wake.set()
    await asyncio.sleep(0)
    assert not loop.done()
    world.chat.gate.set()
    await asyncio.wait_for(loop, 5)
    assert [m["state"] for m in await world.sent()] == ["delivered"]


async def test_outcomes_wait_for_a_database_that_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    await one_chat_message(world)
    deliverer = world.deliverer()
    record, failures = deliverer._recorder.record, []

    async def away(*arguments: object) -> object:
        if len(failures) < 2:
            failures.append(1)
            raise ConnectionRefusedError("postgres is away")
        return await record(*arguments)

    monkeypatch.setattr(deliverer._recorder, "record", away)
    stop = asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))

    async def delivered() -> bool:
        return [m["state"] for m in await world.sent()] == ["delivered"]

    await eventually(delivered)
    stop.set()
    await asyncio.wait_for(loop, 5)
    assert len(world.chat.sent) == 1, "the outcome was kept, so nothing was sent twice"


async def test_an_outcome_that_cannot_be_recorded_spoils_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    for number in range(1001, 1006):
        world.story(number, requester=Requester())
    await world.tell()
    broken = (await world.sent())[2]["id"]
    deliverer = world.deliverer()
    record = deliverer._recorder.record

    async def failing(settlements: list, behind: object) -> object:
        if any(one.claim.id == broken for one in settlements):
            raise ValueError("a defect")
        return await record(settlements, behind)

    monkeypatch.setattr(deliverer._recorder, "record", failing)
    stop = asyncio.Event()
    loop = asyncio.create_task(deliverer.run(stop))

    async def others_delivered() -> bool:
        rows = await world.sent()
        return [m["state"] for m in rows].count("delivered") == 4

    await eventually(others_delivered)
    stop.set()
    await asyncio.wait_for(loop, 5)
    [left] = await world.sent(state="pending")
    assert left["id"] == broken


async def test_what_a_receiver_says_can_always_be_recorded(world: World) -> None:
    for number in (1001, 1002):
        world.story(number, requester=Requester())
    await world.tell()
    world.chat.answer(Delivered("ok\x00\udcff\x1b[2J" * 400), Retry(0.0, "no\x00\ud800"))
    await world.deliver()
    messages = await world.sent()
    assert sorted(m["state"] for m in messages) == ["delivered", "pending"]
    assert all(m["proof"].isprintable() for m in messages), "a terminal would obey it"


async def test_delivered_is_what_the_channel_says_and_nothing_else(world: World) -> None:
    """A refusal of every kind leaves no message delivered."""
    for number in range(1001, 1004):
        world.story(number, requester=Requester())
    await world.tell()
    world.chat.answer(Retry(0.0, "503"), Failed("404"), Delivered("200 ok"))
    await world.deliver()
    states = sorted(m["state"] for m in await world.sent(channel="chat"))
    assert states == ["delivered", "failed", "pending"]
