"""The sentences of offers, and of claims that end."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain import assignment as a
from tierline.domain.people import AWAY
from tierline.messages.phrases import Said, because


def _offered(said: Said, what: a.Offered) -> str:
    return f"it was offered to {said.person(what.to)} until {said.when(what.until)}"


def _declined(said: Said, what: a.OfferDeclined) -> str:
    return f"{said.person(what.login)} declined it{because(what.reason)}"


def _lapsed(said: Said, what: a.OfferLapsed) -> str:
    return f"{said.person(what.login)} did not answer the offer in time"


def _not_offered(said: Said, what: a.NotOffered) -> str:
    again = f"; offers go on at {said.when(what.again_at)}" if what.again_at else ""
    return f"it waits to be claimed, {what.because}{again}"


def _ending(said: Said, what: a.ShiftEnding) -> str:
    end = "will be away from" if what.because == AWAY else "goes off shift at"
    return f"{said.person(what.owner)} {end} {said.when(what.until)} and still has it"


def _kept(said: Said, what: a.ClaimKept) -> str:
    return f"{said.person(what.owner)} keeps it beyond {said.when(what.until)}"


def _handed_over(said: Said, what: a.HandedOver) -> str:
    return f"{said.by} handed it over to {said.person(what.to)}{because(what.reason)}"


def _stands(said: Said, what: a.ClaimStands) -> str:
    return f"{said.person(what.owner)} still has it{because(what.because)}"


def _ended(said: Said, what: a.ClaimEnded) -> str:
    plan = "; the plan is void" if what.plan_void else ""
    return f"the claim of {said.person(what.owner)} ended ({what.because}), back to the queue{plan}"


def _absence(said: Said, what: a.AbsenceNoted) -> str:
    owner = said.person(what.owner)
    if what.away_from is None or what.away_until is None:
        return f"the absence of {owner} was taken back"
    span = f"from {said.when(what.away_from)} until {said.when(what.away_until)}"
    return f"an absence of {owner} was put on record, {span}"


SAY: Mapping[type, Callable[[Said, Any], str]] = {
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
