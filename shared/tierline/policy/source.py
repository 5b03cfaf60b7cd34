"""The policy in force, read from the database and kept fresh; every service decides under it."""

import asyncio
import contextlib
import json
from typing import Any

import structlog

from tierline.domain.calendar import Calendar
from tierline.domain.policy import Policy
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.logins import with_logins
from tierline.store.database import UNREACHABLE, Database

REFRESH_S = 2.0
"""A newly applied policy is in force everywhere within this many seconds (transport time)."""

log = structlog.get_logger(__name__)


class NoPolicyError(RuntimeError):
    """No policy has been loaded into this database yet: run `tierline load FOLDER`."""


ACTIVE_VERSION = "SELECT version FROM tierline.policy_version WHERE active"

LOGINS = "SELECT name, login FROM tierline.person"


class PolicySource:
    """Holds the active version; `current` never blocks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._written: Policy | None = None
        self._logins: dict[str, str] = {}
        self._policy: Policy | None = None

    @property
    def current(self) -> Policy:
        """The policy in force. Raises NoPolicyError before the first successful refresh."""
        if self._policy is None:
            raise NoPolicyError("no policy is loaded: run `tierline load FOLDER`")
        return self._policy

    async def refresh(self) -> Policy:
        """Read the active version, and people's logins; returns what is in force.

        A version that cannot be compiled here is logged, and the one in force is kept. Raises
        NoPolicyError where there is none yet.
        """
        async with self._db.connection() as connection:
            version = await connection.fetchval(ACTIVE_VERSION)
            if version is None:
                raise NoPolicyError("no policy is loaded: run `tierline load FOLDER`")
            written = self._written
            if written is None or written.version != version:
                written = await self._take(connection, version)
            rows = await connection.fetch(LOGINS)
        logins = {row["name"]: row["login"] for row in rows}
        if self._policy is None or written is not self._written or logins != self._logins:
            self._policy = with_logins(written, logins)
        self._written, self._logins = written, logins
        return self._policy

    async def _take(self, connection: Any, version: str) -> Policy:
        try:
            written = await _read(connection, version)
        except (PolicyError, ValueError) as error:
            log.error("policy version cannot be used", version=version, reason=str(error))
            if self._written is None:
                reason = f"policy {version} cannot be used: {error}"
                raise NoPolicyError(reason) from error
            return self._written
        log.info("policy in force", version=version)
        return written

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh every REFRESH_S seconds until `stop`."""
        while not stop.is_set():
            try:
                await self.refresh()
            except (*UNREACHABLE, NoPolicyError) as error:
                log.warning("policy not refreshed", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REFRESH_S)

    async def ready(self) -> str | None:
        """None once a policy is in force, else what to do."""
        if self._policy is not None:
            return None
        try:
            await self.refresh()
        except (*UNREACHABLE, NoPolicyError) as error:
            return f"policy: {error}"
        return None


POLICY_DOCUMENT = "SELECT document FROM tierline.policy_version WHERE version = $1"

CALENDARS = "SELECT hash, document FROM tierline.calendar"


async def _read(connection: Any, version: str) -> Policy:
    document = await connection.fetchval(POLICY_DOCUMENT, version)
    rows = await connection.fetch(CALENDARS)
    calendars = {row["hash"]: Calendar.from_json(json.loads(row["document"])) for row in rows}
    return compile_document(json.loads(document), calendars)
