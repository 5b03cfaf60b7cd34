"""Schedules, kind by kind: rotations, layers, overrides, absences, swaps."""

import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import tierline.domain.rota.turns as turns_module
from tierline.domain.calendar import Calendar
from tierline.domain.rota import (
    EVERYBODY,
    Absence,
    Fixed,
    FixedShift,
    Layer,
    Nobody,
    Override,
    RotaError,
    Rotation,
    Schedule,
    Stretch,
    Unit,
    WhenAway,
    conflicting,
    gaps,
    next_handover,
    on_call,
    people_named,
    shifts,
    swap,
)

LONDON = ZoneInfo("Europe/London")
TICK = timedelta(microseconds=1)
NO_ZONE = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused


def at(text, zone=LONDON):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def utc(text):
    return at(text, UTC)


def turns(unit, *people, **more):
    """At 09:00 in London, from 2026-01-05, a Monday."""
    plain = {"zone": "Europe/London", "starts": date(2026, 1, 5), "at": "09:00"}
    return Rotation(people, unit, **{**plain, **more})


def weekly(*people, **more):
    return turns(Unit.WEEK, *people, **more)


def daily(*people, **more):
    return turns(Unit.DAY, *people, **more)


def rota(*sources, overrides=(), when_away=WhenAway.NEXT):
    layers = tuple(
        it if isinstance(it, Layer) else Layer(f"layer {i + 1}", it) for i, it in enumerate(sources)
    )
    return Schedule("rota", "Europe/London", layers, tuple(overrides), when_away)


def who(schedule, text, *absences):
    return on_call(schedule, at(text), absences).people


def written(found, zone=LONDON):
    """Shifts or gaps as `who from until`, in local time."""
    clock = "%m-%d %H:%M"
    return [
        f"{getattr(it, 'person', '-')} {it.start.astimezone(zone):{clock}}"
        f" {it.end.astimezone(zone):{clock}}"
        for it in found
    ]


def test_a_weekly_rotation_hands_over_every_week_at_its_time():
    schedule = rota(weekly("Tom", "Ines", "Joel"))
    listed = shifts(schedule, at("2026-01-05T00:00"), at("2026-01-27T00:00"))
    assert written(listed) == [
        "Tom 01-05 09:00 01-12 09:00",
        "Ines 01-12 09:00 01-19 09:00",
        "Joel 01-19 09:00 01-26 09:00",
        "Tom 01-26 09:00 01-27 00:00",
    ]
    assert [shift.why.place for shift in listed] == [1, 2, 3, 1]
    assert str(listed[1].why) == "layer layer 1, 2 of 3 in the rotation"


def test_exactly_at_the_hand_over_the_one_who_comes_is_on_call():
    schedule = rota(weekly("Tom", "Ines"))
    edge = at("2026-01-12T09:00")
    assert on_call(schedule, edge - TICK).people == ("Tom",)
    assert on_call(schedule, edge).people == ("Ines",)


def test_before_its_first_day_and_from_its_last_a_rotation_has_nobody():
    schedule = rota(weekly("Tom", "Ines", until=date(2026, 2, 2)))
    before = on_call(schedule, at("2026-01-05T09:00") - TICK)
    assert (before.people, before.nobody) == ((), Nobody.NO_LAYER)
    assert who(schedule, "2026-02-02T08:59") == ("Ines",)
    assert who(schedule, "2026-02-02T09:00") == ()


def test_a_first_turn_that_begins_in_mid_week_ends_with_that_week():
    schedule = rota(weekly("Tom", "Ines", starts=date(2026, 1, 7), weekday=0))
    listed = shifts(schedule, at("2026-01-05T00:00"), at("2026-01-26T00:00"))
    assert written(listed)[:2] == ["Tom 01-07 09:00 01-12 09:00", "Ines 01-12 09:00 01-19 09:00"]


def test_every_second_week_counts_from_the_week_of_the_start():
    schedule = rota(weekly("Tom", "Ines", every=2))
    assert who(schedule, "2026-01-19T08:59") == ("Tom",)
    assert who(schedule, "2026-01-19T09:00") == ("Ines",)
    assert who(schedule, "2026-02-02T09:00") == ("Tom",)


