"""A vendor's part: a case of its own, with a promise and chases, managed to closure."""

from datetime import datetime, timedelta

from tierline.domain import clock as clocks
from tierline.domain.business_time import add
from tierline.domain.calendar import Calendar
from tierline.domain.clock import Clock, Terms
from tierline.domain.commands import (
    CloseVendorCase,
    OpenVendorCase,
    Rejected,
    UpdateVendorCase,
)
from tierline.domain.draft import Draft
from tierline.domain.events import (
    TIME,
    Reviewed,
    VendorCaseClosed,
    VendorCaseOpened,
    VendorCaseUpdated,
)
from tierline.domain.handlers.asked import Asked, missing, not_active, not_ahead, not_yours, refuse
from tierline.domain.policy import LIMIT_ONLY, Duration
from tierline.domain.promises import sla_of, step_of
from tierline.domain.terms import ClockName
from tierline.domain.ticket import VendorCase


def open_case(draft: Draft, command: OpenVendorCase, asked: Asked) -> Rejected | None:
    """A vendor is asked; their promise, where there is one, gets a clock."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    for name, text in (("vendor", command.vendor), ("asked", command.asked)):
        if refused := missing(text, name, ticket):
            return refused
    if ticket.vendor is not None:
        return refuse(
            "vendor_case_open",
            f"there is a case with {ticket.vendor.vendor} already: update or close it first",
            ticket,
        )
    if refused := _instants_refused(draft, command):
        return refused
    case = VendorCase(
        vendor=command.vendor,
        reference=command.reference,
        contact=command.contact,
        asked=command.asked,
        since=at,
        next_chase=command.chase_at or next_chase(draft, at, command.record.chase),
        promised_at=command.promised_at,
        chase=command.record.chase,
    )
    draft.emit(
        VendorCaseOpened(case),
        at=at,
        by=asked.by,
        why=draft.why("vendor asked", promised=str(case.promised_at)),
        cause=asked.cause,
        changed=_promise(draft, case, at),
    )
    return None


def update_case(draft: Draft, command: UpdateVendorCase, asked: Asked) -> Rejected | None:
    """Word of the vendor: chases count anew; a new promise replaces the old one."""
    ticket, at = draft.ticket, draft.now
    if refused := missing(command.news, "news", ticket):
        return refused
    if ticket.vendor is None:
        return _no_case(draft)
    if refused := _instants_refused(draft, command):
        return refused
    before = ticket.vendor
    case = VendorCase(
        vendor=before.vendor,
        reference=command.reference or before.reference,
        contact=command.contact or before.contact,
        asked=before.asked,
        since=before.since,
        next_chase=command.chase_at or next_chase(draft, at, before.chase),
        promised_at=command.promised_at or before.promised_at,
        chase=before.chase,
    )
    changed = _promise(draft, case, at) if command.promised_at is not None else []
    draft.emit(
        VendorCaseUpdated(case, command.news),
        at=at,
        by=asked.by,
        why=draft.why("word of the vendor", promised_before=str(before.promised_at)),
        cause=asked.cause,
        changed=changed,
    )
    return None


def close_case(draft: Draft, command: CloseVendorCase, asked: Asked) -> Rejected | None:
    """The vendor's part is over: their promise is met, kept or not."""
    ticket, at = draft.ticket, draft.now
    if refused := missing(command.outcome, "outcome", ticket):
        return refused
    if ticket.vendor is None:
        return _no_case(draft)
    clock = draft.clock(ClockName.VENDOR)
    met = [] if clock is None or clock.over else [clocks.meet(clock, at, draft.policy.calendars)]
    draft.emit(
        VendorCaseClosed(ticket.vendor.vendor, ticket.vendor.reference, command.outcome),
        at=at,
        by=asked.by,
        why=draft.why("vendor case closed", opened_at=ticket.vendor.since.isoformat()),
        cause=asked.cause,
        changed=met,
    )
    return None


def next_chase(draft: Draft, at: datetime, recorded: Duration | None) -> datetime:
    """When the owner is reminded to ask the vendor again (UTC), on the cover.

    The vendor's record says how soon, else the step the ticket is at, else the policy's `holds`.
    """
    ticket, policy = draft.ticket, draft.policy
    chase = recorded or step_of(policy, ticket, ticket.tier).chase or policy.holds.chase
    cover = sla_of(policy, ticket.agreement).cover[ticket.priority]
    chase_s = timedelta(seconds=chase.on(cover))
    return add(cover, at, chase_s) or at + chase_s


def _promise(draft: Draft, case: VendorCase, at: datetime) -> list[Clock]:
    """The clock of the vendor's promise: an instant, so it counts round the clock.

    A target is whole seconds; what it has more than the promise leaves counts as used.
    """
    if case.promised_at is None:
        return []
    left = case.promised_at - at
    target_s = -(-left // timedelta(seconds=1))
    used_us = (timedelta(seconds=target_s) - left) // timedelta(microseconds=1)
    terms = Terms(target_s, Calendar.always(), LIMIT_ONLY, draft.policy.version)
    cycle = draft.next_seq
    return [clocks.start(ClockName.VENDOR, terms, at, cycle=cycle, carried_us=used_us)]


def _instants_refused(draft: Draft, command: OpenVendorCase | UpdateVendorCase) -> Rejected | None:
    for name in ("promised_at", "chase_at"):
        instant = getattr(command, name)
        if instant is not None and (refused := not_ahead(instant, name, draft)):
            return refused
    return None


def _no_case(draft: Draft) -> Rejected:
    return refuse("no_vendor_case", "there is no case with a vendor: open one", draft.ticket)


def unheard(draft: Draft, at: datetime) -> None:
    """Nothing was heard of the vendor: whoever owns the ticket is reminded to ask again."""
    case = draft.ticket.vendor
    if case is None:  # pragma: no cover - `upcoming` offers it only with a case
        return
    count = case.chases + 1
    what = Reviewed("vendor", count, next_chase(draft, at, case.chase))
    why = draft.why("vendor chase", vendor=case.vendor, reference=case.reference, count=count)
    cause = f"vendor/{case.since.isoformat()}/{count}/{case.next_chase.isoformat()}"
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)
