"""Why each type of event happens: one function a type, its sentence beside the event's own why."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import events as e
from tierline.domain.changes import is_call_out
from tierline.domain.explain import assignment_causes, storm_causes
from tierline.domain.explain.causes_of_oversight import CAUSES as CAUSES_OF_OVERSIGHT
from tierline.domain.explain.causes_together import CAUSES_TOGETHER
from tierline.domain.explain.phrases import because, length, sentence, when
from tierline.domain.explain.seen import Seen
from tierline.domain.restriction import Restricted, Unrestricted
from tierline.domain.terms import HoldReason, Offer, TicketType
from tierline.domain.ticket import STORM


def cause_of(seen: Seen) -> str:
    """The sentence that says why the event happened."""
    return sentence(CAUSES[type(seen.event.what)](seen, seen.event.what))


def _opened(seen: Seen, what: e.Opened) -> str:
    vip = ", with urgency added for a VIP" if what.vip else ""
    priority = f"impact {what.impact} and urgency {what.urgency}{vip} make it {what.priority}"
    if rule := seen.value("agreement"):
        priority += f"; it is under {what.agreement} of the client's agreements: {rule}"
    if not what.covered:
        priority += "; the agreement does not cover what it is about"
    if what.clocks_wait:
        priority += "; our promises begin when it is handed over to us, as the agreement says"
    if what.alert:
        source = f" from {what.source}" if what.source else ""
        counted = seen.value("count") or {}
        said = "".join(f" Like it within {within}: {n}." for within, n in counted.items())
        return f"An alert{source} had no open ticket of its problem; {priority}.{said}"
    return f"{seen.by} opened it; {priority}."


def _routed(_seen: Seen, what: e.Routed) -> str:
    rules = "; ".join(f"{name} by {rule}" for name, rule in what.decided_by.items())
    return f"Triage gave it to {what.group} ({what.tier}){because(rules)}."


def _entered(seen: Seen, what: e.Entered) -> str:
    if seen.by_time:
        return f"A rule delayed it, and that is over: it is {what.group}'s ({what.tier}) now."
    return f"A rule delayed it, and {seen.by} did something with it: it is {what.group}'s now."


def _attached(_seen: Seen, what: e.AlertAttached) -> str:
    if what.stale:
        return "The alert is older than the last one taken in, so it changed nothing."
    return "The alert has the problem key of this open ticket, so it joined and opened no other."


def _recovered(_seen: Seen, what: e.Recovered) -> str:
    if what.quiet_until is not None:
        until = when(what.quiet_until)
        return f"The alert recovered and nobody had touched it: left alone, it resolves at {until}."
    return "The alert recovered, but somebody had touched it, so a person decides."


def _claimed(seen: Seen, what: e.Claimed) -> str:
    if what.accepted and seen.event.by.name == what.owner:
        return f"It was offered to {seen.by}, who took it."
    if seen.event.by.name == what.owner:
        return f"{seen.by} claimed it, and nobody else had."
    return f"{seen.by} gave it to {seen.case.person(what.owner)}."


def _released(seen: Seen, what: e.Released) -> str:
    owner = seen.case.person(what.owner)
    return f"{seen.by} gave back what {owner} owned, and a plan ends with it{because(what.reason)}."


def _noted(seen: Seen, what: e.Noted) -> str:
    if what.flowed:
        muted = "; its requester hears it of another ticket" if what.muted else ""
        return f"It is worked under {what.flowed}, which had a word for clients{muted}."
    reader = "the requester" if what.to_client else "colleagues"
    return f"{seen.by} wrote for {reader}."


def _planned(seen: Seen, what: e.Planned) -> str:
    promised = when(what.plan.promised_at)
    verb = "revised the plan" if what.revision else "made a plan"
    return f"{seen.by} {verb}, promised for {promised}; while it lives the tier clock stands still."


def _slipped(_seen: Seen, what: e.PlanSlipped) -> str:
    if what.grace_until is not None:
        return f"The plan's promise passed; once it may be revised, until {when(what.grace_until)}."
    return "The plan's promise passed and was not revised in its grace, so the plan is over."


def _moved(seen: Seen, what: e.Moved) -> str:
    chosen = seen.value("chosen")
    group = f" {what.to_group} was chosen: {chosen}." if chosen else ""
    if what.clocks_begin:
        group += " With the first hand-over to us our promises begin, as the agreement says."
    if not seen.by_time:
        return f"{seen.by} moved it{because(what.reason)}.{group}{_passed(seen)}"
    path = f" {what.to_tier} is the next step of the path {seen.value('path')}."
    if what.skipped:
        left_out = " and ".join(what.skipped)
        path += f" {left_out} would have kept it longer than the client was promised."
    path += _passed(seen)
    return f"{_capital(what.reason)}, and its mode lets time move it.{path}{group}"


def _passed(seen: Seen) -> str:
    found: Mapping[str, str] = seen.value("passed_by") or {}
    return "".join(
        f" {tier} was passed by: it is only for tickets with {said}."
        for tier, said in found.items()
    )


def _declined(seen: Seen, what: e.ProposalDeclined) -> str:
    if seen.by_time:
        return f"It was part of a storm that is over{because(what.reason)}."
    return f"{seen.by} leads, and left it where it is{because(what.reason)}."


def _plan_refused(seen: Seen, what: e.PlanRefused) -> str:
    owner = seen.case.person(what.owner)
    return f"{seen.by} did not go along with the plan of {owner}{because(what.reason)}."


def _packet_given(seen: Seen, what: e.PacketGiven) -> str:
    return f"{seen.by} said what the next tier needs to go on{because(what.packet.ask)}."


def _assist_called(seen: Seen, what: e.AssistCalled) -> str:
    used = f"{float(seen.value('fraction') or 0) * 100:g} % of the limit"
    lead = seen.case.person(what.lead)
    return f"{used} was used without a plan, and the path has {lead} join the owner then."


def _assist_ended(_seen: Seen, what: e.AssistEnded) -> str:
    return f"The lead joins for a quarter of an hour of staffed time{because(what.because)}."


def _paged(seen: Seen, what: e.Paged) -> str:
    who = seen.case.person(what.page.to)
    ladder = ", ".join(seen.value("ladder") or ())
    return (
        f"{seen.value('group')} is closed, and the policy wakes somebody for a "
        f"{seen.value('priority')}: {who}'s turn came, of {ladder}."
    )


def _paging_ended(_seen: Seen, what: e.PagingEnded) -> str:
    return f"Nobody is to be woken any more{because(what.because)}."


def _vendor_asked(seen: Seen, what: e.VendorCaseOpened) -> str:
    return f"{seen.by} needs {what.case.vendor} for it{because(what.case.asked)}."


def _vendor_heard(seen: Seen, what: e.VendorCaseUpdated) -> str:
    return f"{seen.by} heard from {what.case.vendor}{because(what.news)}."


def _vendor_done(seen: Seen, what: e.VendorCaseClosed) -> str:
    return f"{seen.by} ended the case with {what.vendor}{because(what.outcome)}."


def _proposed(seen: Seen, what: e.EscalationProposed) -> str:
    mode = seen.value("mode") or (seen.before.mode if seen.before else "")
    step = f"{what.to_group} ({what.to_tier})"
    if what.choice == STORM:
        return f"{_capital(what.reason)}. {storm_causes.gathered(seen)} {step} would be next."
    if what.choice:
        return (
            f"{_capital(what.reason)}, and nobody had claimed it, so time was short and not skill; "
            f"{step} has no room, so both leads choose.{_passed(seen)}"
        )
    return (
        f"{_capital(what.reason)}, so {step} is next; its mode is {mode}, so it is only proposed."
        f"{_passed(seen)}"
    )


def _held(seen: Seen, what: e.Held) -> str:
    if what.approval is not None and what.approval.offer is not None:
        beyond = _BEYOND[what.approval.offer]
        one = what.approval
        return f"{beyond}, and the agreement offers it for {one.price}: {one.approver} was asked."
    if what.approval is not None:
        price = f" of {what.approval.price}" if what.approval.price else ""
        asked = because(what.approval.asked)
        return f"{seen.by} needs the approval{price} of {what.approval.approver}{asked}."
    if seen.value("freeze_ends"):
        return f"{seen.by} put it on hold until the client's freeze is over."
    waits = _WAITING[what.hold.reason]
    return f"{seen.by} put it on hold for {waits}{because(what.hold.asked)}."


_WAITING = {
    HoldReason.CLIENT: "the client",
    HoldReason.VENDOR: "a vendor",
    HoldReason.SCHEDULED: "an agreed date",
    HoldReason.APPROVAL: "an approval",
    HoldReason.CHANGE: "a change window",
}


_BEYOND = {
    Offer.AFTER_HOURS: "It came in outside the hours of cover",
    Offer.NOT_COVERED: "The agreement does not cover what it is about",
}


def _approval_answered(seen: Seen, what: e.ApprovalAnswered) -> str:
    one = what.approval
    if seen.by_time:
        expired = when(one.expires_at)
        return f"{one.approver} had until {expired} to answer and did not, so work goes on without."
    how = because(one.evidence) if one.evidence else ", by the link in the mail"
    out = "; from then on its promises count round the clock" if is_call_out(one) else ""
    return f"{one.approver} answered {one.answer}{how}; the pause for it ends{out}."


def _resumed(seen: Seen, what: e.Resumed) -> str:
    if seen.by_time:
        return f"The hold ended by itself at the instant set for it{because(what.because)}."
    return f"{seen.by} ended the hold{because(what.because)}."


def _prioritised(seen: Seen, what: e.Prioritised) -> str:
    made = f"impact {what.impact}, urgency {what.urgency}"
    return f"{seen.by} changed {what.old} to {what.new} ({made}){because(what.reason)}."


def _terms_moved(seen: Seen, what: e.TermsMoved) -> str:
    return (
        f"{seen.by} moved its running promises and limits to the terms of another version of the"
        f" policy{because(what.reason)}."
    )


def _resolved(seen: Seen, what: e.Resolved) -> str:
    if what.self_healed:
        return "It had recovered, stayed quiet and nobody had touched it, so it resolved itself."
    if what.flowed:
        return f"It is worked under {what.flowed}, which was resolved{because(what.resolution)}."
    request = seen.before is not None and seen.before.type is TicketType.REQUEST
    done = "did what was asked" if request else "restored the service"
    return f"{seen.by} {done}{because(what.resolution)}."


def _retyped(seen: Seen, what: e.Retyped) -> str:
    clocks = "; promises of its new kind count from acceptance, those of the old one end"
    return f"{seen.by} found that the {what.old} is a {what.new}{because(what.reason)}{clocks}."


def _surveyed(_seen: Seen, what: e.SurveyAnswered) -> str:
    word = because(what.survey.word)
    return f"The requester was asked how it was and answered {what.survey.score}{word}."


def _confirmed(seen: Seen, what: e.Confirmed) -> str:
    return f"{seen.by} recorded that the client agrees{because(what.note)}."


def _reopened(seen: Seen, what: e.Reopened) -> str:
    if what.flowed:
        return f"It was resolved with {what.flowed}, which was reopened{because(what.reason)}."
    why = "the client rejected the resolution" if what.rejected else "work is owed again"
    return f"{seen.by} reopened it, since {why}{because(what.reason)}."


def _closed(seen: Seen, what: e.Closed) -> str:
    if seen.by_time:
        return f"Its time came and nobody had answered{because(what.reason)}."
    carried = f" Ticket {what.successor} carries on." if what.successor else ""
    asked = " The requester is asked how it was." if what.survey else ""
    return f"{seen.by} closed it{because(what.reason)}.{carried}{asked}"


def _restricted(seen: Seen, what: Restricted) -> str:
    return (
        f"{seen.by} let only {what.group}, and whoever works or answers for it, see it"
        f"{because(what.reason)}."
    )


def _unrestricted(seen: Seen, what: Unrestricted) -> str:
    return f"{seen.by} let everybody see it again{because(what.reason)}."


def _threshold(seen: Seen, what: e.Threshold) -> str:
    target = length(seen.value("target_s") or 0)
    reached = f"{what.fraction * 100:g} % of the {what.clock} clock's {target} was used"
    late = f", seen {length(what.late_s)} later" if what.late_s >= 1 else ""
    return f"At {when(what.due)} {reached}{late}."


def _breached(seen: Seen, what: e.Breached) -> str:
    return f"{_threshold(seen, what)} It is a promise to the client, so it is broken."


def _lapsed(seen: Seen, what: e.Lapsed) -> str:
    kind = "somebody had claimed it" if what.cause == "skill" else "nobody had claimed it"
    return f"{_threshold(seen, what)} It is a limit of our own, and {kind}."


def _reviewed(_seen: Seen, what: e.Reviewed) -> str:
    if what.kind == "chase":
        return f"It is on hold, and reminder {what.count} to whoever was asked was due."
    if what.kind in _REVIEWS:
        return _REVIEWS[what.kind]
    return "Every open ticket is looked at once a business day, so that none is forgotten."


_REVIEWS = {
    "closing": "Its group closed for the day, and nobody had claimed it.",
    "choice": "Neither lead had chosen within a quarter of an hour of staffed time.",
    "limit": "Its limit had run out while something kept it, and nothing is higher on its path.",
    "packet": "It was handed up, and nobody had said what was tried and what is asked.",
    "expected": "The path says how long a stay in its tier is expected to take, and that is over.",
    "trigger": "The policy has no such trigger for management any more.",
    "vendor": "There is an open case with a vendor, and it was time to ask them again.",
}


def _capital(text: str) -> str:
    said = because(text).removeprefix(": ")
    return said[:1].upper() + said[1:]


CAUSES: dict[type, Callable[[Seen, Any], str]] = {
    e.Opened: _opened,
    e.Routed: _routed,
    e.Entered: _entered,
    e.AlertAttached: _attached,
    e.Recovered: _recovered,
    e.Claimed: _claimed,
    e.Released: _released,
    e.Noted: _noted,
    e.Planned: _planned,
    e.PlanSlipped: _slipped,
    e.Escalated: _moved,
    e.Returned: _moved,
    e.Transferred: _moved,
    e.EscalationProposed: _proposed,
    e.ProposalDeclined: _declined,
    e.PlanRefused: _plan_refused,
    e.PacketGiven: _packet_given,
    e.AssistCalled: _assist_called,
    e.AssistEnded: _assist_ended,
    e.Paged: _paged,
    e.PagingEnded: _paging_ended,
    e.VendorCaseOpened: _vendor_asked,
    e.VendorCaseUpdated: _vendor_heard,
    e.VendorCaseClosed: _vendor_done,
    e.Held: _held,
    e.ApprovalAnswered: _approval_answered,
    e.Resumed: _resumed,
    e.Prioritised: _prioritised,
    e.TermsMoved: _terms_moved,
    e.Resolved: _resolved,
    e.Confirmed: _confirmed,
    e.Reopened: _reopened,
    e.Closed: _closed,
    e.SurveyAnswered: _surveyed,
    e.Retyped: _retyped,
    e.Warned: _threshold,
    e.Breached: _breached,
    e.Lapsed: _lapsed,
    e.Reviewed: _reviewed,
    Restricted: _restricted,
    Unrestricted: _unrestricted,
    **CAUSES_TOGETHER,
    **CAUSES_OF_OVERSIGHT,
    **assignment_causes.CAUSES,
    **storm_causes.CAUSES,
}
"""One for every type in `What`; a test fails where one is missing."""