def test_a_monthly_rotation_clamps_to_the_last_day_and_does_not_drift():
    schedule = rota(turns(Unit.MONTH, "Tom", "Ines", starts=date(2026, 1, 31)))
    listed = shifts(schedule, at("2026-01-31T09:00"), at("2026-07-01T00:00"))
    assert written(listed) == [
        "Tom 01-31 09:00 02-28 09:00",
        "Ines 02-28 09:00 03-31 09:00",
        "Tom 03-31 09:00 04-30 09:00",
        "Ines 04-30 09:00 05-31 09:00",
        "Tom 05-31 09:00 06-30 09:00",
        "Ines 06-30 09:00 07-01 00:00",
    ]


def test_a_monthly_rotation_knows_leap_years_and_the_turn_of_the_year():
    schedule = rota(turns(Unit.MONTH, "Tom", "Ines", starts=date(2027, 11, 30), day=30))
    assert who(schedule, "2028-02-29T08:59") == ("Tom",)
    assert who(schedule, "2028-02-29T09:00") == ("Ines",)


def test_a_first_month_may_be_shorter():
    schedule = rota(turns(Unit.MONTH, "Tom", "Ines", starts=date(2026, 1, 20), day=15))
    listed = shifts(schedule, at("2026-01-01T00:00"), at("2026-03-20T00:00"))
    assert written(listed)[:2] == ["Tom 01-20 09:00 02-15 09:00", "Ines 02-15 09:00 03-15 09:00"]


def test_a_daily_rotation_has_23_and_25_hours_over_a_change_of_the_clocks():
    schedule = rota(daily("Tom", "Ines"))
    spring = shifts(schedule, at("2026-03-28T09:00"), at("2026-03-30T09:00"))
    assert [shift.end - shift.start for shift in spring] == [
        timedelta(hours=23),
        timedelta(hours=24),
    ]
    autumn = shifts(schedule, at("2026-10-24T09:00"), at("2026-10-26T09:00"))
    assert [shift.end - shift.start for shift in autumn] == [
        timedelta(hours=25),
        timedelta(hours=24),
    ]


def test_a_hand_over_in_the_hour_that_is_left_out_takes_the_offset_before_it():
    """London, 2026-03-29: 01:00 to 02:00 does not exist; 01:30 is 01:30 UTC, shown as 02:30."""
    schedule = rota(daily("Tom", "Ines", at="01:30"))
    assert next_handover(schedule, utc("2026-03-28T12:00")).at == utc("2026-03-29T01:30")
    assert next_handover(schedule, utc("2026-03-29T12:00")).at == utc("2026-03-30T00:30")


def test_a_hand_over_in_the_hour_that_comes_twice_is_the_first():
    """London, 2026-10-25: 01:30 is 00:30 UTC and 01:30 UTC."""
    schedule = rota(daily("Tom", "Ines", at="01:30"))
    assert next_handover(schedule, utc("2026-10-24T12:00")).at == utc("2026-10-25T00:30")
    assert who(schedule, "2026-10-25T01:30") == on_call(schedule, utc("2026-10-25T01:30")).people


def test_hours_of_an_hourly_rotation_are_elapsed_hours():
    schedule = rota(turns(Unit.HOUR, "Tom", "Ines", every=12))
    listed = shifts(schedule, at("2026-03-28T09:00"), at("2026-03-31T00:00"))
    assert {shift.end - shift.start for shift in listed[:-1]} == {timedelta(hours=12)}
    assert written(listed)[:3] == [
        "Tom 03-28 09:00 03-28 21:00",
        "Ines 03-28 21:00 03-29 10:00",
        "Tom 03-29 10:00 03-29 22:00",
    ]


def test_a_day_that_a_zone_leaves_out_gives_its_turn_to_nobody():
    """Apia had no 2011-12-30: its hand-over and the next one are the same instant."""
    apia = ZoneInfo("Pacific/Apia")
    rotation = Rotation(("A", "B", "C"), Unit.DAY, "Pacific/Apia", date(2011, 12, 28), "09:00")
    listed = shifts(rota(rotation), at("2011-12-28T09:00", apia), at("2012-01-02T00:00", apia))
    assert written(listed, apia) == [
        "A 12-28 09:00 12-29 09:00",
        "B 12-29 09:00 12-31 09:00",
        "A 12-31 09:00 01-01 09:00",
        "B 01-01 09:00 01-02 00:00",
    ]


def test_each_rotation_hands_over_in_its_own_zone():
    tokyo = daily("Aiko", zone="Asia/Tokyo", at="18:00")
    schedule = rota(daily("Tom", "Ines"), Layer("tokyo", tokyo, TOKYO_NIGHTS))
    assert who(schedule, "2026-01-06T09:00") == ("Aiko",)
    assert next_handover(schedule, at("2026-01-06T09:00")).at == utc("2026-01-06T15:00")


