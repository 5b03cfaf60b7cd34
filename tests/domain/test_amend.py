"""Copies with a few fields changed, of classes with slots and without."""

from dataclasses import dataclass, replace

import pytest

from tests.domain.worlds import Story, example_policy
from tierline.domain.amend import amended


@dataclass(frozen=True, slots=True)
class Slotted:
    one: int = 1
    two: tuple[int, ...] = (2,)


@dataclass(frozen=True)
class Loose:
    one: int = 1
    two: tuple[int, ...] = (2,)


@pytest.mark.parametrize("kind", [Slotted, Loose])
def test_the_named_fields_change_and_the_original_stays(kind) -> None:
    before = kind()
    after = amended(before, two=(3,))
    assert (before, after) == (kind(1, (2,)), kind(1, (3,)))
    assert hash(after) == hash(kind(1, (3,)))
    assert amended(before) == before


@pytest.mark.parametrize("kind", [Slotted, Loose])
def test_a_name_that_is_no_field_is_an_error(kind) -> None:
    with pytest.raises(KeyError, match="three"):
        amended(kind(), three=3)


def test_a_ticket_a_clock_and_an_event_are_copied_as_dataclasses_do_it() -> None:
    story = Story(example_policy()).open()
    for value in (story.ticket, *story.ticket.clocks.values(), *story.events):
        same = amended(value)
        assert same == replace(value)
        assert same is not value
    assert amended(story.ticket, owner="sam") == replace(story.ticket, owner="sam")
