"""Two weeks of a help desk of twenty-two: a bank holiday weekend, and the night the clocks change.

The policy is `examples/large-msp`. Every instant below was worked out by hand from it; how stands
beside it. Times are London's: GMT until Sunday the 28th of March 2027 at 01:00, BST after it.
Good Friday is the 26th and Easter Monday the 29th.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.acting import Help, soon
from tests.scenarios.running import ROOT, receiving, start
from tests.scenarios.story import Story

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

LEAVE = """
absences:
  - {person: Ines, from: 2027-03-31, until: 2027-04-02, reason: leave}
"""
HARBOUR, QUAYSIDE, TIDEWATER = "Harbour Dental", "Quayside Hospital", "Tidewater Freight"


@pytest.fixture(scope="module")
def told() -> Iterator[Story]:
    """The story, told to the end."""
    with tempfile.TemporaryDirectory(prefix="tierline-story-") as folder, receiving() as receiver:
        home = Path(folder)
        home.chmod(0o755)
        stack = start(home / "home", _policy(home / "policy"), receiver)
        hands = Help(stack)
        try:
            story = Story(hands, 2027)
            tell(story)
            yield story
        finally:
            hands.api.close()
            stack.stop()


def _policy(folder: Path) -> Path:
    """The example, with Ines on leave: known from the start, as time will pass in no time."""
    shutil.copytree(ROOT / "examples/large-msp", folder)
    with (folder / "records.yaml").open("a") as records:
        records.write(LEAVE)
    return folder


def tell(story: Story) -> None:
    """What people and monitors did."""
    story.begin()
    story.at("22 Mar 09:10").alert("line", client=HARBOUR, severity="error")
    story.at("22 Mar 09:20").do("line", "claim", owner="sam")
    story.at("22 Mar 09:43").do("line", "packet", tried="another port", ask="look at the cable")
    story.at("22 Mar 09:50").do("line", "claim", owner="ines")
    story.at("22 Mar 10:00")
    story.do("line", "plan", next_step="lay a new cable", promised_at="22 Mar 11:30")
    story.at("22 Mar 10:20").do("line", "notes", text="pulling it through")
    story.at("22 Mar 10:45").do("line", "resolve", resolution="new cable", fault="crushed cable")

    story.at("23 Mar 02:00").alert("night", client=HARBOUR, host="hd-fw-01", severity="critical")
    story.at("23 Mar 02:07").do("night", "claim", owner="tom")
    story.at("23 Mar 02:20")
    story.do("night", "plan", next_step="boot the standby", promised_at="23 Mar 03:15")
    story.at("23 Mar 03:05").do("night", "resolve", resolution="runs on the standby")

    story.at("24 Mar 10:00").alert("card", client=TIDEWATER, host="tw-fw-01", severity="error")
    story.at("24 Mar 10:10").do("card", "claim", owner="yusuf")
    story.at("24 Mar 10:30").do(
        "card", "vendor", vendor="Northgrid", asked="a line card", promised_at="24 Mar 15:00"
    )
    story.at("24 Mar 10:35")
    story.do("card", "plan", next_step="swap the card", promised_at="24 Mar 14:30")
    story.at("24 Mar 10:40").do("card", "hold", reason="vendor", asked="the card", of="Northgrid")
    story.at("24 Mar 15:10").do("card", "resume", because="it has come")
    story.at("24 Mar 15:20")
    story.do("card", "plan", next_step="swap the card", promised_at="24 Mar 17:30")
    story.at("24 Mar 17:20").do("card", "resolve", resolution="a new card", fault="a dead card")
    story.at("24 Mar 17:25").do("card", "vendor-close", outcome="replaced under contract")

    story.at("25 Mar 11:00").alert("ward", client=QUAYSIDE, severity="error")
    story.at("25 Mar 11:10").do("ward", "claim", owner="ingrid")
    story.at("25 Mar 13:20")
    proposed = story.help_.event(story.numbers["ward"], "escalation_proposed")
    story.do("ward", "accept", seq=proposed["seq"])
    story.at("25 Mar 13:30").do("ward", "claim", owner="ines")
    story.at("25 Mar 14:00").do("ward", "resolve", resolution="a loop, taken out")

    story.at("26 Mar 10:00").alert(
        "backup", title="story-backup: backup failed", client=HARBOUR, severity="error"
    )
    story.at("26 Mar 10:20").do("backup", "claim", owner="joel")
    story.at("26 Mar 11:00")
    story.do("backup", "plan", next_step="run it by day", promised_at="30 Mar 12:00")

    story.at("28 Mar 00:30").alert("spring", client=HARBOUR, host="hd-srv-01", severity="critical")
    story.at("28 Mar 00:48").do("spring", "claim", owner="ana")
    story.at("28 Mar 00:58")
    story.do("spring", "plan", next_step="fail over", promised_at="28 Mar 02:45")
    story.at("28 Mar 06:10").do("spring", "resolve", resolution="failed over by hand")

    story.at("30 Mar 11:00").do("backup", "resolve", resolution="ran by day", fault="a full tape")

    story.at("31 Mar 09:00").alert("flap", client=HARBOUR, severity="error")
    story.at("31 Mar 09:05").do("flap", "claim", owner="sam")
    story.at("31 Mar 09:20").do("flap", "resolve", resolution="plugged in again")
    story.at("31 Mar 10:00").alert("flap", client=HARBOUR, severity="error")
    soon(lambda: "reopened" in story.help_.types(story.numbers["flap"]), "it fires again")
    story.at("31 Mar 10:08").do("flap", "resolve", resolution="a new plug", fault="a loose plug")

    story.at("31 Mar 22:00").alert("away", client=HARBOUR, host="hd-fw-01", severity="critical")
    story.at("31 Mar 22:06").do("away", "claim", owner="tom")
    story.at("31 Mar 22:15")
    story.do("away", "plan", next_step="call the line's owner", promised_at="31 Mar 23:00")
    story.at("31 Mar 22:50").do("away", "resolve", resolution="the line is back")
    story.at("4 Apr 23:59")


TIMELINES = {
    # An error is degraded, and no device is named: a team's. P3, to the first staffed desk.
    "line": [
        "Mon 22 09:10 opened P3",
        "Mon 22 09:10 routed Desk London",
        "Mon 22 09:20 claimed sam",
        "Mon 22 09:25 assist_called priya",  # half of 30m, counted from 09:10
        "Mon 22 09:35 lapsed silent",  # 15m without a word
        "Mon 22 09:40 lapsed tier",
        "Mon 22 09:40 escalated Desk London > Network",  # priya's 15m are over at that instant
        "Mon 22 09:43 packet_given",
        "Mon 22 09:50 claimed ines",
        "Mon 22 10:00 planned",
        "Mon 22 10:20 noted",
        "Mon 22 10:45 resolved",
        # 3bd = 33h of 07:30-18:30: 7h45 on Monday, 11h on Tuesday and Wednesday, 3h15 on Thursday
        "Thu 25 10:45 lapsed confirm",
        "Thu 25 10:45 closed",
    ],
    # The firewall stands at 1 and is down: P1. Week 63 of three: Tom; he leads, so Ruth is next.
    "night": [
        "Tue 23 02:00 opened P1",
        "Tue 23 02:00 routed Network",
        "Tue 23 02:00 paged tom (on call)",
        "Tue 23 02:05 paged ruth (duty manager)",
        "Tue 23 02:07 claimed tom",
        "Tue 23 02:20 planned",
        "Tue 23 03:05 resolved",
        "Fri 26 03:05 lapsed confirm",  # 3bd of 24x7
        "Fri 26 03:05 closed",
    ],
    # Tidewater is on silver, its firewall on gold: 8h of 24x7, to 18:00. A vendor's delay is ours.
    "card": [
        "Wed 24 10:00 opened P2",
        "Wed 24 10:00 routed Network",
        "Wed 24 10:10 claimed yusuf",
        "Wed 24 10:30 vendor_case_opened",
        "Wed 24 10:35 planned",
        "Wed 24 10:40 held vendor",
        "Wed 24 15:00 lapsed vendor",
        "Wed 24 15:10 resumed",
        "Wed 24 15:10 reviewed expected",  # 4h of T2 were over at 14:00, while it was on hold
        "Wed 24 15:10 plan_slipped",  # promised for 14:30, while it was on hold
        "Wed 24 15:20 planned",  # within the grace of 15m
        "Wed 24 17:20 resolved",
        "Wed 24 17:25 vendor_case_closed",
        "Sat 27 17:20 lapsed confirm",  # 3bd of 24x7
        "Sat 27 17:20 closed",
    ],
    # The hospital's own people look first; their agreement lets us suggest.
    "ward": [
        "Thu 25 11:00 opened P3",
        "Thu 25 11:00 routed Quayside IT",
        "Thu 25 11:10 claimed ingrid",
        "Thu 25 13:00 lapsed tier",  # 2h
        "Thu 25 13:00 escalation_proposed Network",
        "Thu 25 13:20 escalated Quayside IT > Network",
        "Thu 25 13:25 reviewed packet",
        "Thu 25 13:30 claimed ines",
        "Thu 25 14:00 lapsed silent",  # 30m of T2, at the very instant of the resolution
        "Thu 25 14:00 resolved",
        # 33h: 4h30 on Thursday; Friday and Monday are holidays; 11h, 11h, 6h30 on Thursday
        "Thu 01 14:00 lapsed confirm",
        "Thu 01 14:00 closed",
    ],
    # On Good Friday London is closed and the engineers are not: one of the two sites is in.
    "backup": [
        "Fri 26 10:00 opened P3",
        "Fri 26 10:00 routed Infrastructure",
        "Fri 26 10:20 claimed joel",
        "Fri 26 11:00 planned",
        "Fri 26 12:00 lapsed silent",  # 1h of T3
        "Mon 29 10:00 reviewed expected",  # 1bd: 8h30 on Friday, 2h30 on Monday
        "Tue 30 11:00 resolved",
        # 33h: 7h30 on Tuesday, 11h on Wednesday and Thursday, 3h30 on Friday
        "Fri 02 11:00 lapsed confirm",
        "Fri 02 11:00 closed",
    ],
    # P1 an hour and a half before the clocks go forward. Week 63: Ana; Grace since Friday 17:00.
    "spring": [
        "Sun 28 00:30 opened P1",
        "Sun 28 00:30 routed Infrastructure",
        "Sun 28 00:30 paged ana (on call)",
        "Sun 28 00:35 paged grace (duty manager)",
        "Sun 28 00:40 paged ana (on call)",
        "Sun 28 00:45 breached respond",
        "Sun 28 00:45 paged grace (duty manager)",
        "Sun 28 00:48 claimed ana",
        "Sun 28 00:58 planned",
        "Sun 28 02:45 plan_slipped",  # 47 minutes after 00:58
        "Sun 28 05:30 breached resolve",  # 4h after 00:30, an hour of it not on the wall
        "Sun 28 06:10 resolved",
        "Wed 31 06:10 lapsed confirm",
        "Wed 31 06:10 closed",
    ],
    # Fires again after forty minutes: the last group, the last owner, and what its tier has left.
    "flap": [
        "Wed 31 09:00 opened P3",
        "Wed 31 09:00 routed Desk London",
        "Wed 31 09:05 claimed sam",
        "Wed 31 09:15 assist_called priya",
        "Wed 31 09:20 lapsed silent",  # 15m of T1
        "Wed 31 09:20 resolved",
        "Wed 31 10:00 reopened",
        "Wed 31 10:08 resolved",  # two minutes before its limit
    ],
    # Week 64: Ines, who is on leave; so the next of the rota is asked, and then the lead.
    "away": [
        "Wed 31 22:00 opened P1",
        "Wed 31 22:00 routed Network",
        "Wed 31 22:00 paged yusuf (on call)",
        "Wed 31 22:05 paged tom (lead)",
        "Wed 31 22:06 claimed tom",
        "Wed 31 22:15 planned",
        "Wed 31 22:50 resolved",
        "Sat 03 22:50 lapsed confirm",
        "Sat 03 22:50 closed",
    ],
}


@pytest.mark.parametrize("name", sorted(TIMELINES))
def test_its_timeline_is_what_was_worked_out_by_hand(told: Story, name: str) -> None:
    expected = TIMELINES[name]
    soon(lambda: len(told.lines(name)) >= len(expected), f"{name}: {told.lines(name)}")
    assert told.lines(name) == expected