TOKYO_NIGHTS = Calendar.build("Asia/Tokyo", {"tue": ["18:00-24:00"]})


def test_one_persons_turns_are_one_shift_however_many_there_are():
    schedule = rota(weekly("Tom"))
    listed = shifts(schedule, at("2026-02-01T00:00"), at("2027-02-01T00:00"))
    assert len(listed) == 1
    assert next_handover(schedule, at("2026-02-01T00:00")) is None


def test_a_later_layer_wins_where_it_is_active_and_the_base_fills():
    office = Calendar.build("Europe/London", {"mon": ["10:00-16:00"]})
    schedule = rota(weekly("Tom", "Ines"), Layer("office", weekly("Joel"), office))
    listed = shifts(schedule, at("2026-01-12T00:00"), at("2026-01-13T00:00"))
    assert written(listed) == [
        "Tom 01-12 00:00 01-12 09:00",
        "Ines 01-12 09:00 01-12 10:00",
        "Joel 01-12 10:00 01-12 16:00",
        "Ines 01-12 16:00 01-13 00:00",
    ]
    assert listed[2].why.layer == "office"


def test_where_no_layer_reaches_there_is_a_gap():
    nights = Calendar.build("Europe/London", {"mon": ["18:00-08:00"], "tue": ["18:00-08:00"]})
    schedule = rota(Layer("nights", weekly("Tom", "Ines"), nights))
    found = gaps(schedule, at("2026-01-12T12:00"), at("2026-01-14T12:00"))
    assert written(found) == [
        "- 01-12 12:00 01-12 18:00",
        "- 01-13 08:00 01-13 18:00",
        "- 01-14 08:00 01-14 12:00",
    ]
    assert {gap.why for gap in found} == {Nobody.NO_LAYER}


def listed(*texts, alone=None):
    made = []
    for text in texts:
        person, start, end = text.split()
        made.append(FixedShift(person, at(start), at(end)))
    return Fixed(tuple(made), alone and (at(alone[0]), at(alone[1])))


def test_listed_shifts_may_overlap_and_the_base_fills_between_them():
    holidays = listed(
        "Ana 2026-01-06T00:00 2026-01-07T00:00", "Joel 2026-01-06T12:00 2026-01-08T00:00"
    )
    schedule = rota(weekly("Tom"), holidays)
    assert who(schedule, "2026-01-06T11:59") == ("Ana",)
    assert who(schedule, "2026-01-06T12:00") == ("Ana", "Joel")
    assert who(schedule, "2026-01-08T00:00") == ("Tom",)


def test_a_long_shift_under_many_short_ones_is_found():
    short = [f"Ana 2026-02-{day:02}T00:00 2026-02-{day:02}T01:00" for day in range(1, 28)]
    schedule = rota(listed("Joel 2026-01-06T00:00 2026-03-01T00:00", *short))
    assert who(schedule, "2026-02-27T12:00") == ("Joel",)


def test_a_temporary_schedule_leaves_its_gaps_empty():
    """From the 6th to the 9th only what it lists counts; before and after, the rotation."""
    christmas = listed(
        "Ana 2026-01-06T08:00 2026-01-07T08:00", alone=("2026-01-06T00:00", "2026-01-09T00:00")
    )
    schedule = rota(weekly("Tom"), christmas)
    assert who(schedule, "2026-01-05T23:59") == ("Tom",)
    assert who(schedule, "2026-01-06T12:00") == ("Ana",)
    assert who(schedule, "2026-01-09T00:00") == ("Tom",)
    empty = gaps(schedule, at("2026-01-05T12:00"), at("2026-01-10T00:00"))
    assert written(empty) == ["- 01-06 00:00 01-06 08:00", "- 01-07 08:00 01-09 00:00"]


def changed(person="", replaces="", start="2026-01-06T00:00", end="2026-01-07T00:00", id_="o1"):
    return Override(id_, at(start), at(end), person, replaces, "dentist")


