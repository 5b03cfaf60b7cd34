"""Training: what there is to teach a tier, what was made of it, and whether it helped."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tierline.domain.events import Resolved
from tierline.domain.policy import Policy
from tierline.domain.training.items import Case, Item, items_of
from tierline.domain.training.sessions import next_session
from tierline.messages.events import decode_event
from tierline.reports.limits import (
    CASES_MAX,
    EFFECT_DAYS,
    EFFECTS_MAX,
    JUDGED_MAX,
    TRAINING_DAYS,
)
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, counted_wall, ticket_wall

OPEN, PLANNED, DONE = "open", "planned", "done"
STATES = (OPEN, PLANNED, DONE)


@dataclass(frozen=True, slots=True)
class Mark:
    """What was made of an item: by whom, when (UTC policy time), and a note."""

    state: str = OPEN
    by: str = ""
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """Escalations of that kind out of that tier, before an item was done and since.

    `before` counts EFFECT_DAYS days, `after` the `after_days` that have passed, as many at most.
    """

    of: str
    before: int
    after: int
    after_days: int


@dataclass(frozen=True, slots=True)
class Taught:
    """An item with what was made of it; `effect` of those that are done."""

    item: Item
    mark: Mark
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a tier's next session is about; `at`: when it begins (UTC), None: none is written."""

    tier: str
    at: datetime | None
    open: int
    planned: int


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """Items, the newest first, and the sessions they go to.

    `more`: more was resolved in the window than is looked at.
    """

    now: datetime
    agendas: tuple[Agenda, ...]
    items: tuple[Taught, ...]
    more: bool


async def read_training_page(
    connection: Connection,
    policy: Policy,
    now: datetime,
    *,
    sight: Sight,
    tier: str = "",
    states: Collection[str] = STATES,
) -> TrainingPage:
    """What there is to teach, out of what was resolved in the last TRAINING_DAYS days.

    Args:
        connection: inside a transaction or outside any.
        policy: when tiers train.
        now: UTC policy time.
        sight: the wall of whoever reads it.
        tier: of this one only; empty: of all.
        states: of these only.
    """
    cases, marks, more = await _cases(connection, now, sight)
    every = [
        Taught(item, marks.get((item.case.ticket, item.case.seq), Mark()))
        for item in items_of(cases, JUDGED_MAX)
        if not tier or item.case.came_from == tier
    ]
    shown = [one for one in every if one.mark.state in states]
    effects = await _effects(connection, now, shown, sight)
    items = tuple(replace(one, effect=effects.get(place)) for place, one in enumerate(shown))
    return TrainingPage(now, _agendas(policy, now, every, tier), items, more)


def _agendas(
    policy: Policy, now: datetime, items: Sequence[Taught], tier: str
) -> tuple[Agenda, ...]:
    zone = ZoneInfo(policy.letters.zone)
    found = []
    for name in policy.tiers:
        of = [one.mark.state for one in items if one.item.case.came_from == name]
        rule = policy.training.get(name)
        if (tier and name != tier) or (rule is None and not of):
            continue
        at = next_session(rule, zone, now) if rule else None
        found.append(Agenda(name, at, of.count(OPEN), of.count(PLANNED)))
    return tuple(found)


CASES = f"""
SELECT e.body, (
    SELECT m.body #>> '{{data,what,from_tier}}' FROM tierline.event m
    WHERE m.ticket = e.ticket AND m.seq < e.seq AND m.type = 'escalated'
    ORDER BY m.seq DESC LIMIT 1) AS came_from, t.state, t.by, t.at, t.note
FROM tierline.event e LEFT JOIN tierline.training t USING (ticket, seq)
WHERE e.type = 'resolved' AND e.recorded_at >= $2 AND {ticket_wall("e.ticket", "e.client", 1)}
ORDER BY e.recorded_at DESC, e.ticket, e.seq LIMIT $3
"""


