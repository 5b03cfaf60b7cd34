"""Holidays by region, edits of single dates, and calendars that cannot be used."""

from datetime import date

import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.hours import day_range

OFFICE = "office: {zone: Europe/London, mon-fri: 08:00-18:00}"


def _office(tmp_path, more, year=2026):
    text = GOOD.replace(OFFICE, OFFICE.replace("}", f", {more}}}"))
    (tmp_path / "rules.yaml").write_text(text)
    loaded = load_folder(tmp_path, year=year)
    hours = loaded.policy.groups["Desk"].hours
    return {day: tuple(map(str, windows)) for day, windows in hours.holidays}


def test_a_region_stands_for_its_public_holidays_from_last_year_to_five_ahead(tmp_path):
    found = _office(tmp_path, "holidays: GB-ENG")
    assert found[date(2026, 12, 25)] == ()
    assert date(2026, 8, 31) in found
    assert {day.year for day in found} == set(range(2025, 2032))


def test_regions_of_a_country_differ(tmp_path):
    scottish = _office(tmp_path, "holidays: GB-SCT")
    english = _office(tmp_path, "holidays: GB-ENG")
    assert date(2026, 1, 2) in scottish
    assert date(2026, 1, 2) not in english


def test_norway_has_holidays(tmp_path):
    """YAML 1.1 would have read the country code NO as false."""
    assert date(2026, 5, 17) in _office(tmp_path, "holidays: NO")


def test_dates_and_regions_may_be_mixed(tmp_path):
    found = _office(tmp_path, "holidays: [DE, 2026-06-30]")
    assert {date(2026, 6, 30), date(2026, 10, 3)} <= set(found)


def test_years_stay_within_what_calendars_know(tmp_path):
    assert max(_office(tmp_path, "holidays: GB-ENG", year=2098)).year == 2099


def test_an_edit_gives_a_date_its_own_windows(tmp_path):
    windows = "2026-12-24: 8:00-12:00, 2026-12-25: [10:00-11:00, 12:00-13:00], 2026-12-31: closed"
    found = _office(tmp_path, f"holidays: GB-ENG, edits: {{{windows}}}")
    assert found[date(2026, 12, 24)] == ("08:00-12:00",)
    assert found[date(2026, 12, 25)] == ("10:00-11:00", "12:00-13:00")
    assert found[date(2026, 12, 31)] == ()
    assert found[date(2026, 12, 28)] == ()


def test_a_closure_of_sixty_days_is_refused_at_the_holidays(tmp_path):
    days = ", ".join(f"2026-{month:02}-{day:02}" for month in (5, 6, 7) for day in range(1, 31))
    with pytest.raises(PolicyError, match=r"rules\.yaml:2:\d+: hours\.office\.holidays: closed"):
        _office(tmp_path, f"holidays: [{days}]")


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon", ("mon",)),
        ("mon-wed", ("mon", "tue", "wed")),
        ("fri-mon", ("fri", "sat", "sun", "mon")),
        ("sun-sun", ("sun",)),
        ("mon-", None),
        ("-mon", None),
        ("Mon", None),
        ("mon-fri-sun", None),
    ],
)
def test_a_range_of_days_may_run_over_the_weekend(written, days):
    assert day_range(written) == days
