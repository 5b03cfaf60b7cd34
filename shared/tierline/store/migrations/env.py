"""Alembic's environment: one linear history, run as its own job over asyncpg."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

ONE_AT_A_TIME = 7_208_114
"""Advisory lock: two migration jobs started together run one after the other."""

LOOK_EVERY_S = 0.2
"""A job that waits asks again and again: an index made CONCURRENTLY waits for every statement that
runs, and one that waited for the lock would be such."""


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _lock(connection: AsyncConnection) -> None:
    locked = False
    while not locked:
        found = await connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({ONE_AT_A_TIME})")
        locked = found.scalar_one()
        await connection.commit()
        if not locked:
            await asyncio.sleep(LOOK_EVERY_S)


async def _online(url: str) -> None:
    # asyncpg reads the whole address itself: SQLAlchemy knows no sslmode.
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(url)
    )
    async with engine.connect() as connection:
        await _lock(connection)
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_online(context.config.attributes["url"]))
