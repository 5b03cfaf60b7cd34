"""What a calendar is, and which ones are refused with what advice."""

import pickle
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from tierline.domain.business_time import add, open_between
from tierline.domain.calendar import Calendar, CalendarError

OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def office(holidays=()):
    return Calendar.build("Europe/Berlin", OFFICE, holidays)


def run_of_days(first, days):
    return [first + timedelta(days=n) for n in range(days)]


@pytest.mark.parametrize(
    ("change", "field", "advice"),
    [
        ({"timezone": "Europe/Berln"}, "timezone", "did you mean Europe/Berlin?"),
        ({"timezone": "europe/berlin"}, "timezone", "did you mean Europe/Berlin?"),
        ({"timezone": "America"}, "timezone", "America"),
        ({"timezone": ""}, "timezone", "write it like Europe/Berlin"),
        ({"timezone": "../UTC"}, "timezone", "IANA"),
        ({"timezone": "localtime"}, "timezone", "IANA"),
        ({"timezone": "right/UTC"}, "timezone", "IANA"),
        ({"timezone": None}, "timezone", "IANA"),
        ({"timezone": ["UTC"]}, "timezone", "IANA"),
        ({"hours": {}}, "hours", "give at least one day a window"),
        ({"hours": {"mon": []}}, "hours", "give at least one day a window"),
        ({"hours": ["09:00-17:00"]}, "hours", "give weekdays"),
        ({"hours": {"monday": ["09:00-17:00"]}}, "hours.monday", "use mon, tue"),
        ({"hours": {"mon": "09:00-17:00"}}, "hours.mon", "give a list"),
        ({"hours": {"mon": None}}, "hours.mon", "give a list"),
        ({"hours": {"mon": ["9:00-17:00"]}}, "hours.mon[0]", "two-digit"),
        ({"hours": {"mon": ["09:00-17:00", 570]}}, "hours.mon[1]", "two-digit"),
        ({"hours": {"mon": ["09:00-17:00\n"]}}, "hours.mon[0]", "two-digit"),
        ({"hours": {"mon": ["09:00-17:60"]}}, "hours.mon[0]", "no day has"),
        ({"hours": {"mon": ["24:00-08:00"]}}, "hours.mon[0]", "24:00 as an end"),
        ({"hours": {"mon": ["09:00-24:01"]}}, "hours.mon[0]", "24:00 as an end"),
        ({"hours": {"mon": ["09:00-10:00"] * 25}}, "hours.mon", "24 or fewer"),
        ({"holidays": "2026-12-25"}, "holidays", "give a list"),
        ({"holidays": ["25.12.2026"]}, "holidays[0]", 'write "2026-12-25"'),
        ({"holidays": ["2026-12-25", "2026-02-30"]}, "holidays[1]", "not a date"),
        ({"holidays": [20261225]}, "holidays[0]", "not a date"),
        ({"holidays": [{"date": "x", "hours": []}]}, "holidays[0].date", "not a date"),
        ({"holidays": [{"date": "2026-12-25"}]}, "holidays[0]", "keys date and hours"),
        ({"holidays": [{"date": "2026-12-25", "hours": ["9"]}]}, "holidays[0].hours[0]", "9"),
        ({"holidays": ["1999-12-31"]}, "holidays[0]", "2000 to 2099"),
        ({"holidays": ["2100-01-01"]}, "holidays[0]", "2000 to 2099"),
        ({"holidays": ["2026-12-25"] * 10_001}, "holidays", "10000 or fewer"),
        (
            {"holidays": ["2026-12-25", {"date": "2026-12-25", "hours": ["09:00-12:00"]}]},
            "holidays[1]",
            "keep one",
        ),
        ({"zone": "UTC"}, "zone", "timezone, hours and holidays"),
    ],
)
def test_unusable_calendar_is_refused_with_field_and_advice(change, field, advice):
    with pytest.raises(CalendarError) as caught:
        Calendar.from_json({"timezone": "Europe/Berlin", "hours": OFFICE} | change)
    assert caught.value.field == field
    assert advice in caught.value.message
    assert str(caught.value) == f"{field}: {caught.value.message}"


def test_calendar_that_is_no_object_is_refused():
    with pytest.raises(CalendarError, match="give an object"):
        Calendar.from_json(["Europe/Berlin"])


def test_holiday_with_a_time_of_day_is_refused():
    with pytest.raises(CalendarError, match="date without a time"):
        office([datetime(2026, 12, 25, tzinfo=UTC)])


def test_sixty_days_without_an_opening_are_refused_and_named():
    """Shut from Friday 2027-01-01 17:00 to Monday 2027-03-08 09:00."""
    with pytest.raises(CalendarError) as caught:
        office(run_of_days(date(2027, 1, 4), 61))
    assert caught.value.field == "holidays"
    assert "from 2027-01-01 17:00 to 2027-03-08 09:00, 65 days" in caught.value.message


def shut_until(reopening):
    """Shut from 2027-01-01 10:00 up to a time of day on the 60th day after."""
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("09:00-17:00",))
    shut = run_of_days(date(2027, 1, 2), 59)
    ends = [(date(2027, 1, 1), ["09:00-10:00"]), (date(2027, 3, 2), [f"{reopening}-17:00"])]
    return Calendar.build("UTC", week, [*shut, *ends])


