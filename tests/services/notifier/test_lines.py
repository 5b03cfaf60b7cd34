"""A subscription's events of one ticket go one after the other; its end and its return."""

import asyncio
import json

import pytest

from notifier import subscriptions
from notifier.limits import CLAIM_BATCH, PER_ADDRESS
from notifier.outcome import Failed, Retry
from notifier.resume import resume_named
from notifier.subscriptions import resume
from tests.domain.worlds import TOM
from tests.services.notifier.world import World
from tierline.domain.commands import Claim, Note
from tierline.domain.restriction import Restrict
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres


async def feed_of(world: World, *numbers: int) -> None:
    """Tickets of three events each, for a subscription and nobody else."""
    await world.sql("DELETE FROM tierline.room")
    await world.subscribe("psa")
    for number in numbers:
        world.story(number, requester=Requester()).ok(Claim("sam"))
    await world.tell()


def seqs(world: World, ticket: int) -> list[int]:
    """The events of a ticket as the receiver saw them."""
    ids = [json.loads(parcel.body)["id"].split("/") for parcel in world.webhook.sent]
    return [int(seq) for number, seq in ids if int(number) == ticket]


async def test_events_of_a_ticket_arrive_in_order(world: World) -> None:
    await feed_of(world, 1001, 1002, 1003)
    await world.deliver()
    await world.make_due()
    await world.deliver()
    for ticket in (1001, 1002, 1003):
        assert seqs(world, ticket) == [1, 2, 3]


async def test_behind_a_failing_first_the_others_wait_and_other_tickets_do_not(
    world: World,
) -> None:
    await feed_of(world, 1001, 1002)
    first = (await world.sent(channel="webhook"))[0]
    world.webhook.answer(Retry(0.0, "503"))
    for _ in range(5):
        await world.deliver()
        await world.sql(
            "UPDATE tierline.message SET due_at = now() - interval '1 s'"
            " WHERE state = 'pending' AND id <> $1",
            first["id"],
        )
    assert seqs(world, 1001) == [1]
    assert seqs(world, 1002) == [1, 2, 3]
    await world.make_due()
    await world.deliver()
    assert seqs(world, 1001) == [1, 1, 2, 3]


async def test_the_one_that_waits_is_due_no_sooner_than_the_one_ahead(world: World) -> None:
    """A line that is stuck costs nothing: it is not looked at before its first may be sent."""
    await feed_of(world, 1001)
    first = (await world.sent(channel="webhook"))[0]
    await world.sql(
        "UPDATE tierline.message SET due_at = now() + interval '2 hours' WHERE id = $1",
        first["id"],
    )
    assert await world.deliver() == 1
    dues = [m["due_at"] for m in await world.sent(channel="webhook")]
    assert dues == [dues[0]] * 3


async def test_while_one_is_being_sent_no_other_sender_takes_the_next(world: World) -> None:
    await feed_of(world, 1001)
    world.webhook.gate.clear()
    sending = asyncio.create_task(world.deliverer().deliver_once())
    while not world.webhook.sent:
        await asyncio.sleep(0.001)
    for _ in range(5):
        await world.sql(
            "UPDATE tierline.message SET due_at = now() - interval '1 s' WHERE attempt = 0"
        )
        await world.deliverer().deliver_once()
    assert seqs(world, 1001) == [1]
    world.webhook.gate.set()
    await sending
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3]


async def test_long_lines_are_swept_once_and_not_a_share_a_look(world: World) -> None:
    """Of forty tickets with many events each, one event may be sent: no look is for the others."""
    await world.sql("DELETE FROM tierline.room")
    await world.subscribe("psa")
    for number in range(1001, 1041):
        story = world.story(number, requester=Requester()).ok(Claim("sam"))
        for _ in range(10):
            story.ok(Note("still at it"))
    await world.tell()
    messages = await world.sent(channel="webhook")
    deliverer = world.deliverer(blocked_look_s=3_600.0, blocked_look_max_s=3_600.0)
    looks = 0
    while len(world.webhook.sent) < len(messages) and looks < len(messages):
        await deliverer.deliver_once()
        looks += 1
    assert len(world.webhook.sent) == len(messages) == 40 * 13
    assert looks <= len(messages) / PER_ADDRESS + len(messages) / CLAIM_BATCH


async def test_the_next_is_due_the_moment_the_one_ahead_has_its_outcome(world: World) -> None:
    await feed_of(world, 1001)
    deliverer = world.deliverer(blocked_look_s=3_600.0)
    looks = 0
    while looks < 20 and seqs(world, 1001) != [1, 2, 3]:
        await deliverer.deliver_once()
        looks += 1
    assert seqs(world, 1001) == [1, 2, 3]


async def test_gone_ends_the_subscription_visibly_and_what_waits_for_it(world: World) -> None:
    await feed_of(world, 1001, 1002)
    world.webhook.answer(Failed("gone: 410", disable=True), Failed("gone: 410", disable=True))
    await world.deliver()
    [subscription] = await world.sql("SELECT * FROM tierline.subscription")
    assert subscription["disabled_at"] is not None
    assert subscription["why"] == "gone: 410"
    feed = await world.sent(channel="webhook")
    assert {m["state"] for m in feed} == {"failed"}
    assert {m["reason"] for m in feed} == {"subscription disabled: gone: 410"}
    assert {n["state"] for n in await world.notices(kind="subscription")} == {"failed"}
    assert len(world.webhook.sent) <= 2


