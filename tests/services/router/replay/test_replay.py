"""Recorded commands: who may send them, when they may have happened, once each, and alone."""

import asyncio
from datetime import datetime, timedelta

import pytest

from router.recorded.batch import record
from router.recorded.reading import read
from router.requests import RecordedCommand
from tests.services.router.replaying import (
    END,
    LOG,
    OPENING,
    START,
    at,
    did,
    life,
    pass_time,
    replaying,
    said,
    send,
)
from tests.services.router.world import router_world, token_of
from tierline.store.replays import NotFreshError, Replay, begin_replay
from tierline.web.keys import hash_key
from tierline.web.principal import READ, REPLAY

pytestmark = pytest.mark.postgres


async def test_a_life_is_recorded_at_its_own_instants_in_one_transaction(world):
    answers = await did(world, *life("A"))
    assert [a["status"] for a in answers] == [201, 200, 200, 200, 200]
    (number,) = {a["ticket"] for a in answers}
    events = (await world.as_("sam").get(f"/v1/tickets/{number}/events")).json()["items"]
    told = [(e["type"], e["at"], e["by"]["name"]) for e in events if e["by"]["kind"] != "time"]
    assert [name for name, _, _ in told] == [
        "opened", "routed", "claimed", "held", "resolved", "closed",
    ]  # fmt: skip
    instants = [datetime.fromisoformat(when) for _, when, _ in told]
    minutes = (0, 0, 10, 20, 30, 40)
    assert instants == [START + timedelta(minutes=m) for m in minutes]
    assert [who for _, _, who in told] == ["replay", "replay", "leila", "leila", "leila", "sam"]
    assert {e["cause"] for e in events} >= {f"replay/A/{n}/0" for n in range(1, 6)}
    assert await world.sql("SELECT count(DISTINCT xmin::text) FROM tierline.event") == 1


async def test_many_tickets_of_one_batch_each_have_their_own_order(world):
    lives = [life(case) for case in "ABCD"]
    mixed = [command for step in zip(*lives, strict=True) for command in step]
    answers = await did(world, *mixed)
    for case in "ABCD":
        seqs = [a["seq"] for a in answers if a["key"].startswith(case)]
        assert seqs == sorted(seqs)
    assert await world.sql("SELECT count(*) FROM tierline.ticket WHERE state = 'closed'") == 4


async def test_sent_again_each_gets_its_first_answer_and_nothing_happens(world):
    first = await did(world, *life("A"))
    before = await world.counts()
    again = await send(world, *life("A"))
    assert [a | {"repeated": False} for a in again] == first
    assert all(a["repeated"] for a in again)
    assert await world.counts() == before


async def test_a_refused_one_is_refused_alike_when_it_is_sent_again(world):
    await did(world, said("A", 1, 0, "open", **OPENING))
    wrong = said("A", 2, 10, "resume")
    (first,), (again,) = await send(world, wrong), await send(world, wrong)
    assert (first["status"], first["code"]) == (409, "not_on_hold")
    assert again == first | {"repeated": True}


async def test_a_batch_cut_in_two_by_a_crash_is_completed_by_sending_it_whole(world):
    """Before the commit nothing is there; after it all is. Half of it was sent before."""
    await did(world, *life("A")[:2])
    principal = await world.context.authenticator.principal(token_of("replayer"))
    asked = [read(RecordedCommand(**c), principal) for c in life("A")]

    class CrashError(Exception):
        pass

    async def crash_before_the_commit() -> None:
        async with world.db.transaction() as connection:
            await record(world.context, connection, principal, asked)
            raise CrashError

    with pytest.raises(CrashError):
        await crash_before_the_commit()
    assert await world.sql("SELECT count(*) FROM tierline.replay_command") == 2
    answers = await did(world, *life("A"))
    assert [a["repeated"] for a in answers] == [True, True, False, False, False]
    assert await world.sql("SELECT count(*) FROM tierline.event WHERE type = 'claimed'") == 1


async def test_two_requests_with_the_same_commands_at_once_do_them_once(world):
    batches = [life(case) for case in "ABC"]
    answers = await asyncio.gather(*(send(world, *batch) for batch in batches * 3))
    assert all(a["status"] in {200, 201} for answer in answers for a in answer)
    assert sum(not a["repeated"] for answer in answers for a in answer) == 15
    assert await world.sql("SELECT count(*) FROM tierline.ticket") == 3


async def test_a_key_stands_for_one_command_only(world):
    await did(world, said("A", 1, 0, "open", **OPENING))
    (other,) = await send(world, said("A", 1, 5, "open", **OPENING))
    assert (other["status"], other["code"]) == (422, "idempotency_key_reused")
    twice = [said("B", 1, 0, "open", **OPENING)] * 2
    answer = await world.as_("replayer").post("/v1/replay/commands", json={"commands": twice})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("command", "status", "code"),
    [
        (said("A", 9, 5, "claim", owner="nobody"), 422, "unknown_owner"),
        (said("A", 9, 5, "claim", by="nobody", owner="leila"), 422, "unknown_by"),
        (said("A", 9, 5, "clam", owner="leila"), 422, "unknown_verb"),
        (said("A", 9, 5, "hold", reason="tea", asked="x"), 422, "invalid"),
        (said("A", 9, 5, "move", reason="x", to_group="Nowhere"), 422, "unknown_group"),
        (said("A", 9, 5, "open", **OPENING), 409, "opened"),
        (said("B", 9, 5, "claim", owner="leila"), 409, "unopened"),
        (said("B", 9, 5, "open", **{**OPENING, "client": "Nobody"}), 422, "unknown_client"),
        (said("B", 9, 5, "open", **{**OPENING, "start": "Nowhere"}), 422, "unknown_start"),
        (said("A", 9, -1, "claim", owner="leila"), 422, "at_outside"),
        (said("A", 9, 10 * 24 * 60 + 1, "claim", owner="leila"), 422, "at_outside"),
    ],
)
async def test_what_cannot_be_is_refused_by_itself_and_the_rest_is_done(
    world, command, status, code
):
    await did(world, said("A", 1, 0, "open", **OPENING))
    wrong, right = await send(world, command, said("C", 1, 6, "open", **OPENING))
    assert (wrong["status"], wrong["code"]) == (status, code)
    assert wrong["detail"]
    assert right["status"] == 201


