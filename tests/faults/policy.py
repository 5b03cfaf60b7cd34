"""The policy of a fault run: the example's, with limits that run out within any one fault."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.faults.receiver import HOOK
from tests.scenarios.running import policy_with

SUBSCRIBED_CLIENT = "Harbour Dental"

RESPOND = "6m"
UNCLAIMED = "4m tell lead"
LIMIT = "12m"
"""At 120 times real time: 3, 2 and 6 seconds after a ticket was opened, its warnings before."""


def write_policy(folder: Path, receiver_url: str) -> Path:
    """Write it to `folder`; rooms and one client's subscription lead to the receiver."""
    policy_with(folder, receiver_url)
    _edit(folder / "records.yaml", _subscribe_one_client)
    _edit(folder / "10-hours.yaml", _no_holidays)
    _edit(folder / "30-promises.yaml", _answer_soon)
    _edit(folder / "50-paths.yaml", _climb_soon)
    return folder


def _edit(path: Path, change: Any) -> None:
    yaml = YAML()
    document = yaml.load(path)
    change(document)
    with path.open("w") as file:
        yaml.dump(document, file)


def _subscribe_one_client(records: Any) -> None:
    records["subscriptions"]["psa"]["clients"] = [SUBSCRIBED_CLIENT]
    assert records["subscriptions"]["psa"]["url"].endswith(HOOK)


def _no_holidays(document: Any) -> None:
    """Every weekday is open, so that clocks in office hours run whatever the date."""
    office = document["hours"]["office"]
    del office["holidays"], office["edits"]


def _answer_soon(document: Any) -> None:
    for sla in document["slas"].values():
        for priority in ("P1", "P2", "P3", "P4"):
            sla[priority]["respond"] = RESPOND


def _climb_soon(document: Any) -> None:
    """The first tier a ticket enters is soon over; those behind it stay long."""
    for step in document["paths"]["standard"]:
        if "unclaimed" in step:
            step["unclaimed"] = UNCLAIMED
        if step["at"] in ("triage", "T1"):
            step["limit"] = LIMIT
