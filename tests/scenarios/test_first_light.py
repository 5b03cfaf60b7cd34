"""First light, through the running services: an alert becomes a routed, timed, told ticket."""

import json
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from tests.scenarios.acting import Help, instant, soon
from tests.scenarios.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

MINUTE = timedelta(minutes=1)


def test_an_alert_becomes_a_ticket_in_the_right_queue_with_the_rules_that_decided(help_: Help):
    key = help_.alert(client="Harbour Dental", host="hd-fw-01", severity="error")
    ticket = help_.ticket_of(key)
    assert (ticket["client"], ticket["type"], ticket["state"]) == (
        "Harbour Dental",
        "alert",
        "queued",
    )
    assert ticket["category"] == "firewall"
    assert (ticket["tier"], ticket["group"]) == ("T2", "Network")
    opened, routed = help_.events(ticket["number"])[:2]
    assert (opened["type"], routed["type"]) == ("opened", "routed")
    decided = routed["what"]["decided_by"]
    assert set(decided) >= {"category", "start", "priority", "group"}, decided
    assert routed["why"]["policy"].startswith("sha256:")


def test_repeats_attach_and_count_and_a_quiet_recovery_resolves_by_itself(help_: Help):
    key = help_.alert(client="Harbour Dental", severity="error")
    number = help_.ticket_of(key)["number"]
    for _ in range(2):
        help_.alert(dedup_key=key, client="Harbour Dental")
    soon(lambda: help_.ticket(number)["alerts"] == 3, "three alerts on one ticket")
    help_.alert(dedup_key=key, client="Harbour Dental", status="resolved")
    recovered = help_.event(number, "recovered")
    help_.jump(11 * MINUTE)
    resolved = help_.event(number, "resolved")
    assert resolved["what"]["self_healed"] is True
    assert instant(resolved["at"]) == instant(recovered["at"]) + 10 * MINUTE


def test_a_claimed_ticket_without_a_plan_lapses_at_its_instant_and_climbs_to_management(
    help_: Help,
):
    key = help_.alert(client="Harbour Dental", severity="critical")
    ticket = help_.ticket_of(key)
    number = ticket["number"]
    assert (ticket["tier"], ticket["group"]) == ("T1", "Desk")
    routed = instant(help_.event(number, "routed")["at"])
    help_.do(number, "claim", owner="sam")
    help_.jump(31 * MINUTE)
    escalated = help_.event(number, "escalated")
    lapsed = help_.event(number, "lapsed")
    assert instant(escalated["at"]) == routed + 30 * MINUTE
    assert instant(lapsed["what"]["due"]) == routed + 30 * MINUTE
    assert (lapsed["what"]["clock"], lapsed["what"]["cause"]) == ("tier", "skill")
    assert escalated["by"]["kind"] == "time"
    there = help_.ticket(number)
    assert (there["tier"], there["owner"], there["state"]) == ("T2", "", "queued")
    help_.jump(timedelta(days=4))
    soon(lambda: help_.ticket(number)["tier"] == "management", "management at the end of the path")


def test_only_a_plan_stops_the_tier_clock_and_a_slip_moves_the_ticket(help_: Help):
    key = help_.alert(client="Harbour Dental", severity="critical")
    number = help_.ticket_of(key)["number"]
    help_.do(number, "claim", owner="sam")
    help_.jump(10 * MINUTE)
    promised = help_.now() + 40 * MINUTE
    help_.do(number, "plan", next_step="Swap the switch", promised_at=promised.isoformat())
    help_.jump(35 * MINUTE)
    assert help_.ticket(number)["tier"] == "T1"
    help_.jump(6 * MINUTE)
    slipped = help_.event(number, "plan_slipped")
    assert instant(slipped["at"]) == promised
    help_.jump(16 * MINUTE)
    assert instant(help_.event(number, "escalated")["at"]) == promised + 15 * MINUTE


def test_people_are_told_by_mail_chat_and_signed_webhook(help_: Help, stack: Stack):
    title = "Printer on fire (scenario told)"
    ticket = help_.open(
        title=title,
        requester={"name": "Ruth Adeyemi", "email": "ruth@harbourdental.example"},
        impact=1,
        urgency=1,
    )
    number = ticket["number"]
    mail = soon(
        lambda: [m for m in help_.mails("ruth@harbourdental.example") if title in m["subject"]],
        "the requester is told: received",
    )
    assert f"#{number}" in mail[0]["subject"]
    room = {"T1": "desk", "T2": "network"}.get(ticket["tier"], "desk")
    chat = soon(
        lambda: [r for r in stack.receiver.of(f"/chat/{room}") if str(number) in str(r["body"])],
        "the room is told",
    )
    assert title in json.loads(chat[0]["body"])["text"]
    hooks = soon(
        lambda: [
            r for r in stack.receiver.of("/psa") if json.loads(r["body"])["subject"] == str(number)
        ],
        "the subscription is told",
    )
    assert json.loads(hooks[0]["body"])["type"] == "tierline.ticket.opened.v1"
    secret = stack.said["subscriptions"]["psa"]
    for hook in hooks:
        Webhook(secret).verify(hook["body"], hook["headers"])
    notices = soon(
        lambda: [
            n
            for n in help_.get(f"/v1/tickets/{number}/notices")["items"]
            if n["kind"] == "requester" and n["state"] == "delivered"
        ],
        "the notice has its outcome",
    )
    assert notices[0]["attempts"][0]["outcome"] == "delivered"


def test_the_cli_shows_and_acts_on_the_same_ticket(help_: Help, stack: Stack):
    key = help_.alert(client="Oakfield Schools")
    number = help_.ticket_of(key)["number"]
    listed = json.loads(stack.tierline("tickets", "list", "--client", "Oakfield Schools", "--json"))
    rows = listed["items"] if isinstance(listed, dict) else listed
    assert number in [row["number"] for row in rows]
    stack.tierline("tickets", "claim", str(number), "--owner", "leila")
    assert help_.ticket(number)["owner"] == "leila"
    assert "leila" in stack.tierline("tickets", "show", str(number)).lower()


def test_a_request_has_no_tier_limit(help_: Help):
    ticket = help_.open(type="request", title="New starter on Monday")
    assert "tier" not in {clock["name"] for clock in ticket["clocks"]}
    assert {"respond", "fulfil"} <= {clock["name"] for clock in ticket["clocks"]}


def test_of_two_claimers_the_second_is_told_who(help_: Help):
    number = help_.ticket_of(help_.alert(client="Harbour Dental"))["number"]
    help_.do(number, "claim", owner="sam")
    refused = help_.refused(number, "claim", owner="leila")
    assert refused["status"] == 409
    assert refused["place"]["owner"] == "sam"
