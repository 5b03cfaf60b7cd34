"""Findings are told past everything the auditor watches, once; and a heartbeat stays away."""

import asyncio
from random import Random

import pytest
from pydantic import ValidationError

from sla_timer.alarm import Alarm, MailWay, Over, Word
from sla_timer.audit import BLIND, Auditor
from sla_timer.heartbeat import Heartbeat
from sla_timer.limits import AUDIT_EVERY_S, HEARTBEAT_EVERY_S, HEARTBEAT_FRESH_S
from sla_timer.settings import Settings
from tests.services.notifier.receivers import HttpReceiver, Reply, http_receiver, smtp_receiver
from tierline.store.audit import LATE_S, TOLD_AGAIN_S, Finding
from tierline.store.database import Database
from tierline.testing.loop import VirtualLoop

WORD = Word("outbox rows stuck", 7, "Look at Kafka.", None)


@pytest.fixture
async def db(database_url: str):
    database = await Database.connect(database_url)
    yield database
    await database.close()


@pytest.fixture
async def receiver():
    async with http_receiver() as made:
        yield made


class Told:
    """An alarm that nobody hears, which keeps what it was given."""

    def __init__(self, *, taken: bool = True) -> None:
        self.taken = taken
        self.words: list[str] = []
        self.over: list[str] = []

    async def tell(self, words, over) -> bool:
        self.words += [word.what for word in words]
        self.over += [one.what for one in over]
        return self.taken


