"""The comparison, the books and the oracle see what is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.replay.histories import History, made_up
from tests.replay.test_steps import HELD, WORK, case
from tierline.domain.terms import ClockName, State
from tierline.replay.books import time_books
from tierline.replay.check import Mismatch, compare, place_of
from tierline.replay.oracle import RefusedStepError, asker_of, run_case
from tierline.replay.plan import Step


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> History:
    return made_up(tmp_path_factory.mktemp("log"))


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("status", State.WORKING),
        ("tier", "L9"),
        ("group", "Elsewhere"),
        ("owner", "somebody"),
        ("reopened", 9),
    ],
)
def test_one_field_that_differs_is_named_with_its_case(made, field, other):
    places = {key: place_of(ran.ticket) for key, ran in made.ran.items()}
    wrong = {**places, "MU-0007": replace(places["MU-0007"], **{field: other})}
    (found,) = compare(made.plan, wrong)
    assert (found.case, found.field, found.found) == ("MU-0007", field, str(other))


def test_a_case_without_a_ticket_is_named(made):
    places = {key: place_of(ran.ticket) for key, ran in made.ran.items() if key != "MU-0003"}
    assert compare(made.plan, places) == (Mismatch("MU-0003", "ticket", "one", ""),)


def test_books_name_the_reason_of_each_hold(made):
    held = case(WORK, HELD, WORK)
    held = replace(held, steps=(renamed(held.steps[0]), *held.steps[1:]))
    ran = run_case(held, made.loaded.policy, held.steps[-1].at)
    books = time_books(ran.events, made.loaded.policy.calendars, held.steps[-1].at)
    assert books.holds == {"client": timedelta(hours=1)}
    assert books.tiers == {"L1": timedelta(hours=1)}
    assert books.adds_up


def renamed(opening: Step) -> Step:
    return replace(opening, fields={**opening.fields, "start": "Desk North"})


def test_books_see_a_tier_clock_that_stands_still(made):
    ran = next(ran for ran in made.ran.values() if ran.ticket.state is State.QUEUED)
    broken = []
    for event in ran.events:
        kept = tuple(clock for clock in event.clocks if clock.name is not ClockName.TIER)
        broken.append(replace(event, clocks=kept))
    calendars, end = made.loaded.policy.calendars, made.plan.end
    assert time_books(ran.events, calendars, end).adds_up
    assert not time_books(broken, calendars, end).adds_up


def test_a_step_that_is_not_possible_is_named_and_not_passed_over(made):
    told = next(case for case in made.plan.cases if case.steps[-1].verb == "close")
    twice = replace(told, steps=(*told.steps, told.steps[-1]))
    with pytest.raises(RefusedStepError, match=f"{told.key}, row .*, close: closed: "):
        run_case(twice, made.loaded.policy, made.plan.end)


def test_a_recorded_step_is_asked_by_whom_the_row_names_as_a_lead():
    step = Step(2, case(WORK).steps[0].at, "claim", {"owner": "ann"}, "ann")
    assert (asker_of(step).actor.name, asker_of(step).leads) == ("ann", True)
    assert asker_of(replace(step, by="")).actor.kind == "integration"
