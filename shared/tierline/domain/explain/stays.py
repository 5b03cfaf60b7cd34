"""Why is the ticket still in this tier?"""

from collections.abc import Iterator
from typing import Any

from tierline.domain.business_time import is_open, next_opening
from tierline.domain.clock import FULL, Clock
from tierline.domain.clock_ledger import clock_ledger
from tierline.domain.events import Event, Moved, ProposalDeclined
from tierline.domain.explain.account import Account, Case, NothingToExplainError, versions
from tierline.domain.explain.phrases import because, length, sentence, when
from tierline.domain.policy import Step
from tierline.domain.promises import step_of
from tierline.domain.serving import passed_by, step_after
from tierline.domain.terms import ClockName, Mode, TicketType
from tierline.domain.ticket import STORM, Proposal, Ticket


def why_still(case: Case, tier: str) -> Account:
    """What keeps the ticket in `tier`: when its limit runs out, and what stops that.

    Raises NothingToExplainError for a tier that the policy does not know.
    """
    if tier not in case.policy.tiers:
        raise NothingToExplainError(f"there is no tier {tier}: {', '.join(case.policy.tiers)}")
    if case.ticket.tier != tier:
        return _gone(case, tier)
    clock = case.ticket.clocks.get(ClockName.TIER)
    if not case.ticket.active:
        return _plain(case, f"It is {case.ticket.state}", "it is reopened", "state")
    if case.ticket.delayed_until is not None:
        until = when(case.ticket.delayed_until)
        said = f"A rule keeps it out of the queue until {until}, in case it mends itself"
        return _plain(case, said, "somebody does something with it, or that is over", "delay")
    if clock is None or clock.over:
        return _without_clock(case)
    if not clock.running:
        return _with_clock(case, clock, *_stopped(case.ticket, clock))
    if FULL in clock.fired:
        return _with_clock(case, clock, *_lapsed(case))
    return _with_clock(case, clock, *_running(case, clock))


def _plain(case: Case, words: str, would_take: str, decided_by: str) -> Account:
    return Account(
        words=(f"{words}.",),
        decided_by=decided_by,
        policies=versions(case.policy.version),
        values=_values(case),
        would_take=f"It moves when {would_take}.",
        events=(case.ticket.seq,),
    )


def _values(case: Case) -> dict[str, object]:
    ticket, step = case.ticket, _next_step(case)
    return {
        "tier": ticket.tier,
        "group": ticket.group,
        "state": ticket.state,
        "mode": ticket.mode,
        "path": ticket.path,
        "next": step.tier if step else None,
    }


def _next_step(case: Case) -> Step | None:
    path = case.policy.paths.get(case.ticket.path)
    return step_after(case.policy, path, case.ticket.tier, case.ticket)


def _gone(case: Case, tier: str) -> Account:
    left = [
        one
        for one in case.events
        if isinstance(one.what, Moved) and one.what.from_tier == tier != one.what.to_tier
    ]
    if not left:
        return _plain(
            case,
            f"It is in {case.ticket.tier} and has never left {tier}",
            f"somebody moves it to {tier}",
            "place",
        )
    last = left[-1]
    return Account(
        words=(f"It is not: event {last.seq} took it out of {tier} at {when(last.at)}.",),
        decided_by=last.why.rule,
        policies=versions(last.why.policy),
        values=_values(case),
        would_take=f"It was in {tier} until then; somebody may move it back.",
        events=(last.seq,),
    )


def _without_clock(case: Case) -> Account:
    ticket = case.ticket
    by_hand = "somebody moves it"
    if ticket.type is TicketType.REQUEST:
        return _plain(case, "It is a request, and a request has no tier limit", by_hand, "type")
    if ticket.type is TicketType.PROBLEM:
        return _plain(case, "It is a problem, and a problem has no tier limit", by_hand, "type")
    limit = step_of(case.policy, ticket, ticket.tier).limit
    if limit is None:
        words = f"The path {ticket.path} gives {ticket.tier} no limit, so time does not move it"
        return _plain(case, words, f"{by_hand}, or the path gets a limit there", "path")
    words = "Its limit came into the policy after it had come here"
    return _plain(case, words, f"{by_hand}: a stay keeps the limits it began with", "pinned terms")


def _stopped(ticket: Ticket, clock: Clock) -> tuple[list[str], str, str]:
    if ticket.under is not None:
        words = [f"It is worked under major incident {ticket.under.parent}."]
        take = "It moves when somebody moves it; when it is by itself again, its limit goes on."
        return words, take, "major incident"
    if clock.stopped_by == "plan" and ticket.plan is not None:
        plan = ticket.plan
        until = when(plan.grace_until or plan.promised_at)
        words = [f"It has a plan by {plan.made_by}, promised for {when(plan.promised_at)}."]
        return words, f"It moves when the plan slips: at {until}, unless it is revised.", "plan"
    if ticket.hold is not None:
        hold = ticket.hold
        ends = f"at {when(hold.until)}" if hold.until else "when somebody resumes it"
        words = [
            f"It is on hold for the {hold.reason} since {when(hold.since)}{because(hold.asked)}."
        ]
        words.append(f"The next reminder is due at {when(hold.next_chase)}.")
        return words, f"The hold ends {ends}; then the tier clock goes on.", "hold"
    return [f"The tier clock stands still: {clock.stopped_by}."], "It is resumed.", "clock"


