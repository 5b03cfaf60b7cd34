"""Statements that run all day, on 50,000 tickets: the index they are for, and a bounded look.

The plans are those of the production functions themselves: a connection that explains what it is
asked to run.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from intake.triage import store as triage_store
from intake.triage.counting import count_alike
from intake.triage.limits import ALIKE_READ_MAX
from router.queries.board import board
from router.queries.tickets import Wanted, list_tickets
from router.queries.together import known_for, majors
from sla_timer.limits import BATCH
from tests.domain.worlds import MONDAY
from tests.services.interleavings.world import World, make_world
from tests.services.plans import Explaining, indexes, looked_at, plans_of
from tierline.bus.limits import SWEEP_TICKETS_MAX, SWEEP_WITHIN_S
from tierline.domain.terms import Role
from tierline.domain.triage import COUNTED_MAX
from tierline.messages.state import decode_ticket
from tierline.store import events as stored
from tierline.store import tickets as ticket_store
from tierline.store.lapses import read_lapses
from tierline.web.principal import Principal
from tierline.web.walls import EVERYTHING

pytestmark = pytest.mark.postgres

MANY = 50_000
OPEN = 5_000
DUE = 300
CHANGED_LATELY = 400
WAITING = 200
TURNS = 4_000
TAKEN_UP_NEXT = "SELECT id FROM tierline.alert WHERE outcome IS NULL ORDER BY id LIMIT 50"
INSIDE = "SELECT prosrc, proconfig FROM pg_proc WHERE oid = $1::text::regproc"
"""What a function runs, and what it sets meanwhile: no plan of a statement shows either."""
ALIKE_BY = ("integration", "dedup_key", "client", "since", "until", "most")
TAKEN_UP_BY = {"alert_pkey", "alert_waiting", "problem_pkey"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def full(module_database_url: str) -> AsyncIterator[World]:
    """OPEN of MANY tickets are open, DUE of them due; CHANGED_LATELY changed within the sweep."""
    async with make_world(module_database_url) as world:
        template = await world.open(problem_key="")
        await world.run(
            f"""
            INSERT INTO tierline.ticket (id, seq, doc, state, type, client, title, priority, tier,
                grp, owner, problem_key, opened_at, promise_due, next_due_at, recorded_at,
                changed_at)
            SELECT 100000 + n, 2,
                replace(t.doc::text, '"id":' || t.id, '"id":' || 100000 + n)::json,
                CASE WHEN n <= {OPEN} THEN 'queued' ELSE 'closed' END, t.type,
                'client-' || n % 500, 'Switch ' || n || ' is down', 'P' || 1 + n % 4, 'T1',
                'group-' || n % 20, CASE WHEN n % 3 = 0 THEN 'tech-' || n % 40 ELSE '' END,
                'key-' || n, $1::timestamptz - n * interval '1 minute',
                CASE WHEN n <= {OPEN} THEN $1::timestamptz + n * interval '1 second' END,
                CASE WHEN n <= {DUE} THEN $1::timestamptz - n * interval '1 second'
                     WHEN n <= {OPEN} THEN $1::timestamptz + n * interval '1 minute' END,
                $1, now() - CASE WHEN n <= {CHANGED_LATELY} THEN interval '1 minute'
                                 ELSE n * interval '1 hour' END
            FROM tierline.ticket t, generate_series(1, {MANY}) AS n WHERE t.id = $2
            """,
            MONDAY,
            template.id,
        )
        await world.run(
            "INSERT INTO tierline.progress (consumer, ticket, seq)"
            " SELECT 'notifier', id, 2 FROM tierline.ticket WHERE id % 2 = 0"
        )
        await world.run(
            f"""
            INSERT INTO tierline.alert (accepted_at, received_at, integration, source, client,
                dedup_key, body, outcome)
            SELECT $1, now() - interval '1 minute', 'rmm', 'rmm', 'Contoso', 'k' || n, '{{}}',
                CASE WHEN n > {WAITING} THEN 'attached' END
            FROM generate_series(1, {MANY}) AS n
            """,
            MONDAY,
        )
        await world.run(
            "INSERT INTO tierline.event (ticket, seq, at, recorded_at, type, client, body)"
            " SELECT 100000 + n, seq, $1, $1, 'noted', 'Contoso', '{}'"
            f" FROM generate_series(1, {MANY}) AS n, generate_series(1, 2) AS seq",
            MONDAY,
        )
        await world.run(
            "INSERT INTO tierline.event (ticket, seq, at, recorded_at, type, client, body)"
            " SELECT 100000 + n, 3, $1, $1::timestamptz - n * interval '1 minute', 'offered', 'x',"
            " json_build_object('data', json_build_object('ticket', json_build_object('group',"
            " 'group-' || n % 20), 'what', json_build_object('to', 'tech-' || n % 40)))"
            f" FROM generate_series(1, {TURNS}) AS n",
            MONDAY,
        )
        await world.run(
            "INSERT INTO tierline.problem (client, key) SELECT 'client-' || n % 500, 'key-' || n"
            f" FROM generate_series(1, {MANY}) AS n"
        )
        await world.run("VACUUM ANALYZE")
        yield world


async def test_the_due_look_walks_the_due_index_for_one_batch(full: World) -> None:
    plans = await plans_of(full, lambda c: ticket_store.lock_due(c, MONDAY, BATCH))
    assert "ticket_due" in indexes(plans)
    assert looked_at(plans, "ticket") <= 3 * BATCH


async def test_the_due_look_takes_no_more_than_a_batch(full: World) -> None:
    """However the planner joins: the look itself happens once."""
    async with full.db.transaction() as connection:
        assert len(await ticket_store.lock_due(connection, MONDAY, BATCH)) == BATCH
        async with full.db.transaction() as other:
            rest = await other.fetch(
                "SELECT id FROM tierline.ticket WHERE next_due_at <= $1 FOR UPDATE SKIP LOCKED",
                MONDAY,
            )
        assert len(rest) == DUE - BATCH


async def test_a_sweep_looks_at_what_changed_lately(full: World) -> None:
    plans = await plans_of(
        full,
        lambda c: stored.behind(
            c,
            "notifier",
            older_than_s=5.0,
            within_s=SWEEP_WITHIN_S,
            limit=SWEEP_TICKETS_MAX,
        ),
    )
    assert "ticket_changed" in indexes(plans)
    assert looked_at(plans, "ticket") <= 3 * CHANGED_LATELY


async def test_the_alert_sweep_looks_at_what_has_no_outcome(full: World) -> None:
    plans = await plans_of(
        full, lambda c: triage_store.waiting_alerts(c, older_than_s=5.0, limit=500)
    )
    assert indexes(plans) == {"alert_waiting"}
    assert looked_at(plans, "alert") <= WAITING


async def test_triage_takes_up_a_batch_by_its_keys(full: World) -> None:
    ids = [row["id"] for row in await full.rows(TAKEN_UP_NEXT)]
    pairs = {number: (f"client-{n}", f"key-{n}") for n, number in enumerate(ids)}
    plans = await plans_of(full, lambda c: triage_store.take_up(c, pairs, first=ids[0]))
    assert {"alert_waiting", "problem_pkey"} <= indexes(plans) <= TAKEN_UP_BY
    assert looked_at(plans, "alert") <= 2 * len(ids) + 1
    assert looked_at(plans, "problem") <= 2 * len(ids)


async def test_alerts_that_are_alike_are_counted_by_their_index(full: World) -> None:
    """However many one source has sent of one thing: a bounded look at the latest."""
    await full.run(
        "INSERT INTO tierline.alert (accepted_at, integration, source, client, dedup_key, body,"
        " outcome) SELECT $1::timestamptz - n * interval '1 second', 'rmm', 'rmm', 'Contoso',"
        " 'storm', '{\"status\":\"firing\"}', 'attached' FROM generate_series(1, $2::int) AS n",
        MONDAY,
        2 * ALIKE_READ_MAX,
    )
    alerts = [await full.alert("storm"), *[await full.alert(f"k{n}") for n in range(30)]]
    windows = {"7d": timedelta(days=7)}
    async with full.db.transaction() as connection:
        counts = await count_alike(connection, alerts, windows)
        body, settings = await connection.fetchrow(INSIDE, "tierline.alike")
        for setting in settings:
            await connection.execute("SET LOCAL " + setting)
        select = re.search(r"RETURN QUERY (.*);", body, re.DOTALL)
        assert select
        asked: list[Any] = ["rmm", "storm", "Contoso", MONDAY - timedelta(days=7), MONDAY]
        explaining = Explaining(connection)
        for n, name in enumerate(ALIKE_BY, start=1):
            body = select[1] if n == 1 else body
            body = body.replace(f"alike.{name}", f"${n}")
        await explaining.fetch(body, *asked, ALIKE_READ_MAX)
    assert indexes(explaining.plans) == {"alert_alike"}
    assert looked_at(explaining.plans, "alert") <= ALIKE_READ_MAX + 2
    assert counts[alerts[0].id] == {"7d": COUNTED_MAX}
    assert counts[alerts[1].id] == {"7d": 1}


async def test_triage_finds_the_open_tickets_of_a_batch_by_their_index(full: World) -> None:
    pairs = [(f"client-{n % 500}", f"key-{n}") for n in range(1, 101)]
    plans = await plans_of(full, lambda c: triage_store.lock_open_tickets(c, pairs))
    assert "ticket_open_problem" in indexes(plans)
    assert looked_at(plans, "ticket") <= 2 * len(pairs)


async def test_a_gap_is_read_by_the_key_of_the_events(full: World) -> None:
    plans = await plans_of(full, lambda c: stored.missing(c, [(100_007, 0, 3)]))
    assert indexes(plans) == {"event_pkey"}
    assert looked_at(plans, "event") <= 2


async def test_the_last_turn_of_each_member_is_one_look_into_the_index(full: World) -> None:
    members = [("group-3", "tech-3"), ("group-3", "tech-23"), ("group-3", "nobody")]
    plans = await plans_of(full, lambda c: ticket_store.read_turns(c, members))
    assert indexes(plans) == {"event_turn"}
    assert looked_at(plans, "event") <= 2 * len(members)


async def test_the_limits_that_ran_out_lately_are_one_look_into_an_index(full: World) -> None:
    plans = await plans_of(full, lambda c: read_lapses(c, MONDAY))
    assert indexes(plans) == {"event_lapse"}


PAGE = 50


@pytest.mark.parametrize(
    ("narrowed", "index", "most"),
    [
        ({}, "ticket_open", 2 * PAGE),
        ({"priorities": ("P2",)}, "ticket_open", 8 * PAGE),
        ({"owners": ("tech-3",)}, "ticket_owner", 10 * PAGE),
        ({"sight": ["client-3"]}, "ticket_client", 10 * PAGE),
        ({"clients": ("client-3",)}, "ticket_client", 10 * PAGE),
    ],
)
async def test_a_page_of_the_list_reads_little_more_than_the_page(
    full: World, narrowed: dict[str, Any], index: str, most: int
) -> None:
    wanted = Wanted(**({"sight": EVERYTHING, "limit": PAGE} | narrowed))
    plans = await plans_of(full, lambda c: list_tickets(c, wanted))
    assert index in indexes(plans)
    assert looked_at(plans, "ticket") <= most


@pytest.mark.parametrize("sort", ["opened", "priority", "number"])
async def test_a_page_in_another_order_reads_open_tickets_only(full: World, sort: str) -> None:
    """Sorted anew each time, so that no index more is kept up with every write."""
    plans = await plans_of(
        full, lambda c: list_tickets(c, Wanted(sight=EVERYTHING, sort=sort, limit=PAGE))
    )
    assert looked_at(plans, "ticket") <= OPEN + 1


async def test_the_due_look_does_not_wade_through_what_was_due_before(full: World) -> None:
    """Rows moved on leave dead entries in the index; the look passes each at most once."""
    await full.run(
        "UPDATE tierline.ticket SET next_due_at = next_due_at + interval '1 day'"
        " WHERE next_due_at > $1",
        MONDAY,
    )
    for _ in range(2):
        plans = await plans_of(full, lambda c: ticket_store.lock_due(c, MONDAY, BATCH))
    assert "ticket_due" in indexes(plans)
    assert looked_at(plans, "ticket") <= 3 * BATCH


async def test_a_page_of_one_group_reads_open_tickets_only(full: World) -> None:
    wanted = Wanted(sight=EVERYTHING, groups=("group-3",), limit=PAGE)
    plans = await plans_of(full, lambda c: list_tickets(c, wanted))
    assert looked_at(plans, "ticket") <= OPEN + 1


async def test_counting_the_board_and_the_load_reads_open_tickets_only(full: World) -> None:
    """Closed ones pile up for years; what is shown every few seconds must not grow with them."""
    counted = await plans_of(full, lambda c: board(c, EVERYBODY, full.policy, MONDAY))
    assert looked_at(counted, "ticket") <= OPEN + 1
    load = await plans_of(full, lambda c: ticket_store.read_floor(c, MONDAY))
    used = {"joined_login", "ticket_board", "ticket_in_hand", "ticket_offered"}
    assert indexes(load) <= used
    assert looked_at(load, "ticket") <= 2 * OPEN + 1, "once for its group, once for its owner"


async def test_what_may_help_is_looked_for_among_open_problems_only(full: World) -> None:
    (row,) = await full.rows("SELECT doc FROM tierline.ticket WHERE id = 100003")
    ticket = replace(decode_ticket(row["doc"]), client="client-3")
    plans = await plans_of(full, lambda c: known_for(c, EVERYBODY, ticket))
    assert indexes(plans) == {"ticket_problems"}
    plans = await plans_of(full, lambda c: majors(c, EVERYBODY))
    assert indexes(plans) == {"ticket_major"}


EVERYBODY = Principal(
    kind="person", name="Mia", login="mia", role=Role.MANAGER, scopes=frozenset({"read"})
)
