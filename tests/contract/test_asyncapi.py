"""The event contract: what is written down is what is sent."""

import copy
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.contract.shapes import built
from tests.domain.escalations import escalations
from tierline.domain.advance import advance
from tierline.domain.commands import (
    AcceptProposal,
    Asker,
    Attach,
    Claim,
    Close,
    Confirm,
    MakePlan,
    Move,
    Note,
    Open,
    Prioritise,
    PutOnHold,
    Recover,
    Release,
    Reopen,
    Resolve,
    Resume,
)
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Actor, Claimed, Event, What, Why
from tierline.domain.evolve import evolve
from tierline.domain.floor import Floor
from tierline.domain.terms import HoldReason, Mode, Priority, Role, State, TicketType
from tierline.domain.ticket import Requester, Ticket
from tierline.messages.alert import AcceptedAlert, encode_accepted
from tierline.messages.asyncapi import asyncapi, asyncapi_text
from tierline.messages.events import EVENT_TYPES, decode_event, encode_event, event_name
from tierline.messages.topics import TOPICS
from tierline.policy.folder import load_folder

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "docs" / "reference" / "asyncapi.json"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAD = Asker(Actor("person", "priya"), Role.LEAD)
FEW = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SOME_TICKET = Ticket(
    id=7,
    seq=3,
    type=TicketType.INCIDENT,
    title="VPN drops every hour",
    client="Harbour Dental",
    agreement="managed gold",
    path="standard",
    mode=Mode.ACT,
    state=State.QUEUED,
    priority=Priority.P2,
    opened_at=MONDAY,
    last_at=MONDAY,
    recorded_at=MONDAY,
)
SOME_EVENT = Event(
    ticket=7,
    seq=3,
    at=MONDAY,
    recorded_at=MONDAY,
    by=Actor("person", "priya"),
    what=Claimed("leila"),
    why=Why("asked", "sha256:0", {"load": 3}),
)
MONITOR = Asker(Actor("integration", "alertmanager"))


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every structure closed, so that a field it does not name is an error."""
    closed = copy.deepcopy(document)
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return closed


def validator(name: str) -> Any:
    document = strict(json.loads(WRITTEN.read_text()))
    payload = document["components"]["messages"][name]["payload"]
    return jsonschema_rs.validator_for({**payload, "components": document["components"]})


CLAIMED, ACCEPTED = validator("claimed"), validator("accepted_alert")


def as_sent(message: bytes) -> Any:
    return json.loads(message)


def test_the_written_contract_is_what_the_code_says():
    assert WRITTEN.read_text() == asyncapi_text(), "run `make contracts`"


def test_every_topic_and_every_event_type_is_in_it():
    document = asyncapi()
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == set(TOPICS)
    assert set(document["channels"]["ticketEvents"]["messages"]) == set(EVENT_TYPES)
    assert set(EVENT_TYPES.values()) == set(get_args(What))


def test_the_page_on_events_names_every_type():
    page = (ROOT / "docs" / "reference" / "events.md").read_text()
    table = page.partition("## The types")[2]
    assert set(re.findall(r"`([a-z_]+)`", table)) == set(EVENT_TYPES)


def test_every_reference_leads_somewhere():
    document = asyncapi()

    def follow(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                here: Any = document
                for name in part["$ref"].removeprefix("#/").split("/"):
                    here = here[name]
            for inner in part.values():
                follow(inner)
        elif isinstance(part, list):
            for inner in part:
                follow(inner)

    follow(document)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_any_event_of_a_type_fits_its_schema_and_reads_back_the_same(name):
    check = validator(name)

    @FEW
    @given(what=built(EVENT_TYPES[name]))
    def every(what: Any) -> None:
        event = replace(SOME_EVENT, what=what)
        message = encode_event(event, SOME_TICKET)
        check.validate(as_sent(message))
        assert decode_event(message).event == event

    every()


@FEW
@given(event=built(Event, what=Claimed("leila")), ticket=built(Ticket, clocks={}))
def test_whatever_else_an_event_says_fits_and_reads_back_the_same(event, ticket):
    message = encode_event(event, replace(ticket, id=event.ticket, seq=event.seq))
    CLAIMED.validate(as_sent(message))
    assert decode_event(message).event == event


@FEW
@given(accepted=built(AcceptedAlert))
def test_any_accepted_alert_fits_its_schema(accepted):
    ACCEPTED.validate(as_sent(encode_accepted(accepted)))


def test_another_types_event_does_not_fit(journey):
    opened = next(sent for sent in journey if sent["type"].endswith(".opened.v1"))
    with pytest.raises(jsonschema_rs.ValidationError):
        validator("escalated").validate(opened)


def test_an_envelope_without_its_source_does_not_fit(journey):
    with pytest.raises(jsonschema_rs.ValidationError):
        validator("opened").validate({k: v for k, v in journey[0].items() if k != "source"})


def test_what_the_domain_decides_fits_and_covers_every_type(journey):
    seen = set()
    for sent in journey:
        name = sent["type"].removeprefix("tierline.ticket.").removesuffix(".v1")
        validator(name).validate(sent)
        seen.add(name)
    assert seen == set(EVENT_TYPES)


class Story:
    """Tickets taken through their lives; everything said about them, as sent."""

    def __init__(self) -> None:
        example = load_folder(ROOT / "policy", year=2026).policy
        twin = replace(example.groups["Desk"], name="Second desk")
        self.policy = replace(example, groups={**example.groups, twin.name: twin})
        self.now = MONDAY
        self.sent: list[Any] = []
        self.ticket: Ticket | None = None

    def open(self, number: int, **more: Any) -> None:
        command = Open(
            id=number,
            type=more.pop("type", TicketType.INCIDENT),
            title="VPN drops every hour",
            client="Harbour Dental",
            agreement="managed gold",
            accepted_at=self.now,
            requester=Requester("Ruth Adeyemi", "ruth@harbourdental.example"),
            **more,
        )
        decision = decide_open(command, MONITOR, self.policy, Floor(self.now), self.now)
        self.ticket = None
        self.say(decision.events)

    def ask(self, command: Any, asker: Asker = LEAD) -> None:
        decision = decide(
            self.ticket, command, asker, self.policy, Floor(self.now), self.now, cause="test"
        )
        assert decision.rejected is None, decision.rejected
        self.say(decision.events)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.say(advance(self.ticket, self.policy, Floor(self.now), self.now))

    def say(self, events: Any) -> None:
        for event in events:
            self.ticket = evolve(self.ticket, event)
            self.sent.append(as_sent(encode_event(event, self.ticket)))
            assert event_name(event) in EVENT_TYPES


@pytest.fixture(scope="module")
def journey():
    story = Story()
    an_alert_recovers_and_fires_again(story)
    an_incident_is_worked_by_hand(story)
    time_moves_it(story)
    time_only_proposes(story)
    every_way_of_escalating(story)
    return story.sent


def an_alert_recovers_and_fires_again(story: Story) -> None:
    story.open(1, type=TicketType.ALERT, alert="a1", problem_key="k")
    story.ask(Attach("a2", "firing"), MONITOR)
    story.ask(Recover("a3"), MONITOR)
    story.wait(minutes=11)
    story.ask(Reopen("fires again", alert="a4"), MONITOR)
    story.ask(Close("handed to the vendor"))


def an_incident_is_worked_by_hand(story: Story) -> None:
    story.open(2, start="Desk")
    story.ask(Claim("priya"))
    story.ask(Note("Looking", to_client=True))
    story.ask(MakePlan("replace the tunnel", story.now + timedelta(minutes=30)))
    story.ask(Release("shift ends"))
    story.ask(Prioritise("a whole site", priority=Priority.P2))
    story.ask(PutOnHold(HoldReason.CLIENT, "a window", of="Ruth"))
    story.ask(Resume("she answered"))
    story.ask(Move("firewall", to_group="Network"))
    story.ask(Move("not the network", to_group="Desk"))
    story.ask(Move("by language", to_group="Second desk"))
    story.ask(Claim("priya"))
    story.ask(Resolve("rekeyed"))
    story.ask(Confirm())


def time_moves_it(story: Story) -> None:
    story.open(3, start="Desk", priority=Priority.P1)
    story.ask(Claim("priya"))
    story.ask(MakePlan("restart it", story.now + timedelta(minutes=10)))
    story.wait(hours=30)


def every_way_of_escalating(story: Story) -> None:
    for life in escalations():
        story.ticket = None
        story.say(life.events)


def time_only_proposes(story: Story) -> None:
    story.open(4, start="Desk", priority=Priority.P1, mode=Mode.SUGGEST)
    story.wait(hours=1)
    story.ask(AcceptProposal(story.ticket.proposal.seq))
    story.wait(days=2)
