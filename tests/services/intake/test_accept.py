"""Alerts over HTTP: what is answered, and what is in the database by then."""

import json
from datetime import datetime

import pytest

from intake.limits import ALERT_BYTES_MAX, BODY_BYTES_MAX
from tests.services.intake.conftest import alert, bearer
from tierline.messages.alert import AcceptedAlert, decode_accepted, decode_alert, message_key
from tierline.messages.topics import ALERTS, shard_of


async def stored(rig) -> list[tuple[int, str]]:
    return [
        (row["id"], row["dedup_key"])
        for row in await rig.fetch("SELECT id, dedup_key FROM tierline.alert ORDER BY id")
    ]


async def test_an_accepted_alert_is_in_the_database_with_its_message(rig) -> None:
    name, sender = 'O"Brien\\Söhne', 'na"gi\\os'
    await rig.clients(name)
    key = await rig.integration(sender, client=name)
    answer = await rig.post(key, alert("disk\x1f/D", labels={"q": '"\\ü'}))
    assert answer.status_code == 202
    said = answer.json()
    (row,) = await rig.fetch("SELECT * FROM tierline.alert")
    (sent,) = await rig.fetch("SELECT * FROM tierline.outbox")
    assert said["id"] == row["id"]
    assert said["accepted"] == [{"index": 0, "id": row["id"]}]
    assert said["rejected"] == []
    assert datetime.fromisoformat(said["accepted_at"]) == row["accepted_at"]
    assert decode_accepted(sent["body"]) == AcceptedAlert(
        id=row["id"],
        index=0,
        accepted_at=row["accepted_at"],
        integration=sender,
        source="json",
        client=name,
        alert=decode_alert(row["body"]),
    )
    assert (sent["topic"], sent["key"]) == (ALERTS, message_key(sender, "disk\x1f/D"))
    assert sent["shard"] == shard_of(sent["key"])
    assert rig.nudges


async def test_a_list_gets_ids_in_its_order_and_one_instant(rig) -> None:
    key = await rig.integration("api")
    answer = await rig.post(key, [alert(f"k{n}") for n in range(1000)])
    accepted = answer.json()["accepted"]
    assert [member["index"] for member in accepted] == list(range(1000))
    assert [member["id"] for member in accepted] == sorted(member["id"] for member in accepted)
    rows = await rig.fetch("SELECT id, idx, dedup_key, accepted_at FROM tierline.alert ORDER BY id")
    assert [(row["idx"], row["dedup_key"]) for row in rows] == [(n, f"k{n}") for n in range(1000)]
    assert len({row["accepted_at"] for row in rows}) == 1
    bodies = await rig.fetch("SELECT body FROM tierline.outbox ORDER BY id")
    assert [decode_accepted(row["body"]).index for row in bodies] == list(range(1000))


async def test_policy_time_is_what_an_acceptance_is_stamped_with(rig) -> None:
    await rig.fetch("UPDATE tierline.policy_clock SET held = true, anchor = '2031-03-01T09:00:00Z'")
    key = await rig.integration("api")
    answer = await rig.post(key, alert())
    assert answer.json()["accepted_at"] == "2031-03-01T09:00:00Z"


async def test_bad_members_are_named_by_index_and_the_good_ones_taken(rig) -> None:
    key = await rig.integration("api")
    answer = await rig.post(key, [alert("a"), {"dedup_key": "b"}, alert("c"), 7])
    assert answer.status_code == 202
    said = answer.json()
    assert [member["index"] for member in said["accepted"]] == [0, 2]
    assert [(member["index"], member["field"]) for member in said["rejected"]] == [
        (1, "title"),
        (3, ""),
    ]
    assert [dedup for _, dedup in await stored(rig)] == ["a", "c"]
    letters = await rig.fetch("SELECT * FROM tierline.dead_letter ORDER BY id")
    assert [row["body"] for row in letters] == [b'{"dedup_key":"b"}', b"7"]
    assert {(row["source"], row["key"]) for row in letters} == {("intake", "api")}
    assert "title" in letters[0]["reason"]


