"""What is written down is read back whole; what is no event is refused."""

import json
from datetime import timedelta

import msgspec
import pytest

from tests.domain.escalations import escalations
from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P2,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import (
    Attach,
    Claim,
    Confirm,
    MakePlan,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Recover,
    Reject,
    Release,
    Resolve,
    Resume,
)
from tierline.domain.evolve import BrokenFoldError, evolve, fold
from tierline.domain.snapshot import nearest, snapshot
from tierline.domain.terms import HoldReason, Mode
from tierline.messages.events import (
    EVENT_TYPES,
    decode_event,
    encode_event,
    event_name,
)
from tierline.messages.state import decode_ticket, encode_ticket


def long_life() -> Story:
    """A ticket that everything but a proposal happens to."""
    story = Story().open(priority=P1, links=("https://example.org/x",), linked=(7,))
    story.ok(Attach("2", "firing"), MONITOR).ok(Claim("sam"))
    story.ok(Note("grüß\x00\u2028", to_client=True))
    story.ok(MakePlan("x", MONDAY + 10 * MINUTE)).wait(HOUR / 2).ok(Move("x", to_tier="T1"), TOM)
    story.ok(Move("x", to_group="Voice"), TOM).ok(Claim("kim"), TOM).ok(Release(), TOM)
    story.ok(PutOnHold(HoldReason.CLIENT, "x", "y", until=story.now + timedelta(days=2)), TOM)
    story.wait(timedelta(days=1, hours=1)).ok(Resume(), TOM).ok(Prioritise("x", priority=P2), TOM)
    story.ok(Recover("3"), MONITOR).ok(Resolve("x", "guide"), TOM).ok(Reject("no")).ok(
        Resolve("y"), TOM
    )
    return story.wait(HOUR).ok(Confirm())


def lives() -> list[Story]:
    proposed = Story(example_policy(mode=Mode.SUGGEST)).open().wait(HOUR)
    return [long_life(), proposed, Story().open().wait(timedelta(days=9)), *escalations()]


def test_every_event_reads_back_as_it_was():
    seen = set()
    for story in lives():
        ticket = None
        for event in story.events:
            ticket = evolve(ticket, event)
            message = decode_event(encode_event(event, ticket))
            assert message.event == event
            assert message.ticket == snapshot(ticket)
            seen.add(event_name(event))
    assert seen == set(EVENT_TYPES)


def test_a_ticket_reads_back_as_it_was():
    for story in lives():
        for seq in range(1, len(story.events) + 1):
            ticket = fold(story.events[:seq])
            assert decode_ticket(encode_ticket(ticket)) == ticket


def test_a_ticket_read_back_goes_on_as_if_never_stored():
    story = Story().open(priority=P1).ok(Claim("sam")).ok(MakePlan("x", MONDAY + HOUR))
    copy = Story(story.policy, story.now, decode_ticket(encode_ticket(story.ticket)))
    copy.events = list(story.events)
    assert copy.wait(timedelta(days=3)).events == story.wait(timedelta(days=3)).events


def test_the_envelope_is_a_cloud_event():
    story = Story().open()
    body = json.loads(encode_event(story.events[-1], story.ticket))
    assert body["specversion"] == "1.0"
    assert body["id"] == "1001/2"
    assert body["type"] == "tierline.ticket.routed.v1"
    assert body["subject"] == "1001"
    assert body["time"] == "2026-11-23T09:00:00Z"
    assert body["data"]["ticket"]["number"] == 1001


def test_a_field_of_a_later_version_is_passed_over():
    story = Story().open()
    body = json.loads(encode_event(story.events[-1], story.ticket))
    body["data"]["what"]["mood"] = body["data"]["novelty"] = body["extra"] = "x"
    assert decode_event(json.dumps(body)).event == story.events[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"type": "tierline.ticket.exploded.v1"},
        {"id": "1001"},
        {"id": "1001/99"},  # the ticket inside stands elsewhere
        {"id": "x/1"},
        {"data": {}},
        {"time": "yesterday"},
    ],
)
def test_what_is_no_event_is_refused(change):
    story = Story().open()
    body = {**json.loads(encode_event(story.events[-1], story.ticket)), **change}
    with pytest.raises(msgspec.MsgspecError):
        decode_event(json.dumps(body))


def test_a_gap_a_stranger_and_a_headless_log_make_no_ticket():
    story = Story().open().ok(Claim("sam"))
    first, second, third = story.events
    with pytest.raises(BrokenFoldError, match="seq 3"):
        fold([first, third])
    with pytest.raises(BrokenFoldError, match="begin"):
        fold([second])
    with pytest.raises(BrokenFoldError):
        fold([])
    stranger = Story().open(id=2002).events[1]
    with pytest.raises(BrokenFoldError):
        evolve(fold([first]), stranger)


def test_the_snapshot_shows_the_nearest_promise_of_each_kind():
    story = Story().open()
    client, internal = nearest(story.ticket)
    assert (client.clock, client.due, client.breached) == ("respond", MONDAY + 2 * HOUR, False)
    assert (internal.clock, internal.due) == ("queue", MONDAY + 15 * MINUTE)
    story.wait(3 * HOUR)
    assert nearest(story.ticket)[0].breached
    assert nearest(story.ok(Resolve("x"), TOM).ticket)[0] is None
    assert nearest(story.ticket)[1].due == at("2026-11-26 12:00")
