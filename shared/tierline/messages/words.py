"""One plain English sentence for each event: what happened, said once, for every screen and mail.

Past tense, no identifiers. Instants are UTC, `14:30 UTC`, with the date where it is another day
than the event's own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import events as e
from tierline.domain.snapshot import Snapshot
from tierline.domain.terms import ClockName, TicketType
from tierline.messages import (
    assignment_words,
    pause_words,
    words_of_correction,
    words_of_oversight,
    words_of_restriction,
)
from tierline.messages.phrases import Said, because, duration, late, quote
from tierline.messages.words_together import SAY_TOGETHER

__all__ = ["ENDS", "duration", "quote", "words"]

ENDS = (".", "?", "!")
"""After one of these, which a person's own words may bring, a sentence needs no full stop."""


def words(event: e.Event, ticket: Snapshot, names: Mapping[str, str] | None = None) -> str:
    """Say what happened.

    Args:
        event: the event.
        ticket: its ticket just after it.
        names: how people are called, by login; a login that is not there is said as it is.

    Returns:
        One sentence on one line, capitalised, with its full stop.
    """
    said = Said(event, ticket, names or {})
    sentence = " ".join(_SAY[type(event.what)](said, event.what).split())
    end = "" if sentence.endswith(ENDS) else "."
    return f"{sentence[:1].upper()}{sentence[1:]}{end}"


def _opened(said: Said, what: e.Opened) -> str:
    only = f", restricted to {what.restricted}" if what.restricted else ""
    kind = f"as {what.priority} for {what.client}{only}"
    if what.alert:
        sender = said.event.by.name if said.event.by.kind == "integration" else what.source
        source = f" from {sender}" if sender else ""
        return f"opened by an alert{source} {kind}{because(what.title)}"
    return f"{said.by} opened the {what.type} {kind}{because(what.title)}"


def _routed(said: Said, what: e.Routed) -> str:
    chosen = what.decided_by.get("group", "")
    if what.delayed_until is not None:
        return f"put aside for {what.group} ({what.tier}) until {said.when(what.delayed_until)}"
    return f"put into the queue of {what.group} ({what.tier}){because(chosen)}"


def _alert_attached(said: Said, what: e.AlertAttached) -> str:
    if what.stale:
        return "an older alert of the same problem joined and changed nothing"
    if what.status == "resolved":
        return "the alert recovered when no work was owed any more"
    return f"the alert came again and joined ({said.ticket.alerts} so far)"


def _recovered(said: Said, what: e.Recovered) -> str:
    if what.quiet_until is not None:
        until = said.when(what.quiet_until)
        return f"the alert recovered; if nobody touches it, it resolves by itself at {until}"
    if said.ticket.owner:
        return f"the alert recovered; {said.person(said.ticket.owner)} was left to decide"
    return "the alert recovered; it was left to a person to decide"


def _claimed(said: Said, what: e.Claimed) -> str:
    if what.accepted and said.event.by.name == what.owner:
        return f"{said.by} accepted it"
    if said.event.by.kind == "person" and said.event.by.name == what.owner:
        return f"{said.by} claimed it"
    return f"{said.by} gave it to {said.person(what.owner)}"


def _released(said: Said, what: e.Released) -> str:
    if said.event.by.kind == "person" and said.event.by.name == what.owner:
        return f"{said.by} gave it back to the queue{because(what.reason)}"
    owner = said.person(what.owner)
    return f"{said.by} took it from {owner} back to the queue{because(what.reason)}"


def _noted(said: Said, what: e.Noted) -> str:
    if what.flowed:
        how = "hears by another ticket" if what.muted else "was told"
        return f"the requester {how} of major incident {what.flowed}: {quote(what.text)}"
    if what.to_client:
        if not said.ticket.requester_email and said.ticket.record == "tierline":
            return f"{said.by} wrote for the client, whose address is not known: {quote(what.text)}"
        return f"{said.by} wrote to the requester: {quote(what.text)}"
    return f"{said.by} noted: {quote(what.text)}"


def _planned(said: Said, what: e.Planned) -> str:
    verb = "revised the plan" if what.revision else "planned"
    until = said.when(what.plan.promised_at)
    return f"{said.by} {verb}: {quote(what.plan.next_step)}, by {until}"


def _plan_slipped(said: Said, what: e.PlanSlipped) -> str:
    if what.grace_until is not None:
        return f"the plan ran out; it could be revised until {said.when(what.grace_until)}"
    return "the plan slipped and was over"


def _by_time(said: Said, what: e.Moved | e.EscalationProposed) -> str:
    """Why time moves a ticket, in the words of its reason."""
    event = said.event
    cause = what.reason.partition(": ")[2]
    if event.why.rule != "tier lapse" or not cause:
        return quote(what.reason)
    tier = what.from_tier if isinstance(what, e.Moved) else said.ticket.tier
    limit = _limit(said, what)
    return f"{tier} limit{f' of {limit}' if limit else ''} reached ({cause})"