def test_a_replacement_holds_while_the_replaced_is_on_call():
    over = changed("Joel", "Tom", "2026-01-11T00:00", "2026-01-13T00:00")
    schedule = rota(weekly("Tom", "Ines"), overrides=[over])
    found = shifts(schedule, at("2026-01-10T00:00"), at("2026-01-14T00:00"))
    assert written(found) == [
        "Tom 01-10 00:00 01-11 00:00",
        "Joel 01-11 00:00 01-12 09:00",
        "Ines 01-12 09:00 01-14 00:00",
    ]
    why = found[1].why
    assert (why.override, why.replaces, why.layer, why.place) == ("o1", "Tom", "layer 1", 1)
    assert "by override o1 instead of Tom (dentist)" in str(why)


def test_an_added_person_is_on_call_as_well():
    schedule = rota(weekly("Tom"), overrides=[changed("Joel")])
    assert who(schedule, "2026-01-06T12:00") == ("Tom", "Joel")
    assert who(schedule, "2026-01-07T00:00") == ("Tom",)


def test_a_person_added_to_a_gap_is_on_call_alone():
    schedule = rota(weekly("Tom"), overrides=[changed("Joel", "", "2026-01-01T00:00")])
    found = on_call(schedule, at("2026-01-02T00:00"))
    assert found.people == ("Joel",)
    assert str(found.duties[0].why) == "by override o1 in addition (dentist)"


def test_somebody_added_who_is_on_call_already_is_there_once_and_for_the_first_reason():
    schedule = rota(weekly("Tom"), overrides=[changed("Tom")])
    found = shifts(schedule, at("2026-01-05T09:00"), at("2026-01-08T00:00"))
    assert [(shift.person, shift.why.override) for shift in found] == [("Tom", "")]


def test_a_person_taken_off_leaves_a_gap_that_says_so():
    schedule = rota(weekly("Tom"), overrides=[changed("", "Tom")])
    found = on_call(schedule, at("2026-01-06T12:00"))
    assert (found.people, found.nobody) == ((), Nobody.TAKEN_OFF)


def test_who_is_not_on_call_cannot_be_taken_off_or_replaced():
    schedule = rota(weekly("Tom"), overrides=[changed("", "Ines"), changed("Joel", "Ana")])
    assert who(schedule, "2026-01-06T12:00") == ("Tom",)


def test_everybody_can_be_replaced_by_one_even_where_nobody_is():
    both = rota(weekly("Tom"), overrides=[changed("Ana", EVERYBODY, "2026-01-01T00:00")])
    assert who(both, "2026-01-02T00:00") == ("Ana",)
    assert who(both, "2026-01-06T00:00") == ("Ana",)
    nobody = rota(weekly("Tom"), overrides=[changed("", EVERYBODY)])
    assert who(nobody, "2026-01-06T00:00") == ()


def away(person, start="2026-01-06T00:00", end="2026-01-07T00:00"):
    return Absence(person, at(start), end and at(end))


def test_the_turn_of_an_absent_person_falls_to_the_next_who_is_in():
    schedule = rota(weekly("Tom", "Ines", "Joel"))
    absences = [away("Tom"), away("Ines", "2026-01-06T12:00")]
    found = shifts(schedule, at("2026-01-05T09:00"), at("2026-01-08T00:00"), absences)
    assert written(found) == [
        "Tom 01-05 09:00 01-06 00:00",
        "Ines 01-06 00:00 01-06 12:00",
        "Joel 01-06 12:00 01-07 00:00",
        "Tom 01-07 00:00 01-08 00:00",
    ]
    assert found[2].why.away == ("Tom", "Ines")
    assert str(found[2].why).endswith("3 of 3 in the rotation, because Tom, Ines are away")


def test_the_turns_after_an_absence_are_those_of_the_rotation():
    schedule = rota(weekly("Tom", "Ines", "Joel"))
    absence = away("Tom", "2026-01-05T00:00", "2026-01-12T09:00")
    assert who(schedule, "2026-01-12T09:00", absence) == ("Ines",)


def test_with_the_rule_gap_an_absence_is_a_gap():
    schedule = rota(weekly("Tom", "Ines"), when_away=WhenAway.GAP)
    found = gaps(schedule, at("2026-01-05T09:00"), at("2026-01-08T00:00"), [away("Tom")])
    assert written(found) == ["- 01-06 00:00 01-07 00:00"]
    assert found[0].why is Nobody.AWAY


def test_when_all_are_away_there_is_a_gap():
    schedule = rota(weekly("Tom", "Ines"))
    found = on_call(schedule, at("2026-01-06T00:00"), [away("Tom"), away("Ines")])
    assert (found.people, found.nobody) == ((), Nobody.AWAY)


