"""Months: events, notices and alerts in partitions, one a block of numbers."""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

older_go_on = (
    "Tables, columns and sequences keep their names and keys: what becomes a partition goes on under"
    " the name it had. The functions it drops are its own."
)

TABLES = (("event", "ticket", "ticket"), ("notice", "ticket", "ticket"), ("alert", "alert", "id"))
"""Each table, the kind of number that its months are blocks of, and the column that holds it."""

LOCK_WAIT_MS = 500
TRIES = 120
PAUSE_S = 0.5
LOCK_NOT_AVAILABLE = "55P03"


def upgrade() -> None:
    """Large tables are there and in use, so each step is short, and may be run again."""
    for statement in _statements("0018_months.sql"):
        op.execute(statement)
    with op.get_context().autocommit_block():
        for table, kind, column in TABLES:
            if not _is_parted(table):
                _part(table, kind, column)
    op.execute("DROP FUNCTION tierline.part_table(text, text, bigint)")


def _part(table: str, kind: str, column: str) -> None:
    """Make `table` the first partition of a table of its name.

    That no number is beyond the first block is checked beforehand, while all go on, so that nothing
    is read under the lock.
    """
    until = _one(f"SELECT until FROM tierline.month WHERE kind = '{kind}' AND first = 0")
    _soon(f"ALTER TABLE tierline.{table} DROP CONSTRAINT IF EXISTS {table}_until")
    _soon(
        f"ALTER TABLE tierline.{table} ADD CONSTRAINT {table}_until"
        f" CHECK ({column} < {until}) NOT VALID"
    )
    op.execute(f"ALTER TABLE tierline.{table} VALIDATE CONSTRAINT {table}_until")
    if table == "notice":
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS tierline.notice_id_ticket")
        op.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY notice_id_ticket ON tierline.notice (id, ticket)"
        )
    _soon(f"SELECT tierline.part_table('{table}', '{column}', {until})")
    op.execute(f"ANALYZE tierline.{table}")


def _soon(sql: str) -> None:
    """Run what needs a table for itself: whoever waits for that makes all others wait behind it.

    So it gives up after LOCK_WAIT_MS, lets them pass, and tries again.
    """
    for left in reversed(range(TRIES)):
        op.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")
        try:
            op.execute(sql)
        except DBAPIError as error:
            if not left or getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            time.sleep(PAUSE_S)
        else:
            break
        finally:
            op.execute("SET lock_timeout = 0")


def downgrade() -> None:
    """Everything back into one table each: all of it is written anew, under a lock."""
    for table, _, _ in TABLES:
        for statement in _statements("0018_months_back.sql"):
            op.execute(statement.replace("@T@", table))
    op.execute(
        "DROP FUNCTION tierline.alike(text, text, text, timestamptz, timestamptz, bigint)"
    )
    op.execute("DROP FUNCTION tierline.add_month(text, bigint, bigint)")
    op.execute("DROP FUNCTION tierline.drop_month(text, bigint)")
    op.execute("DROP FUNCTION tierline.name_indexes(text, text)")
    op.execute("DROP FUNCTION tierline.parted(text)")
    op.execute("DROP TABLE tierline.month")


def _is_parted(table: str) -> bool:
    return _one(f"SELECT relkind::text FROM pg_class WHERE oid = 'tierline.{table}'::regclass") == "p"


def _one(sql: str) -> object:
    return op.get_bind().execute(sa.text(sql)).scalar()


def _statements(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text()
    return [part for part in text.split("\n--;\n") if part.strip()]
