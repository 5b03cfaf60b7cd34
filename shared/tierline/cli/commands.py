"""Which module brings which command. It is imported when its command is asked for.

All of them together take more than a second to import, which a person feels at each command.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
import typer.main

HERE = "tierline.cli"
REGISTER = "register"

MODULES: Mapping[str, str] = {
    "up": "up",
    "down": "up",
    "status": "up",
    "doctor": "doctor.command",
    "load": "load",
    "migrate": "migrate",
    "password": "password",
    "next": "next_ticket",
    "due": "due",
    "why": "why",
    "known-errors": "known_errors",
    "actions": "actions",
    "rca": "rca",
    "erase": "erase",
    "notices": "notices",
    "on-call": "on_call",
    "scheduled": "agenda",
    "to-confirm": "agenda",
    "surveys": "agenda",
    "audit": "audit",
    "list": "reports",
    "letter": "reports",
    "letters": "reports",
    "bounces": "reports",
    "replay": "replay",
    "policy": "policy:app",
    "tickets": "tickets:app",
    "records": "records:app",
    "archive": "archive:app",
    "clock": "clock:app",
    "schedules": "schedules:app",
    "dead-letters": "dead_letters:app",
    "topics": "topics:app",
    "training": "training:app",
    "storms": "storms:app",
    "token": "credentials:tokens",
    "integration-key": "credentials:integration_keys",
    "subscriptions": "subscriptions:app",
}
"""By command, in the order of the help: `module`, whose `register` adds it; or `module:group`."""


class Commands(Mapping[str, Any]):
    """The commands by name, as typer keeps them; each is made at first use."""

    def __getitem__(self, name: str) -> Any:
        return _made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


@cache
def _made(name: str) -> Any:
    """The command of that name; KeyError where there is none."""
    module, _, group_name = MODULES[name].partition(":")
    brought = import_module(f"{HERE}.{module}")
    if group_name:
        group = typer.main.get_group(getattr(brought, group_name))
        group.name = name
        return group
    alone = typer.Typer()
    getattr(brought, REGISTER)(alone)
    return typer.main.get_group(alone).commands[name]