async def _cases(
    connection: Connection, now: datetime, sight: Sight
) -> tuple[list[Case], dict[tuple[int, int], Mark], bool]:
    since = now - timedelta(days=TRAINING_DAYS)
    rows = await connection.fetch(CASES, sight, since, CASES_MAX + 1)
    cases, marks = list[Case](), dict[tuple[int, int], Mark]()
    for row in rows[:CASES_MAX]:
        case = _case(row["body"], row["came_from"] or "")
        if case is None:
            continue
        cases.append(case)
        if row["state"] is not None:
            mark = Mark(row["state"], row["by"], row["at"], row["note"])
            marks[case.ticket, case.seq] = mark
    return cases, marks, len(rows) > CASES_MAX


def _case(body: str, came_from: str) -> Case | None:
    message = decode_event(body)
    what, ticket = message.event.what, message.ticket
    if not isinstance(what, Resolved) or what.self_healed:
        return None
    return Case(
        ticket=ticket.number,
        seq=message.event.seq,
        at=message.event.at,
        client=ticket.client,
        category=ticket.category,
        host=ticket.host,
        title=ticket.title,
        came_from=came_from,
        answer=what.tier_below_could,
        text=what.resolution,
    )


EFFECTS = f"""
SELECT u.place, count(*) FILTER (WHERE e.recorded_at < u.at) AS before,
    count(*) FILTER (WHERE e.recorded_at >= u.at) AS after
FROM unnest($2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
    AS u(place, at, tier, category, client)
JOIN tierline.event e ON e.type = 'escalated'
    AND e.recorded_at >= u.at - make_interval(days => $7)
    AND e.recorded_at < u.at + make_interval(days => $7)
    AND e.body #>> '{{data,what,from_tier}}' = u.tier
    AND (CASE WHEN u.category <> '' THEN e.body #>> '{{data,ticket,category}}' = u.category
         ELSE e.client = u.client END)
WHERE {counted_wall("e.client", 1)}
GROUP BY u.place
"""


async def _effects(
    connection: Connection,
    now: datetime,
    items: Sequence[Taught],
    sight: Sight,
) -> Mapping[int, Effect]:
    """By place in `items`: what came of the newest EFFECTS_MAX that are done."""
    done = [
        (place, one, one.mark.at)
        for place, one in enumerate(items)
        if one.mark.state == DONE and one.mark.at is not None
    ][:EFFECTS_MAX]
    if not done:
        return {}
    rows = await connection.fetch(
        EFFECTS,
        sight,
        [place for place, _, _ in done],
        [at for _, _, at in done],
        [one.item.case.came_from for _, one, _ in done],
        [one.item.case.category for _, one, _ in done],
        [one.item.case.client for _, one, _ in done],
        EFFECT_DAYS,
    )
    counts = {row["place"]: (row["before"], row["after"]) for row in rows}
    return {
        place: Effect(
            one.item.case.category or one.item.case.client,
            *counts.get(place, (0, 0)),
            after_days=min(EFFECT_DAYS, (now - at).days),
        )
        for place, one, at in done
    }


OF_EVENT = f"""
SELECT 1 FROM tierline.event e
WHERE e.ticket = $2 AND e.seq = $3 AND e.type = 'resolved'
  AND {ticket_wall("e.ticket", "e.client", 1)}
"""

MARK = """
INSERT INTO tierline.training (ticket, seq, state, by, at, note) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (ticket, seq) DO UPDATE
SET state = excluded.state, by = excluded.by, at = excluded.at, note = excluded.note
"""


async def mark_item(
    connection: Connection,
    ticket: int,
    seq: int,
    mark: Mark,
    *,
    sight: Sight,
) -> bool:
    """Keep what was made of an item.

    Args:
        connection: inside a transaction.
        ticket: whose.
        seq: the event that resolved it.
        mark: with an instant.
        sight: the wall of whoever does it.

    Returns:
        False where there is no such event for them; then nothing is changed.
    """
    row = await connection.fetchrow(OF_EVENT, sight, ticket, seq)
    if row is None:
        return False
    await connection.execute(MARK, ticket, seq, mark.state, mark.by, mark.at, mark.note)
    return True