def test_sixty_days_are_measured_to_the_minute():
    shut_until("09:59")
    with pytest.raises(CalendarError, match=r"to 2027-03-02 10:00, 60 days"):
        shut_until("10:00")


def test_one_open_minute_inside_a_long_closure_saves_it():
    days = run_of_days(date(2027, 1, 4), 61)
    days[30] = (days[30], ["23:59-24:00"])
    office(days)


def test_sparse_holidays_that_shut_a_sparse_week_are_refused():
    """Nine Tuesdays in a row close a calendar that opens on Tuesdays."""
    tuesdays = [date(2027, 1, 5) + timedelta(weeks=n) for n in range(9)]
    with pytest.raises(CalendarError, match="from 2026-12-29 12:00 to 2027-03-09 10:00, 69 days"):
        Calendar.build("Europe/London", {"tue": ["10:00-12:00"]}, tuesdays)
    Calendar.build("Europe/London", {"tue": ["10:00-12:00"]}, tuesdays[:7])


def test_holidays_on_days_that_never_open_shut_nothing():
    sundays = [date(2027, 1, 3) + timedelta(weeks=n) for n in range(200)]
    office(sundays)


def test_last_of_several_closures_is_looked_at():
    with pytest.raises(CalendarError, match="2090"):
        office([date(2026, 12, 25), *run_of_days(date(2090, 1, 1), 80)])


def test_written_form_is_canonical():
    messy = Calendar.from_json(
        {
            "hours": {"fri": ["22:00-00:00", "13:00-18:00", "13:00-18:00"], "mon": ["00:00-00:00"]},
            "timezone": "UTC",
            "holidays": [
                "2026-12-26",
                {"date": "2026-12-24", "hours": ["18:00-02:00", "09:00-12:00"]},
                {"date": "2026-12-25", "hours": []},
                "2026-12-26",
            ],
        }
    )
    assert messy.to_json() == {
        "timezone": "UTC",
        "hours": {"mon": ["00:00-24:00"], "fri": ["13:00-18:00", "22:00-24:00"]},
        "holidays": [
            {"date": "2026-12-24", "hours": ["09:00-12:00", "18:00-02:00"]},
            "2026-12-25",
            "2026-12-26",
        ],
    }
    assert Calendar.from_json(messy.to_json()) == messy


def test_build_and_json_make_the_same_calendar():
    built = office([date(2026, 12, 25), (date(2026, 12, 24), ["09:00-12:00"])])
    read = Calendar.from_json(
        {
            "timezone": "Europe/Berlin",
            "hours": OFFICE,
            "holidays": [{"date": "2026-12-24", "hours": ["09:00-12:00"]}, "2026-12-25"],
        }
    )
    assert built == read
    assert len({built, read}) == 1


def test_any_difference_in_content_is_another_calendar():
    different = [
        office(),
        office([date(2026, 12, 25)]),
        office([(date(2026, 12, 25), ["09:00-12:00"])]),
        Calendar.build("Europe/Vienna", OFFICE),
        Calendar.build("Europe/Berlin", OFFICE | {"fri": ["09:00-16:00"]}),
    ]
    assert len({calendar.hash for calendar in different}) == len(set(different)) == 5
    assert office() != "Europe/Berlin"


def test_hash_of_a_stored_calendar_never_changes():
    """Clocks pin calendars by this hash: a new value would orphan every running clock."""
    assert Calendar.always().hash == (
        "88050dcc50f712d485454944e39b642da46bddb340a7dd3e9f4ef5b57df053f8"
    )


def test_hash_is_the_same_in_another_process():
    script = "from tierline.domain.calendar import Calendar; print(Calendar.always().hash)"
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == Calendar.always().hash


def test_calendar_cannot_be_changed():
    with pytest.raises(AttributeError):
        office().zone = "UTC"


def test_calendar_can_be_pickled():
    calendar = office([date(2026, 12, 25)])
    assert pickle.loads(pickle.dumps(calendar)) == calendar


def test_errors_can_be_pickled():
    error = CalendarError("hours", "wrong")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_always_is_open_round_the_clock_in_utc():
    always = Calendar.always()
    assert (always.zone, always.is_always_open) == ("UTC", True)
    assert not office().is_always_open


def test_threads_that_compile_one_calendar_at_once_agree():
    """Eight threads start in different years of a calendar nobody has used yet."""
    calendar = Calendar.build("Europe/Helsinki", OFFICE)
    starts = [datetime(2010 + 7 * n % 40, 12, 28, 12, tzinfo=UTC) for n in range(8)]
    barrier, found = threading.Barrier(len(starts)), {}

    def work(start):
        barrier.wait(timeout=30)
        due = add(calendar, start, timedelta(hours=300))
        found[start] = due, open_between(calendar, start, due)

    threads = [threading.Thread(target=work, args=(start,)) for start in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert set(found) == set(starts)
    for start, (due, counted) in found.items():
        assert due == add(calendar, start, timedelta(hours=300))
        assert counted == timedelta(hours=300)
