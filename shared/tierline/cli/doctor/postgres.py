"""Whether PostgreSQL is set so that what is promised holds."""

from collections.abc import Mapping

from tierline.cli.doctor.finding import Finding, fail, ok, warn
from tierline.cli.doctor.limits import POSTGRES_MIN, SLOT_FAIL_BYTES, SLOT_WARN_BYTES
from tierline.cli.doctor.patient import Patient
from tierline.store.database import SESSION

NAME = "postgresql"
SLOTS = "postgresql's log"

DURABLE: Mapping[str, tuple[frozenset[str], str]] = {
    "fsync": (frozenset({"on"}), "a power cut may destroy the database"),
    "full_page_writes": (frozenset({"on"}), "a power cut may destroy the database"),
    "synchronous_commit": (
        frozenset({"on", "local", "remote_write", "remote_apply"}),
        "an alert that was answered 202 may be lost",
    ),
    "autovacuum": (frozenset({"on"}), "tables grow without end"),
}
"""Settings of the server: what they must be, and what comes of it otherwise."""

MILLISECONDS = ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout")


async def settings(patient: Patient) -> list[Finding]:
    """Version, settings that durability rests on, and those that services give their sessions."""
    number = int(await patient.value("SELECT current_setting('server_version_num')")) // 10_000
    rows = await patient.rows("SELECT name, setting FROM pg_settings")
    found = {row["name"]: row["setting"] for row in rows}
    return judge(number, found)


def judge(version: int, found: Mapping[str, str]) -> list[Finding]:
    """Findings about a server of a major version with those settings."""
    wrong = []
    if version < POSTGRES_MIN:
        wrong.append(
            fail(
                NAME,
                f"PostgreSQL {version}; {POSTGRES_MIN} or newer is needed",
                "Move the database to a newer one: docs/runbooks/move-the-database.md.",
            )
        )
    for name, (good, consequence) in DURABLE.items():
        if found.get(name) not in good:
            said = f"{name} is {found.get(name)}: {consequence}"
            wrong.append(fail(NAME, said, f"ALTER SYSTEM SET {name} = on, and reload."))
    lost = [name for name in MILLISECONDS if found.get(name) != SESSION[name]]
    if found.get("TimeZone") not in {"UTC", "Etc/UTC"}:
        lost.append("timezone")
    if lost:
        wrong.append(
            warn(
                NAME,
                f"{', '.join(lost)} of a session are not what it asked for",
                "A pooler in front drops what is set at the start of a session: let it pass, or "
                "set the same with ALTER ROLE ... SET.",
            )
        )
    return wrong or [ok(NAME, f"PostgreSQL {version}, set for durability")]


async def slots(patient: Patient) -> list[Finding]:
    """No replication slot keeps log for somebody who does not come for it."""
    rows = await patient.rows(
        "SELECT slot_name, active,"
        " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS kept"
        " FROM pg_replication_slots WHERE restart_lsn IS NOT NULL"
    )
    found = []
    for row in rows:
        if row["kept"] >= SLOT_WARN_BYTES:
            judged = fail if row["kept"] >= SLOT_FAIL_BYTES else warn
            idle = "" if row["active"] else ", and nobody reads it"
            said = f"slot {row['slot_name']} keeps {row['kept'] / 2**30:.1f} GB of log{idle}"
            remedy = (
                "Start its receiver again, or drop it before the disk is full: "
                f"SELECT pg_drop_replication_slot('{row['slot_name']}')."
            )
            found.append(judged(SLOTS, said, remedy))
    return found or [ok(SLOTS, f"{len(rows)} replication slots, none far behind")]
