"""Rows to try statements on: everything that a test does not say is plain."""

from typing import Any

from tests.contract.store import MINUTE, NOON, Side


async def put_ticket(side: Side, number: int, **said: Any) -> dict[str, Any]:
    """A ticket of Contoso in the queue of Network, due `number` minutes after noon."""
    plain = {
        "seq": 1,
        "doc": f'{{"id":{number}}}',
        "state": "queued",
        "type": "alert",
        "client": "Contoso",
        "title": "Switch is down",
        "priority": "P3",
        "tier": "T1",
        "grp": "Network",
        "owner": "",
        "opened_at": NOON,
        "recorded_at": NOON,
        "next_due_at": None if said.get("state") == "closed" else NOON + number * MINUTE,
    }
    return await side.put("ticket", id=number, **{**plain, **said})


async def put_event(side: Side, ticket: int, seq: int, **said: Any) -> dict[str, Any]:
    plain = {
        "at": NOON,
        "recorded_at": NOON,
        "type": "noted",
        "client": "Contoso",
        "body": f'{{"of":"{ticket}/{seq}"}}',
    }
    return await side.put("event", ticket=ticket, seq=seq, **{**plain, **said})


async def put_alert(side: Side, **said: Any) -> int:
    plain = {
        "accepted_at": NOON,
        "integration": "rmm",
        "source": "generic",
        "client": "Contoso",
        "dedup_key": "disk",
        "body": '{"title":"disk"}',
    }
    return (await side.put("alert", **{**plain, **said}))["id"]


async def put_outbox(side: Side, shard: int, key: str = "1", body: bytes = b"{}") -> int:
    row = await side.put("outbox", shard=shard, topic="tickets.events", key=key, body=body)
    return row["id"]


async def put_message(side: Side, key: str, **said: Any) -> int:
    plain = {"channel": "mail", "address": "sam@example.com", "content": "{}"}
    return (await side.put("message", key=key, **{**plain, **said}))["id"]


async def put_notice(side: Side, ticket: int, seq: int, **said: Any) -> int:
    plain = {
        "client": "Contoso",
        "kind": "person",
        "recipient": "sam",
        "occasion": "lapse",
        "reach": "notify",
        "policy": "v1",
        "why": "owner",
        "state": "pending",
    }
    return (await side.put("notice", ticket=ticket, seq=seq, **{**plain, **said}))["id"]


async def put_person(side: Side, login: str, **said: Any) -> None:
    await side.put("person", login=login, **{"name": login.title(), "role": "technician", **said})


async def put_subscription(side: Side, name: str, **said: Any) -> None:
    plain = {"url": f"https://{name}.example/hook", "secrets": ["s1"]}
    await side.put("subscription", name=name, **{**plain, **said})
