"""Erasing a person on real Postgres: what becomes of what holds them, what a crash leaves."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from router.commands import decide_within
from tests.domain.worlds import MONDAY, SAM, TOM
from tests.services.interleavings.world import World, make_world
from tierline.domain.commands import AskApproval, Claim, Close, Note
from tierline.domain.evolve import fold
from tierline.domain.retention_rules import Age, RetentionRules
from tierline.domain.ticket import Requester, Ticket
from tierline.store.archive import round as round_module
from tierline.store.archive.files import ArchiveError, rows_of, verify
from tierline.store.archive.looking import restore
from tierline.store.archive.round import Archivist
from tierline.store.erasure import erasing, limits
from tierline.store.erasure.erasing import Done, Eraser
from tierline.store.erasure.knowing import ErasureError
from tierline.store.erasure.tables import BY_MAIL, EXCUSED, SEARCHED
from tierline.store.months import keep_months

pytestmark = pytest.mark.postgres

RUTH = "ruth.meyer@contoso.example"
NAME = "Ruth Meyer"
LATER = MONDAY.replace(year=2028)
RULES = RetentionRules(Age(months=13), None, None)

TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'tierline'::regnamespace
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        await made.clock(MONDAY)
        await keep_months(made.db)
        yield made


async def asked(world: World, **stated: Any) -> Ticket:
    """A ticket that Ruth opened, about which was written, and which waits for her approval."""
    stated = {
        "title": "Printer of Ruth Meyer",
        "body": f"Hello,\nmy printer.\n-- \n{NAME} <Ruth.Meyer@Contoso.example>",
        "requester": Requester(NAME, RUTH),
    } | stated
    ticket = await world.open(**stated)
    await world.do(ticket.id, Claim("sam"), SAM)
    await world.do(ticket.id, Note("ruth  meyer rang — write to ruth.meyer@contoso.example."), SAM)
    await world.do(ticket.id, AskApproval("a new drum", NAME, RUTH), SAM)
    return await world.ticket(ticket.id)


async def told(world: World, ticket: int, state: str, *, recipient: str = RUTH) -> int:
    """A message to somebody about a ticket, with its notice and one attempt."""
    return await world.value(
        "WITH said AS (INSERT INTO tierline.message (channel, address, key, content, state, proof)"
        " VALUES ('mail', $3, gen_random_uuid(), '{\"n\": 1.50}', $2, '250 ok <' || $3 || '>')"
        " RETURNING id), tried AS (INSERT INTO tierline.attempt (message, number, ended_at, detail)"
        " SELECT id, 1, now(), 'to ' || $3 FROM said), noted AS (INSERT INTO tierline.notice"
        " (ticket, seq, client, kind, recipient, occasion, reach, policy, why, state, message)"
        " SELECT $1, (SELECT 1 + count(*) FROM tierline.notice), 'Contoso', 'requester', $3, 'o',"
        " 'notify', 'v', '', $2, id FROM said) SELECT id FROM said",
        ticket,
        state,
        recipient,
    )


async def put(world: World, table: str, **columns: Any) -> None:
    binds = ", ".join(f"${at + 1}" for at in range(len(columns)))
    names = ", ".join(columns)
    await world.run(f"INSERT INTO tierline.{table} ({names}) VALUES ({binds})", *columns.values())


async def much(world: World) -> Ticket:
    """Ruth in every table that may hold her."""
    ticket = await asked(world)
    await told(world, ticket.id, "delivered")
    await told(world, ticket.id, "pending")
    alert = await world.alert(f"mail from {RUTH}", labels={"from": f"{NAME} <{RUTH}>", "n": "7"})
    await world.run("UPDATE tierline.alert SET outcome = 'o', ticket = $1", ticket.id)
    await put(world, "client", name="Contoso")
    await put(world, "contact", client="Contoso", name=NAME, email=RUTH.upper())
    await put(world, "contact", client="Contoso", name=f"{NAME}-Jones", email="x@y.example")
    record = {"client": "Contoso", "name": NAME, "email": RUTH}
    kept = {"kind": "contacts", "name": NAME, "client": "Contoso", "by": "tom", "how": "api"}
    await put(world, "record_change", **kept, at=MONDAY, after=json.dumps(record))
    await put(world, "problem", client="Contoso", key=f"mail from {RUTH}", alert=alert.id)
    dead = {"source": "intake", "key": "k"}
    body = json.dumps({"from": NAME, "client": "Contoso"}).encode()
    await put(world, "dead_letter", **dead, body=body, reason=f"{RUTH} is no name")
    await put(world, "dead_letter", **dead, body=b"\xff\xfe: " + RUTH.encode(), reason="")
    answer = json.dumps({"ticket": {"client": "Contoso", "requester": record}})
    await put(world, "command", asker="sam", key="k", digest="d", status=200, answer=answer)
    shown = {"base": "b", "answer": json.dumps([f"1 {NAME}"]), "made_by": "tom", "open": 1}
    await put(world, "policy_preview", id="p", version="v", document="{}", last_ticket=1, **shown)
    coded = b"Content-Transfer-Encoding: base64\n\nUnV0aCBNZXllcg==\n"
    for rcpt, raw in ((RUTH, b"x"), ("a@b.example", coded), ("a@b.example", b"stays")):
        await put(world, "caught_mail", sender="desk@msp.example", rcpt=rcpt, subject="s", raw=raw)
    written = {"kind": "k", "about": "", "day": MONDAY, "due_at": MONDAY, "at": MONDAY}
    sent = {"recipient": "tom", "policy": "v", "doc": json.dumps([NAME])}
    await put(world, "letter", **written, **sent)
    of = {"ticket": ticket.id, "seq": 1}
    await put(world, "training", **of, state="open", by="tom", at=MONDAY, note=NAME)
    await put(world, "reaction", **of, kind="k", target=1, state="failed", reason=RUTH)
    return await world.ticket(ticket.id)


async def holding(world: World, *words: str) -> list[str]:
    """The tables any row of which holds one of the words, in its text or in its bytes."""
    found = []
    for row in await world.rows(TABLES):
        table = row["relname"]
        texts = [
            one["t"] for one in await world.rows(f"SELECT t::text AS t FROM tierline.{table} t")
        ]
        if table in {"outbox", "dead_letter"}:
            rows = await world.rows(f"SELECT body FROM tierline.{table}")
            texts += [one["body"].decode(errors="replace") for one in rows]
        if any(word.casefold() in text.casefold() for text in texts for word in words):
            found.append(table)
    return found


async def makes_its_state(world: World, number: int) -> bool:
    events = [one.event for one in await world.told(number)]
    return fold(events) == await world.ticket(number)


async def test_every_table_is_searched_or_excused_by_name(world: World) -> None:
    there = {row["relname"] for row in await world.rows(TABLES)}
    assert there == {*SEARCHED, *EXCUSED, BY_MAIL}, "say in tables.py where a person may stand"
    assert not SEARCHED.keys() & EXCUSED.keys()
    assert all(len(reason) > 5 for reason in EXCUSED.values())
    columns = await world.rows(
        "SELECT table_name AS t, column_name::text AS c FROM information_schema.columns"
        " WHERE table_schema = 'tierline'"
    )
    named = {(table, name) for table, names in SEARCHED.items() for name in names}
    assert named <= {(row["t"], row["c"]) for row in columns}


async def test_nothing_holds_the_person_any_more(world: World) -> None:
    ticket = await much(world)
    before = await world.rows("SELECT seq, at, type, body FROM tierline.event ORDER BY seq")
    outbox = await world.count("outbox")
    held = await holding(world, RUTH, NAME)
    assert {"ticket", "event", "outbox", "message", "alert", "contact", "command"} <= {*held}
    done = await Eraser(world.db, None).erase(RUTH, by="dpo")
    assert done.left == []
    assert await holding(world, RUTH, NAME) == ["contact"], "of Ruth Meyer-Jones, somebody else"
    assert await world.count("contact") == 1
    after = await world.ticket(ticket.id)
    assert after.requester == Requester(done.pseudonym, f"{done.pseudonym}@erased.invalid")
    assert after.approval is not None
    assert after.approval.approver == done.pseudonym
    assert after.title == f"Printer of {done.pseudonym}"
    assert after.body.endswith(f"{done.pseudonym} <{done.pseudonym}@erased.invalid>")
    assert await makes_its_state(world, ticket.id)
    assert await world.value("SELECT title FROM tierline.ticket") == after.title
    now = await world.rows("SELECT seq, at, type, body FROM tierline.event ORDER BY seq")
    assert [(row["seq"], row["at"], row["type"]) for row in now] == [
        (row["seq"], row["at"], row["type"]) for row in before
    ]
    assert await world.count("outbox") == outbox
    assert await world.value("SELECT content::text FROM tierline.message LIMIT 1") == '{"n": 1.50}'
    assert await world.count("caught_mail") == 1


async def test_one_row_remains_of_it_that_does_not_say_who(world: World) -> None:
    await much(world)
    events = await world.count("event")
    done = await Eraser(world.db, None).erase(RUTH, by="dpo")
    (row,) = await world.rows("SELECT * FROM tierline.erasure")
    assert (row["pseudonym"], row["asked_by"]) == (done.pseudonym, "dpo")
    assert row["ended_at"] is not None
    assert json.loads(row["counts"]) == done.rows
    assert done.rows["event"] == events
    assert done.rows["contact"] == 1
    assert "ruth" not in str(row).casefold()
    again = await Eraser(world.db, None).erase(RUTH)
    assert again == Done()
    assert await world.count("erasure") == 1


async def test_what_waits_to_be_sent_ends_and_says_why(world: World) -> None:
    ticket = await asked(world)
    sent, waits = [await told(world, ticket.id, state) for state in ("delivered", "pending")]
    other = await told(world, ticket.id, "pending", recipient="kim@contoso.example")
    of = {"ticket": ticket.id, "seq": 9, "client": "Contoso", "kind": "requester"}
    said = {"occasion": "o", "reach": "digest", "policy": "v", "why": "", "state": "held"}
    await put(world, "notice", **of, recipient=RUTH, **said)
    done = await Eraser(world.db, None).erase(RUTH)
    assert done.ended_messages == 1
    held = "SELECT state || ': ' || reason FROM tierline.notice WHERE seq = 9"
    assert await world.value(held) == "superseded: their data were erased"
    for number, state, reason in (
        (sent, "delivered", ""),
        (waits, "superseded", "their data were erased"),
        (other, "pending", ""),
    ):
        for table, key in (("message", "id"), ("notice", "message")):
            (row,) = await world.rows(
                f"SELECT state, reason FROM tierline.{table} WHERE {key} = $1", number
            )
            assert (table, row["state"], row["reason"]) == (table, state, reason)


async def test_a_message_under_way_is_left_and_done_by_the_next_run(world: World) -> None:
    ticket = await asked(world)
    number = await told(world, ticket.id, "pending")
    await world.run(
        "WITH tried AS (UPDATE tierline.attempt SET ended_at = NULL)"
        " UPDATE tierline.message SET attempt = 1, due_at = now() + interval '1 minute'"
    )
    done = await Eraser(world.db, None).erase(RUTH)
    assert done.left == ["1 messages to them are being sent"]
    assert await world.value("SELECT address FROM tierline.message WHERE id = $1", number) == RUTH
    await world.run("UPDATE tierline.message SET state = 'delivered', proof = $1", f"to {RUTH}")
    again = await Eraser(world.db, None).erase(RUTH)
    assert (again.left, again.pseudonym) == ([], done.pseudonym)
    assert await holding(world, RUTH, NAME) == []
    assert await world.count("erasure") == 1


async def test_a_ticket_of_which_a_service_has_yet_to_read_is_left(world: World) -> None:
    ticket = await asked(world)
    await world.run("INSERT INTO tierline.sweep (consumer, clean_until) VALUES ('notices', now())")
    done = await Eraser(world.db, None).erase(RUTH)
    assert done.left == [f"ticket {ticket.id}: a service has yet to read of it"]
    assert (await world.ticket(ticket.id)).requester.email == RUTH
    await world.run(
        "INSERT INTO tierline.progress (consumer, ticket, seq) VALUES ('notices', $1, $2)",
        ticket.id,
        ticket.seq,
    )
    assert (await Eraser(world.db, None).erase(RUTH)).left == []
    assert await holding(world, RUTH, NAME) == []


async def test_a_dry_run_says_where_they_stand_and_changes_nothing(world: World) -> None:
    ticket = await much(world)
    before = [await world.rows(f"SELECT t::text FROM tierline.{table} t") for table in SEARCHED]
    person, found = await Eraser(world.db, None).foreseen(RUTH)
    assert person.names == {NAME}
    assert person.clients == {"Contoso"}
    assert found.tickets == [ticket.id]
    assert found.rows["event"] == ticket.seq
    after = [await world.rows(f"SELECT t::text FROM tierline.{table} t") for table in SEARCHED]
    assert after == before
    assert await world.count("erasure") == 0


@pytest.mark.parametrize("step", range(5))
async def test_one_that_is_cut_short_is_taken_up_with_the_same_pseudonym(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    ticket, other = await much(world), await asked(world, problem_key="b")
    monkeypatch.setattr(erasing, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(erasing, "TICKETS_AT_ONCE", 1)
    real, calls = erasing.record.count, []

    async def cut(*args: Any) -> None:
        await real(*args)
        calls.append(args)
        if len(calls) == 1 + step * 7:
            raise SystemError("cut short")

    with monkeypatch.context() as patched:
        patched.setattr(erasing.record, "count", cut)
        with pytest.raises(SystemError):
            await Eraser(world.db, None).erase(RUTH)
    for number in (ticket.id, other.id):
        assert await makes_its_state(world, number)
    begun = await world.value("SELECT pseudonym FROM tierline.erasure")
    done = await Eraser(world.db, None).erase(RUTH)
    assert (done.left, done.pseudonym) == ([], begun)
    assert await holding(world, RUTH, NAME) == ["contact"]
    for number in (ticket.id, other.id):
        assert (await world.ticket(number)).requester.name == begun
        assert await makes_its_state(world, number)


async def test_whole_words_only_and_nobody_else(world: World) -> None:
    body = (
        "Ruth Meyers and Aruth Meyer, Ruth Meyer-Jones, truth.ruth.meyer@contoso.example,"
        " ruth.meyer@contoso.example.org"
    )
    await asked(world, title="x", body=body)
    elsewhere = await world.open(client="Initech", body=f"{NAME} of Initech", problem_key="i")
    namesake = await world.open(requester=Requester(NAME, "r@other.example"), problem_key="n")
    await Eraser(world.db, None).erase(RUTH)
    assert (
        await world.value("SELECT doc ->> 'body' FROM tierline.ticket ORDER BY id LIMIT 1") == body
    )
    assert (await world.ticket(elsewhere.id)).body == f"{NAME} of Initech"
    assert (await world.ticket(namesake.id)).requester.name == NAME


async def test_a_name_that_is_given_is_looked_for_too(world: World) -> None:
    ticket = await asked(world, body="Ruthie M. was here; ruthie m, too")
    done = await Eraser(world.db, None).erase(RUTH, ["Ruthie M"])
    found = await world.ticket(ticket.id)
    assert found.body == f"{done.pseudonym}. was here; {done.pseudonym}, too"


async def test_who_works_here_is_not_erased_until_they_have_left(world: World) -> None:
    person = {"login": "ruth", "name": NAME, "email": RUTH, "role": "technician"}
    await put(world, "person", **person, password_hash="h", doc='{"phone": "+1 2"}')
    await world.run(
        "INSERT INTO tierline.session (id, login, expires_at) VALUES ('s', 'ruth', now())"
    )
    with pytest.raises(ErasureError, match="is of ruth, who works here") as refused:
        await Eraser(world.db, None).erase(RUTH)
    assert "active: false" in refused.value.remedy
    assert await world.count("erasure") == 0
    await world.run("UPDATE tierline.person SET active = false")
    done = await Eraser(world.db, None).erase(RUTH)
    (row,) = await world.rows("SELECT * FROM tierline.person")
    assert (row["login"], row["name"]) == ("ruth", NAME), "what they did stays theirs"
    assert row["email"] == f"{done.pseudonym}@erased.invalid"
    assert (row["password_hash"], row["doc"]) == ("", "{}")
    assert await world.count("session") == 0


async def closed(world: World, **stated: Any) -> Ticket:
    ticket = await asked(world, **stated)
    await told(world, ticket.id, "delivered")
    await world.do(ticket.id, Close("a duplicate"), TOM)
    return await world.ticket(ticket.id)


@pytest.mark.parametrize("cut", [None, "take_place", "finish", "forget"])
async def test_archives_are_written_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str | None
) -> None:
    ticket = await closed(world)
    await world.open(problem_key="stays")
    await world.clock(LATER)
    ((name, _),) = (await Archivist(world.db, tmp_path).round(RULES)).files.items()
    with pytest.raises(ErasureError, match="TIERLINE_ARCHIVE is not set"):
        await Eraser(world.db, None).erase(RUTH)
    if cut:
        with monkeypatch.context() as patched:
            place = {
                "take_place": "tierline.store.erasure.files.take_place",
                "finish": "tierline.store.archive.files.Writer.finish",
                "forget": "tierline.store.erasure.files.forget",
            }[cut]

            def broken(*args: Any) -> Any:
                raise SystemError("cut short")

            patched.setattr(place, broken)
            with pytest.raises(SystemError):
                await Eraser(world.db, tmp_path).erase(RUTH)
        stands = await world.value("SELECT archive FROM tierline.archived")
        verify(tmp_path, stands)
    done = await Eraser(world.db, tmp_path).erase(RUTH)
    assert done.left == []
    assert await holding(world, RUTH, NAME) == []
    new = await world.value("SELECT archive FROM tierline.archived")
    assert new != name
    assert {path.name for path in tmp_path.iterdir()} == {
        new, new.replace(".jsonl.gz", ".manifest.json"),
    }  # fmt: skip
    manifest = verify(tmp_path, new)
    (row,) = await world.rows("SELECT * FROM tierline.archive WHERE dropped_at IS NULL")
    assert (row["name"], row["sha256"], row["bytes"]) == (new, manifest.sha256, manifest.bytes)
    await restore(world.db, tmp_path, ticket.id)
    assert await holding(world, RUTH, NAME) == []
    assert (await world.ticket(ticket.id)).requester.name == done.pseudonym


async def test_a_ticket_that_is_erased_while_its_file_is_written_stays(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closed(world)
    await world.clock(LATER)
    real = round_module.take_out

    async def late(*args: Any) -> Any:
        await Eraser(world.db, tmp_path).erase(RUTH)
        return await real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(round_module, "take_out", late)
        ((name, out),) = (await Archivist(world.db, tmp_path).round(RULES)).files.items()
    assert out == []
    assert await world.count("archive") == 0
    assert await holding(world, RUTH, NAME) == ["erasure"], "the file may yet be named"
    os.utime(tmp_path / name, (0, 0))
    assert (await Eraser(world.db, tmp_path).erase(RUTH)).left == []
    assert await holding(world, RUTH, NAME) == []
    assert not (tmp_path / name).exists()


async def test_more_rows_than_a_page_or_a_batch_are_all_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tierline.store.erasure.rows.PAGE_ROWS", 2)
    monkeypatch.setattr(erasing, "ROWS_AT_ONCE", 3)
    ticket = await asked(world)
    for _ in range(7):
        await told(world, ticket.id, "delivered")
        await told(world, ticket.id, "held")
    done = await Eraser(world.db, None).erase(RUTH)
    assert (done.rows["notice"], done.rows["message"], done.ended_messages) == (14, 14, 7)
    assert await holding(world, RUTH, NAME) == []
    assert limits.PASSES_MAX > 1


async def test_files_that_the_database_does_not_name_are_looked_at(
    world: World, tmp_path: Path
) -> None:
    """A round of archiving that was cut short leaves one; of one made lately it may yet learn."""
    await closed(world)
    await world.clock(LATER)
    ((name, _),) = (await Archivist(world.db, tmp_path).round(RULES)).files.items()
    await world.run("DELETE FROM tierline.archived")
    await world.run("DELETE FROM tierline.archive")
    done = await Eraser(world.db, tmp_path).erase(RUTH)
    assert done.left == [f"{name}: made lately, and not named yet"]
    assert (tmp_path / name).exists()
    os.utime(tmp_path / name, (0, 0))
    done = await Eraser(world.db, tmp_path).erase(RUTH)
    assert done.left == []
    assert not (tmp_path / name).exists()
    verify(tmp_path, done.archives[0])
    assert (await Eraser(world.db, tmp_path).erase(RUTH)) == Done()


async def test_a_file_that_is_gone_is_named_and_what_was_begun_goes_on(
    world: World, tmp_path: Path
) -> None:
    await closed(world)
    await world.clock(LATER)
    ((name, _),) = (await Archivist(world.db, tmp_path).round(RULES)).files.items()
    (tmp_path / name).rename(tmp_path / "away")
    with pytest.raises(ArchiveError, match=f"{name} cannot be read"):
        await Eraser(world.db, tmp_path).erase(RUTH)
    (tmp_path / "away").rename(tmp_path / name)
    assert (await Eraser(world.db, tmp_path).erase(RUTH)).left == []


async def test_an_alert_that_waits_for_triage_is_left(world: World) -> None:
    await asked(world)
    alert = await world.alert(f"mail from {RUTH}")
    done = await Eraser(world.db, None).erase(RUTH)
    assert done.left == ["1 alerts: no outcome yet"]
    assert await world.value("SELECT dedup_key FROM tierline.alert") == f"mail from {RUTH}"
    await world.run("UPDATE tierline.alert SET outcome = 'x' WHERE id = $1", alert.id)
    assert (await Eraser(world.db, None).erase(RUTH)).left == []
    assert await holding(world, RUTH, NAME) == []


async def test_what_somebody_writes_meanwhile_is_waited_for_and_erased(
    world: World, eventually: Any
) -> None:
    ticket = await asked(world)
    context = world.context()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with world.db.transaction() as connection:
        note = Note(f"{NAME} rang again")
        await decide_within(context, connection, ticket.id, note, SAM, "c")
        erasing_ = asyncio.create_task(Eraser(world.db, None).erase(RUTH))
        await eventually(lambda: world.value(waiting))
    assert (await erasing_).left == []
    assert await holding(world, RUTH, NAME) == []
    assert await makes_its_state(world, ticket.id)
    assert len(await world.told(ticket.id)) == ticket.seq + 1


async def test_letters_beyond_ascii_are_found_however_they_were_written(world: World) -> None:
    name, address = "Jörg Müller", "jörg@contoso.example"
    await asked(world, title="x", body="JÖRG MÜLLER", requester=Requester(name, address))
    answer = json.dumps({"client": "Contoso", "x": [name, address]})
    await put(world, "command", asker="a", key="k", digest="d", status=200, answer=answer)
    done = await Eraser(world.db, None).erase("JÖRG@contoso.example")
    assert done.rows["command"] == 1
    assert await holding(world, name, address, "J\\u00f6rg") == []


async def test_what_only_the_spelling_told_apart_stays_apart(world: World) -> None:
    one = await world.open(problem_key=f"mail {RUTH}", requester=Requester(NAME, RUTH))
    two = await world.open(problem_key=f"mail {RUTH.upper()}")
    for recipient in (RUTH, RUTH.title(), RUTH.upper()):
        of = {"ticket": one.id, "seq": 1, "client": "Contoso", "kind": "requester"}
        said = {"occasion": "o", "reach": "notify", "policy": "v", "why": "", "state": "delivered"}
        await put(world, "notice", **of, recipient=recipient, **said)
    done = await Eraser(world.db, None).erase(RUTH)
    assert done.left == []
    keys = [(await world.ticket(ticket.id)).problem_key for ticket in (one, two)]
    mine = f"{done.pseudonym}{{}}@erased.invalid"
    assert keys == [f"mail {mine.format('')}", f"mail {mine.format('+2')}"]
    told_to = await world.rows("SELECT recipient FROM tierline.notice ORDER BY id")
    assert [row["recipient"] for row in told_to] == [mine.format(n) for n in ("", "+2", "+3")]
    for ticket in (one, two):
        assert await makes_its_state(world, ticket.id)


async def test_nothing_comes_back_from_a_file_that_is_written_anew_meanwhile(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await closed(world)
    await world.clock(LATER)
    await Archivist(world.db, tmp_path).round(RULES)
    read = asyncio.Event()
    erased: list[Done] = []

    async def late(step: Any, *args: Any) -> Any:
        found = step(*args)
        if step is rows_of and not read.is_set():
            read.set()
            erased.append(await Eraser(world.db, tmp_path).erase(RUTH))
        return found

    monkeypatch.setattr("tierline.store.archive.looking.asyncio.to_thread", late)
    with pytest.raises(ArchiveError, match="or its file changed"):
        await restore(world.db, tmp_path, ticket.id)
    assert erased[0].left == []
    await restore(world.db, tmp_path, ticket.id)
    assert await holding(world, RUTH, NAME) == []
