"""Archiving on real Postgres: what goes, what stays, and what a crash at each step leaves."""

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sla_timer.audit import Auditor
from tests.domain.worlds import MONDAY, SAM, TOM
from tests.services.interleavings.world import World, make_world
from tierline.domain.commands import Claim, Close, Note, Reopen
from tierline.domain.retention_rules import Age, RetentionRules
from tierline.domain.ticket import Ticket
from tierline.store.archive import round as round_module
from tierline.store.archive.files import ArchiveError, manifest_path, rows_of, verify
from tierline.store.archive.limits import RESTORED_FOR
from tierline.store.archive.looking import archived, restore
from tierline.store.archive.round import Archivist
from tierline.store.months import keep_months

pytestmark = pytest.mark.postgres

RULES = RetentionRules(Age(months=13), Age(months=84), Age(days=90))
LATER = datetime(2028, 1, 3, 9, tzinfo=UTC)
"""Thirteen months after MONDAY and some days."""


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        await made.clock(MONDAY)
        await keep_months(made.db)
        yield made


async def closed(world: World, **stated: Any) -> Ticket:
    """A ticket that somebody worked on and closed, with what is written beside one."""
    ticket = await world.open(**stated)
    await world.do(ticket.id, Claim("sam"), SAM)
    await world.do(ticket.id, Note("looked at the cable — it was out"), SAM)
    await world.do(ticket.id, Close("a duplicate"), TOM)
    await world.run(
        "WITH said AS (INSERT INTO tierline.message (channel, address, key, content, state)"
        " VALUES ('mail', 'sam', 'm' || $1::bigint, '{}', 'delivered') RETURNING id), tried AS ("
        " INSERT INTO tierline.attempt (message, number) SELECT id, 1 FROM said)"
        " INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
        " policy, why, state, message) SELECT $1, 1, 'Contoso', 'person', 'sam', 'o', 'notify',"
        " 'v', '', 'delivered', id FROM said",
        ticket.id,
    )
    alert = await world.alert(f"k{ticket.id}")
    await world.run(
        "UPDATE tierline.alert SET outcome = 'opened', ticket = $2 WHERE id = $1",
        alert.id,
        ticket.id,
    )
    return await world.ticket(ticket.id)


async def test_closed_tickets_go_into_a_file_that_holds_all_of_them(
    world: World, tmp_path: Path
) -> None:
    one, two = [await closed(world, problem_key=key) for key in ("a", "b")]
    stays = await world.open(problem_key="c")
    bodies = await world.rows(
        "SELECT body FROM tierline.event WHERE ticket = $1 ORDER BY seq", one.id
    )
    await world.clock(LATER)
    done = await Archivist(world.db, tmp_path).round(RULES)
    ((name, numbers),) = done.files.items()
    assert numbers == [one.id, two.id]
    assert verify(tmp_path, name).lines == {
        "alert": 2, "attempt": 2, "event": 2 * one.seq, "message": 2, "notice": 2, "ticket": 2,
    }  # fmt: skip
    rows = rows_of(tmp_path, name, one.id)
    assert [row["body"] for kind, row, _ in rows if kind == "event"] == [
        json.loads(row["body"]) for row in bodies
    ]
    assert [row["id"] for row in await world.rows("SELECT id FROM tierline.ticket")] == [stays.id]
    assert await world.count("message") == 0
    assert await world.count("attempt") == 0
    async with world.db.connection() as connection:
        left = await archived(connection, one.id)
    assert left is not None
    assert (left.client, left.title, left.archive) == (one.client, one.title, name)
    assert left.closed_at == one.closed_at
    assert not list(tmp_path.glob("*.part"))


async def test_what_is_not_old_enough_or_has_something_owed_stays(
    world: World, tmp_path: Path
) -> None:
    problem = await world.open(problem_key="p")
    under = await closed(world, problem_key="a")
    await _edit(world, under, problem=problem.id)
    unheard = await closed(world, problem_key="b")
    await world.run("UPDATE tierline.notice SET state = 'held' WHERE ticket = $1", unheard.id)
    await world.clock(LATER - timedelta(days=60))
    young = await closed(world, problem_key="c")
    await world.clock(LATER)
    archivist = Archivist(world.db, tmp_path)
    done = await archivist.round(RULES)
    assert done.files == {}
    assert done.kept == {
        under.id: f"ticket {problem.id}, which it belongs to, is open",
        unheard.id: "somebody has yet to be told",
    }
    assert young.id not in done.kept
    assert await world.count("ticket") == 4
    assert (await archivist.round(RetentionRules())).files == {}, "what is not said is kept"