def _limit(said: Said, what: e.Moved | e.EscalationProposed) -> str:
    """The limit that was reached; empty where the event does not carry it."""
    stated = said.event.why.values.get("target_s")
    if isinstance(stated, int | float):
        return duration(stated)
    if isinstance(what, e.Moved) and what.used.carried_us:
        return duration(what.used.carried_us / 1_000_000)
    return ""


def _moved(verb: str) -> Callable[[Said, Any], str]:
    def say(said: Said, what: e.Moved) -> str:
        way = f"from {what.from_group} to {what.to_group}"
        begun = "; our promises to the client began" if what.clocks_begin else ""
        if said.by_time:
            return f"{_by_time(said, what)}: moved {way}{begun}"
        return f"{said.by} {verb} it {way}{because(what.reason)}{begun}"

    return say


def _escalation_proposed(said: Said, what: e.EscalationProposed) -> str:
    to = f"{what.to_group} ({what.to_tier})"
    if what.choice:
        return f"{_by_time(said, what)}: {what.to_group} is full, so the leads were asked ({to})"
    return f"{_by_time(said, what)}: a move to {to} was proposed"


def _proposal_declined(said: Said, what: e.ProposalDeclined) -> str:
    return f"{said.by} decided that it does not go to {what.to_group}{because(what.reason)}"


def _plan_refused(said: Said, what: e.PlanRefused) -> str:
    return f"{said.by} refused the plan of {said.person(what.owner)}{because(what.reason)}"


def _packet_given(said: Said, what: e.PacketGiven) -> str:
    return f"{said.by} said what was tried and asked: {quote(what.packet.ask)}"


def _assist_called(said: Said, what: e.AssistCalled) -> str:
    return f"{said.person(what.lead)} was asked to join until {said.when(what.until)}"


def _assist_ended(said: Said, what: e.AssistEnded) -> str:
    return f"the time of {said.person(what.lead)} beside the owner ended{because(what.because)}"


def _paged(said: Said, what: e.Paged) -> str:
    as_what = f"as {what.of}" if what.page.round == 1 else f"as {what.of}, round {what.page.round}"
    who = said.person(what.page.to)
    return f"{said.ticket.group} is closed: {who} was paged ({as_what})"


def _paging_ended(_said: Said, what: e.PagingEnded) -> str:
    return f"nobody is paged any more{because(what.because)}"


def _vendor_case_opened(said: Said, what: e.VendorCaseOpened) -> str:
    case = what.case
    number = f" ({case.reference})" if case.reference else ""
    until = f"; they promised {said.when(case.promised_at)}" if case.promised_at else ""
    return f"{said.by} asked {case.vendor}{number}: {quote(case.asked)}{until}"


def _vendor_case_updated(said: Said, what: e.VendorCaseUpdated) -> str:
    return f"{said.by} heard from {what.case.vendor}: {quote(what.news)}"


def _vendor_case_closed(said: Said, what: e.VendorCaseClosed) -> str:
    return f"{said.by} closed the case with {what.vendor}: {quote(what.outcome)}"


def _prioritised(said: Said, what: e.Prioritised) -> str:
    return f"{said.by} changed the priority from {what.old} to {what.new}{because(what.reason)}"


def _terms_moved(said: Said, what: e.TermsMoved) -> str:
    dues = (f"{name} due {said.when(new)}" for name, (_, new) in what.dues.items() if new)
    new_dues = f"; {', '.join(dues)}" if any(new for _, new in what.dues.values()) else ""
    return f"{said.by} moved its promises to new terms{because(what.reason)}{new_dues}"


def _resolved(said: Said, what: e.Resolved) -> str:
    if what.self_healed:
        return "it stayed quiet after the recovery and was resolved by itself"
    if what.flowed:
        return f"resolved with major incident {what.flowed}{because(what.resolution)}"
    verb = "fulfilled" if said.ticket.type == TicketType.REQUEST else "resolved"
    return f"{said.by} {verb} it{because(what.resolution)}"


def _retyped(said: Said, what: e.Retyped) -> str:
    return f"{said.by} turned the {what.old} into a {what.new}{because(what.reason)}"


def _survey_answered(said: Said, what: e.SurveyAnswered) -> str:
    who = said.ticket.requester_name or "the requester"
    against = ", but the word says that it is not fixed" if what.survey.contradicts else ""
    return f"{who} said how it was: {what.survey.score}{against}{because(what.survey.word)}"


def _confirmed(said: Said, what: e.Confirmed) -> str:
    done = "that it is done" if said.ticket.type == TicketType.REQUEST else "the resolution"
    return f"{said.by} confirmed {done}{because(what.note)}"


