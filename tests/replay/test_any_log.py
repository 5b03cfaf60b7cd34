"""Whatever order of rows a help desk comes up with: every step is possible, every end agrees."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay.test_mapping import SMALLEST
from tierline.domain.terms import HoldReason, Priority
from tierline.replay.books import time_books
from tierline.replay.check import compare, place_of
from tierline.replay.log import Log, Row
from tierline.replay.mapping import parse_mapping
from tierline.replay.meaning import Kind, Meaning
from tierline.replay.oracle import run_cases
from tierline.replay.plan import plan
from tierline.replay.policy import generate

TEAMS = {"Desk": "T1", "Second desk": "T1", "Up": "T2", "Top": "T3"}
START = datetime(2025, 3, 28, 9, tzinfo=UTC)
MAPPING = parse_mapping(
    SMALLEST.replace("{T1: first}", "{T1: first, T2: second, T3: third}")
    + "hours: {office: {zone: Europe/Brussels, mon-fri: 08:00-18:00}}\nstaffed: {else: office}\n"
)

plain = st.sampled_from([Meaning(kind) for kind in Kind if kind is not Kind.HOLD])
holds = st.builds(
    Meaning, st.just(Kind.HOLD), st.sampled_from(HoldReason), st.sampled_from(["", "the user"])
)
gaps = st.one_of(st.just(0), st.integers(1, 7_200), st.integers(7_200, 3_000_000))


@st.composite
def rows_of_a_case(draw: st.DrawFn) -> tuple[Row, ...]:
    """Up to a dozen rows, from none to many days apart."""
    found = []
    at = START
    for number in range(2, 2 + draw(st.integers(1, 12))):
        team = draw(st.sampled_from(sorted(TEAMS)))
        meaning = draw(st.one_of(plain, holds))
        owner = draw(st.sampled_from(["", "ann", "bob", "cleo"]))
        priority = draw(st.sampled_from([None, None, *Priority]))
        found.append(
            Row(
                *(number, "C1", at, meaning.kind.value, meaning, team, TEAMS[team], owner),
                *(priority, "Elm Foods", "", ""),
            )
        )
        at += timedelta(seconds=draw(gaps))
    return tuple(found)


@settings(max_examples=300, deadline=None)
@given(rows=rows_of_a_case())
def test_any_rows_are_possible_and_end_where_they_say(rows):
    made = plan(Log({"C1": rows}, TEAMS, {}, (), {}, len(rows), 0), MAPPING)
    policy = generate(made, MAPPING).policy
    (ran,) = run_cases(made, policy)
    assert compare(made, {"C1": place_of(ran.ticket)}) == ()
    assert time_books(ran.events, policy.calendars, made.end).adds_up
    used = {step.row for step in made.cases[0].steps} | {one.row for one in made.unmapped}
    assert used == {row.number for row in rows}
