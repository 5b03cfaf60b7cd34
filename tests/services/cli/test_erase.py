"""`tierline erase` against a real PostgreSQL and a folder."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.domain.worlds import MONDAY
from tests.services.interleavings.world import make_world
from tierline.cli.main import app
from tierline.domain.ticket import Requester

pytestmark = pytest.mark.postgres

RUTH = "ruth.meyer@contoso.example"


async def tierline(*said: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["erase", *said])


async def test_a_person_is_looked_for_then_erased_then_not_found(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", database_url)
    monkeypatch.delenv("TIERLINE_ARCHIVE", raising=False)
    assert (await tierline(RUTH)).output == "nothing holds it\n"
    async with make_world(database_url) as world:
        await world.clock(MONDAY)
        ticket = await world.open(requester=Requester("Ruth Meyer", RUTH), body="Ruthie M called")
    dry = (await tierline(RUTH, "--dry-run")).output
    assert dry.startswith("would be erased, and nothing was changed:\n  names: Ruth Meyer\n")
    assert f"  tickets: {ticket.id}\n" in dry
    found = json.loads((await tierline(RUTH.upper(), "--dry-run", "--json")).output)
    assert found["rows"] == {"ticket": 1, "event": ticket.seq, "outbox": ticket.seq}
    done = await tierline(RUTH, "--also-name", "Ruthie  M", "--by", "the DPO", "--json")
    assert done.exit_code == 0
    document = json.loads(done.output)
    assert document["tickets"] == [ticket.id]
    async with make_world(database_url) as world:
        assert (await world.ticket(ticket.id)).body == f"{document['pseudonym']} called"
        assert await world.value("SELECT asked_by FROM tierline.erasure") == "the DPO"
    again = await tierline(RUTH)
    assert (again.exit_code, again.output) == (0, "nothing holds it\n")


async def test_what_cannot_be_done_yet_is_said_and_ends_with_1(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", database_url)
    monkeypatch.delenv("TIERLINE_ARCHIVE", raising=False)
    async with make_world(database_url) as world:
        ticket = await world.open(requester=Requester("Ruth Meyer", RUTH))
        await world.run("INSERT INTO tierline.sweep (consumer, clean_until) VALUES ('n', now())")
    found = await tierline(RUTH)
    assert found.exit_code == 1
    assert f"left: ticket {ticket.id}: a service has yet to read of it\n" in found.output
    assert "Run the same command again" in found.output


async def test_bad_input_names_the_field_and_the_remedy(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", database_url)
    for said, names, remedy in (
        (["Ruth Meyer"], "EMAIL: `Ruth Meyer` is not an email address.", "priya@example.com"),
        ([RUTH, "--also-name", "R"], "--also-name: `R` cannot be looked for.", "2 to 200 letters"),
        ([RUTH, "--also-name", "Client"], "--also-name: `Client`", "no word of the product"),
    ):
        found = await tierline(*said)
        assert found.exit_code == 2
        assert names in found.output
        assert remedy in found.output
    found = await tierline(RUTH, "--folder", str(tmp_path / "gone"))
    assert found.exit_code == 1
    assert "gone is no folder" in found.output
    monkeypatch.setenv("TIERLINE_DATABASE_URL", "postgresql://u:p@127.0.0.1:9/none")
    assert "The database cannot be used" in (await tierline(RUTH)).output


async def test_a_colleague_is_refused_with_the_remedy(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_DATABASE_URL", database_url)
    async with make_world(database_url) as world:
        await world.run(
            "INSERT INTO tierline.person (login, name, email, role)"
            " VALUES ('sam', 'Sam', $1, 'lead')",
            RUTH,
        )
    found = await tierline(RUTH)
    assert found.exit_code == 1
    assert f"{RUTH} is of sam, who works here." in found.output
    assert "Set `active: false`" in found.output
