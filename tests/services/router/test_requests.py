"""What is wrong with a request is said: which field, what about it, what to do."""

import json

import pytest

from router.queries.cursors import encode_cursor
from tests.services.router.world import HARBOUR


async def test_an_unknown_field_is_refused_naming_the_meant_one(shared_world):
    number = await shared_world.open()
    answer = await shared_world.do("sam", number, "notes", text="x", to_clinet=True)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["errors"][0]["field"] == "to_clinet"
    assert "did you mean to_client?" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"requester": {"nmae": "Ruth"}}, "requester.nmae", "did you mean name?"),
        ({"colour": "red"}, "colour", "known here:"),
        ({"requester": {"email": "no address"}}, "requester.email", "pattern"),
        ({"body": "x" * 20_001}, "body", "20000"),
        ({"spoken_to": "perhaps"}, "spoken_to", "boolean"),
    ],
)
async def test_a_fault_names_its_field(shared_world, body, field, words):
    whole = {"type": "incident", "title": "x", "client": HARBOUR, **body}
    answer = await shared_world.as_("sam").post("/v1/tickets", json=whole)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert words in answer.json()["detail"]


async def test_every_missing_field_is_named_at_once(shared_world):
    answer = await shared_world.as_("sam").post("/v1/tickets", json={})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"type", "title", "client"}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"stat": "open"}, "stat"),
        ({"state": "open"}, "state.0"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"sort": "age"}, "sort"),
    ],
)
async def test_a_query_is_as_strict_as_a_body(shared_world, params, field):
    answer = await shared_world.as_("sam").get("/v1/tickets", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"{", "application/json", "not JSON"),
        (b"[1]", "application/json", "JSON object"),
        (b"null", "application/json", ""),
        (b"text=x", "application/x-www-form-urlencoded", "application/json"),
    ],
)
async def test_a_body_that_is_no_object_is_refused(shared_world, content, kind, words):
    number = await shared_world.open()
    answer = await shared_world.as_("sam").post(
        f"/v1/tickets/{number}/notes", content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused(shared_world, announced):
    number = await shared_world.open()
    body = json.dumps({"text": "x" * 1024 * 1024}).encode()

    async def pieces():
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    answer = await shared_world.as_("sam").post(
        f"/v1/tickets/{number}/notes",
        content=body if announced else pieces(),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert "1024 KiB" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63)])
async def test_a_number_that_cannot_be_one_is_unprocessable(shared_world, number):
    answer = await shared_world.as_("sam").get(f"/v1/tickets/{number}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "number"


async def test_unknown_addresses_and_methods_are_problems_too(shared_world):
    sam = shared_world.as_("sam")
    nowhere, wrong = await sam.get("/v1/nothing"), await sam.put("/v1/tickets")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]


async def test_the_largest_note_still_fits_into_an_event(shared_world):
    """Twenty thousand characters, each written as six bytes and more."""
    number = await shared_world.open()
    answer = await shared_world.do("sam", number, "notes", text="\x01" * 20_000)
    assert answer.status_code == 200


async def test_half_a_surrogate_pair_in_a_fields_name_is_refused_like_any_unknown_field(
    shared_world,
):
    answer = await shared_world.as_("sam").post(
        "/v1/tickets", content=b'{"\\ud800": 1}', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
async def test_an_instant_that_utc_cannot_hold_is_refused(shared_world, at):
    number = await shared_world.open()
    answer = await shared_world.do("sam", number, "plan", next_step="x", promised_at=at)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "promised_at"


@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("opened", ["0001-01-01T00:00:00+10:00", 5]),
        ("promise", ["9999-12-31T23:59:59-10:00", 5]),
        ("priority", ["\x00", None, 5]),
        ("priority", ["P1\n", None, 5]),
    ],
)
async def test_a_made_up_cursor_is_refused_before_the_database_sees_it(shared_world, sort, values):
    params = {"sort": sort, "cursor": encode_cursor(sort, *values)}
    answer = await shared_world.as_("sam").get("/v1/tickets", params=params)
    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]