async def test_days_of_refusals_end_the_subscription(world: World) -> None:
    await feed_of(world, 1001)
    for _ in range(3):
        world.webhook.answer(Retry(0.0, "500 oops"))
        await world.make_due()
        await world.deliver()
    [subscription] = await world.sql("SELECT * FROM tierline.subscription")
    assert subscription["why"] == "gave up after 3 attempts: 500 oops"
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"failed"}


async def test_events_of_a_disabled_subscription_are_kept_for_its_return(world: World) -> None:
    await feed_of(world, 1001)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    await world.deliver()
    world.stories[1001].ok(Note("still at it"))
    await world.tell()
    await world.make_due()
    await world.deliver()
    assert world.webhook.sent == []
    feed = await world.sent(channel="webhook")
    assert [m["reason"] for m in feed] == ["subscription disabled: by hand"] * 4


async def test_a_resumed_subscription_gets_what_it_missed_in_order_with_new_patience(
    world: World,
) -> None:
    await feed_of(world, 1001)
    for _ in range(3):
        world.webhook.answer(Retry(0.0, "500 oops"))
        await world.make_due()
        await world.deliver()
    world.webhook.sent.clear()
    async with world.db.transaction() as connection:
        assert await resume(connection, "psa") == 3
    world.webhook.answer(Retry(0.0, "500 once more"))
    await world.deliver()
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"pending"}
    await world.make_due()
    await world.deliver()
    assert seqs(world, 1001) == [1, 1, 2, 3]
    assert {n["state"] for n in await world.notices(kind="subscription")} == {"delivered"}
    [subscription] = await world.sql("SELECT * FROM tierline.subscription")
    assert (subscription["disabled_at"], subscription["why"]) == (None, "")


async def test_all_that_was_missed_comes_back_however_much_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "RESUME_BATCH", 2)
    await feed_of(world, 1001, 1002)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    await world.deliver()
    await world.make_due()
    await world.deliver()
    await world.make_due()
    await world.deliver()
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"failed"}
    async with world.db.transaction() as connection:
        assert await resume(connection, "psa") == 6
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"pending"}
    await world.deliver()
    assert (seqs(world, 1001), seqs(world, 1002)) == ([1, 2, 3], [1, 2, 3])


async def test_what_is_refused_while_a_resume_commits_is_not_lost(world: World) -> None:
    """The sender read `disabled`, the resume committed, then the refusal is recorded."""
    await feed_of(world, 1001)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    deliverer = world.deliverer()
    prepared, _ = await deliverer._claim(10)
    now = asyncio.get_running_loop().time()
    settlements = [await deliverer._sending.send(one, now) for one in prepared]
    async with world.db.transaction() as connection:
        assert await resume(connection, "psa") == 0
    await deliverer._recorder.record(settlements)
    await world.make_due()
    await world.deliver()
    await world.make_due()
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3]


async def test_a_subscription_that_is_gone_fails_what_waits_for_it(world: World) -> None:
    await feed_of(world, 1001)
    await world.sql("DELETE FROM tierline.subscription")
    await world.deliver()
    await world.make_due()
    await world.deliver()
    assert {m["state"] for m in await world.sent(channel="webhook")} == {"failed"}
    assert world.webhook.sent == []


async def test_the_command_resumes_by_name_and_knows_no_other(
    world: World, database_url: str
) -> None:
    await feed_of(world, 1001)
    await world.sql("UPDATE tierline.subscription SET disabled_at = now(), why = 'by hand'")
    await world.deliver()
    await world.make_due()
    await world.deliver()
    assert await resume_named(database_url, "nobody") is None
    assert await resume_named(database_url, "psa") == 3
    await world.deliver()
    assert seqs(world, 1001) == [1, 2, 3]


async def test_what_waits_is_not_sent_once_its_ticket_is_restricted(world: World) -> None:
    """A PSA's mirror learns no more of it; what was sent before was open to it then."""
    await feed_of(world, 1001)
    await world.subscribe("vault", restricted=True)
    world.stories[1001].ok(Restrict("Infra", "a breach"), TOM)
    await world.tell()
    for _ in range(5):
        await world.deliver()
        await world.make_due()
    sent = await world.sent(channel="webhook")
    vault = [m["state"] for m in sent if m["line"] == "vault/1001"]
    psa = {(m["state"], m["reason"]) for m in sent if m["line"] == "psa/1001"}
    assert vault == ["delivered"], "it is told that it is restricted, and goes on"
    assert psa == {("superseded", "the subscription may not see this ticket any more")}


async def test_what_waits_is_not_sent_once_its_subscription_may_not_see_the_client(
    world: World,
) -> None:
    """Its clients were narrowed after the message was written; the rest of the feed goes on."""
    await feed_of(world, 1001)
    world.story(1002, client="Fabrikam", requester=Requester())
    await world.tell()
    await world.sql("UPDATE tierline.subscription SET clients = ARRAY['Fabrikam']")
    for _ in range(5):
        await world.deliver()
        await world.make_due()
    assert seqs(world, 1001) == []
    assert seqs(world, 1002) == [1, 2]
    why = ("superseded", "the subscription may not see this ticket any more")
    kept = [m for m in await world.sent(channel="webhook") if m["line"] == "psa/1001"]
    assert [(m["state"], m["reason"]) for m in kept] == [why] * 3
    notices = [n for n in await world.notices(kind="subscription") if n["ticket"] == 1001]
    assert [(n["state"], n["reason"]) for n in notices] == [why] * 3
