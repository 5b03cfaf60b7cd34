"""What messages say, and what a client never reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notifier
from notifier import words
from notifier.layout import as_chat, as_html, as_text
from notifier.letter import CLIENT, TEAM, Occasion, compose
from notifier.limits import PARTS_MAX
from tests.domain.escalations import escalations
from tests.domain.worlds import HOUR, MINUTE, P1, P3, TOM, Story, example_policy
from tierline.domain.audience import DEFAULT_TELL, REQUESTER
from tierline.domain.commands import (
    Claim,
    MakePlan,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Reopen,
    Resolve,
)
from tierline.domain.events import Why
from tierline.domain.evolve import evolve
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import notices_for
from tierline.domain.terms import HoldReason, Mode, Reach

LINK = "http://127.0.0.1:8080/tickets/1001"
INTERNAL = "the spare is in Priya's car"


def eventful(**stated: object) -> list[Story]:
    """Stories in which nearly everything happens that somebody is told of."""
    by_hand = Story().open(desk_owner="kim", **stated)
    by_hand.ok(Claim("sam")).ok(Note(INTERNAL)).ok(Note("We are on it", to_client=True))
    by_hand.ok(MakePlan(INTERNAL, by_hand.now + 10 * MINUTE, client_text="A part is on its way"))
    by_hand.wait(12 * MINUTE)
    by_hand.ok(Move(INTERNAL, to_tier="T2", packet=INTERNAL), TOM).ok(Claim("tom"), TOM)
    by_hand.ok(PutOnHold(HoldReason.CLIENT, "Please restart the router", "Jo"), TOM)
    by_hand.wait(30 * HOUR)
    by_hand.ok(Resolve(INTERNAL), TOM)
    by_hand.ok(Reopen("still down"), TOM)
    by_hand.ok(Prioritise("all users hit", priority=P1), TOM)
    alone = stepped(Story().open(**stated))
    claimed = stepped(Story().open(**stated).ok(Claim("sam")))
    urgent = stepped(Story().open(priority=P1, **stated).ok(Claim("sam")))
    lowered = Story().open(priority=P1, **stated).ok(Claim("sam"))
    lowered.ok(Prioritise("only one user", priority=P3), TOM)
    over = Story().open(**stated)
    over.ok(Claim("sam")).ok(Resolve(INTERNAL))
    over.wait(timedelta(days=9))
    proposed = Story(policy=example_policy(mode=Mode.SUGGEST)).open(priority=P3, **stated)
    proposed.wait(6 * HOUR)
    said = [by_hand, alone, claimed, urgent, lowered, over, proposed]
    return said if stated else [*said, *escalations()]


def stepped(story: Story) -> Story:
    """A timer that is never late, so that nothing is collapsed."""
    for _ in range(150):
        story.wait(5 * MINUTE)
    return story


def told(stories: list[Story]) -> list[tuple[str, Occasion]]:
    """The notices of the stories, one of each sort: the recipient's kind, and what is told."""
    found = {}
    for story in stories:
        ticket = None
        for event in story.events:
            ticket = evolve(ticket, event)
            shot = snapshot(ticket)
            for n in notices_for(event, shot, story.policy, []):
                sort = (n.kind, n.occasion, type(event.what), n.reach)
                if not n.suppressed and sort not in found:
                    found[sort] = (n.kind, Occasion(event, shot, n.occasion, n.reach, n.why))
    return list(found.values())


EVERYTHING = told(eventful())


def test_the_stories_reach_nearly_every_occasion() -> None:
    """Guards the tests below: they are worth as much as what happens in the stories."""
    reached = {occasion.occasion for _, occasion in EVERYTHING}
    rare = {
        "attached",
        "chase inside",
        "end of path",
        "lowered late",
        "plan over",
        "plan with next group warned",
        "restored",
        "confirm reminder",
        "declined",
        "promise in danger",
        "reopened again",
        "vendor chase",
        "vendor slipped",
    }
    assert set(DEFAULT_TELL) - reached <= rare


@pytest.mark.parametrize("number", range(len(EVERYTHING)))
def test_every_message_says_what_why_and_where(number: int) -> None:
    kind, occasion = EVERYTHING[number]
    audience = CLIENT if kind == "requester" else TEAM
    letter = compose(audience, [occasion], link=LINK)
    [part] = letter.parts
    assert part.happened
    assert part.headline
    for text in (as_text(letter), as_html(letter), as_chat(letter)):
        assert LINK in text
        assert "Undefined" not in text
        assert "None" not in text
        assert "{{" not in text
    if audience == TEAM:
        assert f"Why: {occasion.event.why.rule}" in as_text(letter)
        assert occasion.why in as_text(letter)


def test_a_client_is_not_told_of_a_next_step_that_is_overdue_already() -> None:
    [escalated, *_] = [
        one for kind, one in EVERYTHING if (kind, one.occasion) == ("requester", "client escalated")
    ]
    due = snapshot(Story().open(record="tierline").ticket).promise
    for broken in (False, True):
        shot = replace(escalated.ticket, promise=replace(due, breached=broken))
        letter = compose(CLIENT, [replace(escalated, ticket=shot)], link=LINK)
        assert ("Next from us" in as_text(letter)) is not broken


