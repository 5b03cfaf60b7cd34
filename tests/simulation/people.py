"""People who work tickets: claim, note, plan, move, hold, resolve, and ask again."""

import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.commands import Request
from tests.simulation.furnish import principals
from tierline.domain import commands as c
from tierline.domain.terms import HoldReason, Priority, State, TicketType
from tierline.domain.ticket import Ticket
from tierline.policy.source import NoPolicyError
from tierline.store.database import REPLAYABLE, UNREACHABLE
from tierline.web.idempotency import Answer
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

if TYPE_CHECKING:
    from tests.simulation.world import World

ACTS = (18, 36)
FROM_S, UNTIL_S = 2.0, 24.0
TRIES = 400
WAIT_S = (0.1, 2.0)
ASK_AGAIN = (*UNREACHABLE, *REPLAYABLE, NoPolicyError)
TWICE = 0.15
"""Chance that somebody clicks twice: one key, two routers, at once."""

TOGETHER = 0.35
"""Chance that a command is about several tickets."""

LOOKS, LOOK_AGAIN_S = 20, 1.0
LEADING = 0.3
"""Chance that somebody turns to a major incident with others under it, where there is one."""

GROUPS = ("Dispatch", "Desk", "Network", "Management")
HOLDS = (HoldReason.CLIENT, HoldReason.VENDOR, HoldReason.APPROVAL, HoldReason.SCHEDULED)


class People:
    """All of them.

    Attributes:
        pending: commands without an answer yet.
        answers: what was answered to each request, by its key.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self._random = Random(f"{world.seed} people")
        self._together = Random(f"{world.seed} together")
        self._who = list(principals().values())
        self.pending = 0
        self.answers: dict[str, tuple[Request, Answer]] = {}

    def start(self) -> None:
        """Set off every act at its own instant."""
        for number in range(self._random.randint(*ACTS)):
            self.pending += 1
            wait = self._random.uniform(FROM_S, UNTIL_S)
            self._world.loop.create_task(self._act(wait, f"key-{number}"))

    async def _act(self, wait_s: float, key: str) -> None:
        await asyncio.sleep(wait_s)
        tickets = await self._tickets()
        if tickets:
            ticket = self._random.choice(tickets)
            leading = [one for one in tickets if one.major is not None and one.major.children]
            if leading and self._together.random() < LEADING:
                ticket = self._together.choice(leading)
            who = self._who_acts(ticket)
            request = Request(who, ticket.id, self._command(ticket), key)
            times = 2 if self._random.random() < TWICE else 1
            await asyncio.gather(*(self.ask(request) for _ in range(times)))
        self.pending -= 1

    async def _tickets(self) -> list[Ticket]:
        """What there is to act on; who finds nothing looks again for a while."""
        folded = self._world.watch.tickets.folded
        for _ in range(LOOKS):
            if folded:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        return list(folded.values())

    def _who_acts(self, ticket: Ticket) -> Principal:
        """Mostly its owner, where it has one."""
        owners = [who for who in self._who if who.login == ticket.owner]
        if owners and self._random.random() < 0.6:
            return owners[0]
        return self._random.choice(self._who)

    async def ask(self, request: Request) -> None:
        """Ask until somebody answers; the answer under one key is always the same."""
        world = self._world
        for _ in range(TRIES):
            process = self._random.choice(world.replicas("router"))
            try:
                given = await process.ask(lambda parts: parts.commands.perform(request))
            except ProblemError as error:
                world.trace.say(f"{request.key} is a problem: {error.code}")
                return
            except ASK_AGAIN as error:
                world.trace.say(f"{request.key} is asked again: {type(error).__name__}")
                world.counts["asked again"] += 1
                await asyncio.sleep(self._random.uniform(*WAIT_S))
                continue
            self._answered(request, given.answer)
            return
        world.violate("every command is answered", f"{request.key} was asked {TRIES} times")

    def _answered(self, request: Request, answer: Answer) -> None:
        world, said = self._world, type(request.command).__name__.lower()
        world.trace.say(f"{request.principal.login} {said} {request.number}: {answer.status}")
        world.counts["commands"] += 1
        _, before = self.answers.setdefault(request.key, (request, answer))
        if (before.status, bytes(before.body)) != (answer.status, bytes(answer.body)):
            world.violate("one key, one answer", f"{request.key}: {before}, then {answer}")
        if answer.status == 200 and request.cause not in world.watch.tickets.causes:
            world.violate("what is answered is done", f"{request.key}: {said}")

    # -- what they do

    def _command(self, ticket: Ticket) -> c.Command:
        """Something that may make sense; the state may have changed by the time it is decided."""
        now = self._world.policy_now()
        if ticket.state in {State.RESOLVED, State.CLOSED} and self._random.random() < 0.8:
            return self._random.choice(
                (c.Confirm(), c.Reject("it is still down"), c.Reopen("again"), c.Close("done"))
            )
        if ticket.major is not None and ticket.major.children and self._together.random() < 0.4:
            return self._together.choice((c.Note("we work on it", to_client=True), c.Resolve("x")))
        if not ticket.owner and self._random.random() < 0.5:
            return c.Claim(self._random.choice(self._who).login)
        if ticket.proposal is not None and self._random.random() < 0.4:
            return c.AcceptProposal(ticket.proposal.seq)
        if ticket.hold is not None and self._random.random() < 0.5:
            return c.Resume("they called back")
        if self._together.random() < TOGETHER:
            return self._with_others(ticket)
        return self._work(now)

    def _with_others(self, ticket: Ticket) -> c.Command:
        """Something about several tickets; what is named may not be what it is taken for."""
        draw = self._together
        known = self._world.watch.tickets.folded
        majors = [one.id for one in known.values() if one.major is not None] or [ticket.id]
        problems = [one.id for one in known.values() if one.type is TicketType.PROBLEM]
        if ticket.under is not None and draw.random() < 0.2:
            return c.LeaveMajor("another line")
        if problems and draw.random() < 0.2:
            return c.LinkProblem(draw.choice(problems))
        return draw.choice(
            (
                c.JoinMajor(draw.choice(majors)),
                c.JoinMajor(draw.choice(majors)),
                c.DeclareMajor("nothing goes"),
                c.CallProblem("it comes again"),
                c.Note("we work on it", to_client=True),
                c.Resolve("a new line"),
            )
        )

    def _work(self, now: datetime) -> c.Command:
        draw = self._random
        soon = now + timedelta(minutes=draw.choice((5, 20, 60, 240)))
        chase = soon if draw.random() < 0.5 else None
        return draw.choice(
            (
                c.Claim(draw.choice(self._who).login),
                c.Release("my shift ends"),
                c.Note("looked at it", to_client=draw.random() < 0.5),
                c.MakePlan("replace the disk", soon, "we replace the disk"),
                c.Move("needs others", to_group=draw.choice(GROUPS)),
                c.Move("too hard"),
                c.PutOnHold(draw.choice(HOLDS), "which port?", "Jo", chase, None),
                c.PutOnHold(HoldReason.SCHEDULED, "tonight", "Jo", None, soon),
                c.Resume("go on"),
                c.Prioritise("it got worse", draw.choice(list(Priority))),
                c.Resolve("a new disk", draw.choice(("", "no", "guide"))),
                c.Resolve("went away"),
            )
        )
