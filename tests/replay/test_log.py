"""Reading logs: other shapes of export, and the list of what could not be taken."""

import gzip
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tierline.domain.terms import Priority
from tierline.replay.instants import UnreadableInstantError, read_instants, settled
from tierline.replay.log import EARLIER, NO_CLIENT, LogError, read_log
from tierline.replay.mapping import parse_mapping
from tierline.replay.meaning import Kind
from tierline.replay.names import Groups, Logins, tidy
from tierline.replay.unmapped import LISTED_MAX, VALUES_MAX, Notes

OTHER_DESK = """\
file: {separator: ";", order: newest first, missing: "?"}
columns:
  case: number
  at: sys_updated_at
  status: incident_state
  team: assignment_group
  owner: assigned_to
  priority: priority
  client: company
instants: {formats: ["%d/%m/%Y %H:%M", iso], zone: Europe/Brussels}
statuses:
  New: queued
  Active: working
  Awaiting *: {hold: client}
  Awaiting Vendor: {hold: vendor}
  Resolved: resolved
  Closed: closed
tiers: {T1: T1, T2: T2}
teams: {Service Desk: T1, else: T2}
unassigned: Service Desk
priorities: {1 - *: P1, 3 - Moderate: P3}
clients: {acme: Acme}
skip: {assignment_group: Sandbox*}
"""
HEADER = "number;sys_updated_at;incident_state;assignment_group;assigned_to;priority;company\n"


