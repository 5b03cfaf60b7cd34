"""`GET /v1/audit`: what is amiss with the service itself, looked for anew."""

from tierline.store import audit


async def found(world):
    answer = await world.as_("all").get("/v1/audit")
    assert answer.status_code == 200, answer.text
    return {one["what"]: one for one in answer.json()["items"]}


async def put(world, *statements):
    async with world.db.connection() as connection:
        for statement in statements:
            await connection.execute(statement)


async def test_each_kind_is_shown_with_its_first_rows_and_what_to_do(world):
    assert await found(world) == {}
    late = "now() - make_interval(secs => 60 + n)"
    await put(
        world,
        "INSERT INTO tierline.alert (accepted_at, received_at, integration, source, client,"
        f" dedup_key, body) SELECT now(), {late}, 'rmm', 'json', 'c', 'disk', '{{}}'"
        " FROM generate_series(1, 7) AS n",
        "INSERT INTO tierline.outbox (shard, topic, key, body, created_at)"
        f" SELECT 1, 'tickets.events', '1001', '', {late} FROM generate_series(1, 1) AS n",
        "INSERT INTO tierline.message (channel, address, key, content, due_at)"
        f" SELECT 'chat', 'desk', 'k', '{{}}', {late} FROM generate_series(1, 1) AS n",
        "INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach,"
        " policy, why, state, created_at) SELECT 1, n, 'c', 'person', 'sam', 'opened', 'notify',"
        f" 'p', 'w', 'pending', {late} FROM generate_series(1, 1) AS n",
        "INSERT INTO tierline.letter_due (kind, about, due_at, day, policy)"
        " VALUES ('closing', 'Desk', tierline.policy_now() - interval '90 s', now(), 'v')",
    )
    said = await found(world)
    assert {what: one["count"] for what, one in said.items()} == {
        "alerts without an outcome": 7,
        "outbox rows stuck": 1,
        "messages nobody attempts": 1,
        "notices without a message": 1,
        "letters nobody writes": 1,
    }
    rows = {what: [row["about"] for row in one["rows"]] for what, one in said.items()}
    assert rows == {
        "alerts without an outcome": ["rmm disk"] * audit.SHOWN_MAX,
        "outbox rows stuck": ["tickets.events 1001"],
        "messages nobody attempts": ["chat to desk"],
        "notices without a message": ["ticket 1, opened, sam"],
        "letters nobody writes": ["Desk"],
    }
    instants = [row["since"] for row in said["alerts without an outcome"]["rows"]]
    assert instants == sorted(instants), "the longest overdue first"
    assert all(one["remedy"] and one["told_at"] is None for one in said.values())


async def test_a_due_instant_passed_or_stored_wrongly_names_its_ticket_and_no_title(world):
    number = await world.open(title="Payroll of the board")
    await put(
        world,
        "UPDATE tierline.ticket SET next_due_at = tierline.policy_now() - interval '1 hour'",
    )
    said = await found(world)
    assert set(said) == {"due instants passed", audit.WRONG}
    for one in said.values():
        assert [row["which"] for row in one["rows"]] == [str(number)]
        assert "Payroll" not in str(one), "it may be restricted"


async def test_it_says_since_when_it_was_found_and_when_it_was_told(world):
    await put(
        world,
        "INSERT INTO tierline.outbox (shard, topic, key, body, created_at)"
        " VALUES (1, 't', 'k', '', now() - interval '60 s')",
    )
    async with world.db.connection() as connection:
        await connection.fetch(audit.TELL, ["outbox rows stuck"], audit.TOLD_AGAIN_S)
    one = (await found(world))["outbox rows stuck"]
    assert one["found_since"] == one["told_at"] is not None
    async with world.db.connection() as connection:
        await connection.execute(audit.NOT_TOLD, ["outbox rows stuck"])
    assert (await found(world))["outbox rows stuck"]["told_at"] is None
