"""Where the commands of one batch are judged, one after the other, on tickets already locked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from router.opening import check_start, open_command
from router.places import check_group
from router.queries.records import ClientFacts
from router.recorded.reading import Recorded
from router.recorded.rules import refused_at
from router.requests import OpenBody
from tierline.domain.advance import UnsettledTimeError, advance_to
from tierline.domain.commands import Asker, Claim, Command, HandOver, Move, Rejected
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Actor, Event
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import Role
from tierline.domain.ticket import Ticket
from tierline.store.replays import LEAP_MAX, Replay
from tierline.store.tickets import Change
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

SOURCE = "replay"
"""Where a replayed ticket came from, and who did what the log names nobody for."""

Place = tuple[str, str, str, str]
"""Client, device and requester of an opening, as the records are asked for them."""


def place_of(body: OpenBody) -> Place:
    """What the records are asked about an opening."""
    return (body.client, body.host, body.requester.name, body.requester.email)


@dataclass(slots=True)
class Desk:
    """The tickets of a batch by case, as they are after what was judged so far.

    Attributes:
        held: where policy time stands (UTC).
        logins: of those the batch names, who is known.
        clients: what the records say of each opening, or why it is refused.
        drawn: the number of each case that is opened.
        tickets: of the cases that were opened before, locked.
    """

    policy: Policy
    floor: Floor
    principal: Principal
    replay: Replay
    held: datetime
    logins: frozenset[str]
    clients: Mapping[Place, ClientFacts | ProblemError]
    drawn: Mapping[str, int]
    tickets: dict[str, Ticket]
    _before: dict[str, Ticket | None] = field(default_factory=dict)
    _events: dict[str, list[Event]] = field(default_factory=dict)

    def judge(self, command: Recorded) -> Rejected | None:
        """Judge one command; the refusal, if refused.

        History was decided by the people of its time: a recorded command is asked with a lead's
        authority, and is refused only what is impossible.
        """
        try:
            return self._judge(command)
        except ProblemError as problem:
            return Rejected(problem.code, problem.detail)
        except UnsettledTimeError as error:
            return Rejected("unsettled", str(error))

    def changes(self) -> list[Change]:
        """What is to be written of each ticket, all its commands together."""
        return [
            Change(before, self.tickets[case], tuple(self._events[case]))
            for case, before in self._before.items()
        ]

    def _judge(self, command: Recorded) -> Rejected | None:
        ticket = self.tickets.get(command.case)
        asked = command.asked
        if isinstance(asked, Rejected):
            return asked
        if command.by and command.by not in self.logins:
            return Rejected("unknown_by", f"by: nobody is called {command.by}")
        if refused := refused_at(command.at, self.replay, self.held, ticket):
            return refused
        if isinstance(asked, OpenBody):
            return self._open(command, asked, ticket)
        if ticket is None:
            return Rejected("unopened", f"case: {command.case} has not been opened")
        return self._decide(command, asked, ticket)

    def _open(self, command: Recorded, body: OpenBody, ticket: Ticket | None) -> Rejected | None:
        if ticket is not None:
            return Rejected("opened", f"case: {command.case} was opened before")
        facts = self.clients[place_of(body)]
        if isinstance(facts, ProblemError):
            raise facts
        check_start(body.start, self.policy, body.client, self.floor.partners)
        number = self.drawn[command.case]
        opening = open_command(number, body, facts, self.principal, command.at)
        opening = replace(opening, source=SOURCE)
        asker, at = _asker(command), command.at
        decision = decide_open(opening, asker, self.policy, self.floor, at, cause=_cause(command))
        self._take(command.case, None, decision.ticket, decision.events)
        return None

    def _decide(self, command: Recorded, asked: Command, ticket: Ticket) -> Rejected | None:
        if isinstance(asked, Move):
            check_group(self.policy, ticket.client, asked.to_group, self.floor.partners)
        if isinstance(asked, Claim) and asked.owner and asked.owner not in self.logins:
            return Rejected("unknown_owner", f"fields.owner: nobody is called {asked.owner}")
        if isinstance(asked, HandOver) and asked.to not in self.logins:
            return Rejected("unknown_owner", f"fields.to: nobody is called {asked.to}")
        ticket = self._passed(command.case, ticket, command.at)
        asker, at = _asker(command), command.at
        decision = decide(ticket, asked, asker, self.policy, self.floor, at, cause=_cause(command))
        self._take(command.case, ticket, decision.ticket, decision.events)
        return decision.rejected

    def _passed(self, case: str, ticket: Ticket, at: datetime) -> Ticket:
        """The ticket after the time until shortly before `at`, let pass in leaps of LEAP_MAX."""
        while (leap := ticket.last_at + LEAP_MAX) < at:
            after, events = advance_to(ticket, self.policy, self.floor, leap)
            if not events:
                return ticket
            self._take(case, ticket, after, events)
            ticket = after
        return ticket

    def _take(
        self, case: str, before: Ticket | None, after: Ticket, events: Iterable[Event]
    ) -> None:
        self._before.setdefault(case, before)
        self._events.setdefault(case, []).extend(events)
        self.tickets[case] = after


def _asker(command: Recorded) -> Asker:
    actor = Actor("person", command.by) if command.by else Actor("integration", SOURCE)
    return Asker(actor, Role.LEAD)


def _cause(command: Recorded) -> str:
    return f"replay/{command.key}"
