"""Each thing the doctor looks at, in order and with a fault planted: level, words, remedy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tierline.bus.cluster import Standing, Topic
from tierline.cli.doctor import (
    auditor,
    backups,
    clocks,
    disk,
    expiry,
    kafka,
    pools,
    postgres,
    schema,
    secrecy,
)
from tierline.cli.doctor.finding import Finding, Level
from tierline.cli.doctor.patient import Surroundings, look_around
from tierline.messages.topics import ALERTS, EVENTS
from tierline.runtime.home import Home
from tierline.store.database import SESSION
from tierline.store.schema import head

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GOOD_SERVER = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "TimeZone": "UTC",
    **{name: SESSION[name] for name in postgres.MILLISECONDS},
}
GOOD_TOPIC = {
    "min.insync.replicas": "2",
    "retention.ms": "604800000",
    "max.message.bytes": "1048588",
    "cleanup.policy": "delete",
}


def one(found: list[Finding]) -> Finding:
    """The only finding; a wrong thing always comes with what to do about it."""
    (only,) = found
    assert only.level is Level.OK or only.remedy
    return only


def test_the_newest_revision_is_in_order():
    assert schema.judge(head()).level is Level.OK


@pytest.mark.parametrize(
    ("at", "level", "word"),
    [
        (None, Level.FAIL, "never been migrated"),
        ("0014", Level.FAIL, "this version needs"),
        ("9999", Level.WARN, "does not know"),
    ],
)
def test_another_revision_is_not(at, level, word):
    found = schema.judge(at)
    assert found.level is level
    assert word in found.said


def test_a_server_set_for_durability_is_in_order():
    assert one(postgres.judge(18, GOOD_SERVER)).level is Level.OK
    assert one(postgres.judge(15, GOOD_SERVER)).level is Level.OK


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("fsync", "off", "power cut"),
        ("full_page_writes", "off", "power cut"),
        ("synchronous_commit", "off", "may be lost"),
        ("autovacuum", "off", "grow without end"),
    ],
)
def test_a_setting_that_promises_rest_on_is_a_failure(name, value, word):
    found = one(postgres.judge(18, GOOD_SERVER | {name: value}))
    assert found.level is Level.FAIL
    assert word in found.said
    assert f"SET {name} = on" in found.remedy


def test_an_old_server_and_a_pooler_that_drops_settings_are_seen():
    assert "14" in one(postgres.judge(14, GOOD_SERVER)).said
    other = {"lock_timeout": "0", "TimeZone": "Europe/London"}
    dropped = one(postgres.judge(18, GOOD_SERVER | other))
    assert dropped.level is Level.WARN
    assert "lock_timeout, timezone" in dropped.said
    assert "pooler" in dropped.remedy


@pytest.mark.parametrize(
    ("processes", "others", "level"),
    [(4, 2, Level.OK), (9, 3, Level.OK), (9, 4, Level.WARN), (12, 1, Level.FAIL)],
)
def test_pools_that_would_not_fit_are_told(processes, others, level):
    found = pools.judge(processes, others, room=60)
    assert found.level is level
    assert f"{processes * 5 + others} of 60" in found.said


def topics(**changes: object) -> dict[str, Topic]:
    """Both topics on three brokers, `changes` made to that of events."""
    good = {"partitions": 4, "copies": 3, "in_sync": 3, "settings": GOOD_TOPIC}
    return {ALERTS: Topic(ALERTS, **good), EVENTS: Topic(EVENTS, **{**good, **changes})}


def test_topics_of_three_brokers_are_in_order():
    assert one(kafka.judge_topics(topics(), development=False)).level is Level.OK


@pytest.mark.parametrize(
    ("changes", "level", "word"),
    [
        ({"partitions": 1}, Level.WARN, "auto.create.topics.enable"),
        ({"copies": 1, "in_sync": 1}, Level.WARN, "one copy"),
        ({"in_sync": 2}, Level.WARN, "up to date"),
        ({"leaderless": 1}, Level.FAIL, "no leader"),
        ({"settings": GOOD_TOPIC | {"min.insync.replicas": "1"}}, Level.WARN, "may lose messages"),
        ({"settings": GOOD_TOPIC | {"min.insync.replicas": "3"}}, Level.WARN, "may be away"),
        ({"settings": GOOD_TOPIC | {"max.message.bytes": "1000"}}, Level.FAIL, "1000 bytes"),
        ({"settings": GOOD_TOPIC | {"retention.ms": "3600000"}}, Level.WARN, "1.0 h"),
        ({"settings": GOOD_TOPIC | {"cleanup.policy": "compact"}}, Level.FAIL, "compacted"),
    ],
)
def test_a_topic_that_is_not_as_it_should_be(changes, level, word):
    found = one(kafka.judge_topics(topics(**changes), development=False))
    assert found.level is level
    assert word in f"{found.said} {found.remedy}"
    assert EVENTS in found.said


def test_a_missing_topic_is_a_failure_and_one_copy_is_fine_in_development():
    only = {ALERTS: topics()[ALERTS]}
    found = one(kafka.judge_topics(only, development=False))
    assert (found.level, f"{EVENTS} is missing") == (Level.FAIL, found.said)
    small = {name: Topic(name, 4, 1, 1) for name in (ALERTS, EVENTS)}
    assert one(kafka.judge_topics(small, development=True)).level is Level.OK


def test_retention_without_end_is_fine():
    endless = topics(settings=GOOD_TOPIC | {"retention.ms": "-1"})
    assert one(kafka.judge_topics(endless, development=False)).level is Level.OK


@pytest.mark.parametrize(
    ("members", "lag", "level", "word"),
    [
        (2, 9_000, Level.OK, "9000 messages behind"),
        (None, 0, Level.OK, "0 messages behind"),
        (2, 20_000, Level.WARN, "replicas of intake"),
        (0, 3, Level.FAIL, "No intake reads"),
    ],
)
def test_a_group_without_members_or_far_behind_is_told(members, lag, level, word):
    found = one(kafka.judge_consumers([Standing("triage", ALERTS, members, lag)]))
    assert found.level is level
    assert word in f"{found.said} {found.remedy}"


def test_clocks_that_differ_are_told_with_their_way():
    assert one(clocks.judge({"this machine": 0.2, "router": -1.5})).level is Level.OK
    wrong = clocks.judge({"this machine": 3.0, "router": -300.0, "intake": 0.0})
    assert [(f.level, f.said) for f in wrong] == [
        (Level.WARN, "this machine is 3 s ahead of the database"),
        (Level.FAIL, "router is 300 s behind the database"),
    ]


@pytest.mark.parametrize(
    ("free", "level"), [(5 * 2**30, Level.OK), (2**30, Level.WARN), (2**28, Level.FAIL)]
)
def test_a_disk_that_fills_is_told(free, level):
    assert disk.judge(Path("/data"), free).level is level


def test_what_the_auditor_finds_is_a_failure():
    assert one(auditor.judge({"outbox rows stuck": 0.0})).level is Level.OK
    assert (
        one(auditor.judge({"outbox rows stuck": 7.0, "other": 0.0})).said == "7 outbox rows stuck"
    )
    assert auditor.judge({})[0].level is Level.SKIPPED


def around(url: str = "", **told: str) -> Surroundings:
    named = {f"TIERLINE_{name}": value for name, value in told.items()}
    return Surroundings(
        database_url=url, environment=named, development=told.get("DEVELOPMENT") == "1"
    )


RANDOM = "9f2c4b7e1a6d3058c7e4b19a2f6d8031"


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (around(SECRET="5" * 64), "can be guessed"),
        (around(SECRET="please-change-me-0123456789-abcdef"), "can be guessed"),
        (around(SECRET=RANDOM, OTHER_SECRET="a" * 40), "can be guessed"),
        (around("postgresql://tierline:postgres@db/tierline", SECRET=RANDOM), "well-known"),
        (around("postgresql://tierline@db/tierline", SECRET=RANDOM), "well-known"),
        (around(f"postgresql://t:{RANDOM}@db/t", SECRET=RANDOM, DEVELOPMENT="1"), "is on db"),
    ],
)
def test_a_secret_that_everybody_knows_is_a_failure(wrong, word):
    found = secrecy.judge(wrong)
    assert found[0].level is Level.FAIL
    assert word in found[0].said
    assert RANDOM not in str(found)


def test_random_secrets_are_in_order_and_the_other_one_is_remembered():
    assert (
        one(secrecy.judge(around(f"postgresql://t:{RANDOM}@db/t", SECRET=RANDOM))).level is Level.OK
    )
    left = one(secrecy.judge(around(SECRET=RANDOM, OTHER_SECRET=RANDOM[::-1])))
    assert (left.level, left.said) == (Level.WARN, "TIERLINE_OTHER_SECRET is still set")
    assert secrecy.judge(around())[0].level is Level.SKIPPED


@pytest.mark.parametrize(("days", "level"), [(90, Level.OK), (29, Level.WARN), (-1, Level.WARN)])
def test_a_certificate_that_ends_soon_is_told(days, level):
    assert expiry.judge("desk:443", NOW + timedelta(days=days), NOW).level is level


@pytest.mark.parametrize(
    ("hours", "level"),
    [(3, Level.OK), (25, Level.OK), (27, Level.WARN), (169, Level.FAIL), (None, Level.FAIL)],
)
def test_a_backup_that_is_missing_or_old_is_told(hours, level):
    newest = None if hours is None else NOW - timedelta(hours=hours)
    assert backups.judge(Path("/backups"), newest, NOW).level is level


def test_services_are_found_by_the_variables_they_are_given(tmp_path):
    told = {
        "TIERLINE_DATABASE_URL": "postgresql://t:x@db/t",
        "TIERLINE_KAFKA_BOOTSTRAP": "k1:9092,k2:9092",
        "TIERLINE_ROUTER_URL": "http://router:8082/",
        "TIERLINE_SLA_TIMER_URL": "http://timer:8083",
        "TIERLINE_SMTP_HOST": "relay",
        "TIERLINE_SMTP_PORT": "587",
        "TIERLINE_BACKUPS": "/backups",
        "PATH": "/bin",
    }
    found = look_around(tmp_path, told)
    assert found.urls == {"router": "http://router:8082", "sla_timer": "http://timer:8083"}
    assert (found.smtp, found.backups) == (("relay", 587), Path("/backups"))
    assert found.home is None
    assert "PATH" not in found.environment


def test_a_stack_that_is_down_is_found_by_what_its_folder_remembers(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    names = ("intake", "router", "sla-timer", "notifier", "console", "postgres", "broker", "smtp")
    home.remember_ports({name: 20_000 + number for number, name in enumerate(names)})
    found = look_around(home.folder, {})
    assert found.urls["sla_timer"] == "http://127.0.0.1:20002"
    assert (found.bootstrap, found.smtp) == ("127.0.0.1:20006", ("127.0.0.1", 20_007))
    assert (found.development, found.home) == (True, home.folder)
    assert found.database_url == "", "its password is not made yet"


def test_nothing_known_is_nothing_assumed(tmp_path):
    found = look_around(tmp_path / "none", {})
    assert (found.urls, found.database_url, found.bootstrap, found.smtp) == ({}, "", "", None)
