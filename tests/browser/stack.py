"""What browser tests ask of the whole stack, as the people of the example records."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.scenarios.running import Stack, running
from tierline.cli.load_credentials import derived_password
from tierline.runtime.home import Home

ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class Hands:
    """Everybody's hands on a running stack.

    Attributes:
        stack: as `tierline up` started it.
        secret: of its data folder.
    """

    stack: Stack
    secret: str

    @property
    def console(self) -> str:
        """The console's address."""
        return self.stack.url("console")

    def password(self, login: str) -> str:
        """The password of a person of the example records."""
        return derived_password(self.secret, login)

    def alert(self, **alert: Any) -> None:
        """Post a firing alert as the integration `api`."""
        body = {"status": "firing", **alert}
        self._send("intake", "/v1/alerts", self.stack.key("api"), body)

    def session(self, login: str) -> str:
        """Log a person in at the router; returns the session."""
        body = {"login": login, "password": self.password(login)}
        return str(self._send("router", "/v1/sessions", "", body)["session"])

    def post(self, session: str, path: str, body: Mapping[str, Any]) -> Any:
        """Ask the router for something; fails on a refusal."""
        return self._send("router", path, session, body)

    def get(self, path: str) -> Any:
        """Read from the router with the stack's own token."""
        with self.stack.client() as client:
            answer = client.get(path)
        assert answer.is_success, f"{path}: HTTP {answer.status_code}, {answer.text}"
        return answer.json()

    def _send(self, service: str, path: str, key: str, body: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = httpx.post(
            self.stack.url(service) + path, headers=headers, json=dict(body), timeout=ANSWER_SECONDS
        )
        assert answer.is_success, f"{path}: HTTP {answer.status_code}, {answer.text}"
        return answer.json()


@contextmanager
def whole_stack() -> Iterator[Hands]:
    """A stack in a new folder; stopped, and the folder removed, afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="tierline-browser-") as folder,
        running(Path(folder)) as stack,
    ):
        yield Hands(stack, Home(stack.home).secret())
