"""The lead's list: which ticket stands in which section, and why."""

from dataclasses import replace

from tests.domain.worlds import (
    ALWAYS,
    KIM,
    MINUTE,
    P1,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    promising,
)
from tierline.domain.commands import Claim, JoinMajor, MakePlan, Move, Note, PutOnHold, Resolve
from tierline.domain.letters.lead_list import LINES_MAX, Section, Window, lead_list
from tierline.domain.terms import HoldReason, Mode

CLOSING = at("2026-11-23 17:30")
WINDOW = Window(
    now=CLOSING,
    since=at("2026-11-23 08:00"),
    closes=at("2026-11-23 18:00"),
    opens=at("2026-11-24 08:00"),
)


def sections(story, window=WINDOW, **changes):
    """Section: (says, at, what, nobody in) of the one ticket."""
    found = lead_list([replace(story.ticket, **changes)], window)
    return {
        part.section: (line.says, line.at and f"{line.at:%a %H:%M}", line.what, line.nobody_in)
        for part in found
        for line in part.lines
    }


def late_call(due_in, cover=ALWAYS, opened=CLOSING - 10 * MINUTE):
    """An incident of ten minutes ago whose one promise breaks so many minutes after the list."""
    policy = promising(example_policy(), cover, respond=3000, resolve=10 + due_in)
    return Story(policy, now=opened).call().until(CLOSING)


def test_what_breaks_while_nobody_is_in_is_said_first():
    found = sections(late_call(120))
    assert next(iter(found)) == Section.BREAKS
    assert found[Section.BREAKS] == ("the resolution breaks at", "Mon 19:30", "", True)


def test_what_breaks_before_the_closing_is_there_too_but_somebody_is_in():
    assert sections(late_call(20))[Section.BREAKS][3] is False


def test_the_edges_of_breaking_before_anyone_is_in():
    assert sections(late_call(30))[Section.BREAKS][3] is True  # at the closing itself
    last_minute = 14 * 60 + 29
    assert Section.BREAKS in sections(late_call(last_minute))
    assert Section.BREAKS not in sections(late_call(last_minute + 1))  # at the opening itself


def test_what_is_broken_already_does_not_break_again():
    story = late_call(-5)
    assert Section.BREAKS not in sections(story)


def test_a_broken_promise_whose_target_was_moved_on_is_still_broken():
    """A downgrade after a breach gives the clock another due instant; the client was let down."""
    story = late_call(120)
    clock = story.clock("resolve")
    broken = {**story.ticket.clocks, clock.name: replace(clock, fired=(*clock.thresholds,))}
    assert Section.BREAKS not in sections(story, clocks=broken)


def test_a_promise_in_the_office_hours_of_the_client_does_not_break_at_night():
    office = late_call(60, cover=example_policy().groups["Desk"].hours)
    assert Section.BREAKS not in sections(office)  # 30 minutes today, 30 tomorrow: Tue 08:30


def test_an_unclaimed_ticket_waits_since_it_came():
    story = Story(now=at("2026-11-23 17:20")).call().until(CLOSING)
    assert sections(story)[Section.UNCLAIMED][:2] == ("waits since", "Mon 17:20")
    story.ok(Claim("sam"))
    assert Section.UNCLAIMED not in sections(story)


def test_claimed_and_silent_for_longer_than_the_path_allows_is_stuck():
    """T1 allows twenty minutes without a word."""
    story = Story(now=at("2026-11-23 17:00")).call().ok(Claim("sam")).until(at("2026-11-23 17:19"))
    early = replace(WINDOW, now=story.now)
    assert Section.STUCK not in sections(story, early)
    story.until(at("2026-11-23 17:21"))
    assert sections(story)[Section.STUCK][:2] == ("no word since", "Mon 17:00")
    story.ok(Note("still at it"))
    assert Section.STUCK not in sections(story)


def test_a_ticket_that_bounced_names_its_way():
    story = Story(now=at("2026-11-23 16:00")).call().ok(Claim("sam"))
    story.ok(Move("not ours", to_group="Network"))
    assert Section.BOUNCING not in sections(story)
    story.ok(Move("not ours either", to_group="Desk"), TOM)
    assert sections(story)[Section.BOUNCING] == ("", None, "Desk > Network > Desk", False)


def test_a_plan_that_slipped_is_there_with_what_was_promised():
    story = Story(now=at("2026-11-23 15:00")).call(facts={"severity": "critical"}).ok(Claim("sam"))
    promised = at("2026-11-23 15:30")
    story.ok(MakePlan("swap the switch", promised)).until(promised + MINUTE)
    assert sections(story)[Section.SLIPPED] == (
        "was promised for",
        "Mon 15:30",
        "swap the switch",
        False,
    )


def test_a_proposal_is_a_choice_to_be_made():
    story = Story(example_policy(mode=Mode.SUGGEST), now=at("2026-11-23 16:00")).call()
    story.until(at("2026-11-23 16:31"))
    says, when, what, _ = sections(story)[Section.CHOICES]
    assert (says, when) == ("", None)
    assert what.startswith("to Network: T1 limit reached")


def test_a_hold_is_late_from_the_first_reminder_in_vain():
    story = Story().call(priority=P3).ok(Claim("sam"))
    story.ok(PutOnHold(HoldReason.CLIENT, asked="which switch?", of="Jo"))
    assert Section.CHASED not in sections(story)
    chase = story.ticket.hold.next_chase
    story.until(chase + MINUTE)
    says, _, what, _ = sections(story)[Section.CHASED]
    assert (says, what) == ("asked again at", "Jo: which switch? (reminded once)")


def test_new_is_what_was_opened_or_came_up_since_the_last_list():
    early = Story(now=at("2026-11-23 07:00")).call(priority=P1).until(CLOSING)
    assert early.ticket.tier != "T1"  # nobody had a plan for it
    assert Section.NEW in sections(early)
    quiet = Window(CLOSING, CLOSING - MINUTE, WINDOW.closes, WINDOW.opens)
    assert Section.NEW not in sections(early, quiet)


def test_a_section_spells_out_so_many_lines_the_most_urgent_first_and_counts_the_rest():
    stories = [late_call(30 + n) for n in range(3)]
    tickets = [
        replace(story.ticket, id=100 * n + k)
        for n, story in enumerate(stories)
        for k in range(LINES_MAX // 2)
    ]
    breaks = lead_list(reversed(tickets), WINDOW)[0]
    assert (len(breaks.lines), breaks.more) == (LINES_MAX, len(tickets) - LINES_MAX)
    assert [line.at for line in breaks.lines] == sorted(line.at for line in breaks.lines)
    assert breaks.lines[0].number == 0


def test_a_group_without_tickets_has_nothing_to_say():
    assert lead_list([], WINDOW) == ()


def test_a_resolved_ticket_is_in_no_section():
    story = late_call(120)
    story.ok(Claim("kim"), KIM).ok(Resolve("done"), KIM)
    assert sections(story) == {}


def test_what_is_worked_under_a_major_incident_is_not_left_unclaimed():
    story = late_call(120)
    assert Section.UNCLAIMED in sections(story)
    assert Section.UNCLAIMED not in sections(story.ok(JoinMajor(900)))
