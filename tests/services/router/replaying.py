"""A router in whose database a replay has begun, and how it is fed by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.services.router.world import HARBOUR, World, router_world, token_of
from tierline.store.replays import Replay, begin_replay
from tierline.web.keys import hash_key
from tierline.web.principal import READ, REPLAY, WRITE

START = datetime.fromisoformat("2012-03-05T08:00:00+00:00")
END = START + timedelta(days=10)
LOG = Replay("incidents.csv", "abc", START, END)
OPENING = {"type": "incident", "title": "Printer on fire", "client": HARBOUR, "start": "Desk"}


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def said(case: str, n: int, minutes: float, verb: str, by: str = "", **fields: Any) -> dict:
    key = f"{case}/{n}/0"
    return {"key": key, "case": case, "at": at(minutes), "verb": verb, "by": by, "fields": fields}


def life(case: str) -> list[dict]:
    """A short one: opened, claimed, held, resolved, closed; ten minutes between."""
    return [
        said(case, 1, 0, "open", **OPENING),
        said(case, 2, 10, "claim", by="leila", owner="leila"),
        said(case, 3, 20, "hold", by="leila", reason="client", asked="a photo", of="client"),
        said(case, 4, 30, "resolve", by="leila", resolution="put out"),
        said(case, 5, 40, "close", by="sam", reason="confirmed on the phone"),
    ]


async def send(world: World, *commands: dict, who: str = "replayer") -> list[dict]:
    answer = await world.as_(who).post("/v1/replay/commands", json={"commands": list(commands)})
    assert answer.status_code == 200, answer.text
    found: list[dict] = answer.json()["answers"]
    return found


async def did(world: World, *commands: dict) -> list[dict]:
    """Send commands that must all be done."""
    answers = await send(world, *commands)
    assert [a["status"] for a in answers if a["status"] not in {200, 201}] == [], answers
    return answers


async def pass_time(world: World, minutes: float) -> None:
    answer = await world.as_("replayer").post("/v1/replay/time", json={"to": at(minutes)})
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def replaying(
    url: str, *, development: bool = True, log: Replay = LOG
) -> AsyncIterator[World]:
    async with router_world(url, development=development) as world:
        async with world.db.transaction() as connection:
            await begin_replay(connection, log)
            await connection.execute(
                "INSERT INTO tierline.api_token (hash, name, scopes) VALUES ($1, $2, $3)",
                hash_key(token_of("replayer")),
                "replayer",
                [READ, WRITE, REPLAY],
            )
        yield world
