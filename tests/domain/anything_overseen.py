"""Strategies of management, actions and analyses; and what holds of them after any step."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tierline.domain import audience
from tierline.domain import oversight_commands as o
from tierline.domain.action import Action, open_of
from tierline.domain.chasing import REPEATED
from tierline.domain.correction import ActionChased
from tierline.domain.events import Closed, Event, Reopened
from tierline.domain.management import RcaRule, Trigger, When
from tierline.domain.oversight import ManagementCalled
from tierline.domain.policy import Duration, Policy
from tierline.domain.rca import Rca
from tierline.domain.restriction import Restrict, Unrestrict
from tierline.domain.terms import ClockName, Priority, State, TicketType
from tierline.domain.ticket import Ticket
from tierline.domain.triggers import holds

TEXTS = st.one_of(st.sampled_from(["", " ", "x"]), st.text(max_size=8))
PEOPLE = st.lists(st.sampled_from(["sam", "kim", "tom", "ana", ""]), max_size=3).map(tuple)
_LENGTHS = st.sampled_from(
    [Duration(seconds=900), Duration(seconds=7_200), Duration(business_days=1)]
)


def _whens(*, timed: bool) -> st.SearchStrategy[When]:
    length = st.none() | _LENGTHS if timed else st.none()
    return st.builds(
        When,
        priorities=st.sampled_from([frozenset(), frozenset(), frozenset({Priority.P1})]),
        breached=st.sampled_from([frozenset(), frozenset(), frozenset({ClockName.RESOLVE})]),
        reopened=st.sampled_from([0, 0, 0, 1, 2]),
        alerts=st.sampled_from([0, 0, 2]),
        vip=st.sampled_from([False, False, True]),
        complex=st.sampled_from([False, False, True]),
        escalated=st.sampled_from([False, False, True]),
        open_for=length,
        unclaimed_for=length,
    )


def triggers() -> st.SearchStrategy[tuple[Trigger, ...]]:
    """None to three triggers, each of its own name."""
    roles = (audience.LEAD, audience.DUTY_MANAGER, audience.SERVICE_MANAGER)
    one = st.builds(
        Trigger,
        name=st.sampled_from(["first", "second", "third"]),
        when=_whens(timed=True),
        call=st.lists(st.sampled_from(roles), min_size=1, max_size=2, unique=True).map(tuple),
        update=st.none() | _LENGTHS,
        plan_within=st.none() | _LENGTHS,
    )
    return st.lists(one, max_size=3, unique_by=lambda trigger: trigger.name).map(tuple)


def rca_rules() -> st.SearchStrategy[RcaRule | None]:
    """Mostly a rule that often holds."""
    return st.none() | st.builds(RcaRule, _whens(timed=False), _LENGTHS, st.booleans())


def oversight_commands(when: st.SearchStrategy[datetime]) -> st.SearchStrategy[Any]:
    """Any command about management, actions, analyses, who may see it: sensible and senseless.

    What a problem takes over is never senseless (`builds_of_oversight`): another ticket made it.
    """
    numbers = st.integers(0, 3)
    comments = st.dictionaries(st.sampled_from(["7/1", "x"]), TEXTS, max_size=2)
    causes = st.none() | st.lists(TEXTS, max_size=3).map(tuple)
    return st.one_of(
        st.builds(o.StateComplexity, TEXTS),
        st.builds(o.Brief, TEXTS),
        st.builds(o.Reallocate, TEXTS, PEOPLE, PEOPLE),
        st.builds(o.AddAction, TEXTS, st.sampled_from(["sam", ""]), when, TEXTS),
        st.builds(o.MoveAction, numbers, when, TEXTS),
        st.builds(o.CompleteAction, numbers, TEXTS, st.booleans()),
        st.builds(o.WriteRca, st.none() | TEXTS, causes, comments, st.booleans()),
        st.builds(o.HandCorrection, st.sampled_from([0, 7, 1001])),
        st.builds(Restrict, st.sampled_from(["Infra", "Desk", "Nobody"]), TEXTS),
        st.builds(Unrestrict, TEXTS),
    )


def likely_oversight(ticket: Ticket) -> list[str]:
    """Such commands that stand a chance in the state of `ticket`, which is not closed."""
    found = ["add action", "take over", "unrestrict" if ticket.restricted else "restrict"]
    found += ["move action", "complete action", "to problem"] if open_of(ticket.actions) else []
    found += ["rca", "rca done"] if ticket.rca or ticket.type is TicketType.PROBLEM else []
    if ticket.active:
        found += ["reallocate", "state complex"]
        found += ["brief"] if ticket.attention else []
    return found


def builds_of_oversight(
    draw: st.DrawFn, ticket: Ticket, soon: st.SearchStrategy[datetime]
) -> Mapping[str, Callable[[], Any]]:
    """Each of those commands, of content that makes sense."""

    def one() -> int:
        return draw(st.sampled_from([action.number for action in open_of(ticket.actions)]))

    def taken() -> Action:
        due = draw(soon)
        return Action(1, "x", "sam", due, "sam", ticket.opened_at, next_chase=due)

    def analysis() -> Rca | None:
        due = draw(soon)
        return draw(st.none() | st.just(Rca(due, ticket.opened_at, (7,), next_chase=due)))

    return {
        "state complex": lambda: o.StateComplexity("x"),
        "brief": lambda: o.Brief("x"),
        "reallocate": lambda: o.Reallocate("x", ("ana",), ticket.joined[:1]),
        "add action": lambda: o.AddAction("x", "sam", draw(soon)),
        "move action": lambda: o.MoveAction(one(), draw(soon), "x"),
        "complete action": lambda: o.CompleteAction(one(), "x", draw(st.booleans())),
        "rca": lambda: o.WriteRca("x", ("y",)),
        "rca done": lambda: o.WriteRca(done=True),
        "to problem": lambda: o.HandCorrection(7),
        "restrict": lambda: Restrict(draw(st.sampled_from(["Infra", "Desk"])), "x"),
        "unrestrict": lambda: Unrestrict("x"),
        "take over": lambda: o.TakeCorrection(7, (taken(),), analysis()),
    }


def check_calls(events: list[Event], ticket: Ticket, policy: Policy, now: datetime) -> None:
    """Each trigger called at most once in a cycle; one that holds was called, or waits for time."""
    said: list[tuple[int, str]] = []
    cycle = 1
    for event in events:
        if isinstance(event.what, Reopened):
            cycle += 1
        if isinstance(event.what, ManagementCalled):
            said += [(cycle, name) for name in (event.what.trigger, *event.what.also)]
    assert len(said) == len(set(said)), "once a cycle"
    if not ticket.active or ticket.delayed_until is not None:
        assert not ticket.watch, "nobody is told of what is over, or not let in yet"
        return
    for trigger in policy.management:
        called = (ticket.cycle, trigger.name) in said
        if holds(trigger.when, ticket) and not called:
            assert ticket.watch[trigger.name] > now, "what holds is said, or has its instant"
        elif not called:
            assert trigger.name not in ticket.watch, "what does not hold has none"


def check_unfinished(events: list[Event], ticket: Ticket) -> None:
    """Nothing is closed over what is to be done, but for a successor; and all of it is chased."""
    ends = [event.what for event in events if isinstance(event.what, Closed)]
    if ticket.state is State.CLOSED and not ends[-1].successor:
        assert not open_of(ticket.actions)
        assert ticket.rca is None or not ticket.rca.owed or ticket.rca.due is None
    for action in ticket.actions:
        assert (action.next_chase is not None) == action.open
    reminders = [
        (type(e.what), getattr(e.what, "number", 0), e.at)
        for e in events
        if isinstance(e.what, REPEATED)
    ]
    assert len(reminders) == len(set(reminders)), "each reminder once"
    assert all(e.at >= e.what.due for e in events if _overdue(e)), "none before its time"


def _overdue(event: Event) -> bool:
    return isinstance(event.what, ActionChased) and event.what.stage != "soon"