async def test_history_is_not_asked_who_might_have_done_it(world):
    """Claimed by one, resolved by another, moved sideways thrice: a lead's to decide, and done."""
    await did(
        world,
        said("A", 1, 0, "open", **OPENING),
        said("A", 2, 1, "claim", by="leila", owner="leila"),
        said("A", 3, 2, "resolve", by="sam", resolution="done"),
        said("A", 4, 3, "reopen", by="sam", reason="again"),
        said("A", 5, 4, "close", by="sam", reason="a duplicate"),
    )


WRITES = [
    ("/v1/tickets", OPENING),
    ("/v1/tickets/1001/claim", {}),
    ("/v1/tickets/1001/notes", {"text": "hello"}),
    ("/v1/clock", {"held": False}),
    ("/v1/dead-letters/1/replay", {}),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
async def test_while_it_runs_everybody_elses_writes_wait(world, path, body):
    await did(world, said("A", 1, 0, "open", **OPENING))
    who = "all" if "dead" in path else "priya"
    answer = await world.as_(who).post(path, json=body)
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    assert problem["code"] == "replay_running"
    assert problem["replay"] == LOG.name
    assert LOG.name in problem["detail"]
    assert "--home" in problem["detail"]


async def test_while_it_runs_everybody_reads_and_logs_in(world):
    await did(world, said("A", 1, 0, "open", **OPENING))
    for path in ("/v1/tickets", "/v1/board", "/v1/replay", "/v1/clock"):
        assert (await world.as_("sam").get(path)).status_code == 200


async def test_it_ends_at_the_logs_end_and_others_may_write_again(world):
    await did(world, *life("A"))
    early = await world.as_("replayer").post("/v1/replay/end")
    assert (early.status_code, early.json()["code"]) == (409, "not_at_end")
    await pass_time(world, 10 * 24 * 60)
    for _ in range(2):
        ended = await world.as_("replayer").post("/v1/replay/end")
        assert ended.status_code == 200, ended.text
        assert not ended.json()["running"]
    late = await world.as_("replayer").post(
        "/v1/replay/commands", json={"commands": [said("B", 1, 0, "open", **OPENING)]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "no_replay")
    assert (await world.as_("sam").get("/v1/clock")).json()["held"]
    assert (await world.as_("priya").post("/v1/tickets", json=OPENING)).status_code == 201


@pytest.mark.parametrize("path", ["commands", "time", "end"])
async def test_it_takes_a_scope_that_no_person_and_no_other_token_has(world, path):
    for who in ("priya", "grace", "all", "mirror"):
        body = {"commands": [said("A", 1, 0, "open", **OPENING)], "to": at(0)}
        sent = {"commands": {"commands": body["commands"]}, "time": {"to": at(0)}, "end": {}}[path]
        answer = await world.as_(who).post(f"/v1/replay/{path}", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope"), who


async def test_production_refuses_it_whatever_the_token_says(database_url):
    async with replaying(database_url, development=False) as world:
        for path, sent in (
            ("commands", {"commands": [said("A", 1, 0, "open", **OPENING)]}),
            ("time", {"to": at(1)}),
            ("end", {}),
        ):
            answer = await world.as_("replayer").post(f"/v1/replay/{path}", json=sent)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_development")


async def test_without_a_replay_there_is_nothing_to_record(database_url):
    async with router_world(database_url) as world:
        await world.sql(
            "INSERT INTO tierline.api_token (hash, name, scopes) VALUES ($1, 'replayer', $2)",
            hash_key(token_of("replayer")),
            [READ, REPLAY],
        )
        commands = {"commands": [said("A", 1, 0, "open", **OPENING)]}
        for path, sent in (("commands", commands), ("time", {"to": at(1)}), ("end", {})):
            answer = await world.as_("replayer").post(f"/v1/replay/{path}", json=sent)
            assert (answer.status_code, answer.json()["code"]) == (409, "no_replay"), path
        assert (await world.as_("sam").get("/v1/replay")).status_code == 404


async def test_a_replay_begins_in_a_database_of_its_own(database_url):
    async with router_world(database_url) as world:
        await world.open()
        async with world.db.transaction() as connection:
            with pytest.raises(NotFreshError):
                await begin_replay(connection, LOG)


async def test_begun_again_it_goes_on_where_its_clock_stood(world):
    await pass_time(world, 60)
    async with world.db.transaction() as connection:
        again = await begin_replay(connection, LOG)
        assert again.digest == LOG.digest
        with pytest.raises(NotFreshError):
            await begin_replay(connection, Replay("other.csv", "def", START, END))
    shown = (await world.as_("sam").get("/v1/replay")).json()
    assert datetime.fromisoformat(shown["now"]) == START + timedelta(hours=1)
