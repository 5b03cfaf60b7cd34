"""The tales a made-up log is woven of: each is one way incidents go in a real one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

FIRST_LINE: Final = ("Desk North", "Desk South", "Desk Night", "Onsite East", "Onsite West")
SECOND_LINE: Final = ("Mail 2nd", "Network 2nd", "Print 2nd", "Payroll 2nd")
THIRD_LINE: Final = ("Core 3rd", "Storage 3rd")
BOTH_LINES: Final = "Identity 2nd 3rd"
PEOPLE: Final = (
    *("Ada Berg", "Bo Lind", "Cleo Marsh", "Dov Stein", "Edda Krog", "Finn Oake", "Gil Tamm"),
    *("Hana Sato", "Ivo Brand", "Jun Park", "Kaya Nord", "Luc Morel", "Mina Osei", "Nils Aho"),
)
NIGHT_RUN: Final = "night run"
"""What closes resolved incidents, and owns none."""

PRODUCTS: Final = ("mail", "vpn", "printer", "payroll", "intranet", "badge reader")
CLIENTS: Final = ("Elm Foods", "Pine Logistics", "Rowan Bank")
IMPACTS: Final = ("Major", "High", "Medium", "Medium", "Medium", "Low", "Low")

WAITS: Final = ("Wait", "Wait - User", "Wait - Vendor", "Wait - Customer", "Wait - Implementation")


class Desk:
    """One incident being told: where it is, who has it, and the rows so far."""

    def __init__(self, chance: Random, began: datetime) -> None:
        self.chance = chance
        self.at = began
        self.team = chance.choice(FIRST_LINE)
        self.agent = chance.choice(PEOPLE)
        self.impact = chance.choice(IMPACTS)
        self.product = chance.choice(PRODUCTS)
        self.client = chance.choice(CLIENTS)
        self.rows: list[dict[str, str]] = []

    def say(self, status: str, sub_status: str, *, tier: str = "") -> "Desk":
        """Write one row as things stand."""
        self.rows.append(
            {
                "at": self.at.isoformat(),
                "status": status,
                "sub_status": sub_status,
                "team": self.team,
                "tier": tier or line_of(self.team),
                "impact": self.impact,
                "agent": self.agent,
            }
        )
        return self

    def after(self, low: float, high: float) -> "Desk":
        """Let between `low` and `high` hours pass, whole seconds, at least one."""
        seconds = round(self.chance.uniform(low, high) * 3600)
        self.at += timedelta(seconds=max(1, seconds))
        return self

    def other(self) -> "Desk":
        """Somebody else acts from here on."""
        self.agent = self.chance.choice([name for name in PEOPLE if name != self.agent])
        return self

    def work(self) -> "Desk":
        """In progress."""
        return self.say("Accepted", "In Progress")

    def queue(self, team: str = "") -> "Desk":
        """Awaiting assignment, with another team where one is named."""
        self.team = team or self.team
        return self.say("Queued", "Awaiting Assignment")

    def wait(self, why: str) -> "Desk":
        """On hold."""
        return self.say("Accepted", why)

    def take(self) -> "Desk":
        """Somebody claims it out of the queue, after minutes or days."""
        return self.after(0.05, self.chance.choice((1, 20, 70))).other().work()

    def begin(self) -> "Desk":
        """The first rows: taken by the desk at once."""
        return self.work().after(0.01, 1)

    def end(self) -> "Desk":
        """Resolved, and closed some days later by the night run."""
        self.after(0.01, 5).say("Completed", "Resolved")
        self.after(20, 200)
        self.agent = NIGHT_RUN
        return self.say("Completed", "Closed")


def line_of(team: str) -> str:
    """The tier as the log writes it."""
    if team == BOTH_LINES:
        return "L2/L3"
    return "L3" if team in THIRD_LINE else "L2" if team in SECOND_LINE else "L1"


def on_the_phone(desk: Desk) -> None:
    """Solved while the user is on the line."""
    desk.begin().say("Completed", "In Call")


def from_the_queue(desk: Desk) -> None:
    """Waits, is taken, solved, closed."""
    desk.queue().take().end()


def climbing(desk: Desk) -> None:
    """Up one line, then another, through their queues."""
    desk.begin().queue(desk.chance.choice(SECOND_LINE)).take()
    desk.after(0.1, 9).queue(desk.chance.choice(THIRD_LINE)).take().end()


def skipping(desk: Desk) -> None:
    """From the first line to the third, and back down to be finished."""
    first = desk.team
    desk.begin().queue(desk.chance.choice(THIRD_LINE)).take()
    desk.after(0.1, 3).queue(first).take().end()


def bouncing(desk: Desk) -> None:
    """There and back, and there and back again, before and after somebody claims it."""
    first, second = desk.team, desk.chance.choice(SECOND_LINE)
    desk.begin().queue(second).after(0.02, 0.2).queue(first).take()
    desk.after(1, 9).queue(second).take().after(1, 30).queue(first).take().end()


def sideways(desk: Desk) -> None:
    """Five moves within the first line, each team at most twice."""
    teams = [team for team in FIRST_LINE if team != desk.team]
    desk.begin()
    for team in (*desk.chance.sample(teams, 4), desk.team):
        desk.queue(team).take()
    desk.end()


def reopening(desk: Desk) -> None:
    """Resolved is not solved; nor is closed."""
    desk.begin().after(0.1, 3).say("Completed", "Resolved").after(1, 60).other().work().end()
    desk.after(2, 300).other().queue().take().end()


def called_again(desk: Desk) -> None:
    """Solved on the phone, touched by another team, and taken up again there."""
    desk.begin().say("Completed", "In Call").after(1, 90).other()
    desk.team = desk.chance.choice([team for team in FIRST_LINE if team != desk.team])
    desk.say("Completed", "In Call").after(0.001, 0.002).work().end()


def waiting(desk: Desk) -> None:
    """Holds that change their reason and their owner, and an end straight out of the last one."""
    desk.begin()
    for why in desk.chance.sample(WAITS, 3):
        desk.wait(why).after(1, 60)
    desk.other().wait("Wait - User").after(1, 20).end()


def long_silent(desk: Desk) -> None:
    """A user who answers after weeks, and a resolution nobody confirms for weeks."""
    desk.begin().wait("Wait - User").after(400, 700).work().after(0.1, 2)
    desk.say("Completed", "Resolved").after(300, 600)
    desk.agent = NIGHT_RUN
    desk.say("Completed", "Closed")


def changing_hands(desk: Desk) -> None:
    """The owner changes and nothing else; an assignment nobody begins; a queue out of a hold."""
    desk.begin().other().work().after(0.1, 9).say("Accepted", "Assigned")
    desk.after(0.1, 20).other().work().after(1, 4).wait("Wait").after(1, 4)
    desk.queue().after(1, 4).queue().take().end()


def two_lines(desk: Desk) -> None:
    """A team that is both lines, taken over without a queue."""
    desk.begin()
    desk.team = BOTH_LINES
    desk.other().work().after(0.1, 9).end()


def unmatched(desk: Desk) -> None:
    """Resolved, then owed by nobody in particular, then taken."""
    desk.begin().after(0.1, 3).say("Completed", "Resolved").after(1, 9).other()
    desk.say("Unmatched", "Unmatched").take().end()


def given_up(desk: Desk) -> None:
    """Cancelled out of work."""
    desk.begin().say("Completed", "Cancelled")


def left_open(desk: Desk) -> None:
    """The log ends before the incident does."""
    desk.begin()
    if desk.chance.random() < 0.5:
        desk.wait(desk.chance.choice(WAITS))
    else:
        desk.queue(desk.chance.choice(SECOND_LINE))


def begun_elsewhere(desk: Desk) -> None:
    """Begins on hold with the third line; its impact changes on the way."""
    desk.team = desk.chance.choice(THIRD_LINE)
    desk.wait("Wait - Vendor").after(5, 90).work()
    desk.impact = desk.chance.choice(("Major", "High", "Low"))
    desk.after(0.1, 2).work().end()


def finished_anew(desk: Desk) -> None:
    """Resolved, and then resolved once more by another team: the last rows there are."""
    desk.begin().after(0.1, 3).say("Completed", "Resolved").after(0.1, 3).other()
    desk.team = desk.chance.choice(SECOND_LINE)
    desk.say("Completed", "Resolved")


def badly_written(desk: Desk) -> None:
    """Values no mapping knows: a status, a line, an impact, an instant."""
    desk.begin().say("Accepted", "Parked").after(0.1, 1).say("Queued", "Awaiting Assignment")
    desk.after(0.1, 1).say("Accepted", "In Progress", tier="L9")
    desk.impact = "Enormous"
    desk.after(0.1, 1).work().end()
    desk.rows.insert(2, {**desk.rows[1], "at": "yesterday"})


Tale = Callable[[Desk], None]

TALES: Final[tuple[Tale, ...]] = (
    *(on_the_phone, from_the_queue, climbing, skipping, bouncing, sideways, reopening),
    *(called_again, waiting, long_silent, changing_hands, two_lines, unmatched, given_up),
    *(left_open, begun_elsewhere, finished_anew, badly_written),
)
"""Told in turn, so that every trait is in any log of so many incidents."""
