"""Hypothesis strategies for storms: rules under which they come, and commands about them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tierline.domain.commands import Command
from tierline.domain.storm_commands import DecideStorm, FollowStorm, JoinStorm, TellStorm
from tierline.domain.storm_rules import StormRules
from tierline.domain.ticket import STORM, Ticket

STORMS = st.sampled_from(
    [None, StormRules(), StormRules(0), StormRules(0, undecided_moves=False)],
)
"""Never, of many, and two under which every limit that runs out is one of too many."""

_TICKETS = st.sampled_from([(), (1001,), (1001, 1002)])
_REASONS = st.sampled_from(["", " ", "x"])


def storm_commands(until: st.SearchStrategy[datetime]) -> st.SearchStrategy[Command]:
    """Any command about a storm, the reactions included; `until`: instants with a zone."""
    storms = st.integers(0, 2)
    groups = st.sampled_from([(), ("Network",), ("Network", "Nowhere")])
    return st.one_of(
        st.builds(JoinStorm, storms, st.integers(0, 9), until, st.booleans()),
        st.builds(TellStorm, storms, st.just("Desk"), _TICKETS, storms, groups, until),
        st.builds(DecideStorm, storms, _TICKETS, _TICKETS, _REASONS),
        st.builds(FollowStorm, storms, st.booleans(), st.just("tom"), st.just("1001/9"), _REASONS),
    )


def likely_storm(ticket: Ticket) -> list[str]:
    """Those that stand a chance now."""
    if ticket.proposal is None or ticket.proposal.choice != STORM:
        return []
    return ["decide storm", "follow storm"] if ticket.proposal.storm else ["join storm"] * 4


def builds_of_storms(
    draw: st.DrawFn, ticket: Ticket, now: datetime
) -> dict[str, Callable[[], Command]]:
    """How each of them is made."""
    seq = ticket.proposal.seq if ticket.proposal else 0
    until = now + timedelta(hours=1)
    return {
        "join storm": lambda: JoinStorm(7, seq, until, draw(st.booleans())),
        "decide storm": lambda: DecideStorm(7, (1001,), (), "x"),
        "follow storm": lambda: FollowStorm(7, draw(st.booleans()), "tom", "1001/9", "x"),
    }
