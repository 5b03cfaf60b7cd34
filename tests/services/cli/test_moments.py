"""Instants and lengths of time as people type and read them; local time is London's."""

from datetime import UTC, datetime, timedelta

import pytest

from tierline.cli.failures import FailureError
from tierline.cli.moments import local_time, parse_moment, rfc3339, span, until
from tierline.cli.text import clean, cleaned

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+45m", "2026-11-23T09:45:00Z"),
        ("45m", "2026-11-23T09:45:00Z"),
        ("1h30m", "2026-11-23T10:30:00Z"),
        ("1d", "2026-11-24T09:00:00Z"),
        ("+1d2h", "2026-11-24T11:00:00Z"),
        ("09:01", "2026-11-23T09:01:00Z"),
        ("09:00", "2026-11-24T09:00:00Z"),
        ("8:30", "2026-11-24T08:30:00Z"),
        ("2026-11-24T09:00", "2026-11-24T09:00:00Z"),
        ("2026-11-24 09:00", "2026-11-24T09:00:00Z"),
        ("2026-11-24T09:00:00+05:30", "2026-11-24T03:30:00Z"),
        ("2026-07-01T09:00", "2026-07-01T08:00:00Z"),
    ],
)
def test_moments_are_read_as_local_time_or_from_now(text, found):
    assert rfc3339(parse_moment(text, NOW)) == found


def test_the_next_nine_o_clock_minds_that_the_clocks_change_in_the_night():
    saturday = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    assert rfc3339(parse_moment("09:00", saturday)) == "2026-10-25T09:00:00Z"
    spring = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert rfc3339(parse_moment("09:00", spring)) == "2026-03-29T08:00:00Z"


@pytest.mark.parametrize(
    "text", ["", "soon", "45", "24:00", "9:60", "2bd", "0d", "3dd", "1d-1h", "-1h", "2026"]
)
def test_anything_else_is_refused_with_how_to_write_it(text):
    with pytest.raises(FailureError) as caught:
        parse_moment(text, NOW)
    assert "14:30" in caught.value.remedy
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7500, "2h 05m"), (270_000, "3d 3h")],
)
def test_lengths_are_written_by_their_two_largest_parts(seconds, written):
    assert span(timedelta(seconds=seconds)) == written
    due = NOW + timedelta(seconds=seconds + 0.5)
    assert until(due, NOW) == f"in {written}"
    assert until(NOW - timedelta(seconds=seconds), NOW) == f"over {written}"


def test_an_instant_is_written_no_longer_than_it_takes_to_tell_it():
    assert local_time(NOW, NOW) == "09:00"
    assert local_time(NOW + timedelta(days=1), NOW) == "Tue 24 Nov 09:00"
    assert local_time(NOW + timedelta(days=60), NOW) == "Fri 22 Jan 09:00 2027"
    assert local_time(None, NOW) == "-"


def test_only_what_acts_on_a_terminal_is_replaced():
    assert clean("Zoë, 東京\tand\nπ 👍") == "Zoë, 東京\tand\nπ 👍"
    assert clean("a\x1b[31mb\x07\x7f\x9b\r\u202e") == "a\ufffd[31mb" + "\ufffd" * 5
    assert cleaned({"k\x1b": ["\x1b", 1, None, {"x": "\x00"}]}) == {
        "k\ufffd": ["\ufffd", 1, None, {"x": "\ufffd"}]
    }
