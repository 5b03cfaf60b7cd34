"""`tierline archive` against a real PostgreSQL and a folder."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.domain.worlds import MONDAY, TOM
from tests.services.interleavings.world import make_world
from tierline.cli.direct import Target
from tierline.cli.load import load_into
from tierline.cli.main import app
from tierline.domain.commands import Close
from tierline.policy.folder import load_folder

pytestmark = pytest.mark.postgres

EXAMPLE = Path(__file__).parents[3] / "policy"
RETENTION = "retention:\n  archive closed tickets after: 13 months\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The example policy, with a retention."""
    folder = tmp_path / "policy"
    folder.mkdir()
    for file in EXAMPLE.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
    (folder / "80-retention.yaml").write_text(RETENTION)
    return folder


async def test_a_ticket_is_archived_shown_and_brought_back(
    database_url: str, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", database_url)
    monkeypatch.delenv("TIERLINE_ARCHIVE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    async def tierline(*said: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["archive", *said])

    assert (await tierline("list")).output == "nothing is archived\n"
    found = await tierline("run")
    assert found.exit_code == 1
    assert "TIERLINE_ARCHIVE is not set" in found.output
    monkeypatch.setenv("TIERLINE_ARCHIVE", str(tmp_path / "files"))
    assert "files is no folder" in (await tierline("run")).output
    (tmp_path / "files").mkdir()
    assert "No policy is loaded" in (await tierline("run")).output
    await asyncio.to_thread(load_into, Target(database_url), load_folder(rules, year=2026))
    async with make_world(database_url) as world:
        await world.clock(MONDAY)
        ticket = await world.open()
        await world.do(ticket.id, Close("a duplicate"), TOM)
        await world.clock(MONDAY.replace(year=2028))
    number = str(ticket.id)
    assert f"would be archived now: {number}\n" in (await tierline("run", "--dry-run")).output
    assert "is not archived" in (await tierline("show", number)).output
    done = json.loads((await tierline("run", "--json")).output)
    ((name, numbers),) = done["files"].items()
    assert numbers == [ticket.id]
    assert (await tierline("run")).output == "nothing was to be archived\n"
    assert [it["name"] for it in json.loads((await tierline("list", "--json")).output)] == [name]
    assert name in (await tierline("list")).output
    assert (await tierline("verify", name)).output == f"{name} is whole: 1 tickets\n"
    rows = json.loads((await tierline("show", number, "--json")).output)
    assert [it["kind"] for it in rows][:2] == ["ticket", "event"]
    assert "event  {" in (await tierline("show", number)).output
    assert (await tierline("restore", number)).output == f"ticket {number} is back\n"
    again = await tierline("restore", number)
    assert again.exit_code == 1
    assert f"Ticket {number} was brought back already." in again.output
    kept = (await tierline("run")).output
    assert f"ticket {number} stays: it was brought back lately" in kept