async def stuck(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(
            "INSERT INTO tierline.outbox (shard, topic, key, body, created_at)"
            " VALUES (1, 't', 'k', '', now() - make_interval(secs => $1))",
            LATE_S + 1,
        )


async def go_round(*auditors: Auditor) -> None:
    for auditor in auditors:
        await auditor.audit()
        await auditor._tell()


async def passes(db: Database, seconds: float) -> None:
    """As if what was told had been told so long ago."""
    async with db.connection() as connection:
        await connection.execute(
            "UPDATE tierline.finding SET told_at = told_at - make_interval(secs => $1)", seconds
        )


async def mended(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute("DELETE FROM tierline.outbox")


async def test_of_several_auditors_one_tells_a_finding_and_one_that_it_is_over(db):
    first, second = Told(), Told()
    auditors = Auditor(db, first), Auditor(db, second)
    await go_round(*auditors)
    assert first.words == second.words == []
    await stuck(db)
    for _ in range(3):
        await go_round(*auditors)
    assert first.words + second.words == ["outbox rows stuck"]
    await mended(db)
    for _ in range(3):
        await go_round(*auditors)
    assert first.over + second.over == ["outbox rows stuck"]


async def test_what_is_still_there_is_told_again_after_an_hour_and_not_before(db):
    told = Told()
    auditor = Auditor(db, told)
    await stuck(db)
    await go_round(auditor)
    await passes(db, TOLD_AGAIN_S - 60)
    await go_round(auditor)
    assert len(told.words) == 1
    await passes(db, 61)
    await go_round(auditor)
    assert len(told.words) == 2


async def test_what_comes_and_goes_is_told_once_an_hour(db):
    told = Told()
    auditor = Auditor(db, told)
    for _ in range(3):
        await stuck(db)
        await go_round(auditor)
        await mended(db)
        await go_round(auditor)
    assert (told.words, told.over) == (["outbox rows stuck"], ["outbox rows stuck"])
    await passes(db, TOLD_AGAIN_S + 1)
    await stuck(db)
    await go_round(auditor)
    assert len(told.words) == 2


async def test_what_nobody_took_is_told_with_the_next_look_and_its_end_only_if_it_was(db):
    told = Told(taken=False)
    auditor = Auditor(db, told)
    await stuck(db)
    await go_round(auditor, auditor)
    assert len(told.words) == 2
    await mended(db)
    await go_round(auditor)
    assert told.over == []
    told.taken = True
    await stuck(db)
    await go_round(auditor, auditor)
    assert len(told.words) == 3


def on_virtual_time(work):
    loop = VirtualLoop(Random(1))
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


class Away:
    """A database that is away until `back`."""

    def __init__(self) -> None:
        self.back = False
        self.asked: list[float] = []

    def connection(self):
        self.asked.append(asyncio.get_running_loop().time())
        raise ConnectionRefusedError("postgres is away")


def test_a_database_that_is_away_is_told_within_a_minute_and_once_an_hour():
    told, away = Told(), Away()
    instants = []

    async def tell(words, over):
        instants.append(asyncio.get_running_loop().time())
        return await Told.tell(told, words, over)

    async def two_hours() -> float:
        began = asyncio.get_running_loop().time()
        auditor, stop = Auditor(away, told), asyncio.Event()
        told.tell = tell
        asyncio.get_running_loop().call_later(2 * 3600, stop.set)
        await auditor.run(stop)
        return began

    began = on_virtual_time(two_hours())
    assert told.words == [BLIND, BLIND]
    first, second = (instant - away.asked[0] for instant in instants)
    assert LATE_S <= first <= 60
    assert 3600 <= second - first < 3600 + 2 * AUDIT_EVERY_S
    assert away.asked[0] - began < AUDIT_EVERY_S + 1


async def test_an_auditor_that_looks_again_says_so_once(db):
    told = Told()
    auditor = Auditor(db, told)
    auditor._blind_since = 0.0
    await auditor._tell_blind("ConnectionRefusedError")
    assert told.words == [BLIND]
    await go_round(auditor, auditor)
    assert told.over == [BLIND]


class Looking:
    """An auditor as the heartbeat knows it."""

    def __init__(self, *, age_s: float = 0.0, findings: tuple[Finding, ...] = ()) -> None:
        self.looked_at = asyncio.get_running_loop().time() - age_s
        self.findings = list(findings)


FOUND = Finding("due instants passed", 3, "Look at sla-timer.")


async def targets(receiver: HttpReceiver, looking: Looking, fail: bool, method="POST") -> list[str]:
    base = f"http://127.0.0.1:{receiver.port}"
    await Heartbeat(looking, f"{base}/well", f"{base}/fail" if fail else "", method).beat()
    return [request.target for request in receiver.requests]


async def test_a_heartbeat_speaks_of_a_fresh_look_that_found_nothing(receiver):
    assert await targets(receiver, Looking(), fail=True) == ["/well"]


@pytest.mark.parametrize("fail", [True, False], ids=["fail address", "silence"])
@pytest.mark.parametrize(
    ("age_s", "findings", "says"),
    [
        (0.0, (FOUND,), b"3 due instants passed"),
        (HEARTBEAT_FRESH_S + 1, (), b"the auditor has not looked for a while"),
    ],
)
async def test_it_stays_away_or_says_so_where_something_is_amiss(
    receiver, age_s, findings, says, fail
):
    looking = Looking(age_s=age_s, findings=findings)
    assert await targets(receiver, looking, fail) == (["/fail"] if fail else [])
    assert [request.body for request in receiver.requests] == ([says] if fail else [])


async def test_a_heartbeat_may_be_a_get_without_a_body(receiver):
    assert await targets(receiver, Looking(), fail=False, method="GET") == ["/well"]
    assert receiver.requests[0].body == b""


async def test_a_heartbeat_that_is_not_taken_harms_nobody(receiver):
    receiver.answer(Reply(500), Reply(302, {"Location": "http://127.0.0.1:1/elsewhere"}))
    assert await targets(receiver, Looking(), fail=False) == ["/well"]
    assert await targets(receiver, Looking(), fail=False) == ["/well", "/well"]
    await Heartbeat(Looking(), "http://127.0.0.1:1/", "", "GET").beat()
    await Heartbeat(Looking(), "http://[nowhere", "", "GET").beat()


def test_it_beats_every_minute_until_the_stop():
    beats = []

    async def ten_minutes() -> None:
        heart, stop = Heartbeat(Looking(), "", "", "POST"), asyncio.Event()

        async def beat() -> None:
            beats.append(asyncio.get_running_loop().time())

        heart.beat = beat
        asyncio.get_running_loop().call_later(10 * HEARTBEAT_EVERY_S + 1, stop.set)
        await heart.run(stop)

    on_virtual_time(ten_minutes())
    assert len(beats) == 10


async def test_a_webhook_gets_what_was_found_and_what_is_over(receiver):
    alarm = Alarm("Northwind", None, receiver.url)
    assert await alarm.tell([WORD], [Over(BLIND, None)])
    said = receiver.requests[0].json()
    assert said["findings"] == [
        {"what": "outbox rows stuck", "count": 7, "remedy": "Look at Kafka."}
    ]
    assert said["over"] == [BLIND]
    title, *_ = said["text"].splitlines()
    assert title == f"Tierline at Northwind: 7 outbox rows stuck, over: {BLIND}"


async def test_a_mail_goes_straight_to_the_relay():
    async with smtp_receiver() as relay:
        way = MailWay("ops@msp.example", "tierline@msp.example", "127.0.0.1", relay.port)
        assert await Alarm("Northwind", way, "").tell([WORD], [])
    (mail,) = relay.mails
    assert mail["To"] == "ops@msp.example"
    assert mail["Subject"] == "Tierline at Northwind: 7 outbox rows stuck"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Look at Kafka." in mail.get_content()


async def test_one_way_that_is_away_does_not_silence_the_other(receiver):
    nowhere = MailWay("ops@msp.example", "tierline@msp.example", "127.0.0.1", 1)
    assert await Alarm("x", nowhere, receiver.url).tell([WORD], [])
    receiver.answer(Reply(500))
    assert not await Alarm("x", nowhere, receiver.url).tell([WORD], [])


def settings(**other: str) -> Settings:
    return Settings(
        database_url="postgresql://u:p@h/d", kafka_bootstrap="h:1", port=1, secret="s" * 32, **other
    )


def test_nobody_is_told_unless_somebody_is_set():
    assert settings().alarm is None
    assert settings(alarm_mail="ops@msp.example").alarm is not None
    assert settings(alarm_webhook="https://x.example/hook").alarm is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"alarm_webhook": "ops"},
        {"heartbeat_url": "ftp://x"},
        {"heartbeat_fail_url": "https://x.example/fail"},
        {"heartbeat_method": "PUT"},
        {"alarm_mail": "ops"},
        {"alarm_mail": "ops@msp.example\r\nBcc: x@y"},
        {"deployment": "a\nb"},
        {"smtp_tls": "maybe"},
    ],
)
def test_addresses_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_addresses_that_carry_a_secret_are_not_printed():
    shown = repr(settings(heartbeat_url="https://hc.example/hunter2"))
    assert "hunter2" not in shown
