"""Tests inside a policy: what an alert at an instant is to bring, and what is said if not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from tests.domain.test_policy_unwise import RECORDS, RULES, changed
from tierline.cli.policy import app
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.trying.moments import moment
from tierline.policy.trying.trial import try_all

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 1, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
FIREWALL = "{client: Contoso, host: fw01, severity: warning}"


def _load(tmp_path, expect, at="fri 17:50", alert=FIREWALL, more="", rules=RULES):
    test = f'tests:\n  - {{name: t, at: "{at}", alert: {alert}, expect: {{{expect}}}{more}}}\n'
    (tmp_path / "rules.yaml").write_text(rules)
    (tmp_path / "tests.yaml").write_text(test)
    (tmp_path / "records.yaml").write_text(RECORDS)
    return load_folder(tmp_path, year=2026)


def _wrong(tmp_path, expect, **more):
    (trial,) = try_all(_load(tmp_path, expect, **more), START)
    return list(trial.wrong)


# Thursday 1 January 2026: the coming Friday is the 2nd. Network (T2, 1 h) works 08:00 to 18:00.
FINE = {
    "where it starts": "start: Network, category: firewall, priority: P3, path: standard",
    "the tier will do": "start: T2",
    "over the weekend": 'lapses: "mon 08:50"',
    "nobody": "paged: nobody, next: nobody",
    "promises": 'respond: "mon 09:50", resolve: "tue 17:50"',
    "a date": 'lapses: "2026-01-05 08:50"',
    "mode": "mode: watch",
}


@pytest.mark.parametrize("expect", FINE.values(), ids=FINE)
def test_what_comes_of_it_is_known(tmp_path, expect):
    assert _wrong(tmp_path, expect) == []


WRONG = {
    "start: Desk": "start: Desk was expected, and it is Network",
    "priority: P2": "priority: P2 was expected, and it is P3",
    'lapses: "fri 18:50"': (
        "lapses: fri 2026-01-02 18:50 was expected, and it is mon 2026-01-05 08:50"
    ),
    'plan: "mon 10:00"': "plan: mon 2026-01-05 10:00 was expected, and it is never",
    "paged: Tom": "paged: Tom was expected, and it is nobody",
    "next: Desk": "next: Desk was expected, and it is nobody",
}


@pytest.mark.parametrize(("expect", "said"), WRONG.items())
def test_what_is_otherwise_is_said(tmp_path, expect, said):
    assert _wrong(tmp_path, expect) == [said]


def test_whoever_is_on_call_then_is_woken(tmp_path):
    """Turns of a week from Monday 1 December 2025: Tom, Ines, Tom, Ines, Tom (29 December)."""
    alert = "{client: Contoso, host: fw01, severity: critical}"
    assert _wrong(tmp_path, "paged: Tom", at="sat 02:00", alert=alert) == []
    assert _wrong(tmp_path, "paged: Ines", at="2026-01-10 02:00", alert=alert) == []


def test_nobody_on_the_first_line_lets_it_climb(tmp_path):
    rules = RULES + "mode: {default: act}\n"
    alert = "{client: Contoso, labels.kind: printer}"
    assert _wrong(tmp_path, "start: Desk, next: Network", alert=alert, rules=rules) == []
    assert _wrong(tmp_path, "next: Network", alert=alert) == [], "in watch it is proposed"


def test_facts_are_those_that_rules_see(tmp_path):
    alert = "{device.type: firewall, device.criticality: 2, severity: error, vip: true}"
    assert _wrong(tmp_path, "start: Network, priority: P2", alert=alert) == []
    stated = "{type: incident, priority: P1, category: firewall}"
    assert _wrong(tmp_path, "start: Network, priority: P1", alert=stated) == []


def test_another_zone_may_be_meant(tmp_path):
    more = ", zone: Asia/Tokyo"
    at = "2026-01-03 02:50"
    assert _wrong(tmp_path, 'lapses: "2026-01-05 17:50"', at=at, more=more) == []
    assert "no time zone" in _wrong(tmp_path, "start: T2", more=", zone: Mars")[0]


CASES = {
    "day": ('"fry 17:50"', FIREWALL, "start: T2", "a day and a time"),
    "date": ('"2026-02-30 17:50"', FIREWALL, "start: T2", "on no calendar"),
    "fact": ('"fri 17:50"', "{clinet: Contoso}", "start: T2", "did you mean `client`?"),
    "type": ('"fri 17:50"', "{type: alarm}", "start: T2", "did you mean"),
    "nothing": ('"fri 17:50"', FIREWALL, "", "expects nothing"),
    "unknown": ('"fri 17:50"', FIREWALL, "stat: T2", "did you mean `start`?"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_test_that_cannot_be_tried_is_refused_where_it_stands(tmp_path, case):
    at, alert, expect, said = case
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, expect, at=at.strip('"'), alert=alert)
    assert caught.value.file.endswith("tests.yaml")
    assert said in str(caught.value)


def test_tests_are_no_part_of_the_version(tmp_path):
    first = _load(tmp_path, "start: T2")
    second = _load(tmp_path, "start: T1")
    assert first.policy.version == second.policy.version
    assert "tests" not in first.document
    (tmp_path / "tests.yaml").unlink()
    assert load_folder(tmp_path, year=2026).policy.version == first.policy.version


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("fri 17:50", "2026-11-27 17:49", "2026-11-27 17:50"),
        ("fri 17:50", "2026-11-27 17:50", "2026-12-04 17:50"),
        ("sun 01:30", "2026-03-28 00:00", "2026-03-29 01:30"),
        ("mon 09:00", "2026-07-03 12:00", "2026-07-06 08:00"),
        ("2026-07-01 9:00", "2026-11-27 00:00", "2026-07-01 08:00"),
    ],
)
def test_a_weekday_is_the_next_one_by_the_clock_of_the_zone(text, after, expected):
    after, expected = (datetime.fromisoformat(it).replace(tzinfo=UTC) for it in (after, expected))
    assert moment(text, after, LONDON) == expected


def test_the_tests_of_the_large_example_are_as_expected():
    loaded = load_folder(ROOT / "examples" / "large-msp", year=2026)
    assert [it.wrong for it in try_all(loaded, datetime(2026, 11, 23, tzinfo=UTC))] == [()] * 4


def _run(*arguments):
    return CliRunner().invoke(app, ["test", *map(str, arguments)])


def test_the_command_line_says_which_are_wrong_and_fails(tmp_path):
    _load(tmp_path, "start: T2")
    fine = _run(tmp_path, "--year", 2026)
    assert (fine.exit_code, fine.stdout) == (0, "ok  t\n1 test, 0 wrong\n")
    _load(tmp_path, "start: T1")
    wrong = _run(tmp_path, "--year", 2026)
    assert wrong.exit_code == 1
    assert "wrong  t\n       start: T1 was expected, and it is Network\n" in wrong.stdout
    said = json.loads(_run(tmp_path, "--year", 2026, "--json").stdout)
    assert (said["ok"], said["tests"][0]["ok"]) == (False, False)


def test_a_policy_that_cannot_be_used_is_not_tried(tmp_path):
    _load(tmp_path, "start: T2")
    (tmp_path / "rules.yaml").write_text(changed(RULES, ("tier: T2", "tier: T9")))
    assert _run(tmp_path).exit_code == 1
