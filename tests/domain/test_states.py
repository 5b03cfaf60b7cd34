"""The page on states says what the core does."""

from typing import get_args

from tests.domain.states import COMMANDS, PAGE, SITUATIONS, edges, page
from tierline.domain.commands import Command
from tierline.domain.terms import State


def test_the_page_is_what_the_core_does():
    assert PAGE.read_text() == page(), (
        "run `python -m tests.domain.states > docs/reference/states.md`"
    )


def test_every_command_and_every_state_is_on_it():
    story = SITUATIONS["queued"]()
    shown = {type(build(story)) for build in COMMANDS.values()}
    assert shown == set(get_args(Command))
    assert {name.split(",")[0].replace(" ", "_") for name in SITUATIONS} == set(State)


def test_each_situation_is_what_it_is_called():
    for name, build in SITUATIONS.items():
        ticket = build().ticket
        assert ticket.state.value.replace("_", " ") == name.split(",")[0]
        assert (ticket.proposal is not None) == ticket.active
        if "claimed" in name:
            assert bool(ticket.owner) == ("unclaimed" not in name)


def test_a_closed_ticket_is_only_reopened():
    assert [names for before, _, names in edges() if before == "closed"] == ["reopen"]