async def test_nothing_but_bad_members_is_a_400_and_all_are_kept(rig) -> None:
    key = await rig.integration("api")
    answer = await rig.post(key, [{"title": "t"}, "x"])
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "nothing_accepted"
    assert [member["index"] for member in problem["rejected"]] == [0, 1]
    assert len(await rig.fetch("SELECT FROM tierline.dead_letter")) == 2
    assert await stored(rig) == []


async def test_a_body_that_is_no_json_is_kept_whole(rig) -> None:
    key = await rig.integration("api")
    answer = await rig.client.post("/v1/alerts", content=b"{oops\xff", headers=bearer(key))
    assert answer.status_code == 400
    (letter,) = await rig.fetch("SELECT body FROM tierline.dead_letter")
    assert letter["body"] == b"{oops\xff"


async def test_a_poisoned_alert_harms_no_neighbour(rig) -> None:
    key = await rig.integration("api")
    body = (
        b'[{"dedup_key": "a", "title": "fine"},'
        b' {"dedup_key": "b\\u0000", "title": "\\ud800", "deep\\u0000": ["\\u0000"]},'
        b' {"dedup_key": "c", "title": "fine"}]'
    )
    answer = await rig.client.post("/v1/alerts", content=body, headers=bearer(key))
    assert len(answer.json()["accepted"]) == 3
    assert [dedup for _, dedup in await stored(rig)] == ["a", "b\ufffd", "c"]
    titles = await rig.fetch("SELECT body->>'title' AS title FROM tierline.alert ORDER BY id")
    assert [row["title"] for row in titles] == ["fine", "\ufffd", "fine"]