def _reopened(said: Said, what: e.Reopened) -> str:
    where = said.person(what.owner) if what.owner else f"the queue of {what.group}"
    if what.flowed:
        return f"reopened with major incident {what.flowed}{because(what.reason)}"
    verb = "recorded that the client rejected it" if what.rejected else "reopened it"
    return f"{said.by} {verb}; it went back to {where}{because(what.reason)}"


def _closed(said: Said, what: e.Closed) -> str:
    carried = " (a linked ticket carries on)" if what.successor else ""
    if said.event.by.kind == "person":
        return f"{said.by} closed it{carried}{because(what.reason)}"
    return f"it was closed{carried}{because(what.reason)}"


_INTERNAL = {
    ClockName.QUEUE: "time to claim it",
    ClockName.SILENT: "time without a word",
    ClockName.CONFIRM: "time to confirm",
    ClockName.VENDOR: "vendor's time",
}


def _promise(said: Said, what: e.Threshold) -> str:
    if what.clock is ClockName.TIER:
        return f"{said.ticket.tier} limit"
    return _INTERNAL.get(what.clock, f"{what.clock} promise")


def _warned(said: Said, what: e.Warned) -> str:
    used = f"{what.fraction * 100:g} % of the {_promise(said, what)} was used"
    ends = f"; it was to end at {said.when(what.full_due)}" if what.fraction < 1 else ""
    return f"{used}{ends}{late(what.late_s)}"


def _breached(said: Said, what: e.Breached) -> str:
    return f"the {_promise(said, what)} was broken at {said.when(what.full_due)}{late(what.late_s)}"


def _lapsed(said: Said, what: e.Lapsed) -> str:
    at = said.when(what.full_due)
    if what.clock is ClockName.TIER:
        cause = "claimed without a plan" if what.cause == "skill" else "unclaimed"
        return f"the {_promise(said, what)} was reached at {at} ({cause}){late(what.late_s)}"
    return f"the {_promise(said, what)} ran out at {at}{late(what.late_s)}"


def _reviewed(said: Said, what: e.Reviewed) -> str:
    if what.kind == "chase":
        whom = said.ticket.held_of or _WAITED_FOR.get(said.ticket.held_for, "who was asked")
        return f"{whom} was reminded (reminder {what.count})"
    if what.kind == "choice":
        return "neither lead has chosen in time"
    if what.kind == "vendor":
        return f"it was time to ask the vendor again (reminder {what.count})"
    if what.kind == "limit":
        return f"the limit of {said.ticket.tier} had run out, and its path goes no higher"
    if what.kind == "packet":
        return "the sender was asked what was tried and what the next tier is to do"
    if what.kind == "expected":
        return f"it was expected to be done in {said.ticket.tier} by now"
    if what.kind == "trigger":
        return "what was to call management is no longer in the policy"
    if what.kind == "closing":
        return f"{said.ticket.group} closed for the day and nobody had claimed it"
    return "it came up for its daily review"


_WAITED_FOR = {"client": "the client", "vendor": "the vendor"}

_SAY: dict[type, Callable[[Said, Any], str]] = {
    e.Opened: _opened,
    e.Routed: _routed,
    e.Entered: lambda _said, what: f"put into the queue of {what.group} ({what.tier})",
    e.AlertAttached: _alert_attached,
    e.Recovered: _recovered,
    e.Claimed: _claimed,
    e.Released: _released,
    e.Noted: _noted,
    e.Planned: _planned,
    e.PlanSlipped: _plan_slipped,
    e.Escalated: _moved("escalated"),
    e.Returned: _moved("returned"),
    e.Transferred: _moved("passed"),
    e.EscalationProposed: _escalation_proposed,
    e.ProposalDeclined: _proposal_declined,
    e.PlanRefused: _plan_refused,
    e.PacketGiven: _packet_given,
    e.AssistCalled: _assist_called,
    e.AssistEnded: _assist_ended,
    e.Paged: _paged,
    e.PagingEnded: _paging_ended,
    e.VendorCaseOpened: _vendor_case_opened,
    e.VendorCaseUpdated: _vendor_case_updated,
    e.VendorCaseClosed: _vendor_case_closed,
    e.Held: pause_words.held,
    e.ApprovalAnswered: pause_words.approval_answered,
    e.Resumed: pause_words.resumed,
    e.Prioritised: _prioritised,
    e.TermsMoved: _terms_moved,
    e.Resolved: _resolved,
    e.Confirmed: _confirmed,
    e.Reopened: _reopened,
    e.Closed: _closed,
    e.SurveyAnswered: _survey_answered,
    e.Retyped: _retyped,
    e.Warned: _warned,
    e.Breached: _breached,
    e.Lapsed: _lapsed,
    e.Reviewed: _reviewed,
    **SAY_TOGETHER,
    **words_of_oversight.SAY,
    **words_of_correction.SAY,
    **assignment_words.SAY,
    **words_of_restriction.SAY,
}