def test_a_person_who_has_left_for_good_is_passed_over_from_then_on():
    """What a deleted person is: an absence without an end; nobody else's turns move."""
    schedule = rota(weekly("Tom", "Ines", "Joel"))
    gone = away("Ines", "2026-01-13T00:00", None)
    assert who(schedule, "2026-01-12T12:00", gone) == ("Ines",)
    assert who(schedule, "2026-01-14T00:00", gone) == ("Joel",)
    assert who(schedule, "2026-01-26T12:00", gone) == ("Tom",)
    assert who(schedule, "2031-01-20T12:00", gone) != ("Ines",)


def test_a_replacement_also_stands_in_for_one_who_is_away():
    """Who wrote "Ana instead of Tom" meant Tom's turn, whoever else would have got it."""
    schedule = rota(weekly("Tom", "Ines"), overrides=[changed("Ana", "Tom")])
    found = on_call(schedule, at("2026-01-06T12:00"), [away("Tom")])
    assert found.people == ("Ana",)
    assert found.duties[0].why.replaces == "Tom"


def test_an_absent_replacement_is_not_on_call():
    schedule = rota(weekly("Tom", "Ines"), overrides=[changed("Ana", "Tom")])
    found = on_call(schedule, at("2026-01-06T12:00"), [away("Ana")])
    assert (found.people, found.nobody) == ((), Nobody.AWAY)


def test_the_next_handover_names_who_leaves_and_who_comes():
    schedule = rota(weekly("Tom", "Ines"))
    found = next_handover(schedule, at("2026-01-06T00:00"))
    assert (found.at, found.leaving) == (at("2026-01-12T09:00"), ("Tom",))
    assert found.on_call.people == ("Ines",)
    assert next_handover(schedule, found.at).at == at("2026-01-19T09:00")


def test_a_gap_that_begins_is_a_handover_to_nobody():
    schedule = rota(weekly("Tom", until=date(2026, 3, 2)))
    found = next_handover(schedule, at("2026-01-06T00:00"))
    assert (found.at, found.on_call.people) == (at("2026-03-02T09:00"), ())


def test_a_handover_far_ahead_is_found_and_one_past_the_horizon_is_not():
    yearly = rota(turns(Unit.MONTH, "Tom", "Ines", every=12))
    assert next_handover(yearly, at("2026-01-05T09:00")).at == at("2027-01-05T09:00")
    slow = rota(turns(Unit.MONTH, "Tom", "Ines", every=24))
    assert next_handover(slow, at("2026-01-05T09:00")) is None


def test_a_rotation_of_ten_years_is_not_counted_up(monkeypatch):
    """A question looks at a handful of hand-overs, whatever lies between the start and now."""
    looked = []
    plain = turns_module.local_instant
    monkeypatch.setattr(
        turns_module, "local_instant", lambda *of: (looked.append(of), plain(*of))[1]
    )
    for unit in Unit:
        schedule = rota(turns(unit, "Tom", "Ines", "Joel", starts=date(2016, 1, 4)))
        looked.clear()
        assert on_call(schedule, at("2026-06-01T12:00")).people
        assert len(looked) <= 3, unit


def test_a_swap_is_two_overrides():
    schedule = rota(weekly("Tom", "Ines"))
    first = Stretch("Tom", at("2026-01-06T00:00"), at("2026-01-08T00:00"))
    second = Stretch("Ines", at("2026-01-13T00:00"), at("2026-01-14T00:00"))
    made = swap(schedule, first, second, ("a", "b"), "wedding")
    swapped = rota(weekly("Tom", "Ines"), overrides=made)
    found = shifts(swapped, at("2026-01-05T09:00"), at("2026-01-19T09:00"))
    assert [shift.person for shift in found] == ["Tom", "Ines", "Tom", "Ines", "Tom", "Ines"]
    assert {override.reason for override in made} == {"wedding"}


def refused_swap(first, second, overrides=()):
    schedule = rota(weekly("Tom", "Ines"), overrides=overrides)
    with pytest.raises(RotaError) as caught:
        swap(schedule, first, second, ("a", "b"))
    return caught.value


def test_a_swap_of_what_is_not_theirs_is_refused():
    mine = Stretch("Tom", at("2026-01-06T00:00"), at("2026-01-12T09:01"))
    theirs = Stretch("Ines", at("2026-01-13T00:00"), at("2026-01-14T00:00"))
    error = refused_swap(mine, theirs)
    assert error.field == "first"
    assert "Tom is not on call at 2026-01-12T09:00:00+00:00" in error.message
    assert refused_swap(theirs._replace(person="Tom"), theirs).field == "first"
    assert refused_swap(theirs, theirs).field == "with"


