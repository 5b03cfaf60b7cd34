"""Instants as people type and read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.instants import NotAnInstantError, countdown, next_morning, shown, span, typed

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", NOW + timedelta(minutes=30)),
        ("90 min", None),
        ("2h", NOW + timedelta(hours=2)),
        ("1H30M", NOW + timedelta(minutes=90)),
        ("1d 2h", NOW + timedelta(hours=26)),
        ("16:30", datetime(2026, 11, 20, 21, 30, tzinfo=UTC)),
        ("08:00", datetime(2026, 11, 21, 13, 0, tzinfo=UTC)),
        ("2026-11-24 09:00", datetime(2026, 11, 24, 14, 0, tzinfo=UTC)),
        ("2026-11-24T09:00Z", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
    ],
)
def test_what_people_type_is_an_instant_in_their_zone(text, expected):
    if expected is None:
        with pytest.raises(NotAnInstantError):
            typed(text, NOW, NEW_YORK)
    else:
        assert typed(text, NOW, NEW_YORK) == expected


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "25:00",
        "12:60",
        "2026-13-01",
        "m",
        "9999-01-01",
        "999d",
        "1",
        "0001-01-01 00:00+10:00",
        "9999-12-31 23:59-10:00",
    ],
)
def test_what_is_no_instant_says_how_to_write_one(text):
    with pytest.raises(NotAnInstantError, match="30m, 2h"):
        typed(text, NOW, NEW_YORK)


def test_nothing_typed_is_nothing():
    assert typed("  ", NOW, NEW_YORK) is None


@given(st.text(max_size=30))
def test_no_text_makes_it_fail_otherwise(text):
    try:
        found = typed(text, NOW, NEW_YORK)
    except NotAnInstantError:
        return
    assert found is None or found.tzinfo is UTC


def test_the_next_morning_crosses_the_change_of_clocks():
    before = datetime(2026, 10, 31, 22, 0, tzinfo=UTC)
    assert next_morning(before, NEW_YORK) == datetime(2026, 11, 1, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0m 00s"), (59, "0m 59s"), (3_599, "59m 59s"), (3_900, "1h 05m"), (90_000, "1d 1h")],
)
def test_a_span_has_two_parts(seconds, words):
    assert span(seconds) == words
    assert countdown(NOW + timedelta(seconds=seconds or 0.5), NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "over 0m"), (299, "over 4m"), (3_900, "over 1h 05m")]
)
def test_what_is_over_is_told_without_seconds(seconds, words):
    assert countdown(NOW - timedelta(seconds=seconds), NOW) == words


def test_an_instant_is_as_long_as_it_must_be():
    assert shown(NOW, NEW_YORK, NOW) == "09:05"
    assert shown(NOW + timedelta(days=3), NEW_YORK, NOW) == "Mon 23 Nov 09:05"
    assert shown(NOW + timedelta(days=60), NEW_YORK, NOW) == "19 Jan 2027 09:05"
