"""A person is erased while every service runs: none of them writes the person back."""

import json
from typing import Any

import pytest

from tests.scenarios.acting import Help, soon

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

RITA = {"name": "Rita Klein", "email": "rita.klein@harbourdental.example"}


def test_a_requester_is_erased_and_hears_no_more(help_: Help):
    number = help_.open(title="Scanner of Rita Klein", requester=RITA)["number"]
    soon(lambda: help_.mails(RITA["email"]), "the first mail to the requester")
    help_.do(number, "claim", owner="sam")
    help_.do(number, "notes", text="Good morning, Rita Klein", to_client=True)
    done = soon(lambda: _erased(help_), "the services have read all that names her")
    them = f"{done['pseudonym']}@erased.invalid"
    help_.do(number, "notes", text="Are you still there?", to_client=True)

    def told() -> list[dict[str, Any]]:
        found = help_.get(f"/v1/tickets/{number}/notices")["items"]
        return [one for one in found if one["kind"] == "requester" and one["state"] == "suppressed"]

    (silent,) = soon(told, "a notice that is not sent")
    assert (silent["recipient"], silent["reason"]) == (them, "their data were erased")
    assert help_.ticket(number)["requester"] == {"name": done["pseudonym"], "email": them}
    assert help_.mails(RITA["email"]) == []
    assert help_.stack.tierline("erase", RITA["email"]) == "nothing holds it\n"


def _erased(help_: Help) -> dict[str, Any] | None:
    """What the command did; None where something is left, which it ends with 1 for."""
    try:
        done: dict[str, Any] = json.loads(help_.stack.tierline("erase", RITA["email"], "--json"))
    except AssertionError:
        return None
    return done
