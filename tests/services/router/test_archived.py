"""Archived tickets over HTTP: where they went, for whom they are as if they had never been."""

from pathlib import Path
from typing import Any

import pytest

from router.housekeeping import Housekeeping
from router.settings import Settings
from tests.services.router.world import HARBOUR, OAKFIELD, World
from tierline.domain.retention_rules import Age, RetentionRules
from tierline.store.archive.round import Archivist

pytestmark = pytest.mark.postgres

RULES = RetentionRules(Age(months=13))


class Source:
    """A policy source, as far as housekeeping asks it."""

    class current:  # noqa: N801 - as the real one names it
        retention = RULES


async def later(world: World) -> None:
    """Thirteen months and some days; a clock jumps by a year at most."""
    for _ in range(2):
        await world.jump(hours=24 * 200)


async def closed(world: World, client: str) -> int:
    number = await world.open(client=client)
    await world.did("priya", number, "close", reason="a duplicate")
    return number


async def test_an_archived_ticket_says_where_it_went_to_whoever_could_see_it(
    world: World, tmp_path: Path
) -> None:
    mine, hidden, secret = [await closed(world, it) for it in (HARBOUR, OAKFIELD, HARBOUR)]
    await world.sql(
        "INSERT INTO tierline.restricted (ticket, keys) VALUES ($1, ARRAY[E'\\x1fmanagers'])",
        secret,
    )
    missing = 1 + secret
    await later(world)
    source: Any = Source()
    kept = Housekeeping(world.db, Archivist(world.db, tmp_path), source)
    assert await kept.archive() == 3
    (name,) = (path.name for path in tmp_path.glob("*.gz"))
    for path in ("", "/events", "/notices", "/due", "/why"):
        answer = await world.as_("sam").get(f"/v1/tickets/{mine}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "archived"), path
        assert f"in file {name}" in answer.json()["detail"]
    answer = await world.as_("priya").post(
        f"/v1/tickets/{mine}/reopen", json={"reason": "it is back"}
    )
    assert answer.json()["code"] == "archived"
    assert (await world.as_("wally").get(f"/v1/tickets/{mine}")).json()["code"] == "archived"
    for who, number in (("wally", hidden), ("sam", secret), ("sam", missing)):
        seen = await world.as_(who).get(f"/v1/tickets/{number}")
        never = await world.as_(who).get(f"/v1/tickets/{number + 1_000}")
        assert seen.status_code == 404
        assert seen.text.replace(str(number), "N") == never.text.replace(str(number + 1_000), "N")
    assert (await world.as_("grace").get(f"/v1/tickets/{secret}")).json()["code"] == "archived"


async def test_figures_of_what_is_archived_in_part_are_refused(
    world: World, tmp_path: Path
) -> None:
    await closed(world, HARBOUR)
    await later(world)
    await Archivist(world.db, tmp_path).round(RULES)
    ask = world.as_("priya").get
    for path, params in (
        ("bounces", {"since": "2026-11-20T00:00:00Z", "until": "2026-12-01T00:00:00Z"}),
        ("week", {"week": "2026-W48"}),
        ("week", {"week": "2026-W49"}),
    ):
        answer = await ask(f"/v1/reports/{path}", params=params)
        assert (answer.status_code, answer.json()["code"]) == (422, "archived")
        assert "2026-11-23T09:" in answer.json()["detail"]
    for path, params in (("bounces", {}), ("week", {}), ("week", {"week": "2026-W51"})):
        assert (await ask(f"/v1/reports/{path}", params=params)).status_code == 200


async def test_housekeeping_archives_nothing_without_a_folder_or_a_policy(
    world: World, tmp_path: Path
) -> None:
    source: Any = Source()
    assert await Housekeeping(world.db).archive() == 0
    gone = Archivist(world.db, tmp_path / "gone")
    assert await Housekeeping(world.db, gone, source).archive() == 0, "logged, and tried again"


def test_a_folder_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    told = {
        "database_url": "postgresql://h/d",
        "kafka_bootstrap": "h:1",
        "port": 1,
        "secret": "s" * 32,
    }
    assert Settings(**told).archive == ""
    assert Settings(**told, archive=str(tmp_path)).archive == str(tmp_path)
    with pytest.raises(ValueError, match="must be a folder that is there"):
        Settings(**told, archive=str(tmp_path / "gone"))