async def _edit(world: World, ticket: Ticket, **fields: Any) -> None:
    """Change a stored state as no event did: of use where only the state is looked at."""
    async with world.db.transaction() as connection:
        changed = replace(ticket, **fields)
        await connection.execute(
            "UPDATE tierline.ticket SET doc = (doc::jsonb || $2::jsonb)::json WHERE id = $1",
            ticket.id,
            json.dumps({name: getattr(changed, name) for name in fields}),
        )


async def test_a_state_that_its_events_do_not_make_is_not_archived(
    world: World, tmp_path: Path
) -> None:
    ticket = await closed(world)
    await _edit(world, ticket, title="something else")
    await world.clock(LATER)
    with pytest.raises(
        ArchiveError, match=f"the events of ticket {ticket.id} do not make its state"
    ):
        await Archivist(world.db, tmp_path).round(RULES)
    assert await world.count("ticket") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["take_out", "write_file", "commit"])
async def test_a_round_that_is_cut_short_loses_nothing_and_is_made_good(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ticket = await closed(world)
    await world.clock(LATER)
    real = getattr(round_module, step, None)

    async def cut(*args: Any) -> Any:
        if step == "write_file":
            await real(*args)
        raise SystemError("cut short")

    with monkeypatch.context() as patched:
        if step == "commit":  # the last statement of the transaction fails
            patched.setattr(
                "tierline.store.archive.writing.ROWS_OUTSIDE", "SELECT $1::bigint[] / 0"
            )
        else:
            patched.setattr(round_module, step, cut)
        with pytest.raises(Exception, match=r"cut short|operator"):
            await Archivist(world.db, tmp_path).round(RULES)
    assert await world.ticket(ticket.id) == ticket
    assert await world.count("message") == 1
    left = {path.name for path in tmp_path.iterdir()}
    done = await Archivist(world.db, tmp_path).round(RULES)
    assert list(done.files.values()) == [[ticket.id]]
    assert {path.name for path in tmp_path.iterdir()} == left, "the same bytes, the same name"
    assert await world.count("ticket") == 0


async def test_a_ticket_that_is_reopened_while_its_file_is_written_stays(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = [await closed(world, problem_key=key) for key in ("a", "b")]
    await world.clock(LATER)
    real = round_module.take_out

    async def late(*args: Any) -> Any:
        await world.do(one.id, Reopen("it is back"), TOM)
        return await real(*args)

    monkeypatch.setattr(round_module, "take_out", late)
    done = await Archivist(world.db, tmp_path).round(RULES)
    assert list(done.files.values()) == [[two.id]]
    assert (await world.ticket(one.id)).open
    assert len(await world.told(one.id)) > one.seq


async def test_a_month_all_of_whose_tickets_are_archived_goes_as_a_whole(
    world: World, tmp_path: Path
) -> None:
    november = await closed(world, problem_key="a")
    loose = await world.alert("loose")
    await world.run("UPDATE tierline.alert SET outcome = 'nothing open' WHERE id = $1", loose.id)
    await world.clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await keep_months(world.db)
    december = await closed(world, problem_key="b")
    assert december.id > november.id + 1
    await world.clock(datetime(2027, 12, 28, 9, tzinfo=UTC))
    archivist = Archivist(world.db, tmp_path)
    done = await archivist.round(RULES)
    assert list(done.files.values()) == [[november.id]]
    assert done.months["ticket"] == [0]
    assert done.months["alert"] == [0]
    for table in ("event", "notice"):
        assert await world.value("SELECT to_regclass($1)", f"tierline.{table}_0") is None
        assert await world.count(table, f"ticket = {november.id}") == 0
        assert await world.count(table, f"ticket = {december.id}") > 0
    assert await world.count("alert", f"ticket = {december.id}") == 1
    assert await Auditor(world.db).audit() == []


async def test_a_month_with_two_blocks_goes_with_both(world: World, tmp_path: Path) -> None:
    """So many tickets came that they ran into the next block by themselves."""
    await closed(world, problem_key="a")
    await world.run("SELECT setval('tierline.ticket_number', 2001)")
    await keep_months(world.db)
    second = await closed(world, problem_key="b")
    assert second.id == 2002
    await world.clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await keep_months(world.db)
    await world.clock(LATER)
    done = await Archivist(world.db, tmp_path).round(RULES)
    assert done.months["ticket"] == [0, 2001]


async def test_alerts_without_a_ticket_go_before_those_of_tickets(
    world: World, tmp_path: Path
) -> None:
    ticket = await closed(world)
    for key in ("loose", "lost"):
        alert = await world.alert(key)
        if key == "loose":
            await world.run("UPDATE tierline.alert SET outcome = 'x' WHERE id = $1", alert.id)
    await world.clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await keep_months(world.db)
    archivist = Archivist(world.db, tmp_path)
    for at, left in ((datetime(2027, 2, 20, 9, tzinfo=UTC), 3), (LATER - timedelta(days=90), 2)):
        await world.clock(at)
        done = await archivist.round(RULES)
        assert done.months["alert"] == []
        assert await world.count("alert") == left
    assert await world.count("alert", f"ticket = {ticket.id}") == 1
    assert await world.count("alert", "outcome IS NULL") == 1, "it is never lost"


async def test_rows_of_archived_tickets_go_singly_where_their_month_must_stay(
    world: World, tmp_path: Path
) -> None:
    goes, stays = await closed(world, problem_key="a"), await world.open(problem_key="b")
    await world.clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await keep_months(world.db)
    archivist = Archivist(world.db, tmp_path)
    await world.clock(LATER)
    assert list((await archivist.round(RULES)).files.values()) == [[goes.id]]
    assert await world.count("event", f"ticket = {goes.id}") == goes.seq, "its month may yet go"
    await world.clock(LATER + timedelta(days=92))
    await archivist.round(RULES)
    assert await world.count("event", f"ticket = {goes.id}") == 0
    assert await world.count("event", f"ticket = {stays.id}") >= 1


async def test_a_ticket_that_is_brought_back_is_what_it_was(world: World, tmp_path: Path) -> None:
    ticket = await closed(world)
    told = await world.told(ticket.id)
    before = {
        table: await world.count(table) for table in ("notice", "message", "attempt", "alert")
    }
    await world.clock(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await keep_months(world.db)
    await world.clock(LATER)
    archivist = Archivist(world.db, tmp_path)
    assert (await archivist.round(RULES)).months["ticket"] == [0]
    await restore(world.db, tmp_path, ticket.id)
    assert await world.ticket(ticket.id) == ticket
    assert await world.told(ticket.id) == told
    assert {table: await world.count(table) for table in before} == before
    with pytest.raises(ArchiveError, match="was brought back already"):
        await restore(world.db, tmp_path, ticket.id)
    with pytest.raises(ArchiveError, match="was never archived"):
        await restore(world.db, tmp_path, 1)
    assert (await archivist.round(RULES)).kept == {ticket.id: "it was brought back lately"}
    await world.run(
        "UPDATE tierline.archived SET restored_at = restored_at - $1::interval", RESTORED_FOR
    )
    assert list((await archivist.round(RULES)).files.values()) == [[ticket.id]]
    assert await world.count("event") == 0, "no month goes that could take it along"
    assert await Auditor(world.db).audit() == []


async def test_a_file_that_was_touched_is_known_and_not_restored_from(
    world: World, tmp_path: Path
) -> None:
    ticket = await closed(world)
    await world.clock(LATER)
    (name,) = (await Archivist(world.db, tmp_path).round(RULES)).files
    whole = gzip.decompress((tmp_path / name).read_bytes())
    (tmp_path / name).write_bytes(gzip.compress(whole.replace(b"cable", b"table")))
    with pytest.raises(ArchiveError, match="its hash differs"):
        await restore(world.db, tmp_path, ticket.id)
    assert await world.count("ticket") == 0


async def test_old_archives_go_with_what_remained_of_their_tickets(
    world: World, tmp_path: Path
) -> None:
    ticket = await closed(world)
    await world.clock(LATER)
    archivist = Archivist(world.db, tmp_path)
    (name,) = (await archivist.round(RULES)).files
    await world.clock(MONDAY + timedelta(days=7 * 365))
    assert (await archivist.round(RULES)).archives == []
    await world.clock(MONDAY + timedelta(days=7 * 365 + 3))
    assert (await archivist.round(RULES)).archives == [name]
    assert not (tmp_path / name).exists()
    assert not manifest_path(tmp_path, name).exists()
    async with world.db.connection() as connection:
        assert await archived(connection, ticket.id) is None


async def test_a_dry_run_changes_nothing_and_a_missing_folder_is_said(
    world: World, tmp_path: Path
) -> None:
    ticket = await closed(world)
    await world.clock(LATER)
    done = await Archivist(world.db, tmp_path).foreseen(RULES)
    assert done.would == [ticket.id]
    assert await world.count("ticket") == 1
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArchiveError, match="is no folder"):
        await Archivist(world.db, tmp_path / "gone").round(RULES)
