"""The embedded PostgreSQL: one folder, one loopback port, one database."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from tierline.runtime.embedded.binaries import postgres_programs
from tierline.runtime.embedded.identity import Identity, choose_identity
from tierline.runtime.embedded.server import EmbeddedServer
from tierline.runtime.errors import UpError
from tierline.runtime.ports import LOOPBACK
from tierline.runtime.process import ChildSpec, command_line

DATABASE = "tierline"
ROLE = "tierline"
SETTINGS: Mapping[str, str] = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than any query of ours runs
}
INITDB_SECONDS = 120.0
CONNECT_SECONDS = 5.0
STOP_GRACE_SECONDS = 30.0
LEFTOVER_WAIT_SECONDS = 30.0


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server whose files live in one folder.

    The folder holds `data/` (the cluster) and `password` (mode 0600, made once). Connections are
    TCP on loopback with scram-sha-256; there is no unix socket, whose path length limit a deep
    home folder would break.

    Args:
        folder: made when missing.
        port: the loopback port.
        log: the server's log, or None to discard it.
        settings: server settings that replace or extend SETTINGS.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(port)
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = log
        self._settings = {**SETTINGS, **(settings or {})}
        self._programs = postgres_programs()
        self._identity: Identity | None = None

    @property
    def password(self) -> str:
        """The password of the only role, known after `initialise`."""
        return (self._folder / "password").read_text("ascii").strip()

    def url(self, database: str = DATABASE) -> str:
        """Return the connection URL of a database, known after `initialise`.

        Args:
            database: its name.
        """
        return f"postgresql://{ROLE}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def initialise(self) -> None:
        """Make the folder, password and cluster where they are missing; blocks for a second or so.

        Raises:
            UpError: the folder cannot be used, or holds another major version's data.
        """
        self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._identity = choose_identity([self._programs, self._folder])
        password = self._folder / "password"
        if not password.exists():
            _write_private(password, secrets.token_hex(24))
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster(password)
        self._check_version()
        _give(self._folder, self._identity)

    def spec(self) -> ChildSpec:
        """Say how to run this server; `initialise` is part of every start."""
        if self._identity is None:
            self.initialise()
        identity = self._identity or Identity()
        options = [
            part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")
        ]
        return ChildSpec(
            name="postgres",
            argv=[
                *identity.prefix,
                str(self._programs / "postgres"),
                "-D",
                str(self._data),
                "-h",
                LOOPBACK,
                "-p",
                str(self.port),
                "-k",
                "",
                *options,
            ],
            env={"LC_ALL": "C"},
            ready=self.probe,
            prepare=self._clear_leftovers,
            log=self._log,
            cwd=Path("/"),
            # "Fast" shutdown: clients are disconnected, the data is left clean.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            grace_seconds=STOP_GRACE_SECONDS,
            uid=identity.uid,
            gid=identity.uid,
        )

    async def probe(self) -> str | None:
        """Connect, run a statement, and make the database when it is missing.

        Returns:
            None when queries are answered, else why not.
        """
        try:
            await self._run(DATABASE, "SELECT 1")
        except asyncpg.InvalidCatalogNameError:
            return await self._create_database()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return f"{type(error).__name__}: {error}"
        return None

    async def _create_database(self) -> str | None:
        try:
            await self._run("postgres", f'CREATE DATABASE "{DATABASE}"')
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return f"{type(error).__name__}: {error}"
        return None

    async def _run(self, database: str, statement: str) -> None:
        connection = await asyncpg.connect(self.url(database), timeout=CONNECT_SECONDS)
        try:
            await connection.execute(statement, timeout=CONNECT_SECONDS)
        finally:
            connection.terminate()

    def _make_cluster(self, password: Path) -> None:
        """Run initdb beside the final place and rename, so that a half-made one is never used."""
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        identity = self._identity or Identity()
        _give(self._folder, identity)
        answer = subprocess.run(  # noqa: S603 - argv is ours
            [
                *identity.prefix,
                str(self._programs / "initdb"),
                "-D",
                str(fresh),
                "-U",
                ROLE,
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            env={**os.environ, "LC_ALL": "C"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
            user=identity.uid,
            group=identity.uid,
            extra_groups=None if identity.uid is None else [],
        )
        if answer.returncode != 0:
            words = " ".join(answer.stderr.split())[-400:]
            raise UpError(
                f"PostgreSQL could not make its data folder {self._data}: {words}",
                "Check that the folder is writable and the disk has room.",
            )
        fresh.rename(self._data)

    def _check_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text("ascii").strip()
        expected = subprocess.run(  # noqa: S603 - argv is ours
            [str(self._programs / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=CONNECT_SECONDS,
        ).stdout.split()[-1]
        if found != expected.split(".")[0]:
            raise UpError(
                f"The data in {self._data} belongs to PostgreSQL {found}, "
                f"and PostgreSQL {expected} is installed.",
                "Move that folder away to start anew, or use another TIERLINE_HOME.",
            )

    async def _clear_leftovers(self) -> None:
        """Deal with a lock file whose server was killed, or which is about to end."""
        lock = self._data / "postmaster.pid"
        deadline = time.monotonic() + LEFTOVER_WAIT_SECONDS
        asked = False
        while (pid := _pid_in(lock)) is not None and time.monotonic() < deadline:
            if str(self._data) not in command_line(pid):
                # Dead, or its number was given to somebody else: PostgreSQL would refuse to start
                # in the second case, and cannot know better.
                lock.unlink(missing_ok=True)
                return
            if not asked:  # an orphan of a killed parent; the folder is locked by us, so it is ours
                asked = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
            await asyncio.sleep(0.1)


def _pid_in(lock: Path) -> int | None:
    try:
        return abs(int(lock.read_text("ascii").splitlines()[0]))
    except (OSError, ValueError, IndexError):
        return None


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n", "ascii")


def _give(folder: Path, identity: Identity) -> None:
    """Make the chosen user the owner of a folder and all in it (as root only)."""
    if os.geteuid() != 0:
        return
    owner = identity.uid or 0
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != owner:
            os.chown(path, owner, owner, follow_symlinks=False)
