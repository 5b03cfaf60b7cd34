"""Records by HTTP: behind walls, written by leads on the version they saw, kept while in use."""

import pytest

from tests.services.router.world import HARBOUR, OAKFIELD, TIDEWATER

pytestmark = pytest.mark.postgres

SITE = f"/v1/records/sites/{HARBOUR}/Quay Street"
CLIENT = f"/v1/records/clients/{HARBOUR}"


async def put(world, at, who="priya", *, etag=None, **fields):
    headers = {"If-Match": etag} if etag else {}
    return await world.as_(who).put(at, json=fields, headers=headers)


async def made(world, at, **fields):
    answer = await put(world, at, **fields)
    assert answer.status_code == 201, answer.text
    return answer


async def changes(world, who="priya", **narrowed):
    answer = await world.as_(who).get("/v1/records/changes", params=narrowed)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_the_kinds_say_their_fields(world):
    kinds = (await world.as_("sam").get("/v1/records")).json()["items"]
    assert [kind["name"] for kind in kinds] == [
        "clients", "sites", "contacts", "devices", "vendors", "partners", "people", "absences",
        "guides",
    ]  # fmt: skip
    fields = {field["name"]: field for field in kinds[3]["fields"]}
    assert (fields["site"]["names"], fields["criticality"]["required"]) == ("sites", True)
    assert kinds[3]["key"] == ["client", "name"]


async def test_a_record_is_made_read_replaced_edited_and_removed(world):
    answer = await made(world, SITE, zone="Europe/London")
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == "/v1/records/sites/Harbour%20Dental/Quay%20Street"
    read = await world.as_("sam").get(answer.headers["Location"])
    assert read.json() == answer.json()
    assert read.json()["fields"] == {
        "client": HARBOUR, "name": "Quay Street", "zone": "Europe/London",
    }  # fmt: skip
    second = await put(world, SITE, etag='"1"', address="1 Quay Street")
    assert (second.status_code, second.headers["ETag"]) == (200, '"2"')
    third = await world.as_("priya").patch(
        SITE, json={"zone": "Europe/Paris", "address": None}, headers={"If-Match": '"2"'}
    )
    assert third.json()["fields"] == {
        "client": HARBOUR, "name": "Quay Street", "zone": "Europe/Paris",
    }  # fmt: skip
    gone = await world.as_("priya").delete(SITE.replace("Quay Street", "Pier"))
    assert gone.status_code == 404
    await world.sql(f"UPDATE tierline.device SET site = 'Pier' WHERE client = '{HARBOUR}'")
    gone = await world.as_("priya").delete(SITE, headers={"If-Match": '"3"'})
    assert gone.json()["removed"]["version"] == 3
    assert (await world.as_("sam").get(SITE)).status_code == 404
    told = await changes(world, kind="sites")
    assert [(it["by"], it["how"], sorted(it["fields"])) for it in told] == [
        ("priya", "page", ["client", "name", "zone"]),
        ("priya", "page", ["address", "zone"]),
        ("priya", "page", ["address", "zone"]),
        ("priya", "page", ["client", "name", "zone"]),
    ]
    assert told[1]["fields"]["zone"] == {"before": None, "after": "Europe/Paris"}
    assert told[0]["at"].startswith("2026-11-23T09:")


async def test_a_change_names_the_version_it_was_made_from(world):
    await made(world, SITE, zone="Europe/London")
    for etag, status, code in ((None, 428, "version_needed"), ('"7"', 412, "changed")):
        answer = await put(world, SITE, etag=etag, zone="Europe/Paris")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    new = SITE.replace("Quay Street", "Pier")
    assert (await put(world, new, etag='"1"')).status_code == 412
    only_new = {"If-None-Match": "*"}
    answer = await world.as_("priya").put(SITE, json={}, headers=only_new)
    assert (answer.status_code, answer.json()["code"]) == (412, "exists")
    assert (await put(world, SITE, etag="*", zone="Europe/London")).headers["ETag"] == '"1"'
    assert len(await changes(world)) == 1


