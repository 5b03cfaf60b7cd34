"""The hands of everybody in the scenarios of this folder, on one stack and one held clock."""

import contextlib
import inspect
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from tests.scenarios.acting import Help, instant, soon
from tests.scenarios.running import Stack, receiving, start
from tests.scenarios.story import LONDON, Story
from tierline.cli.main import app

POLICY = Path(__file__).parent / "policy"
YEAR = 2027
KNOWN_AFTER_S = 6.0
"""Services read the load each second, and schedules, people and devices every five."""


@dataclass
class World(Story):
    """A story with several people in it, and their command line."""

    sessions: dict[str, httpx.Client] = field(default_factory=dict)
    changed_at: float = field(default_factory=time.monotonic)

    def changed(self) -> None:
        """Records were changed just now."""
        self.changed_at = time.monotonic()

    def known(self) -> None:
        """Every service knows the records as they were changed last, and who has how much."""
        end = self.changed_at + KNOWN_AFTER_S
        soon(lambda: time.monotonic() >= end, "the services read what was changed")

    @property
    def stack(self) -> Stack:
        return self.help_.stack

    def of(self, login: str) -> httpx.Client:
        """The API as that person, who has logged in."""
        if login not in self.sessions:
            passwords = {it["login"]: it["password"] for it in self.stack.said["people"]}
            body = {"login": login, "password": passwords[login]}
            answer = self.help_.api.post("/v1/sessions", json=body)
            assert answer.status_code == 201, answer.text
            self.sessions[login] = httpx.Client(
                base_url=self.stack.url("router"),
                headers={"Authorization": f"Bearer {answer.json()['session']}"},
                timeout=20,
            )
        return self.sessions[login]

    def by(self, login: str, name: str, command: str, **body: Any) -> "World":
        """That person does that with the ticket of that name; instants in local time."""
        answer = self._asked(login, name, command, body)
        assert answer.status_code == 200, f"{name}: {answer.text}\n" + "\n".join(self.lines(name))
        return self

    def refused(self, login: str, name: str, command: str, **body: Any) -> str:
        """That person may not do that; the code of the refusal."""
        answer = self._asked(login, name, command, body)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])

    def _asked(self, login: str, name: str, command: str, body: dict[str, Any]) -> httpx.Response:
        said = {
            key: self.local(value).isoformat() if key.endswith(("_at", "until", "due")) else value
            for key, value in body.items()
        }
        return self.of(login).post(f"/v1/tickets/{self.numbers[name]}/{command}", json=said)

    def said(self, text: str) -> str:
        """A local time as the API takes instants."""
        return self.local(text).isoformat()

    def ticket(self, name: str) -> dict[str, Any]:
        return self.help_.ticket(self.numbers[name])

    def event(self, name: str, type_: str) -> dict[str, Any]:
        """The last event of that type of the ticket of that name, as soon as there is one."""
        return self.help_.event(self.numbers[name], type_)

    def is_told(self, name: str, expected: Sequence[str]) -> None:
        """Its timeline is what was worked out by hand."""
        with contextlib.suppress(AssertionError):  # the comparison says more
            soon(lambda: len(self.lines(name)) >= len(expected), name)
        assert self.lines(name) == list(expected)

    def due(self, name: str, clock: str) -> str:
        """When that promise of the ticket is due, local time."""
        clocks = {it["name"]: it for it in self.ticket(name)["clocks"]}
        return self.shown(clocks[clock]["due"])

    def shown(self, at: str) -> str:
        """An instant of the API as it is written here: `Wed 03 10:30`, local time."""
        return f"{instant(at).astimezone(LONDON):%a %d %H:%M}"

    def until(self, look: Callable[[], Any]) -> None:
        """Wait for what one service does after another."""
        soon(look, inspect.getsource(look).strip())

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """What the API says to a lead."""
        return self.help_.get(path, **params)

    def ended(self, name: str) -> None:
        """It is over: resolved, if it is not, and confirmed, so that later scenarios are alone."""
        if self.ticket(name)["state"] != "resolved":
            self.do(name, "resolve", resolution="done")
        self.do(name, "confirm")

    def notices(self, name: str, occasion: str, count: int = 1) -> list[dict[str, Any]]:
        """Its notices of that occasion, as soon as there are so many."""
        path = f"/v1/tickets/{self.numbers[name]}/notices"

        def look() -> list[dict[str, Any]]:
            items = self.help_.get(path, limit=200)["items"]
            found = [item for item in items if item["occasion"] == occasion]
            return found if len(found) >= count else []

        with contextlib.suppress(AssertionError):  # what there is instead says more
            return soon(look, occasion)
        items = self.help_.get(path, limit=200)["items"]
        said = [(it["occasion"], it["recipient"], it["state"]) for it in items]
        raise AssertionError(f"not {count} notices of {occasion} on {name}: {said}")

    def mail(self, rcpt: str, subject: str, says: str = "") -> str:
        """The text of the mail to that address that begins and says so, as soon as it is there."""

        def look() -> list[dict[str, Any]]:
            found = [it for it in self.help_.mails(rcpt) if it["subject"].startswith(subject)]
            return [it for it in found if says in it["plain"]]

        return str(soon(look, f"a mail to {rcpt}: {subject}")[0]["plain"])

    def cli(self, *arguments: str, code: int = 0) -> str:
        """What `tierline` prints, asked of this stack; it ends with `code`."""
        known = {**os.environ, "TIERLINE_HOME": str(self.stack.home)}
        ran = CliRunner(env=known).invoke(app, list(arguments), prog_name="tierline")
        assert ran.exit_code == code, f"{arguments}: {ran.output}"
        return ran.output

    def cli_json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json"))


@contextlib.contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """The stack of these scenarios in `folder`, its policy time held; stopped at the end."""
    folder.chmod(0o755)
    with receiving() as receiver:
        stack = start(folder / "home", POLICY, receiver)
        world = World(Help(stack), YEAR)
        try:
            world.begin()
            yield world
        finally:
            for session in (world.help_.api, *world.sessions.values()):
                session.close()
            stack.stop()
