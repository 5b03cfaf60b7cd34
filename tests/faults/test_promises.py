"""The checker of fault runs can fail: every promise, handed a case in which it is broken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.domain.worlds import HOUR, MINUTE, Story, person
from tests.faults import promises
from tests.faults.people import Asked
from tests.faults.promises import AlertRow, Broken
from tests.faults.report import Part
from tests.faults.senders import Sent
from tests.faults.stories import (
    ALERT_ONCE,
    FIRED,
    FOLD,
    GAPLESS,
    NOT_EARLY,
    ONCE,
    Findings,
    Fired,
    alerts_once,
    hand_overs,
    own_effects,
    read_story,
)
from tierline.domain.advance import next_due
from tierline.domain.commands import Attach, Claim, Note, Release
from tierline.domain.events import Breached, Event, Lapsed, Noted, Warned
from tierline.domain.ticket import Ticket

SENT = Sent("Harbour Dental", "k1", firing=True)
ROW = AlertRow("opened", "Harbour Dental", "api/k1")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def names(found: list[Broken]) -> set[str]:
    return {one.promise for one in found}


def told() -> Story:
    """A ticket that was claimed, attached to, and on which limits ran out."""
    story = Story().open().wait(20 * MINUTE).ok(Attach("2", "firing")).ok(Claim("sam"))
    return story.wait(timedelta(hours=30))


def judged(ticket: Ticket, events: list[Event], now: datetime | None = None) -> set[str]:
    found = Findings()
    read_story(ticket, events, found, now or events[-1].recorded_at)
    return names(found.broken())


def fired(story: Story) -> int:
    """The place of the first threshold among the events."""
    return next(n for n, e in enumerate(story.events) if isinstance(e.what, Warned | Lapsed))


def changed(story: Story, place: int, **values: object) -> list[Event]:
    events = list(story.events)
    events[place] = replace(events[place], **values)
    return events


def test_what_holds_is_not_reported():
    story = told()
    assert judged(story.ticket, list(story.events)) == set()
    assert promises.nothing_lost({1: SENT}, {1: ROW}) == []
    assert promises.one_ticket([(1, "c", "k", "closed"), (2, "c", "k", "queued")]) == []
    assert promises.hooks_in_order({1: [1, 2, 2, 1, 3]}) == []
    assert promises.hooks_complete({1: [1, 2, 2]}, {1: 2}) == []
    assert (
        promises.notices_end([("room", "delivered", "", 5), ("person", "failed", "gone", 1)]) == []
    )


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {1: AlertRow(None)},
        {1: AlertRow("nothing open")},
        {1: AlertRow("dead letter")},
        {1: AlertRow("attached", "Harbour Dental", "api/k2")},
        {1: AlertRow("attached", "Oakfield Schools", "api/k1")},
    ],
)
def test_a_lost_or_strayed_alert_is_seen(stored):
    assert names(promises.nothing_lost({1: SENT}, stored)) == {promises.NOTHING_LOST}


def test_a_lost_alert_is_named_with_the_recovery_that_overtook_it():
    sent = {1: SENT, 2: replace(SENT, firing=False), 3: replace(SENT, dedup_key="k2")}
    stored = dict.fromkeys(sent, AlertRow("nothing open"))
    assert promises.nothing_lost(sent, stored)[0].cases == (
        "alert 1 fired and has no ticket: its recovery 2 overtook it",
        "alert 3 fired and has no ticket",
    )


def test_a_recovery_may_find_nothing_open():
    assert (
        promises.nothing_lost({1: replace(SENT, firing=False)}, {1: AlertRow("nothing open")}) == []
    )


def test_two_open_tickets_of_one_problem_are_seen():
    rows = [(2, "c", "k", "queued"), (1, "c", "k", "resolved")]
    assert names(promises.one_ticket(rows)) == {promises.ONE_TICKET}


@pytest.mark.parametrize("row", [("room", "pending", "", 3), ("person", "failed", "", 1)])
def test_a_notice_without_an_outcome_or_a_reason_is_seen(row):
    assert names(promises.notices_end([row])) == {promises.NOTICES}


def test_webhooks_out_of_order_are_seen():
    assert names(promises.hooks_in_order({1: [1, 3, 2]})) == {promises.HOOK_ORDER}


@pytest.mark.parametrize("arrivals", [{}, {1: [1, 3]}, {1: [1, 2, 3, 4]}, {1: [1, 2, 3], 2: [1]}])
def test_a_missing_or_invented_webhook_is_seen(arrivals):
    assert names(promises.hooks_complete(arrivals, {1: 3})) == {promises.HOOK_ALL}


def test_a_webhook_may_be_missing_only_while_a_lease_keeps_it():
    assert promises.hooks_complete({1: [1]}, {1: 3}, {(1, 2), (1, 3)}) == []
    found = promises.hooks_complete({1: [1]}, {1: 3}, {(1, 3), (2, 2)})
    assert names(found) == {promises.HOOK_ALL}


def test_what_is_delivered_and_never_arrived_is_seen():
    assert promises.arrived({"desk": 2}, {"/chat/desk": 3}, []) == []
    assert names(promises.arrived({"desk": 2}, {"/chat/desk": 1}, [])) == {promises.ARRIVED}
    assert names(promises.arrived({}, {}, [b"torn"])) == {promises.ARRIVED}


def test_a_gap_in_the_events_is_seen():
    story = told()
    assert judged(story.ticket, [*story.events[:2], *story.events[3:]]) == {GAPLESS}
    assert judged(story.ticket, [*story.events, story.events[-1]]) == {GAPLESS}


def test_a_state_that_is_not_the_fold_is_seen():
    story = told()
    assert judged(replace(story.ticket, alerts=99), list(story.events)) == {FOLD}


def test_a_threshold_twice_or_skipped_is_seen():
    story = told()
    place = fired(story)
    what = story.events[place].what
    beyond = changed(story, place, what=replace(what, fraction=what.fraction + 0.01))
    assert ONCE in judged(story.ticket, beyond)
    again = [n for n, e in enumerate(story.events) if getattr(e.what, "clock", "") == what.clock]
    twice = changed(
        story, again[1], what=replace(story.events[again[1]].what, fraction=what.fraction)
    )
    assert ONCE in judged(story.ticket, twice)


def test_a_threshold_before_its_time_or_without_its_lateness_is_seen():
    story = told()
    place = fired(story)
    what = story.events[place].what
    early = changed(story, place, what=replace(what, due=what.due + timedelta(days=9)))
    assert NOT_EARLY in judged(story.ticket, early)
    unsaid = changed(story, place, what=replace(what, late_s=what.late_s + 5))
    assert NOT_EARLY in judged(story.ticket, unsaid)


def test_a_threshold_that_has_come_and_did_not_fire_is_seen():
    story = Story().open()
    due = next_due(story.ticket)
    assert judged(story.ticket, story.events, due - timedelta(seconds=1)) == set()
    assert judged(story.ticket, story.events, due) == {FIRED}


def test_a_command_that_overtook_a_threshold_is_seen():
    story = Story().open().ok(Note("looked at it", to_client=False))
    noted = next(n for n, e in enumerate(story.events) if isinstance(e.what, Noted))
    late = story.events[noted].at + 9 * HOUR
    assert FIRED in judged(story.ticket, changed(story, noted, at=late, cause="command/k"))


def test_a_threshold_that_fired_before_an_earlier_one_of_another_clock_is_seen():
    story = told()
    events = story.events
    later = [n for n, e in enumerate(events) if isinstance(e.what, Warned | Lapsed | Breached)]
    first, second = next(
        (a, b)
        for a, b in pairwise(later)
        if events[a].what.clock != events[b].what.clock and events[a].what.due < events[b].what.due
    )
    moved = list(events)
    moved[first], moved[second] = (
        replace(events[second], seq=events[first].seq),
        replace(events[first], seq=events[second].seq),
    )
    assert FIRED in judged(story.ticket, moved)


def test_thresholds_are_counted_for_the_fault_in_which_they_came_due():
    part = Part("storm")
    due = [NOW, NOW + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE]
    fired = [Fired("tier", at, late) for at, late in zip(due, (9.0, 1.0, 3.0, 9.0), strict=True)]
    part.take(fired, NOW + MINUTE, NOW + 2 * MINUTE)
    assert part.due == {"tier": 2}
    assert part.late_s["max"] == 3.0


@pytest.mark.parametrize("due", [{}, {"respond": 5, "tier": 4}, {"respond": 90}, {"tier": 90}])
def test_a_fault_during_which_hardly_anything_came_due_is_seen(due):
    assert names(promises.exercised(due, 10)) == {promises.EXERCISED}
    assert promises.exercised({"respond": 5, "tier": 5}, 10) == []


@pytest.mark.parametrize(
    ("went_to", "effects"),
    [
        ({2: 7}, {"alert:2": [7, 7]}),
        ({2: 7}, {"alert:2": [7, 8]}),
        ({2: 7}, {"alert:2": [8]}),
        ({2: 7}, {}),
        ({2: None}, {"alert:2": [7]}),
        ({}, {"alert:2": [7]}),
    ],
)
def test_an_alert_without_its_effect_or_with_two_is_seen(went_to, effects):
    assert names(alerts_once(went_to, effects)) == {ALERT_ONCE}


def test_the_effects_of_alerts_are_read_from_the_causes_of_events():
    story = Story().open().ok(Attach("2", "firing")).ok(Attach("3", "firing"))
    events = [replace(e, cause="alert:2") if e.seq > 1 else e for e in story.events]
    found = Findings()
    read_story(story.ticket, events, found, story.now)
    number = story.ticket.id
    assert found.alerts == {"alert:1": [number], "alert:2": [number, number]}
    assert alerts_once({1: number, 2: number}, {**found.alerts, "alert:2": [number]}) == []


def claims(*, released: bool) -> tuple[Ticket, list[Event]]:
    story = Story().open().ok(Claim("sam"), person("sam"))
    if released:
        story = story.ok(Release(), person("sam")).ok(Claim("kim"), person("kim"))
    events = [
        replace(e, cause=f"command/{e.what.owner}") if type(e.what).__name__ == "Claimed" else e
        for e in story.events
    ]
    return story.ticket, events


def test_a_claim_of_what_somebody_owns_is_seen():
    ticket, events = claims(released=False)
    last = events[-1]
    stolen = [*events, replace(last, seq=last.seq + 1, what=replace(last.what, owner="kim"))]
    assert promises.ONE_CLAIM in judged(replace(ticket, seq=ticket.seq + 1), stolen)


def test_two_winners_of_a_race_are_seen_unless_the_owner_went_in_between():
    asked = {
        name: Asked(name, name, 1, "claim", 1, [(200, name.encode())]) for name in ("kim", "sam")
    }
    races = [(1, ["sam", "kim"])]
    assert names(promises.races_won_by_one(races, asked, set())) == {promises.ONE_CLAIM}
    found = Findings()
    read_story(*claims(released=True), found, NOW)
    assert promises.races_won_by_one(races, asked, hand_overs(found.owned)) == []


@pytest.mark.parametrize(
    ("answers", "effects"),
    [
        ([(200, b"a")], {}),
        ([(200, b"a")], {"k": 2}),
        ([(409, b"a")], {"k": 1}),
        ([(200, b"a"), (200, b"b")], {"k": 1}),
        ([(200, b"a"), (409, b"b")], {"k": 1}),
        ([], {"k": 1}),
    ],
)
def test_a_command_without_its_effect_or_with_two_or_two_answers_is_seen(answers, effects):
    asked = [Asked("k", "sam", 1, "notes", 1, answers)]
    assert names(promises.answered_once(asked, effects)) == {promises.COMMANDS}


def test_only_events_of_a_commands_own_kind_are_its_effect():
    caused = {"k": ["Confirmed", "Closed"], "n": ["Noted"], "x": ["Noted"]}
    assert own_effects(caused, {"k": "confirm", "n": "hold"}) == {"k": 1, "n": 0}


@pytest.mark.parametrize("letter", [("s", "k", b"poison", " "), ("s", "k", b"good", "refused")])
def test_a_dead_letter_without_a_reason_or_of_something_good_is_seen(letter):
    found = promises.letters_for_poison_only([letter], {b"poison"})
    assert names(found) == {promises.DEAD_LETTERS}


def test_poison_that_was_dropped_is_seen():
    assert promises.poison_kept([b"one"], {b"one": "x", b"two": "y"})[0].cases == ("y",)


def test_a_finding_of_the_auditor_and_what_does_not_drain_are_seen():
    assert names(promises.auditor_clean([("outbox rows stuck", 2)])) == {promises.AUDITOR}
    assert names(promises.drained({"outbox rows": 1, "alerts": 0})) == {promises.DRAINED}


@pytest.mark.parametrize(("ahead_s", "off_s"), [(1, 0.0), (-60, 200.0), (-60, -200.0)])
def test_an_event_recorded_at_another_time_is_seen(ahead_s, off_s):
    row = {
        "ticket": 1,
        "seq": 1,
        "recorded_at": NOW + timedelta(seconds=ahead_s),
        "off_s": off_s,
    }
    assert names(promises.recorded_at_its_time([row], NOW, 30)) == {promises.TRUE_TIME}