async def test_a_retry_gets_the_first_answer_again(world):
    headers = {"Idempotency-Key": "k1"}
    answers = [await world.as_("priya").put(SITE, json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["ETag"] == '"1"'
    assert answers[1].headers["Idempotent-Replay"] == "true"


@pytest.mark.parametrize(
    ("address", "fields", "field", "remedy"),
    [
        ("devices/Harbour Dental/x", {"type": "server"}, "", "criticality"),
        ("devices/Harbour Dental/x", {"type": "server", "criticality": 9}, "criticality", "1 to 3"),
        ("devices/Harbor Dental/x", {"type": "a", "criticality": 1}, "client", "`Harbour Dental`"),
        ("devices/Harbour Dental/x", {"type": "a", "criticality": 1, "sit": "x"}, "sit", "`site`"),
        ("devices/Harbour Dental/x", {"type": "a", "criticality": 1, "name": "y"}, None, "address"),
        ("clients/New", {"agreement": "managed golden"}, "agreement", "`managed gold`"),
        ("clients/New", {}, "", "add it"),
        ("contacts/Harbour Dental/Ann", {"email": "RUTH@harbourdental.example"}, "email",
         "Ruth Adeyemi"),
        ("contacts/Harbour Dental/Ann", {"email": "a@b.example", "when": "offise"}, "when",
         "`office`"),
        ("people/new", {"name": "Sam", "email": "s@b.example", "role": "technician"}, "name",
         "another person, sam"),
        ("absences/Sma/2026-12-24", {"until": "2026-12-24"}, "person", "`Sam`"),
        ("vendors/Carrier", {"contracts": [{"number": "1"}]}, "contracts[1]", "lacks `name`"),
    ],
)  # fmt: skip
async def test_bad_fields_are_named_with_the_remedy(shared_world, address, fields, field, remedy):
    answer = await put(shared_world, f"/v1/records/{address}", **fields)
    assert answer.status_code == 422, answer.text
    found = answer.json()
    if field is not None:
        assert [fault["field"] for fault in found["errors"]] == [field]
    assert remedy in found["detail"]


async def test_what_names_something_may_only_name_what_is_there(world):
    await made(world, SITE)
    address = f"/v1/records/devices/{HARBOUR}/new-01"
    answer = await put(world, address, type="server", criticality=1, site="Quay Stret")
    assert "did you mean `Quay Street`?" in answer.json()["detail"]
    await made(world, address, type="server", criticality=1, site="Quay Street")
    oakfield = f"/v1/records/devices/{OAKFIELD}/new-01"
    await made(world, oakfield, type="server", criticality=1, site="any, for they have none")
    answer = await put(world, CLIENT, etag="*", agreement="managed gold", approvers=["Callum Reid"])
    assert "no contact of Harbour Dental" in answer.json()["detail"]


async def test_technicians_and_tokens_without_a_lead_read_only(shared_world):
    for who in ("sam", "mirror"):
        answer = await put(shared_world, SITE, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "lead_decides"), who
    assert (await put(shared_world, SITE, "reader")).json()["code"] == "scope"


async def test_nobody_makes_somebody_above_themselves_or_locks_themselves_out(world):
    priya = "/v1/records/people/priya"
    await world.sql("UPDATE tierline.person SET email = login || '@b.example'")
    answer = await world.as_("priya").patch(
        priya, json={"role": "manager"}, headers={"If-Match": "*"}
    )
    assert answer.json()["code"] == "manager_decides"
    answer = await world.as_("priya").patch(
        priya, json={"active": False}, headers={"If-Match": "*"}
    )
    assert answer.json()["code"] == "yourself"
    answer = await world.as_("priya").delete("/v1/records/people/grace", headers={"If-Match": "*"})
    assert answer.json()["code"] == "manager_decides"
    answer = await world.as_("grace").patch(
        "/v1/records/people/leila", json={"skills": ["vpn"]}, headers={"If-Match": "*"}
    )
    assert answer.json()["fields"]["skills"] == ["vpn"]


async def test_the_walled_see_and_change_their_own_only(world):
    await made(world, "/v1/records/vendors/Carrier")
    await made(world, "/v1/records/partners/Relay", clients=[HARBOUR, OAKFIELD])
    await made(world, "/v1/records/absences/Wally/2026-12-24", until="2026-12-24")
    await made(world, "/v1/records/absences/Sam/2026-12-24", until="2026-12-24")
    await made(world, "/v1/records/guides/vpn/New token", steps=["x"])
    seen = {}
    for kind in (
        "clients",
        "contacts",
        "devices",
        "vendors",
        "partners",
        "people",
        "absences",
        "guides",
    ):
        page = (await world.as_("wally").get(f"/v1/records/{kind}")).json()["items"]
        seen[kind] = sorted({it["client"] or it["name"] for it in page})
    assert seen == {
        "clients": [HARBOUR], "contacts": [HARBOUR], "devices": [HARBOUR], "vendors": [],
        "partners": [], "people": [HARBOUR], "absences": ["Wally/2026-12-24"],
        "guides": [],
    }  # fmt: skip
    for address in (f"clients/{OAKFIELD}", "people/sam", "vendors/Carrier", "partners/Relay"):
        missing = await world.as_("wally").get(f"/v1/records/{address}")
        assert (missing.status_code, missing.json()["code"]) == (404, "no_such_record"), address
    # Nora leads, and is walled to Oakfield.
    site = f"/v1/records/sites/{OAKFIELD}/North Campus"
    assert (await put(world, site, "nora")).status_code == 201
    answer = await put(world, SITE, "nora")
    assert (answer.status_code, answer.json()["code"]) == (403, "walled")
    answer = await put(world, CLIENT, "nora", etag="*", agreement="managed gold")
    assert answer.status_code == 404
    answer = await put(world, "/v1/records/vendors/Own", "nora")
    assert answer.json()["code"] == "walled"
    person = {"name": "Max", "email": "m@b.example", "role": "technician"}
    assert (await put(world, "/v1/records/people/max", "nora", **person)).status_code == 403
    answer = await put(world, "/v1/records/people/max", "nora", **person, client=OAKFIELD)
    assert answer.status_code == 201
    assert {it["client"] for it in await changes(world, "nora")} == {OAKFIELD}
    assert await world.sql("SELECT count(*) FROM tierline.site") == 1


async def test_what_is_in_use_stays_and_says_what_to_do(world):
    number = await world.open()
    await world.did("sam", number, "claim")
    held = await world.open()
    await world.did("sam", held, "hold", reason="vendor", asked="x", of="Carrier")
    await made(world, "/v1/records/vendors/Carrier")
    await made(world, "/v1/records/absences/Leila/2026-12-24", until="2026-12-24", stand_in="Sam")
    await world.sql("UPDATE tierline.person SET email = login || '@b.example'")
    for address, *said in (
        (f"clients/{HARBOUR}", "2 open tickets", "3 devices that name it", "1 contacts"),
        ("people/sam", "open tickets they own", "1 absences", "places of the policy"),
        ("people/tom", "tokens that act as them"),
        ("vendors/Carrier", "1 tickets on hold for them"),
    ):
        answer = await world.as_("grace").delete(
            f"/v1/records/{address}", headers={"If-Match": "*"}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use"), answer.text
        for words in said:
            assert words in answer.json()["detail"], answer.text
    answer = await world.as_("grace").patch(
        "/v1/records/people/sam", json={"name": "Samuel"}, headers={"If-Match": "*"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


async def test_a_contact_the_client_names_in_its_long_fields_stays(world):
    await world.as_("priya").patch(
        CLIENT, json={"approvers": ["Ruth Adeyemi"]}, headers={"If-Match": "*"}
    )
    contact = f"/v1/records/contacts/{HARBOUR}/Ruth Adeyemi"
    answer = await world.as_("priya").delete(contact, headers={"If-Match": "*"})
    assert "clients that name it (approvers.*)" in answer.json()["detail"]


async def test_the_reserved_client_is_nobodys_to_change(shared_world):
    answer = await put(shared_world, "/v1/records/clients/Unsorted", agreement="managed gold")
    assert (answer.status_code, answer.json()["code"]) == (409, "reserved")


async def test_a_list_goes_on_by_cursor_and_narrows(world):
    for name in ("a", "b/c", "d%", "e"):
        await made(
            world, f"/v1/records/sites/{TIDEWATER}/{name.replace('%', '%25').replace('/', '%2F')}"
        )
    await made(world, SITE)
    found, cursor = [], ""
    while True:
        params = {"limit": 2, "cursor": cursor}
        page = (await world.as_("sam").get("/v1/records/sites", params=params)).json()
        found += [it["name"] for it in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == ["Quay Street", "a", "b/c", "d%", "e"]
    for params, names in (
        ({"client": HARBOUR}, ["Quay Street"]),
        ({"q": "%"}, ["d%"]),
        ({"q": "tidewater"}, ["a", "b/c", "d%", "e"]),
    ):
        page = (await world.as_("sam").get("/v1/records/sites", params=params)).json()
        assert [it["name"] for it in page["items"]] == names
    slashed = await world.as_("sam").get(f"/v1/records/sites/{TIDEWATER}/b%2Fc")
    assert slashed.json()["name"] == "b/c"
    answer = await world.as_("sam").get("/v1/records/vendors", params={"client": HARBOUR})
    assert answer.status_code == 422
    answer = await world.as_("sam").get("/v1/records/clients", params={"cursor": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["devises", "sites/only-a-client", "sites/a/b/c", "people/%00"])
async def test_an_address_that_is_none_says_how_it_is_made(shared_world, path):
    answer = await shared_world.as_("sam").get(f"/v1/records/{path}")
    assert answer.status_code == 404
    assert "devices" in answer.json()["detail"] or "/v1/records/" in answer.json()["detail"]


async def test_a_client_keeps_what_each_agreement_covers_and_triage_reads_the_first(world):
    bought = [
        "managed silver",
        {"name": "managed gold", "devices": ["hd-fw-01"], "categories": ["firewall"]},
    ]
    answer = await put(world, CLIENT, etag="*", agreements=bought)
    assert answer.json()["fields"]["agreements"] == [{"name": "managed silver"}, bought[1]]
    assert "agreement" not in answer.json()["fields"]
    stored = await world.sql(f"SELECT agreement FROM tierline.client WHERE name = '{HARBOUR}'")
    assert stored == "managed silver"
    answer = await put(world, CLIENT, etag="*", agreements=["managed gold"])
    assert answer.json()["fields"] == {"name": HARBOUR, "agreement": "managed gold"}
