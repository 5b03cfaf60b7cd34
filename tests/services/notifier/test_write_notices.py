"""From events to notices and messages, on a real Postgres."""

from dataclasses import replace

import pytest

from notifier.directory import read_directory
from notifier.handlers import write_notices
from tests.domain.worlds import HOUR, MINUTE, P1, SAM, TOM, example_policy
from tests.services.notifier.world import World
from tierline.domain.commands import Claim, MakePlan, Move, Note, Resolve
from tierline.domain.restriction import Restrict
from tierline.domain.terms import Mode, Reach
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres


async def test_a_new_ticket_tells_the_room_and_the_requester(world: World) -> None:
    world.story()
    assert await world.tell() == 2
    assert [(m["channel"], m["address"]) for m in await world.sent()] == [
        ("chat", "desk"),
        ("mail", "jo@contoso.example"),
    ]
    told = await world.notices(state="pending")
    assert {(n["kind"], n["recipient"], n["occasion"]) for n in told} == {
        ("room", "desk", "new in queue"),
        ("requester", "jo@contoso.example", "received"),
    }
    assert {n["policy"] for n in told} == {"test-1"}
    assert all(n["message"] for n in told)


async def test_the_same_events_again_change_nothing(world: World) -> None:
    world.story()
    await world.tell()
    before = (await world.notices(), await world.sent())
    assert await world.write(await world.messages(after={})) == 0
    assert (await world.notices(), await world.sent()) == before


async def test_a_redelivery_that_reaches_further_tells_only_what_is_new(world: World) -> None:
    story = world.story()
    await world.tell()
    story.ok(Claim("sam")).ok(Note("We are on it", to_client=True))
    await world.save()
    assert await world.write(await world.messages(after={})) == 1
    assert [m["address"] for m in await world.sent()][-1] == "jo@contoso.example"


async def test_a_go_of_events_is_one_message_to_each(world: World) -> None:
    """Hours of lapses and moves, seen at once: each address gets one message about the ticket."""
    world.policy = replace(example_policy(), version="test-2")
    story = world.story(priority=P1)
    story.until(story.now + 6 * HOUR)
    await world.tell()
    sent = await world.sent()
    assert len({(m["channel"], m["address"]) for m in sent}) == len(sent)
    pending = await world.notices(state="pending")
    assert len(pending) > len(sent)
    assert {n["message"] for n in pending} == {m["id"] for m in sent}


async def test_internal_and_client_words_never_share_a_message(world: World) -> None:
    """A technician who is also the requester gets two mails, not one with both."""
    story = world.story(requester=Requester("Sam", "sam@msp.example"))
    story.ok(Claim("sam"))
    await world.tell()
    story.ok(Note("Working again?", to_client=True))
    story.ok(Move("over my head", to_tier="T2"), TOM)
    await world.tell()
    contents = [m["content"] for m in await world.sent(address="sam@msp.example")]
    assert any('"client"' in content for content in contents)
    assert any('"team"' in content for content in contents)


async def test_somebody_without_an_address_fails_at_once_and_the_room_hears_of_it(
    world: World,
) -> None:
    await world.sql("UPDATE tierline.person SET email = '' WHERE login = 'sam'")
    story = world.story()
    story.ok(Claim("sam"))
    await world.tell()
    story.ok(MakePlan("Swap it", story.now + 10 * MINUTE))
    story.wait(11 * MINUTE)
    await world.tell()
    notice = next(n for n in await world.notices(recipient="sam", state="failed"))
    assert notice["reason"] == "no address"
    assert notice["settled_at"] is not None
    original = next(m for m in await world.sent() if m["id"] == notice["message"])
    assert (original["channel"], original["state"]) == ("mail", "failed")
    stand_in = next(m for m in await world.sent() if m["fallback_of"] == original["id"])
    assert (stand_in["channel"], stand_in["address"]) == ("chat", "desk")
    assert stand_in["state"] == "pending"


async def test_of_a_restricted_ticket_the_lead_hears_instead_and_no_room(world: World) -> None:
    await world.sql("UPDATE tierline.person SET email = '' WHERE login = 'sam'")
    story = world.story(restricted="Infra").ok(Claim("sam"))
    story.ok(MakePlan("Swap it", story.now + 10 * MINUTE)).wait(11 * MINUTE)
    await world.tell()
    notice = next(n for n in await world.notices(recipient="sam", state="failed"))
    stand_in = next(m for m in await world.sent() if m["fallback_of"] == notice["message"])
    assert (stand_in["channel"], stand_in["address"]) == ("mail", "priya@msp.example")
    assert await world.sent(channel="chat") == []


async def test_for_a_room_nobody_knows_its_lead_gets_a_mail(world: World) -> None:
    await world.sql("DELETE FROM tierline.room WHERE name = 'desk'")
    world.story(requester=Requester())
    assert await world.tell() == 1
    [stand_in] = await world.sent(state="pending")
    assert (stand_in["channel"], stand_in["address"]) == ("mail", "priya@msp.example")


async def test_with_no_other_way_the_failure_stands_alone(world: World) -> None:
    await world.sql("DELETE FROM tierline.room")
    await world.sql("UPDATE tierline.person SET active = false")
    world.story(requester=Requester())
    assert await world.tell() == 0
    assert [n["state"] for n in await world.notices(kind="room")] == ["failed"]
    assert [m["state"] for m in await world.sent()] == ["failed"]


