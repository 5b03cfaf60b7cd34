"""Reports: the lead's list of a group, the bounce ledger, the week in figures, letters written."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from router.archived import check_kept
from router.caller import NoticeReader, Reader
from router.context import Here
from router.described import READING, refusals
from router.limits import LETTERS_LISTED, LETTERS_MAX
from router.places import named_group
from router.queries.letters import letters_written
from router.report_views import bounce_view, list_view, week_view
from router.requests import Instant
from router.responses.reports import BounceLedger, LeadList, Letters, WeekReport
from router.routes.on_call import check_instant
from tierline.domain.instants import FIRST_INSTANT
from tierline.domain.letters.when import LetterKind
from tierline.reports.bounces import read_bounce_page
from tierline.reports.limits import REPORT_DAYS_MAX
from tierline.reports.lists import read_lead_page
from tierline.reports.week import local_day, read_week_page, week_before
from tierline.store.tickets import policy_now
from tierline.web.bodies import Line
from tierline.web.encoding import json_response
from tierline.web.problems import ProblemError
from tierline.web.walls import sight_of

router = APIRouter(tags=["reports"])

A_WEEK = timedelta(days=8)
"""The week before is shown beside a week, and it begins by the provider's own clock."""
BOUNCE_DAYS = 30
"""The stretch of a ledger for which no `since` is given."""

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


@router.get("/v1/groups/{group}/list", response_model=LeadList, responses=refusals(404, *READING))
async def lead_list(
    context: Here,
    principal: Reader,
    group: Annotated[Line, Path(description="The group's name.")],
    at: Annotated[
        Literal["opening", "closing"],
        Query(description="The list as for the next opening, or as for the closing."),
    ] = "closing",
) -> Response:
    """The lead's list as it is now: what breaks before anyone is in, and what needs a hand.

    It looks at 1,000 open tickets of the group, the most pressing first; `more` says where there
    were others.
    """
    policy = context.source.current
    name = named_group(policy, principal, group).name
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        page = await read_lead_page(
            connection, policy, name, LetterKind(at), now, sight=sight_of(principal)
        )
    return json_response(list_view(page))


@router.get("/v1/reports/bounces", response_model=BounceLedger, responses=refusals(404, *READING))
async def bounces(
    context: Here,
    principal: Reader,
    since: Annotated[
        Instant | None, Query(description="30 days before `until`, if left out.")
    ] = None,
    until: Annotated[Instant | None, Query(description="Exclusive; now, if left out.")] = None,
    client: Annotated[Line, Query(description="Tickets of this client alone.")] = "",
    group: Annotated[Line, Query(description="Bounces of this group alone.")] = "",
) -> Response:
    """Tickets that went from one group to another and straight back, by edge.

    Counted by when the way back was recorded, over 92 days at most; the newest 2,000, `more` says
    where there were others.
    """
    policy = context.source.current
    if group:
        named_group(policy, principal, group)
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        first, last = _stretch(since, until, now)
        await check_kept(connection, "since", first)
        page = await read_bounce_page(
            connection,
            first,
            last,
            sight=sight_of(principal),
            client=client,
            group=group,
        )
    return json_response(bounce_view(page))


def _stretch(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    last = check_instant("until", until or now)
    first = check_instant("since", since or max(FIRST_INSTANT, last - timedelta(days=BOUNCE_DAYS)))
    if not timedelta(0) < last - first <= timedelta(days=REPORT_DAYS_MAX):
        said = f"since: must lie before `until`, by {REPORT_DAYS_MAX} days at most"
        raise ProblemError(422, "invalid", said)
    return first, last


@router.get("/v1/reports/week", response_model=WeekReport, responses=refusals(*READING))
async def week(
    context: Here,
    principal: Reader,
    week: Annotated[
        str, Query(max_length=8, description="Like 2026-W48; the last whole week, if left out.")
    ] = "",
) -> Response:
    """The manager's week in figures, with those of the week before beside them.

    A week begins on Monday in the provider's zone; what was recorded in it counts. Figures are made
    of 100,000 events a week at most; `complete` is false where there were more.
    """
    zone = context.source.current.letters.zone
    async with context.db.connection() as connection:
        now = await policy_now(connection)
        monday = _monday(week) if week else week_before(local_day(zone, now))
        await check_kept(connection, "week", datetime.combine(monday, time(), UTC) - A_WEEK)
        page = await read_week_page(connection, zone, monday, sight=sight_of(principal))
    return json_response(week_view(page))


def _monday(week: str) -> date:
    """The first day of an ISO 8601 week. Raises ProblemError (422) for anything that is none."""
    found = _WEEK.fullmatch(week)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    if 2000 < year < 2100 and 0 < number <= date(year, 12, 28).isocalendar().week:
        return date.fromisocalendar(year, number, 1)
    raise ProblemError(422, "invalid", f"week: {week!r} is no week; write it like 2026-W48")


@router.get("/v1/letters", response_model=Letters, responses=refusals(*READING))
async def letters(
    context: Here,
    principal: NoticeReader,
    limit: Annotated[int, Query(ge=1, le=LETTERS_MAX)] = LETTERS_LISTED,
) -> Response:
    """Letters that were written, the newest first: when due, when written, to whom, the outcome.

    A letter may speak of any client, so who is walled in is shown none.
    """
    async with context.db.connection() as connection:
        return json_response({"items": await letters_written(connection, principal, limit)})
