"""Restricted tickets: whose they are to see, who is told, and who may say so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_policy_trying import START, _load
from tests.domain.test_policy_unwise import RULES, changed
from tests.domain.worlds import (
    KIM,
    MIA,
    MINUTE,
    MONDAY,
    P1,
    SAM,
    TOM,
    Story,
    example_policy,
)
from tierline.domain.commands import Claim, Close, Move, Resolve
from tierline.domain.events import Breached, Closed, Escalated, Opened, Routed
from tierline.domain.explain.account import Case
from tierline.domain.explain.happened import why_event
from tierline.domain.oversight_commands import AddAction, Reallocate
from tierline.domain.policy import Rule, RuleAction
from tierline.domain.restriction import Restrict, Restricted, Unrestrict
from tierline.domain.seeing import MANAGERS, keys_held, keys_of, opened_by
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import kept_from_rooms
from tierline.messages.events import decode_event, encode_event
from tierline.policy.errors import PolicyError
from tierline.policy.trying.trial import try_all

POLICY = example_policy()
EVERYBODY = ("sam", "kim", "priya", "tom", "ana", "mia", "lou", "ines")


def seen_by(story: Story) -> set[str]:
    """Who of EVERYBODY may see the ticket; ines is of Network by her record alone."""
    keys = keys_of(story.ticket)
    recorded = {"ines": ("Network",)}
    held = {who: keys_held(who, recorded.get(who, ()), story.policy) for who in EVERYBODY}
    return {who for who in EVERYBODY if opened_by(keys, held[who])}


def restricted(group: str = "Infra") -> Story:
    """A P1 in the Desk's queue that is Infra's to see."""
    return Story().open(priority=P1, start="Desk").ok(Restrict(group, "a breach of data"), TOM)


def test_a_ticket_that_is_not_restricted_is_everybodys():
    story = Story().open(start="Desk")
    assert keys_of(story.ticket) == ()
    assert seen_by(story) == set(EVERYBODY)
    assert snapshot(story.ticket).restricted_to == ()


def test_its_group_whoever_holds_it_and_the_managers_see_it():
    """Infra is led by ana; the Desk has sam and kim, and priya leads it; mia manages service."""
    assert seen_by(restricted()) == {"ana", "sam", "kim", "priya", "mia"}
    assert seen_by(restricted("Network")) == {"tom", "ines", "sam", "kim", "priya", "mia"}


def test_the_account_manager_is_none_of_the_managers():
    assert MANAGERS in keys_held("mia", (), POLICY)
    assert MANAGERS not in keys_held("lou", (), POLICY)
    duty = replace(POLICY, people={"duty manager": "lou"})
    assert MANAGERS in keys_held("lou", (), duty)
    assert keys_held("", ("Network",), POLICY) == frozenset()


def test_the_receiving_group_sees_it_and_the_one_it_left_does_not():
    story = restricted().ok(Move("over our heads", to_group="Network"), SAM)
    assert seen_by(story) == {"ana", "tom", "ines", "mia"}
    story.ok(Move("and on", to_group="Infra"), TOM)
    assert seen_by(story) == {"ana", "mia"}


def test_time_takes_the_receiving_group_in_too():
    story = restricted()
    story.until(MONDAY + timedelta(minutes=40))
    assert story.last(Escalated).what.to_group == "Network"
    assert seen_by(story) >= {"tom", "ines"}
    assert "kim" not in seen_by(story)


def test_whoever_works_or_answers_for_it_sees_it():
    story = restricted().ok(Move("x", to_group="Infra"), TOM).ok(Claim("lou"), TOM)
    assert "lou" in seen_by(story)
    story.ok(Reallocate("two hands more", ("kim",)), TOM)
    story.ok(AddAction("look", "sam", story.now + timedelta(days=1)), TOM)
    assert {"kim", "sam"} <= seen_by(story)
    assert seen_by(Story().open(desk_owner="kim", restricted="Infra")) >= {"kim"}


def test_a_lead_restricts_moves_and_lifts_it_with_a_reason():
    story = Story().open(start="Desk")
    assert story.refused(Restrict("Infra", "x"), SAM) == "lead_decides"
    assert story.refused(Restrict("Infra", " "), TOM) == "missing"
    assert story.refused(Restrict("Inra", "x"), TOM) == "unknown_group"
    assert story.refused(Unrestrict("x"), TOM) == "not_restricted"
    story.ok(Restrict("Infra", "a breach"), TOM)
    assert story.refused(Restrict("Infra", "again"), TOM) == "same_group"
    story.ok(Restrict("Network", "theirs"), MIA)
    event = story.events[-1]
    assert (event.what.group, event.what.was, event.what.reason) == ("Network", "Infra", "theirs")
    assert event.why.values == {"group": "Desk", "was": "Infra"}
    assert story.refused(Unrestrict("x"), KIM) == "lead_decides"
    assert story.refused(Unrestrict(""), TOM) == "missing"
    story.ok(Unrestrict("all over"), TOM)
    assert (story.ticket.restricted, seen_by(story)) == ("", set(EVERYBODY))


def test_what_is_closed_can_still_be_restricted_and_stays_closed():
    story = Story().open(start="Desk").ok(Claim("sam")).ok(Resolve("x")).ok(Close("x"), TOM)
    story.ok(Restrict("Infra", "it was a breach"), TOM)
    assert (story.ticket.state, story.ticket.restricted) == ("closed", "Infra")


def test_restricting_touches_no_promise():
    story = Story().open(priority=P1, start="Desk")
    before = story.ticket
    after = story.ok(Restrict("Infra", "x"), TOM).ticket
    assert (after.clocks, after.review_at, after.state) == (
        before.clocks,
        before.review_at,
        before.state,
    )


def test_a_rule_restricts_and_the_log_says_which():
    rule = Rule("Security first", lambda _: True, RuleAction(start="Infra", restrict="Infra"))
    story = Story(replace(POLICY, triage=(rule,))).open()
    opened = story.events[0]
    assert isinstance(opened.what, Opened)
    assert opened.what.restricted == "Infra"
    assert opened.why.values["decided_by"]["restrict"] == "Security first"
    assert seen_by(story) == {"ana", "mia"}


def test_a_room_is_told_nothing_and_the_lead_hears_instead():
    open_to_all = Story().open(priority=P1, start="Desk")
    assert ("desk", "new in queue", "notify") in open_to_all.told(Routed)
    closed = Story().open(priority=P1, start="Desk", restricted="Infra")
    assert closed.told(Routed) == {
        ("priya", "new in queue", "notify"),
        ("jo@contoso.example", "received", "notify"),
    }
    closed.until(MONDAY + 25 * MINUTE)
    rooms = [n for e in closed.events for n in closed._judged(e) if n.kind == "room"]
    assert rooms == [], "not even that of the next group"


def test_who_may_not_see_it_is_not_told_and_the_log_says_why():
    """Lou manages the account, and is told of a breach; of a restricted one he is not."""
    plain = Story().open(priority=P1, start="Desk").until(MONDAY + 16 * MINUTE)
    assert "lou" in {n.recipient for n in plain.notices(Breached) if not n.suppressed}
    story = restricted()
    story.until(MONDAY + 16 * MINUTE)
    lou = [n for n in story.notices(Breached) if n.recipient == "lou"]
    assert [n.suppressed for n in lou] == ["the ticket is restricted to Infra"]
    assert {"priya", "mia"} <= {n.recipient for n in story.notices(Breached) if not n.suppressed}


def test_the_owner_hears_that_it_is_restricted():
    story = Story().open(start="Desk").ok(Claim("sam")).ok(Restrict("Infra", "x"), TOM)
    assert story.told(Restricted) == {("sam", "restricted", "notify")}


def test_no_room_hears_of_it_once_it_is_restricted():
    story = restricted()
    assert kept_from_rooms(snapshot(story.ticket)) == "the ticket is restricted to Infra"
    story.ok(Unrestrict("x"), TOM)
    assert kept_from_rooms(snapshot(story.ticket)) == ""


def test_subscribers_are_chosen_by_who_asks_and_stay():
    story = restricted().ok(Close("x"), TOM)
    assert ("vault", "event", "notify") in story.told(Closed, "vault")


def test_a_message_says_who_may_see_its_ticket():
    story = restricted()
    message = decode_event(encode_event(story.events[-1], story.ticket))
    assert message.ticket.restricted == "Infra"
    assert message.ticket.restricted_to == keys_of(story.ticket)
    plain = encode_event(Story().open().events[-1], Story().open().ticket)
    assert b"restricted" not in plain, "left out where there is nothing to say"


def test_why_it_is_restricted_is_answered_from_the_log():
    story = restricted()
    case = Case(story.ticket, tuple(story.events), story.policy, story.now, names={"tom": "Tom"})
    account = why_event(case, story.ticket.seq)
    assert account.words[0] == (
        "Tom let only Infra, and whoever works or answers for it, see it: a breach of data."
    )
    assert account.decided_by == "restricted"


@given(
    held=st.frozensets(st.sampled_from(["group A", "person sam", MANAGERS, "group B"])),
    keys=st.lists(st.sampled_from(["group A", "person sam", MANAGERS, "group C"]), unique=True),
)
def test_one_key_in_common_opens_it_and_nothing_else_does(held, keys):
    assert opened_by(keys, held) is (not keys or bool(set(keys) & held))


# -- the policy

SECURITY = changed(
    RULES,
    (
        "triage:\n",
        "triage:\n  - {name: Safe, when: {source: huntress}, do: {restrict: %s, next: true}}\n",
    ),
)


@pytest.mark.parametrize("meant", ["Network", "firewall"])
def test_a_rule_names_a_group_or_the_skill_of_one(tmp_path, meant):
    loaded = _load(
        tmp_path,
        "restricted: Network",
        rules=SECURITY % meant,
        alert="{client: Contoso, source: huntress}",
    )
    assert loaded.policy.triage[0].do.restrict == "Network"
    (trial,) = try_all(loaded, START)
    assert trial.wrong == ()


def test_a_test_of_a_policy_says_what_is_restricted(tmp_path):
    alert = "{client: Contoso, source: rmm}"
    loaded = _load(tmp_path, "restricted: Network", rules=SECURITY % "Network", alert=alert)
    (trial,) = try_all(loaded, START)
    assert trial.wrong == ("restricted: Network was expected, and it is nobody",)


def test_a_rule_that_restricts_to_nobody_is_refused(tmp_path):
    with pytest.raises(PolicyError, match=r"no group, and no group's skill, is called `Netwrk`"):
        _load(tmp_path, "start: T1", rules=SECURITY % "Netwrk")
