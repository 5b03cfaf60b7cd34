"""Resume a disabled subscription: `python -m notifier.resume NAME`."""

import asyncio
import sys

from pydantic_settings import BaseSettings, SettingsConfigDict

from notifier.subscriptions import resume
from tierline.runtime.settings import PREFIX, load_settings_or_exit
from tierline.store.database import Database


class DatabaseSettings(BaseSettings):
    """All that this command is told: TIERLINE_DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    database_url: str


async def resume_named(database_url: str, name: str) -> int | None:
    """Resume the subscription `name`.

    Args:
        database_url: postgresql://...
        name: the subscription's.

    Returns:
        How many messages wait for it again; None where there is no such subscription.
    """
    db = await Database.connect(database_url, pool_max=1)
    try:
        async with db.transaction() as connection:
            known = await connection.fetchval(
                "SELECT true FROM tierline.subscription WHERE name = $1", name
            )
            return await resume(connection, name) if known else None
    finally:
        await db.close()


def main(arguments: list[str]) -> int:
    """0 when resumed, 1 where there is no such subscription, 2 for a wrong call."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m notifier.resume NAME\n")
        return 2
    settings = load_settings_or_exit(DatabaseSettings)
    resumed = asyncio.run(resume_named(settings.database_url, arguments[0]))
    if resumed is None:
        sys.stderr.write(f"There is no subscription called {arguments[0]!r}.\n")
        return 1
    sys.stdout.write(f"{arguments[0]} is live again; {resumed} messages wait for it.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
