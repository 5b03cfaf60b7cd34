"""`schedules` and `overrides` of records.yaml: how they read, and what is complained about."""

from datetime import UTC, date, datetime

import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.rota import EVERYBODY, Unit, WhenAway, on_call
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.schema import policy_schema

PEOPLE = """\
people:
  Tom: {login: tom, email: tom@msp.example, role: lead}
  Ines: {login: ines, email: ines@msp.example, role: technician}
  Sam: {login: sam, email: sam@msp.example, role: technician}
"""
WEEKLY = "every: week, hand over: mon 09:00, from: 2026-01-05, people: [Tom, Ines]"
ROTA = f"schedules:\n  rota: {{zone: Europe/London, {WEEKLY}}}\n"


def _load(tmp_path, text, rules=GOOD):
    (tmp_path / "rules.yaml").write_text(rules)
    (tmp_path / "records.yaml").write_text(PEOPLE + text)
    return load_folder(tmp_path, year=2026)


def _refused(tmp_path, text):
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, text)
    return caught.value


def _one(tmp_path, fields):
    (found,) = _load(tmp_path, f"schedules:\n  rota: {{{fields}}}\n").records.schedules
    return found


def test_rosters_are_written_as_schedules(tmp_path):
    (found,) = _refused(tmp_path, "rosters: {}\n").findings
    assert found.message == "the records has no key `rosters`"
    assert found.remedy == "write who is on call when under `schedules`"


def test_a_schedule_in_one_line_is_one_rotation(tmp_path):
    found = _one(tmp_path, f"zone: Europe/London, {WEEKLY}, when away: gap")
    (layer,) = found.layers
    assert (found.name, found.zone, found.when_away) == ("rota", "Europe/London", WhenAway.GAP)
    rotation = layer.source
    assert (rotation.people, rotation.unit, rotation.every) == (("Tom", "Ines"), Unit.WEEK, 1)
    assert (rotation.starts, rotation.weekday, rotation.at) == (date(2026, 1, 5), 0, "09:00")


@pytest.mark.parametrize(
    ("every", "hand_over", "expected"),
    [
        ("12 hours", "8:30", (Unit.HOUR, 12, "08:30", None, None)),
        ("day", "17:00", (Unit.DAY, 1, "17:00", None, None)),
        ("2 weeks", "fri 17:00", (Unit.WEEK, 2, "17:00", 4, None)),
        ("month", "31 09:00", (Unit.MONTH, 1, "09:00", None, 31)),
    ],
)
def test_lengths_and_hand_overs(tmp_path, every, hand_over, expected):
    text = f"zone: UTC, every: {every}, hand over: {hand_over}, from: 2026-01-05, people: [Tom]"
    it = _one(tmp_path, text).layers[0].source
    assert (it.unit, it.every, it.at, it.weekday, it.day) == expected


LAYERS = """\
schedules:
  rota:
    zone: Europe/London
    layers:
      - {name: base, every: week, from: 2026-01-05, people: [Tom, Ines]}
      - name: tuesdays
        every: day
        from: 2026-01-05
        until: 2026-06-01
        zone: Asia/Tokyo
        people: [Sam]
        hours: {zone: Europe/London, tue: 09:00-17:00}
"""


def test_layers_are_read_from_the_base_up(tmp_path):
    (found,) = _load(tmp_path, LAYERS).records.schedules
    assert [layer.name for layer in found.layers] == ["base", "tuesdays"]
    assert found.layers[0].source.zone == "Europe/London"
    assert found.layers[1].source.zone == "Asia/Tokyo"
    assert on_call(found, datetime(2026, 1, 13, 9, tzinfo=UTC)).people == ("Sam",)
    assert on_call(found, datetime(2026, 1, 13, 17, tzinfo=UTC)).people == ("Ines",)


def test_overrides_are_read_in_the_zone_of_their_schedule(tmp_path):
    change = "{schedule: rota, from: 2026-07-01 09:00, until: 2026-07-02 9:00"
    text = f"{ROTA}overrides:\n  - {change}, person: Sam, instead of: everybody, reason: party}}\n"
    (found,) = _load(tmp_path, text).records.schedules
    (override,) = found.overrides
    assert override.start == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert (override.person, override.replaces, override.reason) == ("Sam", EVERYBODY, "party")
    assert _load(tmp_path, text).records.schedules[0].overrides[0].id == override.id


