"""`letters` of a policy: how it reads, what holds without it, what is complained about."""

from datetime import time

import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.letters.rules import LetterRules
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder, to_document


def load(tmp_path, text="", rules=GOOD):
    (tmp_path / "rules.yaml").write_text(rules + text)
    return load_folder(tmp_path, year=2026)


def letters(tmp_path, text="", rules=GOOD):
    return load(tmp_path, text, rules).policy.letters


def test_without_the_section_the_office_gives_the_times(tmp_path):
    policy = load(tmp_path).policy
    assert policy.letters == LetterRules(
        zone="Europe/London", round_the_clock=policy.groups["Desk"].hours
    )
    assert (policy.letters.weekly_day, policy.letters.weekly_at) == (0, time(7))


def test_without_an_office_the_first_group_that_closes_does(tmp_path):
    rules = GOOD.replace("office", "early").replace("08:00-18:00", "06:00-14:00")
    found = load(tmp_path, rules=rules).policy
    assert found.letters.round_the_clock == found.groups["Desk"].hours


def test_where_nobody_ever_closes_the_lists_come_at_eight_and_half_past_five(tmp_path):
    rules = GOOD.replace("hours: office", "hours: 24x7")
    rules = rules.replace("office: {zone: Europe/London, mon-fri: 08:00-18:00}", "x: 24x7")
    rules = rules.replace("else: office", "else: 24x7")
    found = letters(tmp_path, rules=rules)
    assert found.zone == "UTC"
    windows = {window for day in found.round_the_clock.week for window in day}
    assert windows == {(8 * 60, 18 * 60)}


def test_every_key_in_one_line(tmp_path):
    found = letters(
        tmp_path,
        "letters: {zone: Europe/Oslo, lead: [6:30, 21:15], weekly: sun 18:00, digest: 12:05,"
        " silent when empty: true}\n",
    )
    assert found.zone == found.round_the_clock.zone == "Europe/Oslo"
    windows = {window for day in found.round_the_clock.week for window in day}
    assert windows == {(6 * 60 + 30, 21 * 60 + 45)}
    assert (found.weekly_day, found.weekly_at) == (6, time(18))
    assert (found.digest_at, found.silent_when_empty, found.lists) == (time(12, 5), True, True)


def test_each_of_them_can_be_left_out_for_good(tmp_path):
    found = letters(tmp_path, "letters: {lead: never, weekly: never, digest: never}\n")
    assert (found.lists, found.weekly_day, found.digest_at) == (False, None, None)


def test_a_stored_document_is_read_as_it_was_written(tmp_path):
    loaded = load(tmp_path, "letters: {lead: [6:30, 21:15], weekly: sun 18:00}\n")
    again = compile_document(to_document(tmp_path, year=2026))
    assert again.letters == loaded.policy.letters
    assert again.version == loaded.policy.version


@pytest.mark.parametrize(
    ("written", "message", "remedy"),
    [
        ("{lead: 08:00}", "must not be", "never"),
        ("{lead: [08:00]}", "has 1 entries", "from 2 to 2"),
        ("{lead: [17:30, 08:00]}", "two times of one day", "[08:00, 17:30]"),
        ("{lead: [08:00, 23:45]}", "23:30 or before", "[08:00, 17:30]"),
        ("{lead: [08:00, 25:00]}", "is not a time of day", "08:00"),
        ("{weekly: 07:00}", "is not a weekday and a time", "mon 07:00"),
        ("{weekly: monday 07:00}", "is not a weekday and a time", "mon 07:00"),
        ("{digest: noon}", "is not a time of day", "17:30"),
        ("{zone: Europe/Lundon}", "is no time zone", "Europe/London"),
        ("{silent_when_empty: yes}", "true or false", "true or false"),
        ("{manager: mon}", "no key `manager`", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_line_with_a_remedy(tmp_path, written, message, remedy):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, f"letters: {written}\n")
    said = str(caught.value)
    assert f"rules.yaml:{len(GOOD.splitlines()) + 1}" in said
    assert message in said
    assert remedy in said
