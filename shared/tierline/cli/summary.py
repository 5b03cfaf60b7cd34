"""What a person needs to know once the stack is up."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tierline.runtime.home import DEFAULT_FOLDER

EXAMPLE_ALERT: Mapping[str, str] = {
    "dedup_key": "disk-web01",
    "title": "Disk almost full on web01",
    "status": "firing",
    "severity": "critical",
    "client": "Harbour Dental",
    "host": "web01",
}


EXAMPLE_INTEGRATION = "api"
OTHERS_SHOWN = 3


def summary_lines(ready: Mapping[str, Any]) -> list[str]:
    """Write the summary of a ready stack.

    Args:
        ready: what `Stack.start` returned.

    Returns:
        Lines to print.
    """
    urls, login = ready["urls"], ready["login"]
    home = Path(ready["home"])
    return [
        "",
        "Tierline is up.",
        f"  board     {urls['console']}",
        f"  login     {login['user']} / {login['password']}",
        *_others(login, ready.get("people", [])),
        f"  API docs  {urls['router']}/docs",
        f"  mail      {urls['mail']}",
        f"  token     {ready['token']}",
        f"  data      {home}",
        f"  logs      {home / 'logs'}",
        "",
        "Three commands to try, in another terminal:",
        f"  {_curl(urls['intake'], ready['integration_keys'])}",
        f"  {_program(home)} tickets list",
        f"  {_program(home)} clock jump 45m",
        "",
        "Ctrl-C stops all of it; the data stays.",
    ]


def _others(login: Mapping[str, str], people: Sequence[Mapping[str, str]]) -> list[str]:
    """One more login of each role, so that two people can be tried."""
    shown: dict[str, Mapping[str, str]] = {}
    for person in people:
        if person["login"] != login["user"] and person.get("password"):
            shown.setdefault(person["role"], person)
    return [
        f"            {person['login']} / {person['password']} ({role})"
        for role, person in list(shown.items())[:OTHERS_SHOWN]
    ]


def _curl(intake: str, keys: Mapping[str, str]) -> str:
    key = keys.get(EXAMPLE_INTEGRATION) or next(iter(keys.values()), "INTEGRATION_KEY")
    return (
        f"curl -s {intake}/v1/alerts -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(dict(EXAMPLE_ALERT))}'"
    )


def _program(home: Path) -> str:
    """Return how to call the command line from here, the data folder included where it matters."""
    name = "tierline"
    if shutil.which(name) is None:
        beside = Path(sys.executable).with_name(name)
        here = Path.cwd()
        name = str(beside.relative_to(here) if beside.is_relative_to(here) else beside)
    if home == Path(DEFAULT_FOLDER).absolute():
        return name
    return f"TIERLINE_HOME={home} {name}"
