"""Commands of people, their keys, and dead letters sent again: the same on both sides."""

from router import commands, replay
from tests.contract.store import AGES_S, NOON, proves, recent
from tests.contract.store_rows import put_alert, put_ticket
from tierline.web import idempotency


@proves(idempotency.CLAIM_KEY, idempotency.KEEP_ANSWER, idempotency.EARLIER_ANSWER)
async def test_a_key_is_claimed_once_and_keeps_its_answer(side):
    async def claim(asker, key):
        async with side.db.connection() as connection:
            return await side.on(connection).fetchval(idempotency.CLAIM_KEY, asker, key, "digest")

    assert await side.fetch(idempotency.EARLIER_ANSWER, "sam", "k") == []
    assert await claim("sam", "k") is True
    assert await claim("sam", "k") is None
    assert await claim("eve", "k") is True
    assert await side.execute(idempotency.KEEP_ANSWER, "sam", "k", 200, '{"a":1}') == "UPDATE 1"
    assert await side.execute(idempotency.KEEP_ANSWER, "sam", "other", 200, "{}") == "UPDATE 0"
    assert await side.fetch(idempotency.EARLIER_ANSWER, "sam", "k") == [
        {"digest": "digest", "answer": '{"a":1}'}
    ]
    (eves, sams) = await side.rows("command")
    assert (sams["status"], eves["status"], eves["answer"]) == (200, 0, "null")
    assert recent(sams["created_at"])


@proves(idempotency.FORGET_ANSWERS)
async def test_old_answers_are_forgotten_a_few_at_a_time(side):
    for key in "abc":
        await side.put(
            "command", asker="sam", key=key, digest="", status=0, answer="{}", created_at=NOON
        )
    await side.put("command", asker="sam", key="new", digest="", status=0, answer="{}")
    assert await side.execute(idempotency.FORGET_ANSWERS, AGES_S * 1000, 9) == "DELETE 0"
    assert await side.execute(idempotency.FORGET_ANSWERS, 60.0, 2) == "DELETE 2"
    assert await side.execute(idempotency.FORGET_ANSWERS, 60.0, 2) == "DELETE 1"
    assert await side.values("command", "key") == [("new",)]


@proves(commands.LOCK_PROBLEM, commands.POINT_PROBLEM, commands.OPEN_ELSEWHERE)
async def test_the_problem_of_a_ticket(side):
    await side.put("problem", client="Contoso", key="disk")
    await put_ticket(side, 1, problem_key="disk", state="closed")
    await put_ticket(side, 2, problem_key="fan")
    assert await side.execute(commands.LOCK_PROBLEM, 1) == "SELECT 1"
    assert await side.execute(commands.LOCK_PROBLEM, 2) == "SELECT 0"
    assert await side.execute(commands.LOCK_PROBLEM, 9) == "SELECT 0"
    assert await side.execute(commands.POINT_PROBLEM, "Contoso", "disk", 1) == "UPDATE 1"
    assert await side.execute(commands.POINT_PROBLEM, "Contoso", "fan", 2) == "UPDATE 0"
    assert await side.values("problem", "ticket") == [(1,)]
    assert await side.fetch(commands.OPEN_ELSEWHERE, 1) == []
    await put_ticket(side, 3, problem_key="disk")
    assert await side.fetch(commands.OPEN_ELSEWHERE, 1) == [{"id": 3}]
    assert await side.fetch(commands.OPEN_ELSEWHERE, 3) == []
    assert await side.fetch(commands.OPEN_ELSEWHERE, 9) == []


@proves(replay.LOCK_LETTER, replay.MARK_REPLAYED)
async def test_a_dead_letter_is_marked(side):
    letter = await side.put("dead_letter", source="intake", key="rmm", body=b"x", reason="bad")
    number = letter["id"]
    assert await side.fetch(replay.LOCK_LETTER, number) == [
        {"source": "intake", "key": "rmm", "body": b"x", "replayed_at": None}
    ]
    assert await side.fetch(replay.LOCK_LETTER, number + 1) == []
    assert await side.execute(replay.MARK_REPLAYED, number) == "UPDATE 1"
    assert await side.execute(replay.MARK_REPLAYED, number + 1) == "UPDATE 0"
    assert recent((await side.fetch(replay.LOCK_LETTER, number))[0]["replayed_at"])


@proves(replay.TAKE_OUTCOME_BACK, replay.UNSEE, replay.SEND_AGAIN)
async def test_what_was_set_aside_goes_on_its_way(side):
    aside = await put_alert(side, outcome="dead letter", handled_at=NOON)
    done = await put_alert(side, outcome="opened", handled_at=NOON)
    assert await side.execute(replay.TAKE_OUTCOME_BACK, aside) == "UPDATE 1"
    assert await side.execute(replay.TAKE_OUTCOME_BACK, done) == "UPDATE 0"
    assert await side.execute(replay.TAKE_OUTCOME_BACK, 99) == "UPDATE 0"
    assert await side.values("alert", "outcome", "handled_at") == [(None, None), ("opened", NOON)]
    await side.put("progress", consumer="notifier", ticket=1, seq=5)
    assert await side.execute(replay.UNSEE, "notifier", 1, 3) == "UPDATE 1"
    assert await side.execute(replay.UNSEE, "notifier", 1, 4) == "UPDATE 1"
    assert await side.execute(replay.UNSEE, "notifier", 2, 4) == "UPDATE 0"
    assert await side.values("progress", "seq") == [(3,)]
    assert await side.execute(replay.SEND_AGAIN, 3, "tickets.events", "1", b"x") == "INSERT 0 1"
    assert await side.values("outbox", "shard", "topic", "key", "body") == [
        (3, "tickets.events", "1", b"x")
    ]