CHANGE = "{schedule: rota, from: 2026-07-01 09:00, until: 2026-07-02 09:00, person: Sam}"


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        (ROTA.replace("Ines", "Inez"), "schedules.rota.people[2]", "did you mean `Ines`?"),
        (ROTA.replace("[Tom, Ines]", "[]"), "schedules.rota.people", "has 0 entries"),
        (ROTA.replace("London", "Londn"), "schedules.rota.zone", "did you mean Europe/London?"),
        (ROTA.replace("mon 09:00", "monday"), "schedules.rota.hand over", "mon 09:00"),
        (ROTA.replace("mon 09:00", "5 09:00"), "schedules.rota.hand over", "no day of the month"),
        (ROTA.replace("week,", "fortnight,"), "schedules.rota.every", "2 weeks"),
        (ROTA.replace("week,", "999 weeks,"), "schedules.rota.every", "use 1 to 520"),
        (ROTA.replace("every: week, ", ""), "schedules.rota", "lacks `every`"),
        (ROTA.replace("zone: Europe/London, ", ""), "schedules.rota", "lacks `zone`"),
        (LAYERS + "    every: day\n", "schedules.rota", "has `layers` and `every`"),
        (LAYERS.replace("tuesdays", "base"), "schedules.rota.layers", "there twice"),
        (
            LAYERS.replace("tue: 09:00-17:00", "tue: 09:00-17:00, holidays: GB-ENG"),
            "schedules.rota.layers[2].hours",
            "write an override",
        ),
        (f"overrides:\n  - {CHANGE}\n", "overrides[1].schedule", "no schedule is called `rota`"),
        (
            f"{ROTA}overrides:\n  - {CHANGE}\n".replace("Sam}", "Samm}"),
            "overrides[1].person",
            "did you mean `Sam`?",
        ),
        (
            f"{ROTA}overrides:\n  - {CHANGE}\n".replace("07-02 09:00", "07-01 09:00"),
            "overrides[1].until",
            "is not after",
        ),
        (
            f"{ROTA}overrides:\n  - {CHANGE}\n".replace("07-02 09:00", "07-32 09:00"),
            "overrides[1].until",
            "write it like 2026-12-24 18:00",
        ),
        (
            f"{ROTA}overrides:\n  - {CHANGE}\n".replace(", person: Sam", ""),
            "overrides[1]",
            "changes nobody",
        ),
        (
            f"{ROTA}overrides:\n  - {CHANGE}\n  - {CHANGE.replace('01 09:00', '01 12:00')}\n",
            "overrides[2]",
            "is in the way",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(tmp_path, text, field, said):
    error = _refused(tmp_path, text)
    assert error.field == field
    assert said in f"{error.message}; {error.remedy}"
    assert error.line > 0


def _warnings(loaded):
    return [str(warning) for warning in loaded.warnings if "on_call" in str(warning)]


def test_a_group_whose_schedule_nobody_knows_is_warned_of(tmp_path):
    rules = GOOD.replace("hours: office", "hours: office, on_call: rotta", 1)
    assert rules != GOOD
    assert "did you mean `rota`?" in _warnings(_load(tmp_path, ROTA, rules))[0]


def test_a_gap_in_the_next_ninety_days_is_warned_of_once_it_has_begun(tmp_path):
    assert [str(w) for w in _load(tmp_path, ROTA).warnings if "nobody" in str(w)] == []
    ends = ROTA.replace("people:", "until: 2026-03-02, people:")
    (warning,) = [str(w) for w in _load(tmp_path, ends).warnings if "nobody" in str(w)]
    assert "records.yaml:6:3: schedules.rota: nobody is on call from 2026-03-02 09:00" in warning
    assert "no layer covers this time" in warning


def test_editors_get_the_grammar():
    records = policy_schema()["$defs"]["records"]["properties"]
    assert {"schedules", "overrides"} <= set(records)