async def test_a_room_without_a_chat_address_is_a_choice_and_no_failure(world: World) -> None:
    await world.sql("UPDATE tierline.room SET url = ''")
    world.story(requester=Requester())
    assert await world.tell() == 0
    [notice] = await world.notices(kind="room")
    assert (notice["state"], notice["reason"]) == ("suppressed", "the room has no chat address")


async def test_a_digest_is_held_and_not_sent(world: World) -> None:
    tell = {"new in queue": {"lead": Reach.DIGEST}}
    world.policy = replace(world.policy, tell=tell)
    world.story(requester=Requester())
    await world.tell()
    [notice] = await world.notices(recipient="priya")
    assert (notice["state"], notice["reason"], notice["message"]) == ("held", "digest", None)
    assert await world.sent() == []


async def test_in_watch_mode_nothing_leaves_and_each_non_notice_is_kept(world: World) -> None:
    world.policy = example_policy(mode=Mode.WATCH)
    await world.subscribe("psa")
    story = world.story()
    story.until(story.now + 3 * HOUR)
    assert await world.tell() == 0
    notices = await world.notices()
    assert {n["state"] for n in notices} == {"suppressed"}
    assert {n["kind"] for n in notices} >= {"room", "requester", "subscription"}
    assert all("watch" in n["reason"] for n in notices)


async def test_nobody_hears_of_what_they_did_and_the_log_says_so(world: World) -> None:
    story = world.story(desk_owner="sam")
    story.ok(Claim("sam")).ok(Resolve("rebooted"), SAM)
    await world.tell()
    [notice] = await world.notices(recipient="sam", occasion="resolved")
    assert (notice["state"], notice["reason"]) == ("suppressed", "they did it themselves")


async def test_a_subscription_gets_each_event_by_itself_in_one_line(world: World) -> None:
    await world.subscribe("psa")
    story = world.story()
    story.ok(Claim("sam"))
    await world.tell()
    feed = await world.sent(channel="webhook")
    assert len(feed) == len(story.events)
    assert {m["line"] for m in feed} == {"psa/1001"}
    assert len({m["key"] for m in feed}) == len(feed)
    assert [m["id"] for m in feed] == sorted(m["id"] for m in feed)
    assert all(m["key"].startswith("msg_") and "." not in m["key"] for m in feed)


@pytest.mark.parametrize(
    ("columns", "types"),
    [
        ({"clients": ["Contoso"]}, ["opened", "routed", "claimed"]),
        ({"clients": ["Fabrikam"]}, []),
        ({"clients": []}, []),
        ({"types": ["claimed"]}, ["claimed"]),
        ({"types": ["tierline.ticket.routed.v1", "claimed"]}, ["routed", "claimed"]),
    ],
)
async def test_a_subscription_sees_its_clients_and_types_only(
    world: World, columns: dict, types: list[str]
) -> None:
    await world.subscribe("psa", **columns)
    world.story().ok(Claim("sam"))
    await world.tell()
    rows = await world.sql(
        "SELECT e.type FROM tierline.notice n JOIN tierline.event e USING (ticket, seq)"
        " WHERE n.kind = 'subscription' ORDER BY seq"
    )
    assert [row["type"] for row in rows] == types


@pytest.mark.parametrize(("restricted", "types"), [(False, []), (True, ["opened", "routed"])])
async def test_a_subscription_gets_restricted_tickets_only_where_it_is_allowed_them(
    world: World,
    restricted: bool,
    types: list[str],
) -> None:
    await world.subscribe("psa", restricted=restricted)
    world.story(restricted="Infra")
    await world.tell()
    rows = await world.sql(
        "SELECT e.type FROM tierline.notice n JOIN tierline.event e USING (ticket, seq)"
        " WHERE n.kind = 'subscription' ORDER BY seq"
    )
    assert [row["type"] for row in rows] == types


async def test_no_room_is_told_of_a_restricted_ticket(world: World) -> None:
    """The lead hears instead; what a room was to be told before it was restricted is dropped."""
    world.story(1001, restricted="Infra")
    world.story(1002)
    await world.tell()
    assert {n["ticket"] for n in await world.notices(kind="room")} == {1002}
    (lead,) = await world.notices(ticket=1001, recipient="priya")
    assert lead["occasion"] == "new in queue"
    world.stories[1002].ok(Restrict("Infra", "a breach"), TOM)
    await world.save()
    await world.deliver()
    (room,) = await world.notices(kind="room")
    assert (room["state"], room["reason"]) == ("superseded", "the ticket is restricted to Infra")


async def test_a_batch_takes_as_many_statements_as_one_event(world: World) -> None:
    """Set-based: what a batch costs in round trips does not grow with it."""
    for number in range(1001, 1041):
        world.story(number)
    await world.save()
    messages = await world.messages()
    counts = []
    for batch in (messages[:2], messages[2:]):
        seen: list[str] = []
        async with world.db.transaction() as connection:
            directory = await read_directory(connection)
            connection.add_query_logger(lambda record, seen=seen: seen.append(record.query))
            await write_notices(connection, batch, world.policy, directory)
            connection._query_loggers.clear()
        # The driver asks for array types once a connection; only our own statements count.
        counts.append(sum("tierline." in query for query in seen))
    assert counts == [1, 1]
    assert len(await world.sent()) == 80
