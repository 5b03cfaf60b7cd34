"""The week in rows for people: a name, this week's figure, last week's beside it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tierline.domain.explain.phrases import length
from tierline.domain.figures.week import Counted, Week
from tierline.domain.terms import ClockName
from tierline.reports.week import WeekPage

EDGES_TOLD: Final = 10
WOKEN_TOLD: Final = 20
"""Rows of those sections; the ledger and the notices have them all."""

_CLOCKS: Final = {
    ClockName.RESPOND: "first answer",
    ClockName.PLAN: "plan to resolution",
    ClockName.RESOLVE: "resolution",
    ClockName.FULFIL: "fulfilment",
    ClockName.UPDATE: "update",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; a row without figures is a heading."""

    name: str
    now: str = ""
    before: str = ""

    @property
    def heading(self) -> bool:
        """Whether it begins a section."""
        return not self.now


def rows_of(page: WeekPage) -> tuple[Row, ...]:
    """Every figure of the letter in the order in which it is read."""
    now, before = page.figures, page.before
    return (
        Row("Promises to clients, kept of those that ended"),
        *_promises(now, before),
        Row("Work"),
        *_work(now, before),
        Row("Resolved within (median), pauses left out"),
        *_resolutions(now, before),
        Row("Limits that ran out"),
        *_lapses(now, before),
        *_counted("Escalated too soon, by category", now.premature, before.premature),
        *_counted("Plans that slipped, by group", now.slips, before.slips),
        *_counted("The tier below could have done it, with", now.training, before.training),
        *_bounces(now),
        *_counted("Paged for a closed group, as", now.paged, before.paged),
        *_woken(now),
        *_overdue(page),
    )


def _promises(now: Week, before: Week) -> Iterator[Row]:
    last = {(one.priority, one.clock): one for one in before.promises}
    for one in now.promises:
        then = last.get((one.priority, one.clock))
        name = f"{one.priority} {_CLOCKS[ClockName(one.clock)]}"
        yield Row(name, _of(one.kept, one.broken), _of(then.kept, then.broken) if then else "-")
    if not now.promises:
        yield Row("none ended", "-", "-")


def _of(kept: int, broken: int) -> str:
    return f"{kept} of {kept + broken}"


def _work(now: Week, before: Week) -> Iterator[Row]:
    yield Row("resolved by people", str(now.resolved), str(before.resolved))
    yield Row("healed by themselves", str(now.self_healed), str(before.self_healed))
    yield Row("at first contact, alerts left out", _contact(now), _contact(before))


def _contact(week: Week) -> str:
    if not week.contacts:
        return "-"
    share = week.first_contact / week.contacts
    return f"{week.first_contact} of {week.contacts} ({share:.0%})"


def _resolutions(now: Week, before: Week) -> Iterator[Row]:
    last = {one.priority: one for one in before.resolutions}
    for one in now.resolutions:
        then = last.get(one.priority)
        both = f"{length(one.net_s)} ({length(one.gross_s)} with them)"
        yield Row(one.priority, both, length(then.net_s) if then else "-")
    if not now.resolutions:
        yield Row("nothing was resolved", "-", "-")


def _lapses(now: Week, before: Week) -> Iterator[Row]:
    last = {one.tier: one for one in before.lapses}
    for one in now.lapses:
        then = last.get(one.tier)
        yield Row(
            one.tier,
            f"{one.skill} for skill, {one.capacity} for capacity",
            f"{then.skill}, {then.capacity}" if then else "-",
        )
    if not now.lapses:
        yield Row("none", "-", "-")


def _counted(heading: str, now: Iterable[Counted], before: Iterable[Counted]) -> Iterator[Row]:
    last = {one.name: one.count for one in before}
    rows = [Row(one.name, str(one.count), str(last.get(one.name, 0))) for one in now]
    if rows:
        yield Row(heading)
        yield from rows


def _bounces(now: Week) -> Iterator[Row]:
    if now.bounces:
        yield Row("Sent there and straight back")
    for edge in now.bounces[:EDGES_TOLD]:
        lost = length(edge.lost_s)
        yield Row(f"{edge.sent_by} > {edge.sent_to}", f"{edge.count}, {lost} lost", "")


def _woken(now: Week) -> Iterator[Row]:
    if now.woken:
        yield Row("Woken at night")
    for one in now.woken[:WOKEN_TOLD]:
        yield Row(one.who, f"{one.count}: {', '.join(one.occasions)}", "")


def _overdue(page: WeekPage) -> Iterator[Row]:
    if page.overdue_guides:
        yield Row("Guides that nobody has looked at in time")
    for guide in page.overdue_guides:
        yield Row(guide, "overdue", "")
