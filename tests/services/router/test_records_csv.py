"""Records as tables: what is exported is read back, and a file is taken whole or not at all."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.limits import IMPORT_ROWS_MAX
from router.records.cells import read_cell, write_cell
from router.records.csv_text import read_table, write_table
from router.records.judging import checked
from tests.services.router.world import HARBOUR, OAKFIELD
from tierline.policy.kinds import KINDS

pytestmark = pytest.mark.postgres

DEVICES = f"""client,name,type,criticality,site
{HARBOUR},hd-fw-01,firewall,2,Quay Street
{HARBOUR},hd-srv-01,server,1,Quay Street
{HARBOUR},new-01,printer,3,
"""

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" ;,'\"=+-@["),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() == text)
LISTS = st.lists(NAMES, min_size=1, max_size=3, unique=True)
HOURS = NAMES | st.just({"zone": "Europe/London", "mon": ["08:00-18:00"]})
BOUGHT = st.fixed_dictionaries({"name": NAMES, "services": LISTS})
DAYS = st.dates().map(str).filter(lambda day: "2001" < day < "2099")
DOCUMENTS = {
    "clients": {
        "name": NAMES, "agreement": NAMES, "domains": st.just(["a.example", "b.example"]),
        "agreements": st.lists(BOUGHT, min_size=1),
        "account_manager": NAMES, "it": LISTS, "mode": st.sampled_from(["watch", "act"]),
    },
    "sites": {"client": NAMES, "name": NAMES, "zone": st.just("Asia/Tokyo"), "address": NAMES},
    "contacts": {
        "client": NAMES, "name": NAMES, "email": st.just("=a@b.example"), "when": HOURS,
        "phone": st.just("+44 20 7946 0100"), "vip": st.just(True), "roles": LISTS,
        "approver": st.just("any") | st.integers(0, 10_000),
    },
    "devices": {
        "client": NAMES, "name": NAMES, "type": NAMES, "site": NAMES, "agreement": NAMES,
        "criticality": st.integers(1, 3),
    },
    "vendors": {
        "name": NAMES, "resold": st.just(True), "chase": st.just("2bd"), "hours": HOURS,
        "contracts": st.lists(
            st.fixed_dictionaries({"name": NAMES, "until": DAYS}), min_size=1, max_size=2,
            unique_by=lambda it: it["name"],
        ),
    },
    "partners": {"name": NAMES, "clients": LISTS, "portal": st.just("https://a.example/?a;b")},
    "people": {
        "name": NAMES, "login": st.just("x-1"), "email": st.just("a@b.example"),
        "role": st.just("lead"), "groups": LISTS, "skills": LISTS, "shifts": HOURS,
        "capacity": st.integers(0, 9), "active": st.just(False), "usual_clients": LISTS,
    },
    "absences": {"person": NAMES, "from": st.just("2026-01-01"), "until": DAYS, "reason": NAMES},
    "guides": {
        "category": NAMES, "title": NAMES, "review_by": DAYS,
        "steps": st.lists(NAMES, min_size=1, max_size=3),
    },
}  # fmt: skip


async def send(world, kind, text, who="priya", *, key=None, **params):
    headers = {"Content-Type": "text/csv"} | ({"Idempotency-Key": key} if key else {})
    return await world.as_(who).post(
        f"/v1/records/{kind}/import", content=text, headers=headers, params=params
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_table_reads_back_as_what_was_written(data):
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    written = data.draw(st.fixed_dictionaries({}, optional=DOCUMENTS[kind.name]))
    document = {**{name: data.draw(DOCUMENTS[kind.name][name]) for name in kind.key}, **written}
    (row,), faults = read_table(kind, write_table(kind, [document]).encode())
    assert faults == []
    assert {name: value for name, value in row.values.items() if value is not None} == document


@settings(max_examples=200, deadline=None)
@given(NAMES)
def test_no_cell_begins_like_a_formula_and_none_is_changed_by_the_guard(text):
    shape = KINDS["devices"].grammar.fields["type"].shape
    cell = write_cell(shape, text)
    assert cell[0] not in "=+-@\t\r"
    assert read_cell(shape, cell) == text


def test_the_generated_documents_are_ones_the_grammar_takes():
    """Guards the round trip against documents that could never be stored."""
    device = {"client": "a", "name": "b", "type": "c", "criticality": 1}
    assert checked(KINDS["devices"], device) == (device, [])


async def test_a_preview_says_what_would_be_made_changed_and_left(world):
    answer = await send(world, "devices", DEVICES, preview=True)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(row["line"], row["name"]) for row in found["made"]] == [(4, "new-01")]
    assert [(row["line"], row["fields"]) for row in found["changed"]] == [
        (2, {"criticality": {"before": 1, "after": 2}})
    ]
    assert (found["left"], found["refused"], found["batch"]) == (1, [], "")
    assert await world.sql("SELECT count(*) FROM tierline.device WHERE name = 'new-01'") == 0
    assert await world.sql("SELECT count(*) FROM tierline.record_change") == 0


async def test_an_import_is_done_once_under_its_key_and_kept_in_the_audit(world):
    answers = [await send(world, "devices", DEVICES, key="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replay"] == "true"
    batch = answers[0].json()["batch"]
    told = (await world.as_("sam").get("/v1/records/changes", params={"batch": batch})).json()
    assert sorted((it["name"], it["how"], it["by"]) for it in told["items"]) == [
        ("hd-fw-01", "csv", "priya"), ("new-01", "csv", "priya"),
    ]  # fmt: skip
    again = (await send(world, "devices", DEVICES)).json()
    assert (again["made"], again["changed"], again["left"]) == ([], [], 3)


async def test_an_empty_cell_takes_a_field_away_and_a_missing_column_leaves_it(world):
    text = f"client,name,site\n{HARBOUR},hd-fw-01,\n"
    assert (await send(world, "devices", text)).status_code == 200
    found = (await world.as_("sam").get(f"/v1/records/devices/{HARBOUR}/hd-fw-01")).json()
    assert found["fields"] == {
        "client": HARBOUR, "name": "hd-fw-01", "type": "firewall", "criticality": 1,
    }  # fmt: skip


async def test_one_refused_line_leaves_everything_as_it_was_and_all_are_named(world):
    text = DEVICES + (
        f"Harbor Dental,x,server,1,\n{HARBOUR},y,server,9,\n{HARBOUR},new-01,a,1,\n"
        f"{HARBOUR},,a,1,\n{HARBOUR},z,a,1,b,c\n"
    )
    answer = await send(world, "devices", text)
    assert (answer.status_code, answer.json()["code"]) == (422, "rows_refused")
    said = {fault["field"]: fault["problem"] for fault in answer.json()["errors"]}
    assert list(said) == [
        "line 5: client", "line 6: criticality", "line 7: name", "line 8: name", "line 9",
    ]  # fmt: skip
    assert "`Harbour Dental`" in said["line 5: client"]
    assert "1 to 3" in said["line 6: criticality"]
    assert "line 4 already" in said["line 7: name"]
    assert "5 lines are refused, so nothing was written" in answer.json()["detail"]
    assert await world.sql("SELECT count(*) FROM tierline.device WHERE name = 'new-01'") == 0
    shown = (await send(world, "devices", text, preview=True)).json()
    assert [row["line"] for row in shown["refused"]] == [5, 6, 7, 8, 9]
    assert len(shown["made"]) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"client,nmae\n", "did you mean `name`?"),
        (b"client,type\n", "lacks `name`"),
        (b"client,name,name\n", "named twice"),
        (b"", "lacks `client`"),
        (b"client,name\n\xff,b\n", "not UTF-8"),
        (b'client,name\n"' + b"x" * 140_000, "cannot be read"),
        (b"client,name\n" + b"a,b\n" * (IMPORT_ROWS_MAX + 1), "split it"),
    ],
)
async def test_what_is_no_such_table_says_why(shared_world, text, words):
    answer = await send(shared_world, "devices", text)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_only_leads_import_and_only_tables(shared_world):
    assert (await send(shared_world, "devices", DEVICES, "sam")).status_code == 403
    answer = await shared_world.as_("priya").post("/v1/records/devices/import", json={})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_csv")


async def test_the_walled_import_behind_their_wall_only(world):
    text = f"client;name;zone\n{OAKFIELD};North Campus;Europe/London\n"
    assert (await send(world, "sites", text, "nora")).status_code == 200
    other = await send(world, "sites", text + f"{HARBOUR};Pier;\n", "nora")
    assert "out of your sight" in other.json()["detail"]
    text = f"client,name,type,criticality\n{HARBOUR},hd-fw-01,x,3\n"
    assert "not yours" in (await send(world, "devices", text, "nora")).json()["detail"]
    exported = await world.as_("nora").get("/v1/records/devices.csv")
    assert {row["client"] for row in csv.DictReader(io.StringIO(exported.text))} == {OAKFIELD}


async def test_an_import_gives_nobody_a_role_above_the_importers(world):
    text = "login,name,email,role\nmax,Max,m@b.example,manager\n"
    answer = await send(world, "people", text)
    assert "a manager is a manager's to make" in answer.json()["detail"]
    text = "login,name,email,role\nmax,Sam,m@b.example,lead\n"
    assert "another person, sam" in (await send(world, "people", text)).json()["detail"]


async def test_an_export_of_every_kind_imports_as_nothing_new(world):
    await world.sql("UPDATE tierline.person SET email = login || '@b.example'")
    await world.as_("priya").put("/v1/records/vendors/Carrier", json={"phone": "+44 20 7946 0100"})
    for kind in KINDS:
        exported = await world.as_("grace").get(f"/v1/records/{kind}.csv")
        assert exported.headers["content-type"] == "text/csv; charset=utf-8"
        text = "".join(
            line for line in exported.text.splitlines(keepends=True) if "Unsorted" not in line
        )
        answer = await send(world, kind, text.encode(), "grace")
        assert answer.status_code == 200, (kind, answer.text)
        assert (answer.json()["made"], answer.json()["changed"]) == ([], []), kind
    assert "'+44" in (await world.as_("grace").get("/v1/records/vendors.csv")).text
