"""Why somebody was offered a ticket or passed over, and why a claim ended or went on."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import assignment as a
from tierline.domain.explain.phrases import because, when
from tierline.domain.explain.seen import Seen
from tierline.domain.offering import OFFER_FOR


def _offered(seen: Seen, what: a.Offered) -> str:
    rule = seen.event.why.rule.partition(": ")[2]
    to = seen.case.person(what.to)
    passed = _passed(seen)
    others = f" Passed over: {passed}." if passed else ""
    return f"The group assigns by {rule}, and {to} came first: {what.reason}.{others}"


def _passed(seen: Seen) -> str:
    """Each member who was not asked, with the reason."""
    found: Mapping[str, str] = seen.value("passed") or {}
    return ", ".join(f"{seen.case.person(login)} ({why})" for login, why in found.items())


def _declined(seen: Seen, what: a.OfferDeclined) -> str:
    return f"{seen.case.person(what.login)} was asked and does not take it{because(what.reason)}."


def _lapsed(seen: Seen, what: a.OfferLapsed) -> str:
    minutes = round(OFFER_FOR.total_seconds() / 60)
    who = seen.case.person(what.login)
    return f"{who} had {minutes} minutes of staffed time to answer, and they are over."


def _not_offered(seen: Seen, what: a.NotOffered) -> str:
    passed = _passed(seen)
    each = f": {passed}" if passed else ""
    again = f" Offers go on at {when(what.again_at)}." if what.again_at else ""
    return f"Nobody could be asked, {what.because}{each}.{again}"


def _ending(seen: Seen, what: a.ShiftEnding) -> str:
    time = "absence begins" if what.because == "away" else "shift ends"
    owner = seen.case.person(what.owner)
    return f"{owner} owns it, and their {time} at {when(what.until)}."


def _kept(seen: Seen, what: a.ClaimKept) -> str:
    return f"{seen.by} chose that it waits for {seen.case.person(what.owner)}."


def _handed_over(seen: Seen, what: a.HandedOver) -> str:
    to, owner = seen.case.person(what.to), seen.case.person(what.owner)
    whose = "which they owned" if seen.event.by.name == what.owner else f"which {owner} owned"
    return f"{seen.by} gave it, {whose}, to {to}, who was in{because(what.reason)}."


def _stands(seen: Seen, what: a.ClaimStands) -> str:
    owner = seen.case.person(what.owner)
    return f"The claim of {owner} might have ended then, but it goes on{because(what.because)}."


def _ended(seen: Seen, what: a.ClaimEnded) -> str:
    owner = seen.case.person(what.owner)
    kept = ""
    if seen.value("kept"):
        kept = f" It was to be kept, but a {seen.value('priority')} is not left with who is off."
    reason = "shift ended" if what.because == "end of shift" else "absence began"
    return f"{owner} owned it, and their {reason}; what is not kept goes back to the queue.{kept}"


def _absence(seen: Seen, what: a.AbsenceNoted) -> str:
    owner = seen.case.person(what.owner)
    ends = f"; the claim now ends at {when(what.ends.at)}" if what.ends else ""
    return f"{owner} owns it, and the absences on record of {owner} changed{ends}."


CAUSES: Mapping[type, Callable[[Seen, Any], str]] = {
    a.Offered: _offered,
    a.OfferDeclined: _declined,
    a.OfferLapsed: _lapsed,
    a.NotOffered: _not_offered,
    a.ShiftEnding: _ending,
    a.ClaimKept: _kept,
    a.HandedOver: _handed_over,
    a.ClaimStands: _stands,
    a.ClaimEnded: _ended,
    a.AbsenceNoted: _absence,
}
"""By type of event."""