async def test_an_alert_beyond_its_size_is_rejected_and_its_beginning_kept(rig) -> None:
    key = await rig.integration("api")
    big = alert("big", body="é" * (ALERT_BYTES_MAX // 2))
    answer = await rig.post(key, [alert("small"), big])
    said = answer.json()
    assert [member["index"] for member in said["accepted"]] == [0]
    assert said["rejected"][0]["index"] == 1
    (letter,) = await rig.fetch("SELECT body, reason FROM tierline.dead_letter")
    assert len(letter["body"]) == ALERT_BYTES_MAX
    assert "bytes are kept" in letter["reason"]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_beyond_its_size_is_a_413(rig, announced: bool) -> None:
    key = await rig.integration("api")

    async def chunks():
        for _ in range(BODY_BYTES_MAX // 65_536 + 1):
            yield b" " * 65_536

    content = b" " * (BODY_BYTES_MAX + 1) if announced else chunks()
    answer = await rig.client.post("/v1/alerts", content=content, headers=bearer(key))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_more_than_a_thousand_alerts_are_a_413_and_none_is_taken(rig) -> None:
    key = await rig.integration("api")
    answer = await rig.post(key, [alert(f"k{n}") for n in range(1001)])
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many")
    assert await stored(rig) == []


async def test_a_compressed_body_is_a_415(rig) -> None:
    key = await rig.integration("api")
    headers = {**bearer(key), "Content-Encoding": "gzip"}
    answer = await rig.client.post("/v1/alerts", content=b"x", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer tli_" + "A" * 43},
        {"Authorization": "Bearer " + "x" * 5000},
    ],
)
async def test_without_a_known_key_nothing_is_taken(rig, header) -> None:
    answer = await rig.client.post("/v1/alerts", json=alert(), headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unknown_key"
    assert await rig.fetch("SELECT FROM tierline.dead_letter") == []


async def test_an_alertmanager_posts_to_its_own_address(rig, payload) -> None:
    await rig.clients("Harbour Dental")
    key = await rig.integration("prom", "alertmanager", client_field="labels.client")
    for verb in ("POST", "PUT"):
        answer = await rig.client.request(
            verb, f"/v1/alerts/alertmanager/{key}", content=payload("alertmanager_firing")
        )
        assert answer.status_code == 202
        assert [member["index"] for member in answer.json()["accepted"]] == [0, 1]
    rows = await rig.fetch("SELECT client, source, body FROM tierline.alert ORDER BY id LIMIT 2")
    assert [row["client"] for row in rows] == ["Harbour Dental", "Unsorted"]
    assert rows[0]["source"] == "alertmanager"
    assert decode_alert(rows[1]["body"]).extra["unknown_client"] == "Somebody Else Ltd"


async def test_an_empty_group_is_answered_202(rig) -> None:
    key = await rig.integration("prom", "alertmanager")
    answer = await rig.client.post(f"/v1/alerts/alertmanager/{key}", json={"alerts": []})
    assert (answer.status_code, answer.json()) == (202, {"accepted": [], "rejected": []})


async def test_an_address_with_another_sources_kind_is_a_404_that_says_so(rig) -> None:
    key = await rig.integration("prom", "alertmanager")
    answer = await rig.client.post(f"/v1/alerts/json/{key}", json=alert())
    assert (answer.status_code, answer.json()["code"]) == (404, "other_source")
    assert "alertmanager" in answer.json()["detail"]
    assert key not in answer.text
    answer = await rig.client.post(f"/v1/alerts/telex/{key}", json=alert())
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_source")
    answer = await rig.client.post("/v1/alerts/json/tli_unknown", json=alert())
    assert answer.status_code == 401


async def test_a_key_in_the_path_takes_json_and_cloudevents(rig) -> None:
    key = await rig.integration("api")
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": alert("e")}
    for kind in ("json", "cloudevents"):
        answer = await rig.client.post(
            f"/v1/alerts/{kind}/{key}/",
            content=json.dumps(event),
            headers={"Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code == 202
    rows = await rig.fetch("SELECT source FROM tierline.alert")
    assert {row["source"] for row in rows} == {"cloudevents"}


async def test_cloudevents_are_taken_in_all_three_modes(rig) -> None:
    key = await rig.integration("api")
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    event = {**attributes, "subject": "structured", "data": {"title": "t"}}
    headers = {**bearer(key), "Content-Type": "application/cloudevents+json"}
    answer = await rig.client.post("/v1/alerts", content=json.dumps(event), headers=headers)
    assert "id" in answer.json()
    batch = [{**event, "subject": "one"}, {**event, "subject": "two"}]
    headers["Content-Type"] = "application/cloudevents-batch+json"
    answer = await rig.client.post("/v1/alerts", content=json.dumps(batch), headers=headers)
    assert len(answer.json()["accepted"]) == 2
    binary = {f"ce-{name}": value for name, value in attributes.items()}
    answer = await rig.post(key, {"title": "t"}, **binary, **{"ce-subject": "binary"})
    assert answer.status_code == 202
    keys = [dedup for _, dedup in await stored(rig)]
    assert keys == ["structured", "one", "two", "binary"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
async def test_another_method_gets_a_hint(rig, method: str) -> None:
    answer = await rig.client.request(method, "/v1/alerts/alertmanager/tli_x")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, PUT"
    assert "POST" in answer.json()["detail"]
    answer = await rig.client.put("/v1/alerts", json=alert())
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_other_addresses_are_the_frameworks(rig) -> None:
    assert (await rig.client.get("/healthz")).json()["alive"] is True
    assert (await rig.client.get("/readyz")).json()["ready"] is True
    for path in ("/v1/alertsx", "/v1/alerts/a", "/v1/alerts/a/b/c"):
        answer = await rig.client.post(path, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_accepted_and_rejected_alerts_are_counted(rig) -> None:
    key = await rig.integration("api")

    async def counted(name: str) -> float:
        text = (await rig.client.get("/metrics")).text
        line = f'{name}{{source="json"}} '
        return sum(float(one.removeprefix(line)) for one in text.splitlines() if line in one)

    names = ("tierline_alerts_accepted_total", "tierline_alerts_rejected_total")
    before = [await counted(name) for name in names]
    await rig.post(key, [alert("a"), alert("b"), {}])
    after = [await counted(name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 1]