def test_a_swap_into_an_override_is_refused_and_names_it():
    mine = Stretch("Tom", at("2026-01-06T00:00"), at("2026-01-07T00:00"))
    theirs = Stretch("Ines", at("2026-01-13T00:00"), at("2026-01-14T00:00"))
    error = refused_swap(mine, theirs, [changed("Ines", id_="other")])
    assert "override other is in the way: Ines in addition" in error.message


def test_overlapping_overrides_that_touch_one_person_conflict():
    there = changed("Joel", "Tom")
    later = {"start": "2026-01-06T12:00", "end": "2026-01-09T00:00"}
    assert conflicting(changed("Ana", "Tom", **later), [there]) is there
    assert conflicting(changed("", "Joel", **later), [there]) is there
    assert conflicting(changed("Ana", EVERYBODY, **later), [there]) is there
    assert conflicting(changed("Ana", "Ines", **later), [there]) is None
    after = {"start": "2026-01-07T00:00", "end": "2026-01-09T00:00"}
    assert conflicting(changed("Ana", "Tom", **after), [there]) is None


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("people", weekly),
        ("people", lambda: weekly("Tom", "")),
        ("people", lambda: weekly(*["Tom"] * 201)),
        ("every", lambda: weekly("Tom", every=0)),
        ("every", lambda: weekly("Tom", every=521)),
        ("zone", lambda: weekly("Tom", zone="Europe/Londn")),
        ("hand_over", lambda: weekly("Tom", at="9:00")),
        ("hand_over", lambda: weekly("Tom", at="24:00")),
        ("hand_over", lambda: weekly("Tom", weekday=7)),
        ("hand_over", lambda: weekly("Tom", day=3)),
        ("hand_over", lambda: daily("Tom", weekday=3)),
        ("hand_over", lambda: turns(Unit.MONTH, "Tom", day=32)),
        ("from", lambda: weekly("Tom", starts=date(1999, 12, 31))),
        ("until", lambda: weekly("Tom", until=date(2100, 1, 1))),
        ("until", lambda: weekly("Tom", until=date(2026, 1, 5))),
        ("person", changed),
        ("person", lambda: changed("Tom", "Tom")),
        ("person", lambda: changed(EVERYBODY, "Tom")),
        ("until", lambda: changed("Tom", end="2026-01-06T00:00")),
        ("from", lambda: Override("o", NO_ZONE, at("2026-01-02T00:00"), "Tom")),
        ("person", lambda: away("")),
        ("until", lambda: away("Tom", end="2026-01-05T00:00")),
        ("layers", lambda: rota(*[weekly("Tom")] * 21)),
        ("layers[1].name", lambda: rota(Layer("a", weekly("Tom")), Layer("a", weekly("Tom")))),
        ("shifts", lambda: Fixed((FixedShift("A", utc("2026-01-01"), utc("2026-01-02")),) * 5001)),
        ("until", lambda: shifts(rota(weekly("Tom")), utc("2026-01-01"), utc("2027-03-01"))),
        ("until", lambda: gaps(rota(weekly("Tom")), utc("2026-01-01"), utc("2026-01-01"))),
    ],
)
def test_what_cannot_be_is_refused_and_named(field, make):
    with pytest.raises(RotaError) as caught:
        make()
    assert caught.value.field == field
    assert str(caught.value) == f"{field}: {caught.value.message}"


def test_a_misspelt_zone_is_mended():
    with pytest.raises(RotaError, match="did you mean Europe/London"):
        weekly("Tom", zone="Europe/Londn")


def test_more_overrides_at_once_than_an_answer_looks_at_are_refused():
    many = [changed("Joel", id_=str(n)) for n in range(2001)]
    with pytest.raises(RotaError, match="2001 at once"):
        on_call(rota(weekly("Tom"), overrides=many), at("2026-01-06T12:00"))


def test_everybody_named_is_listed_once():
    schedule = rota(weekly("Tom", "Ines", "Tom"), listed("Ana 2026-01-06 2026-01-07"))
    assert list(people_named(schedule)) == ["Tom", "Ines", "Ana"]


def test_a_schedule_and_its_errors_can_be_pickled():
    schedule = rota(weekly("Tom", "Ines"), overrides=[changed("Joel")])
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    error = RotaError("people", "wrong")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