def test_a_client_never_reads_internal_text_or_the_names_of_groups_and_people() -> None:
    secret = [INTERNAL, "Network", "Desk", "Infra", "T1", "T2", "tom", "priya", "tier", "policy"]
    for kind, occasion in EVERYTHING:
        if kind != "requester":
            continue
        letter = compose(CLIENT, [occasion], link=LINK)
        for text in (letter.subject, as_text(letter), as_html(letter)):
            plain = text.replace("font-family", "")
            found = [name for name in secret if name in plain]
            assert not found, (occasion.occasion, found, text)


def test_a_client_is_told_of_escalation_as_our_second_line_team() -> None:
    occasion = next(o for k, o in EVERYTHING if o.occasion == "client escalated")
    assert "our second-line team" in as_text(compose(CLIENT, [occasion], link=LINK))


def test_a_note_reaches_the_client_only_if_it_was_written_to_them() -> None:
    """Even where something asks for it: an internal note has no client words."""
    inside = next(
        event
        for event in eventful()[0].events
        if type(event.what).__name__ == "Noted" and not event.what.to_client
    )
    shot = EVERYTHING[0][1].ticket
    occasion = Occasion(inside, shot, "client note", Reach.NOTIFY, "x")
    assert INTERNAL not in as_text(compose(CLIENT, [occasion], link=LINK))


def test_what_is_asked_of_a_client_is_in_the_mail_with_its_instant() -> None:
    occasion = next(o for k, o in EVERYTHING if o.occasion == "held")
    text = as_text(compose(CLIENT, [occasion], link=LINK))
    assert "Please restart the router" in text
    assert words.instant(occasion.event.what.hold.next_chase) in text


def test_an_occasion_without_a_template_is_still_told() -> None:
    for audience in (TEAM, CLIENT):
        occasion = replace(EVERYTHING[0][1], occasion="Something / new?")
        letter = compose(audience, [occasion], link=LINK)
        assert letter.parts[0].happened


def test_every_default_occasion_has_words_of_its_own() -> None:
    folder = Path(notifier.__file__).parent / "templates"
    for occasion, table in DEFAULT_TELL.items():
        slug = "_".join("".join(c if c.isalnum() else " " for c in occasion.lower()).split())
        for audience in table:
            name = "client" if audience == REQUESTER else "team"
            own = [folder / name / f"{slug}.j2", folder / name / f"{slug.split('_')[0]}.j2"]
            assert any(path.exists() for path in own), (occasion, name)


def test_events_of_one_go_are_told_in_order_and_the_oldest_counted() -> None:
    occasions = [replace(o, occasion=f"o{n}") for n, (_, o) in enumerate(EVERYTHING * 2)]
    letter = compose(TEAM, occasions[: PARTS_MAX + 5], link=LINK)
    assert letter.omitted == 5
    assert [part.headline for part in letter.parts] == [f"o{n}" for n in range(5, PARTS_MAX + 5)]
    assert "5 earlier events" in as_text(letter)


def test_a_page_says_so_first() -> None:
    occasion = replace(EVERYTHING[0][1], reach=Reach.PAGE)
    letter = compose(TEAM, [occasion], link=LINK)
    assert letter.urgent
    assert letter.subject.startswith("URGENT")


@given(st.text(alphabet="<>&\"'{}%bscript", min_size=1, max_size=80))
def test_nothing_written_by_anybody_is_markup_or_template(text: str) -> None:
    _, occasion = EVERYTHING[0]
    occasion = replace(occasion, ticket=replace(occasion.ticket, title=text, client=text))
    html = as_html(compose(TEAM, [occasion], link=LINK))
    plain = as_html(
        compose(
            TEAM,
            [replace(occasion, ticket=replace(occasion.ticket, title="x", client="x"))],
            link=LINK,
        )
    )
    assert html.count("<") == plain.count("<")
    assert html.count(">") == plain.count(">")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (720.4, "12 min"),
        (12_000, "3 h 20 min"),
        (187_200, "2 d 4 h"),
        (-5, "0 s"),
        ("x", ""),
    ],
)
def test_durations_in_words(seconds: object, text: str) -> None:
    assert words.duration(seconds) == text


def test_an_instant_is_always_utc_and_says_so() -> None:
    east = datetime(2026, 11, 24, 0, 5, tzinfo=timezone(timedelta(hours=9)))
    assert words.instant(east) == "2026-11-23 15:05 UTC"
    assert words.instant(east.astimezone(UTC)) == "2026-11-23 15:05 UTC"
    assert words.instant(None) == ""


def test_a_reason_names_the_rule_the_values_and_the_policy() -> None:
    reason = Why(
        "tier lapse",
        "0123456789abcdef",
        {
            "used_s": 1800,
            "group": "Desk",
            "late": True,
            "at": "2026-11-23T09:00:00+00:00",
            "decided_by": {"priority": "rule"},
            "stops": ["plan", "resolve"],
            "seventh": "left out",
        },
    )
    assert words.why(reason) == (
        "tier lapse (used 30 min, group Desk, late, at 2026-11-23 09:00 UTC,"
        " decided by [priority: rule], stops plan resolve; policy 01234567)"
    )
    assert words.why(Why("claim", "", {})) == "claim"
