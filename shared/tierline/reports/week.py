"""The manager's week: its figures, with those of the week before beside them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tierline.domain.figures.week import COUNTED, Tally, Week, Woken
from tierline.domain.letters.when import week_of
from tierline.messages.events import decode_event
from tierline.reports.bounces import read_bounces
from tierline.reports.guides import overdue_guides
from tierline.reports.limits import EVENTS_A_FETCH, NIGHT, REPORT_EVENTS_MAX, WOKEN_MAX
from tierline.store.tickets import Connection, policy_now
from tierline.web.walls import Sight, counted_wall, every_client


@dataclass(frozen=True, slots=True)
class WeekPage:
    """A week in figures, as of what was recorded in it.

    Attributes:
        week: ISO 8601, like `2026-W48`.
        zone: on whose wall it begins and ends.
        since, until: the same as instants (UTC), `until` exclusive.
        figures: of this week.
        before: of the week before.
        overdue_guides: guides that nobody has looked at in time, as it is now; ours alone.
        complete: false where more than REPORT_EVENTS_MAX events were recorded in one of the two, so
            that the figures are too low.
    """

    week: str
    zone: str
    since: datetime
    until: datetime
    figures: Week
    before: Week
    complete: bool
    overdue_guides: tuple[str, ...] = ()


def week_name(monday: date) -> str:
    """`2026-W48`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def week_before(day: date) -> date:
    """The Monday of the last week that is over on `day`."""
    return day - timedelta(days=day.weekday() + 7)


def local_day(zone: str, now: datetime) -> date:
    """The date by the wall of `zone`."""
    return now.astimezone(ZoneInfo(zone)).date()


async def read_week_page(
    connection: Connection, zone: str, monday: date, *, sight: Sight
) -> WeekPage:
    """The week that begins on `monday` by the wall of `zone`, for who sees those clients."""
    place = ZoneInfo(zone)
    since, until = week_of(place, monday)
    earlier, _ = week_of(place, monday - timedelta(days=7))
    figures, whole = await _figures(connection, zone, since, until, sight)
    before, whole_before = await _figures(connection, zone, earlier, since, sight)
    overdue: tuple[str, ...] = ()
    if every_client(sight):
        today = local_day(zone, await policy_now(connection))
        overdue = await overdue_guides(connection, today)
    return WeekPage(
        week=week_name(monday),
        zone=zone,
        since=since,
        until=until,
        figures=figures,
        before=before,
        complete=whole and whole_before,
        overdue_guides=overdue,
    )


RECORDED = f"""
SELECT e.body FROM tierline.event e
WHERE e.recorded_at >= $2 AND e.recorded_at < $3 AND e.type = ANY($4::text[])
  AND {counted_wall("e.client", 1)}
LIMIT $5
"""


async def _figures(
    connection: Connection,
    zone: str,
    since: datetime,
    until: datetime,
    sight: Sight,
) -> tuple[Week, bool]:
    tally, read = Tally(), 0
    asked = (sight, since, until, list(COUNTED), REPORT_EVENTS_MAX + 1)
    async with connection.transaction():
        async for row in connection.cursor(RECORDED, *asked, prefetch=EVENTS_A_FETCH):
            read += 1
            if read > REPORT_EVENTS_MAX:
                break
            message = decode_event(row["body"])
            tally.add(message.event, message.ticket)
    bounces, more = await read_bounces(connection, since, until, sight=sight)
    woken = await _woken(connection, zone, since, until, sight)
    return tally.week(bounces, woken), read <= REPORT_EVENTS_MAX and not more


WOKEN = f"""
SELECT n.recipient, n.occasion, count(*) AS n
FROM tierline.event e JOIN tierline.notice n USING (ticket, seq)
WHERE e.recorded_at >= $2 AND e.recorded_at < $3
  AND (extract(hour FROM e.recorded_at AT TIME ZONE $4) >= $5::int
       OR extract(hour FROM e.recorded_at AT TIME ZONE $4) < $6::int)
  AND n.kind = 'person' AND n.reach = 'page' AND n.state = 'delivered'
  AND {counted_wall("n.client", 1)}
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT $7
"""


async def _woken(
    connection: Connection,
    zone: str,
    since: datetime,
    until: datetime,
    sight: Sight,
) -> list[Woken]:
    """Who was told at night by something that wakes, and of what; the most often woken first."""
    rows = await connection.fetch(WOKEN, sight, since, until, zone, NIGHT[0], NIGHT[1], WOKEN_MAX)
    counts: dict[str, int] = {}
    occasions: dict[str, list[str]] = {}
    for row in rows:
        counts[row["recipient"]] = counts.get(row["recipient"], 0) + row["n"]
        occasions.setdefault(row["recipient"], []).append(row["occasion"])
    ranked = sorted(counts, key=lambda who: (-counts[who], who))
    return [Woken(who, counts[who], tuple(occasions[who])) for who in ranked]
