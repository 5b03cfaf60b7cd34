"""Nobody lets a new tool move tickets in its first week: watch, suggest, act by client."""

from datetime import timedelta

import pytest

from tests.scenarios.acting import Help, soon
from tests.scenarios.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

PAST_T1 = timedelta(minutes=31)


def test_a_watched_client_gets_a_proposal_and_no_message_leaves(help_: Help, stack: Stack):
    ticket = help_.open(
        title="Labels do not print (watched)",
        client="Tidewater Freight",
        requester={"name": "Noor Haddad", "email": "noor@tidewater.example"},
    )
    number = ticket["number"]
    assert (ticket["mode"], ticket["tier"], ticket["state"]) == ("watch", "T1", "queued")
    help_.jump(PAST_T1)
    proposed = help_.event(number, "escalation_proposed")
    assert proposed["what"]["to_tier"] == "T2"
    there = help_.ticket(number)
    assert (there["tier"], there["group"]) == ("T1", "Desk")
    assert "escalated" not in help_.types(number)

    def judged() -> bool:
        notices = help_.get(f"/v1/tickets/{number}/notices")["items"]
        return proposed["seq"] in {notice["seq"] for notice in notices}

    soon(judged, "the notifier has judged the proposal")
    notices = help_.get(f"/v1/tickets/{number}/notices")["items"]
    assert {notice["state"] for notice in notices} == {"suppressed"}
    assert all("watch" in notice["reason"] for notice in notices)
    assert help_.mails("noor@tidewater.example") == []
    assert not [r for r in stack.receiver.seen if f'"{number}"'.encode() in r["body"]]


def test_a_suggested_move_is_told_and_done_when_somebody_accepts_it(help_: Help):
    ticket = help_.open(title="Projector is dark (suggested)", client="Oakfield Schools")
    number = ticket["number"]
    help_.jump(PAST_T1)
    proposed = help_.event(number, "escalation_proposed")
    assert help_.ticket(number)["tier"] == "T1"
    soon(
        lambda: [
            notice
            for notice in help_.get(f"/v1/tickets/{number}/notices")["items"]
            if notice["occasion"] == "proposed" and notice["state"] == "delivered"
        ],
        "the lead is told of the proposal",
    )
    assert help_.refused(number, "accept", seq=proposed["seq"] - 1)["code"] == "no_proposal"
    help_.do(number, "accept", seq=proposed["seq"])
    assert help_.ticket(number)["tier"] == "T2"