def read(tmp_path, rows, *, mapping=OTHER_DESK, name="log.csv"):
    path = tmp_path / name
    text = HEADER + "".join(row + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_log(path, parse_mapping(mapping))


NEWEST_FIRST = [
    "INC1;29/3/2026 09:00;Closed;Network;Ann Lee;3 - Moderate;acme",
    "INC1;28/3/2026 12:00;Awaiting Vendor;Network;Ann Lee;1 - Critical;acme",
    "INC2;28/3/2026 11:00;New;?;?;4 - Low;?",
    "INC1;28/3/2026 10:00;Active;Service Desk;Bob;P2;Globex",
]


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_another_help_desks_export_needs_a_mapping_and_no_code(tmp_path, name):
    log = read(tmp_path, NEWEST_FIRST, name=name)
    rows = log.cases["INC1"]
    assert [row.meaning.kind for row in rows] == [Kind.WORKING, Kind.HOLD, Kind.CLOSED]
    assert [row.at.hour for row in rows] == [9, 11, 7], "an hour more is the summer's"
    assert [(row.group, row.tier) for row in rows] == [
        ("Service Desk", "T1"),
        ("Network", "T2"),
        ("Network", "T2"),
    ]
    assert [row.owner for row in rows] == ["bob", "ann-lee", "ann-lee"]
    assert [row.priority for row in rows] == [Priority.P2, Priority.P1, Priority.P3]
    assert [row.client for row in rows] == ["Globex", "Acme", "Acme"]


def test_what_a_row_does_not_say_is_replaced_and_listed(tmp_path):
    log = read(tmp_path, NEWEST_FIRST)
    (row,) = log.cases["INC2"]
    assert (row.group, row.owner, row.priority, row.client) == ("Service Desk", "", None, NO_CLIENT)
    found = {(it.row, it.column, it.value): it.reason for it in log.unmapped}
    assert found == {
        (4, "assignment_group", ""): "names no team: taken as Service Desk",
        (4, "priority", "4 - Low"): "is no priority of the mapping: it stays as it was",
        (4, "company", ""): f"names no client: taken as {NO_CLIENT}",
    }


def test_rows_that_cannot_be_placed_are_left_out_and_listed(tmp_path):
    rows = ["INC3;soon;New;A;;;acme", ";28/3/2026 11:00;New;A;;;acme", "INC4;28/3/1999 11:00;New;A"]
    log = read(tmp_path, rows)
    assert not log.cases
    left = [it for it in log.unmapped if it.reason.endswith("the row is left out")]
    assert [(it.row, it.column) for it in left] == [
        (2, "sys_updated_at"),
        (3, "number"),
        (4, "sys_updated_at"),
    ]
    short = [(it.row, it.column) for it in log.unmapped if it not in left]
    assert short == [(4, "assigned_to"), (4, "priority"), (4, "company")]


def test_a_status_nobody_knows_leaves_the_state_and_is_listed(tmp_path):
    log = read(tmp_path, ["INC5;28/3/2026 11:00;Parked;Network;Ann;;acme"])
    assert log.cases["INC5"][0].meaning.kind is Kind.SAME
    assert log.reasons == {
        ("incident_state", "is no status of the mapping: the row leaves the state as it was"): 1
    }


def test_a_row_with_more_values_than_columns_is_taken_and_listed(tmp_path):
    log = read(tmp_path, ["INC6;28/3/2026 11:00;New;Network;;P1;acme;of what?"])
    assert (len(log.cases), [it.value for it in log.unmapped]) == (1, ["of what?"])


def test_a_header_without_a_name_is_a_column_like_any_other(tmp_path):
    """Tables that are numbered by what exported them begin with one."""
    path = tmp_path / "log.csv"
    path.write_text(f";{HEADER}0;INC6;28/3/2026 11:00;New;Network;;P1;acme\n")
    log = read_log(path, parse_mapping(OTHER_DESK))
    assert (len(log.cases), log.unmapped) == (1, ())


@pytest.mark.parametrize("column", [0, 3, 4, 6])
def test_a_name_that_is_too_long_is_cut_and_listed(tmp_path, column):
    values = ["INC6", "28/3/2026 11:00", "New", "Network", "Ann", "P1", "acme"]
    values[column] = "x" * 101
    (found,) = read(tmp_path, [";".join(values)]).unmapped
    name = HEADER.strip().split(";")[column]
    assert (found.row, found.column, found.reason) == (
        *(2, name),
        "has more than 100 characters: it is cut",
    )


def test_a_frequent_reason_hides_no_rare_one():
    notes = Notes()
    for row in range(5 * LISTED_MAX):
        notes.add(row, "state", f"Parked {row % (2 * VALUES_MAX)}", "unknown")
    notes.add(7, "at", "soon", "unreadable")
    assert notes.reasons == {("state", "unknown"): 5 * LISTED_MAX, ("at", "unreadable"): 1}
    assert len(notes.listed) == LISTED_MAX + 1
    assert notes.listed[-1].value == "soon"
    assert len(notes.values["state", "unknown"]) == VALUES_MAX


def test_the_reserved_client_is_nobodys_name(tmp_path):
    log = read(tmp_path, ["INC7;28/3/2026 11:00;New;Network;;P1;Unsorted"])
    assert log.cases["INC7"][0].client == NO_CLIENT
    assert [it.value for it in log.unmapped] == ["Unsorted"]


def test_filtered_rows_are_counted_apart(tmp_path):
    log = read(tmp_path, [*NEWEST_FIRST, "INC9;28/3/2026 11:00;New;Sandbox 2;;;acme"])
    assert (log.rows, log.filtered, "INC9" in log.cases) == (5, 1, False)


def test_only_keeps_what_it_names(tmp_path):
    mapping = OTHER_DESK.replace("skip: {assignment_group: Sandbox*}", "only: {company: acme}")
    log = read(tmp_path, NEWEST_FIRST, mapping=mapping)
    assert (list(log.cases), log.filtered) == (["INC1"], 2)


def test_a_line_of_support_nobody_knows_is_that_of_the_teams_other_rows(tmp_path):
    mapping = OTHER_DESK.replace("priority: priority", "tier: priority")
    mapping = mapping.replace("teams: {Service Desk: T1, else: T2}\n", "")
    rows = ["A;28/3/2026 11:00;New;Net;;T2;acme", "B;28/3/2026 11:00;New;Net;;L7;acme"]
    log = read(tmp_path, rows, mapping=mapping)
    assert [log.cases[key][0].tier for key in "AB"] == ["T2", "T2"]
    assert [(it.value, it.reason) for it in log.unmapped] == [
        ("L7", "is no line of support of the mapping: taken as T2")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,when\n", 'has no column `number`.*set the mapping\'s `file.separator` to ","'),
        ("case;when\n", "has no column `number`.*; known: case, when"),
        (
            HEADER.replace("assigned_to", "assigned"),
            r"log.csv: .* `assigned_to`, which `columns.owner` \(mapping:7:10\) .* mean `assigned`",
        ),
        (HEADER.replace("group", "team"), r"`columns\.team` \(mapping:6:9\)"),
        (HEADER + 'INC1;"28/3\n', "mend the quotes"),
        (HEADER.replace("company", "number;company"), "several columns `number`"),
    ],
)
def test_a_log_that_is_not_what_the_mapping_says_is_refused(tmp_path, text, said):
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(LogError, match=said):
        read_log(path, parse_mapping(OTHER_DESK))


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path):
    mapping = parse_mapping(OTHER_DESK)
    bad = tmp_path / "log.csv"
    bad.write_bytes(HEADER.encode() + b"\xff\xfe")
    with pytest.raises(LogError, match=r"is not utf-8.*file\.encoding"):
        read_log(bad, mapping)
    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / "none.csv", mapping)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(b"not gzip")
    with pytest.raises(LogError, match="cannot be read"):
        read_log(packed, mapping)


BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("text", "before", "found"),
    [
        ("2026-07-01T12:00:00", None, "2026-07-01T10:00:00"),
        ("2026-07-01T12:00:00+01:00", None, "2026-07-01T11:00:00"),
        ("2026-03-29T02:30:00", None, "2026-03-29T01:30:00"),
        ("2026-10-25T02:30:00", None, "2026-10-25T00:30:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:45:00", "2026-10-25T01:30:00"),
        ("2026-10-25T02:30:00", "2026-10-25T05:00:00", "2026-10-25T00:30:00"),
    ],
    ids=["local", "offset", "skipped", "first of two", "second, by the row above", "neither"],
)
def test_local_times_at_a_change_of_daylight_saving_time(text, before, found):
    above = datetime.fromisoformat(before).replace(tzinfo=UTC) if before else None
    wanted = datetime.fromisoformat(found).replace(tzinfo=UTC)
    assert settled(read_instants(text, ["iso"], BRUSSELS), above) == wanted


BACK_IN_AUTUMN = [
    "INC1;25/10/2026 02:10;Resolved;Network;Ann;P3;acme",
    "INC1;25/10/2026 02:50;Active;Network;Ann;P3;acme",
    "INC1;25/10/2026 01:30;New;Service Desk;;P3;acme",
]
"""Newest first: worked on from 02:50 summer time, and resolved twenty minutes later."""


@pytest.mark.parametrize("order", ["newest first", "oldest first"])
def test_the_night_that_clocks_go_back_keeps_the_order_of_the_rows(tmp_path, order):
    rows = BACK_IN_AUTUMN if order == "newest first" else BACK_IN_AUTUMN[::-1]
    log = read(tmp_path, rows, mapping=OTHER_DESK.replace("newest first", order))
    found = log.cases["INC1"]
    assert [row.meaning.kind for row in found] == [Kind.QUEUED, Kind.WORKING, Kind.RESOLVED]
    assert [f"{row.at:%d %H:%M}" for row in found] == ["24 23:30", "25 00:50", "25 01:10"]
    assert log.unmapped == ()


def test_rows_out_of_order_are_taken_in_order_of_time_and_listed(tmp_path):
    """Also what one sees who forgets to say `newest first`."""
    mapping = OTHER_DESK.replace("newest first", "oldest first")
    log = read(tmp_path, NEWEST_FIRST, mapping=mapping)
    assert [row.meaning.kind for row in log.cases["INC1"]] == [
        *(Kind.WORKING, Kind.HOLD, Kind.CLOSED)
    ]
    assert [it.row for it in log.unmapped if it.reason == EARLIER] == [3, 5]


@pytest.mark.parametrize("text", ["", "now", "0001-01-01T00:00:00+14:00", "2199-01-01T00:00:00"])
def test_an_instant_nobody_reckons_with_is_unreadable(text):
    with pytest.raises(UnreadableInstantError):
        read_instants(text, ["iso"], BRUSSELS)


def test_logins_are_small_letters_and_never_shared():
    logins = Logins()
    names = ["Åsa Öberg", "Asa Oberg", "ASA.OBERG", "李雷", "", "x" * 90, "Åsa Öberg"]
    assert [logins.of(name) for name in names] == [
        *("asa-oberg", "asa-oberg-2", "asa.oberg", "person", "", "x" * 60, "asa-oberg")
    ]


def test_a_team_of_two_lines_is_two_groups():
    groups = Groups()
    assert groups.of("Net", "T1") == "Net"
    assert groups.of("Net", "T2") == "Net (T2)"
    assert groups.of("Net", "T1") == "Net"
    assert groups.tiers() == {"Net": "T1", "Net (T2)": "T2"}


def test_names_are_one_bounded_line():
    assert tidy("  a\n\tb\x00 ") == "a b"
    assert len(tidy("x" * 500)) == 100
