"""Frozen values made quickly; copies with a few fields changed, with slots and without."""

import inspect
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from tests.domain.worlds import Story, example_policy
from tierline.domain.amend import amended, quick


@dataclass(frozen=True, slots=True)
class Slotted:
    one: int = 1
    two: tuple[int, ...] = (2,)


@dataclass(frozen=True)
class Loose:
    one: int = 1
    two: tuple[int, ...] = (2,)


@quick
@dataclass(frozen=True)
class Quick:
    one: int = 1
    two: tuple[int, ...] = (2,)


@dataclass(frozen=True)
class Usual:
    given: int
    named: str = "x"
    fresh: list[int] = field(default_factory=list)


@quick
@dataclass(frozen=True)
class Base:
    given: int
    named: str = "x"


@quick
@dataclass(frozen=True)
class Derived(Base):
    fresh: list[int] = field(default_factory=list)


def test_what_is_made_quickly_takes_what_the_usual_constructor_takes() -> None:
    assert inspect.signature(Derived) == inspect.signature(Usual)
    for stated in ({}, {"named": "y"}, {"named": "y", "fresh": [1]}, {"fresh": [1]}):
        usual, made = Usual(7, **stated), Derived(given=7, **stated)
        assert vars(made) == vars(usual)
        assert list(vars(made)) == [f.name for f in fields(Derived)]
    assert Derived(7, "y", [1]) == Derived(given=7, named="y", fresh=[1])
    assert Derived(7).fresh is not Derived(7).fresh


@pytest.mark.parametrize("stated", [{}, {"named": "y"}, {"given": 7, "other": 1}])
def test_what_is_made_quickly_refuses_what_the_usual_constructor_refuses(stated) -> None:
    for kind in (Usual, Derived):
        with pytest.raises(TypeError):
            kind(**stated)


def test_what_is_made_quickly_is_frozen() -> None:
    made = Derived(7)
    with pytest.raises(FrozenInstanceError):
        made.given = 8
    with pytest.raises(FrozenInstanceError):
        del made.named
    assert made == Derived(7)


@pytest.mark.parametrize("kind", [Slotted, Loose, Quick])
def test_the_named_fields_change_and_the_original_stays(kind) -> None:
    before = kind()
    after = amended(before, two=(3,))
    assert (before, after) == (kind(1, (2,)), kind(1, (3,)))
    assert hash(after) == hash(kind(1, (3,)))
    assert amended(before) == before


@pytest.mark.parametrize("kind", [Slotted, Loose, Quick])
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
