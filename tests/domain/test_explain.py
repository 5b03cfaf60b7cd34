"""Why something happened to a ticket, or did not: from plain values, in words and in values."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.anything import likely
from tests.domain.crew import EARLY, Manned, people, pushing, staying
from tests.domain.escalations import FullFloor, declined, escalating_policy, escalations
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    MONDAY,
    P1,
    P3,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
    minutes,
)
from tierline.domain.assignment import ClaimEnded, Offered
from tierline.domain.commands import (
    Claim,
    Close,
    Confirm,
    KeepClaim,
    MakePlan,
    Move,
    Note,
    Prioritise,
    PutOnHold,
    Resolve,
    Resume,
)
from tierline.domain.events import (
    Breached,
    Claimed,
    Escalated,
    EscalationProposed,
    Held,
    Lapsed,
    Noted,
    Opened,
    Warned,
    What,
)
from tierline.domain.evolve import fold
from tierline.domain.explain.account import Case, NothingToExplainError, Told
from tierline.domain.explain.causes import CAUSES
from tierline.domain.explain.happened import why_event
from tierline.domain.explain.placed import why_here
from tierline.domain.explain.stays import why_still
from tierline.domain.explain.untold import ROLES, why_not_told
from tierline.domain.people import Person
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import notices_for
from tierline.domain.terms import HoldReason, Mode, TicketType

NAMES = {"sam": "Sam", "kim": "Kim", "priya": "Priya", "tom": "Tom"}


def case(story, **more):
    """What the log of a story holds: notices too, delivered unless they are suppressed."""
    told = []
    for event in story.events:
        seen = snapshot(fold(story.events[: event.seq]))
        for one in notices_for(event, seen, story.policy, ()):
            state = "suppressed" if one.suppressed else "delivered"
            told.append(
                Told(
                    event.seq,
                    one.kind,
                    one.recipient,
                    one.occasion,
                    one.reach,
                    state,
                    one.suppressed,
                    story.policy.version,
                )
            )
    whole = Case(story.ticket, story.events, story.policy, story.now, told, NAMES)
    return replace(whole, **more)


def text(account):
    return " ".join(account.words)


def sound(account):
    """What every answer has."""
    assert account.words
    assert all(word.endswith((".", "?", "!")) and "  " not in word for word in account.words)
    assert account.policies
    assert account.decided_by
    return account


# why did this event happen


def test_every_type_of_event_has_an_explanation():
    """A new type without words fails here."""
    assert set(CAUSES) == set(get_args(What))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(st.data(), st.sampled_from(Mode))
def test_every_event_of_any_life_is_explained(data, mode):
    story = Story(policy=example_policy(mode=mode))
    story.open() if data.draw(st.booleans()) else story.call()
    for _ in range(data.draw(st.integers(1, 8))):
        story.wait(data.draw(st.integers(0, 600)) * MINUTE)
        story.do(*data.draw(likely(story.ticket, story.now)))
    story.wait(2 * HOUR)
    whole = case(story)
    for seq in range(1, story.ticket.seq + 1):
        sound(why_event(whole, seq))
    sound(why_here(whole))
    for tier in story.policy.tiers:
        assert sound(why_still(whole, tier)).would_take
    for who in (*ROLES, "sam", "nobody"):
        for item in sound(why_not_told(whole, who)).items:
            assert item["reason"] or item["outcome"] in {"delivered", "pending"}
            assert item["would_take"] or item["outcome"] in {"delivered", "pending"}


def test_a_breach_names_the_clock_its_pinned_policy_and_what_had_counted():
    story = Story().call().until(MONDAY + 2 * HOUR)
    old = replace(story.policy, version="newer")
    event = story.last(Breached)
    found = sound(why_event(case(story, policy=old), event.seq))
    assert found.decided_by == "respond clock"
    assert "100 % of the respond clock's 2 hours" in text(found)
    assert "promise to the client, so it is broken" in text(found)
    assert found.clock.name == "respond"
    assert found.ledger.carried + found.ledger.counted == 2 * HOUR
    assert found.ledger.segments[-1].end == event.what.due


def test_a_warning_shows_its_own_share_of_the_ledger():
    story = Story().call().until(MONDAY + HOUR)
    event = next(one for one in story.all(Warned) if one.what.clock == "respond")
    found = why_event(case(story), event.seq)
    assert found.ledger.counted == timedelta(hours=2) * event.what.fraction


def test_a_move_by_time_names_path_group_floor_and_the_limit_that_ran_out():
    story = Story().call().ok(Claim("sam")).wait(30 * MINUTE)
    found = sound(why_event(case(story), story.last(Escalated).seq))
    assert found.decided_by == "tier lapse"
    for part in ("T1 limit reached", "next step of the path standard", "Network was chosen"):
        assert part in text(found)
    assert "Network was staffed and had 0 open tickets." in found.words
    assert found.ledger.counted == 30 * MINUTE
    assert found.values["floor"]["group"] == "Network"


def test_a_proposal_names_the_mode_that_kept_time_from_moving_it():
    story = Story(policy=example_policy(mode=Mode.SUGGEST)).call().ok(Claim("sam")).wait(HOUR)
    found = why_event(case(story), story.last(EscalationProposed).seq)
    assert "its mode is suggest, so it is only proposed" in text(found)


def test_a_hold_names_the_clocks_that_it_stopped():
    story = Story().call().ok(Claim("sam")).wait(5 * MINUTE)
    story.ok(PutOnHold(HoldReason.CLIENT, "which printer?"))
    found = sound(why_event(case(story), story.last(Held).seq))
    assert found.words[0] == "Sam put it on hold for the client: which printer?"
    assert "The tier clock stopped (hold)." in found.words
    assert "The resolve clock stopped (hold:client)." in found.words
    story.wait(HOUR).ok(Resume())
    resumed = why_event(case(story), story.ticket.seq)
    assert any(word.startswith("The tier clock went on, due ") for word in resumed.words)
    assert resumed.values["hold"]["reason"] == "client"


def test_an_opening_says_what_made_its_priority_and_which_clocks_began():
    found = sound(why_event(case(Story().call()), 1))
    assert "impact 2 and urgency 2 make it P3" in text(found)
    assert "The respond clock started, due 23 Nov 2026 11:00 UTC." in found.words


@pytest.mark.parametrize("seq", [0, 99])
def test_an_event_that_is_not_there_is_said_with_those_that_are(seq):
    with pytest.raises(NothingToExplainError, match="has events 1 to 2, and no"):
        why_event(case(Story().call()), seq)


# why is it where it is


def test_the_chain_of_moves_is_told_with_its_last_cause():
    story = Story().call().ok(Claim("sam")).wait(30 * MINUTE)
    story.ok(Move("it is the line", to_group="Infra"), TOM)
    found = sound(why_here(case(story)))
    assert found.words[0] == "It is queued with Infra (T3), and nobody has claimed it."
    last = "Last cause: Tom moved it: it is the line. Infra was chosen: named Infra."
    assert found.words[1] == last
    assert len(found.events) == 3
    assert "from Desk (T1) to Network (T2)" in text(found)
    assert found.decided_by == "escalated by hand"


def test_a_proposal_that_waits_is_what_would_move_it():
    story = Story(policy=example_policy(mode=Mode.WATCH)).call().ok(Claim("sam")).wait(HOUR)
    found = why_here(case(story))
    assert str(story.ticket.proposal.seq) in found.would_take


# why is it still there


def still(story, tier="T1", **more):
    return sound(why_still(case(story, **more), tier))


def test_a_running_limit_says_when_it_runs_out_and_where_it_goes_then():
    found = still(Story().call())
    assert found.decided_by == "tier clock"
    assert "limit of 30 minutes in T1 runs out at 23 Nov 2026 09:30 UTC" in text(found)
    assert found.would_take.startswith("It moves to T2 at 23 Nov 2026 09:30 UTC")
    assert found.ledger.counted == 30 * MINUTE


def test_closed_hours_are_said():
    found = still(Story(now=at("2026-11-23 17:50")).call().until(at("2026-11-23 19:00")))
    assert "Desk is closed until 24 Nov 2026 08:00 UTC" in text(found)


def test_a_plan_is_what_stops_it_until_it_slips():
    story = Story().call().ok(Claim("sam"))
    story.ok(MakePlan("swap it", MONDAY + HOUR))
    found = still(story)
    assert (found.decided_by, found.ledger.held_for) == ("plan", "plan")
    assert "when the plan slips: at 23 Nov 2026 10:00 UTC" in found.would_take


def test_a_hold_is_what_stops_it():
    story = Story().call().ok(PutOnHold(HoldReason.VENDOR, "a part"))
    found = still(story)
    assert found.decided_by == "hold"
    assert "on hold for the vendor" in text(found)


@pytest.mark.parametrize("mode", [Mode.WATCH, Mode.SUGGEST])
def test_a_mode_only_proposes_before_the_limit_and_after_it(mode):
    story = Story(policy=example_policy(mode=mode)).call().ok(Claim("sam"))
    assert still(story).decided_by == "mode"
    story.wait(HOUR)
    found = still(story)
    assert found.decided_by == "mode"
    assert f"Its mode is {mode}, so time only proposes a move to T2." in found.words
    assert f"(event {story.ticket.proposal.seq})" in found.would_take


def test_the_end_of_the_path_is_said():
    policy = example_policy()
    path = policy.paths["standard"]
    steps = (*path.steps[:3], replace(path.steps[3], by_hand=True))
    short = replace(policy, paths={"standard": replace(path, steps=steps)})
    story = Story(policy=short).call(start="Network").ok(Claim("kim"))
    found = still(story, "T2")
    assert found.decided_by == "end of path"
    story.wait(3 * HOUR)
    found = still(story, "T2")
    assert found.decided_by == "end of path"
    assert "T3 comes after it, but by hand only." in found.words


def test_a_request_has_no_tier_limit():
    found = still(Story().call(type=TicketType.REQUEST))
    assert found.decided_by == "type"
    assert found.ledger is None


def test_a_tier_without_a_limit_is_the_paths_doing():
    story = Story().call().ok(Move("up", to_group="Board"), TOM)
    assert still(story, "management").decided_by == "path"


def test_a_ticket_that_is_over_or_elsewhere_says_so():
    story = Story().call().ok(Claim("sam")).wait(30 * MINUTE)
    gone = still(story)
    assert "It is not: event" in text(gone)
    assert gone.decided_by == "tier lapse"
    assert "has never left T3" in text(still(story, "T3"))
    story.ok(Claim("sam")).ok(Resolve("done"), SAM)
    assert still(story, "T2").decided_by == "state"
    with pytest.raises(NothingToExplainError, match="there is no tier T9"):
        why_still(case(story), "T9")


# why was somebody not told


def untold(story, who, about="", **more):
    return sound(why_not_told(case(story, **more), who, about))


def test_the_lead_is_not_told_of_what_the_policy_tells_others():
    story = Story().call().ok(Claim("sam")).ok(Note("which?", to_client=True))
    found = untold(story, "lead", "noted")
    assert found.decided_by == "tell: client note"
    assert "client note tells requester" in text(found)
    assert found.would_take == "A policy whose tell names the lead under client note."


def test_a_person_is_found_by_login_or_by_name():
    story = Story().call().until(MONDAY + 8 * MINUTE)
    for who in ("kim", "Kim"):
        found = untold(story, who, "routed")
        assert f"{who} is not among them" in text(found)
    story = Story().call().until(MONDAY + 20 * MINUTE)
    for who in ("priya", "Priya", "lead"):
        assert untold(story, who, "lapsed").values["told"] == 1


def test_a_role_that_stood_for_nobody_is_said():
    story = Story().call().until(MONDAY + 90 * MINUTE)
    found = untold(story, "owner", "warned")
    assert "nobody owned it then" in text(found)
    assert "claimed it" in found.would_take


def test_who_did_it_themselves_is_told_why_not():
    story = Story().call(desk_owner="sam").ok(Claim("sam")).ok(Resolve("x"))
    for who in ("sam", "Sam", "desk owner"):
        found = untold(story, who, "resolved")
        assert "suppressed: they did it themselves" in text(found)
        assert found.decided_by == "tell: resolved"


def test_in_watch_it_is_the_mode():
    story = Story(policy=example_policy(mode=Mode.WATCH)).call().until(MONDAY + 20 * MINUTE)
    found = untold(story, "lead", "lapsed")
    assert "mode watch" in text(found)
    assert found.items[0]["outcome"] == "suppressed"


def test_a_warning_too_early_and_an_internal_note_tell_nobody():
    story = Story().call().ok(Claim("sam")).ok(Note("hm")).until(MONDAY + 16 * MINUTE)
    early = next(item for item in untold(story, "sam", "warned").items)
    assert early["reason"] == "below 75 % a warning interrupts nobody"
    assert "internal note" in untold(story, "lead", "noted").items[0]["reason"]
    assert "Claimed, tells nobody" in untold(story, "lead", "claimed").items[0]["reason"]
    assert {type(one.what) for one in story.events} >= {Noted, Claimed, Opened}


def test_a_notice_that_failed_or_was_overtaken_gives_its_reason():
    story = Story().call().until(MONDAY + 20 * MINUTE)
    seq = next(one.seq for one in story.all(Lapsed))
    for state, reason in (("failed", "mailbox full"), ("superseded", "sam has claimed it")):
        told = [Told(seq, "person", "priya", "unclaimed", "notify", state, reason, "v1")]
        found = untold(story, "lead", "lapsed", told=told)
        assert f"{state}: {reason}" in text(found)
        assert found.policies == ("v1",)
        assert found.would_take


def test_what_never_happened_and_what_cannot_are_told_apart():
    found = untold(Story().call(), "lead", "breach P1-P2")
    assert "has happened" in text(found)
    assert "so nobody was told" in text(found)
    assert untold(Story().call(), "lead", "escalation_proposed").would_take
    with pytest.raises(NothingToExplainError, match="neither a type of event nor an occasion"):
        why_not_told(case(Story().call()), "lead", "sneezed")


def test_a_notice_not_yet_written_is_said():
    story = Story().call().until(MONDAY + 20 * MINUTE)
    assert "has not come to it yet" in text(untold(story, "lead", "lapsed", told=()))


def test_answers_hold_after_everything_is_over():
    story = Story().call().ok(Claim("sam")).ok(Resolve("done")).ok(Confirm()).wait(HOUR)
    sound(why_here(case(story)))
    sound(why_still(case(story), "T1"))
    story = Story().call().do(Close("spam"), TOM)
    sound(why_event(case(story), story.ticket.seq))
    assert minutes(1).on(ALWAYS) == 60


def test_a_full_receiver_is_what_keeps_it():
    story = FullFloor(escalating_policy()).open(priority=P3).wait(46 * MINUTE)
    found = sound(why_still(case(story), "T1"))
    assert found.decided_by == "receiver full"
    assert "Network had no room for it" in text(found)


def test_so_is_the_lead_who_declined_and_the_lead_who_joined():
    assert "A lead decided that it stays" in text(sound(why_still(case(declined()), "T1")))
    story = FullFloor(escalating_policy()).open(priority=P3).ok(Claim("sam")).wait(31 * MINUTE)
    assert sound(why_still(case(story), "T1")).decided_by == "assist"


def test_an_offer_names_who_came_first_and_each_who_was_passed_over():
    crew = people(Person("sam", shifts=EARLY), Person("kim", skills=("voip",)))
    story = Manned(pushing(members=("sam", "kim", "tom")), people=crew, held={"sam": 3})
    story.now = at("2026-11-23 17:00")
    story.open(priority=P3, start="Desk")
    assert text(sound(why_event(case(story), story.last(Offered).seq))).startswith(
        "The group assigns by round robin, and Kim came first: had no turn yet."
        " Passed over: Sam (off shift), Tom (not first)."
    )
    here = text(sound(why_here(case(story))))
    assert "nobody has claimed it; it is offered to Kim until 23 Nov 2026 17:05 UTC" in here


def test_a_claim_that_ended_says_so_and_that_a_p1_is_not_kept():
    story = Manned(staying(ALWAYS), people=people(Person("sam", shifts=EARLY)))
    story.open(priority=P3, start="Desk").ok(Claim("sam")).ok(KeepClaim())
    story.ok(Prioritise("all stand still", priority=P1), TOM).until(at("2026-11-23 16:00"))
    why = text(sound(why_event(case(story), story.last(ClaimEnded).seq)))
    assert "Sam owned it, and their shift ended;" in why
    assert "It was to be kept, but a P1 is not left with who is off." in why
    assert "nobody has it any more (end of shift of who had it)" in text(why_here(case(story)))


def test_every_event_of_every_way_to_escalate_is_explained():
    for story in escalations():
        for event in story.events:
            sound(why_event(case(story), event.seq))