def _lapsed(case: Case) -> tuple[list[str], str, str]:
    ticket, step = case.ticket, _next_step(case)
    words = [f"Its limit in {ticket.tier} has run out."]
    if step is None:
        words.append(f"{ticket.tier} is the last step that time takes on the path {ticket.path}.")
        words += _passed(case, "")
        skipped = _by_hand(case)
        if skipped:
            words.append(f"{skipped} comes after it, but by hand only.")
        return words, "It moves when somebody moves it.", "end of path"
    if ticket.assist_until is not None:
        lead, until = case.person(ticket.assistant), when(ticket.assist_until)
        words.append(f"{lead} was asked to join its owner, and meanwhile the limit moves nothing.")
        return words, f"It moves at {until}, unless it has a plan by then.", "assist"
    if ticket.owed_at is not None:
        words.append("Somebody claimed it after that, and has a little time for a plan.")
        return words, f"It moves at {when(ticket.owed_at)}, unless it has a plan by then.", "owed"
    if ticket.proposal is not None and ticket.proposal.choice == STORM:
        return _in_a_storm(ticket, ticket.proposal)
    if ticket.proposal is not None and ticket.proposal.choice:
        proposal = ticket.proposal
        words.append(f"Nobody had claimed it, and {proposal.to_group} had no room for it.")
        words.append("The leads of both groups were asked, and none of them has chosen.")
        take = f"It moves when somebody accepts the proposal (event {proposal.seq})."
        return words, take, proposal.choice
    if ticket.mode is Mode.ACT:
        declined = [one for one in case.events if isinstance(one.what, ProposalDeclined)]
        if declined:
            words.append(_stayed(declined[-1]))
        else:
            words.append("It moved or was moved back since; one limit moves it once.")
        return words, "It moves when somebody moves it.", "tier clock"
    words.append(f"Its mode is {ticket.mode}, so time only proposes a move to {step.tier}.")
    seq = f" (event {ticket.proposal.seq})" if ticket.proposal else ""
    return words, f"It moves when somebody accepts the proposal{seq}, or in mode act.", "mode"


def _in_a_storm(ticket: Ticket, proposal: Proposal) -> tuple[list[str], str, str]:
    """It waits for the one decision about too many limits of its group."""
    named = f"storm {proposal.storm}" if proposal.storm else "a storm"
    words = [f"Too many limits of {ticket.group} ran out at once, and it is part of {named}."]
    words.append("The leads have one decision to make about all of them.")
    if proposal.decide_by is None:
        return words, f"It moves when somebody accepts event {proposal.seq}.", STORM
    until = when(proposal.decide_by)
    take = f"It moves when a lead decides {named}; what is undecided at {until} goes by the policy."
    return words, take, STORM


def _stayed(event: Event) -> str:
    """Who, or what, decided that it stays."""
    what: Any = event.what
    if event.by.kind == "time":
        return f"Its storm was over and it stayed{because(what.reason)} (event {event.seq})."
    with_others = " with others of its storm" if what.gathered else ""
    return f"A lead decided that it stays{with_others} (event {event.seq})."


def _passed(case: Case, to_tier: str) -> Iterator[str]:
    ticket = case.ticket
    path = case.policy.paths.get(ticket.path)
    for tier, said in passed_by(case.policy, path, ticket.tier, to_tier, ticket).items():
        yield f"It passes {tier} by, which is only for tickets with {said}."


def _by_hand(case: Case) -> str:
    path, tiers = case.policy.paths.get(case.ticket.path), case.policy.tiers
    here = tiers.index(case.ticket.tier)
    steps = path.steps if path else ()
    found = [s.tier for s in steps if s.by_hand and s.tier in tiers and tiers.index(s.tier) > here]
    return found[0] if found else ""


def _running(case: Case, clock: Clock) -> tuple[list[str], str, str]:
    ticket, due = case.ticket, clock.due
    until = when(due) if due else "its limit"
    words = [f"Its limit of {length(clock.target_s)} in {ticket.tier} runs out at {until}."]
    words += _closed_now(case, clock)
    step = _next_step(case)
    if step is None:
        words.append(f"{ticket.tier} is the last step that time takes on the path {ticket.path}.")
        words += _passed(case, "")
        return words, "It moves when somebody moves it.", "end of path"
    words += _passed(case, step.tier)
    if ticket.mode is not Mode.ACT:
        words.append(f"Its mode is {ticket.mode}: then a move to {step.tier} is only proposed.")
        return words, "It moves when somebody moves it, or accepts what is proposed.", "mode"
    return words, f"It moves to {step.tier} at {until}, unless it has a plan by then.", "tier clock"


def _closed_now(case: Case, clock: Clock) -> Iterator[str]:
    hours = case.policy.calendars[clock.calendar]
    if not is_open(hours, case.now):
        opens = next_opening(hours, case.now)
        until = f" until {when(opens)}" if opens else ""
        yield f"{case.ticket.group} is closed{until}, and closed hours do not count."


def _with_clock(
    case: Case, clock: Clock, words: list[str], would_take: str, decided_by: str
) -> Account:
    return Account(
        words=tuple(map(sentence, words)),
        decided_by=decided_by,
        policies=versions(case.policy.version, clock.policy),
        values=_values(case),
        would_take=would_take,
        events=(case.ticket.seq,),
        clock=clock,
        ledger=clock_ledger(clock, case.policy.calendars),
    )
