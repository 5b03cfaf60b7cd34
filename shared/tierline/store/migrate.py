"""Run the one Alembic history: `python -m tierline.store.migrate`, as its own job."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config

from tierline.store.environment import VariableError, variable
from tierline.store.pooler import keep_limits
from tierline.store.schema import head, history

CONNECT_SECONDS = 5

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` (postgresql://...) to `revision`. Blocks until done."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision`. Blocks until done."""
    command.downgrade(_config(url), revision)


async def is_migrated(url: str) -> bool:
    """Whether the database has all that this version needs; a newer version's schema has.

    Args:
        url: postgresql://...

    Raises:
        OSError or asyncpg.PostgresError: the database is away.
    """
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=0)
    try:
        async with connection.transaction():
            rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    found = {row["version_num"] for row in rows}
    return head() in found or any(revision not in history() for revision in found)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def main() -> int:
    """Migrate what TIERLINE_DATABASE_URL names; 0 when done, 2 where the variable is missing.

    With TIERLINE_DATABASE_POOLER=transaction the role is given its limits too; the address is then
    still that of the database itself.
    """
    try:
        url = variable("TIERLINE_DATABASE_URL")
    except VariableError as error:
        print(error, file=sys.stderr)
        return 2
    if not url:
        print("TIERLINE_DATABASE_URL is not set", file=sys.stderr)
        return 2
    upgrade(url)
    if os.environ.get("TIERLINE_DATABASE_POOLER", "none") == "transaction":
        asyncio.run(keep_limits(url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
