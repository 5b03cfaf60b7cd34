"""Whose key it is, and which client an alert is for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from intake.client_of import UNKNOWN, UNSORTED, Clients, named_client
from intake.errors import BusyError
from intake.keys import Integration, Keys
from intake.limits import (
    CACHE_SECONDS,
    KEY_LOOKUPS_WAITING_MAX,
    KEYS_CACHED_MAX,
    UNKNOWN_KEYS_CACHED_MAX,
)
from tierline.messages.alert import Alert
from tierline.web.keys import KeyKind, hash_key, make_key


class Counted:
    """A database that counts who asks for a connection, and the most at once."""

    def __init__(self, database) -> None:
        self.database = database
        self.asked = self.now = self.most = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            async with self.database.connection() as connection:
                yield connection
        finally:
            self.now -= 1


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made_up() -> str:
    return make_key(KeyKind.INTEGRATION)


async def test_a_key_is_looked_up_once_for_all_who_ask(rig) -> None:
    key = await rig.integration("prom", "alertmanager", client_field="labels.client")
    counted, clock = Counted(rig.database), Clock()
    keys = Keys(counted, clock)
    found = await asyncio.gather(*(keys.find(key) for _ in range(50)))
    expected = Integration("prom", "alertmanager", client_field="labels.client")
    assert found == [expected] * 50
    assert counted.asked == 1
    clock.now += CACHE_SECONDS - 1
    assert await keys.find(key) == expected
    assert counted.asked == 1
    clock.now += 1
    assert await keys.find(key) == expected
    assert counted.asked == 2


async def test_a_revoked_key_ends_with_the_cache(rig) -> None:
    key = await rig.integration("api")
    clock = Clock()
    keys = Keys(rig.database, clock)
    assert await keys.find(key) is not None
    await rig.fetch("UPDATE tierline.integration_key SET revoked_at = now()")
    assert await keys.find(key) is not None
    clock.now += CACHE_SECONDS
    assert await keys.find(key) is None


async def test_an_integration_that_is_switched_off_has_no_key(rig) -> None:
    key = await rig.integration("api")
    await rig.fetch("UPDATE tierline.integration SET active = false")
    assert await Keys(rig.database).find(key) is None


async def test_an_unknown_key_is_remembered_as_unknown(rig) -> None:
    counted = Counted(rig.database)
    keys, key = Keys(counted), made_up()
    assert [await keys.find(key) for _ in range(5)] == [None] * 5
    assert counted.asked == 1


@pytest.mark.parametrize("raw", ["", "tli_", "tl_" + "a" * 43, "tli_" + "é" * 43, "x" * 100_000])
async def test_what_is_no_integration_key_is_not_looked_up(rig, raw: str) -> None:
    counted = Counted(rig.database)
    assert await Keys(counted).find(raw) is None
    assert counted.asked == 0


async def test_made_up_keys_neither_fill_the_memory_nor_push_out_real_ones(rig) -> None:
    key = await rig.integration("api")
    counted = Counted(rig.database)
    keys = Keys(counted)
    await keys.find(key)
    for start in range(0, UNKNOWN_KEYS_CACHED_MAX + 50, KEY_LOOKUPS_WAITING_MAX):
        del start
        await asyncio.gather(*(keys.find(made_up()) for _ in range(KEY_LOOKUPS_WAITING_MAX)))
    asked = counted.asked
    assert await keys.find(key) is not None
    assert counted.asked == asked
    assert counted.most <= 2
    assert len(keys._unknown._values) == UNKNOWN_KEYS_CACHED_MAX
    assert len(keys._known._values) < KEYS_CACHED_MAX
    assert keys._looking == {}


async def test_too_many_lookups_at_once_are_turned_away(rig) -> None:
    keys = Keys(rig.database)
    found = await asyncio.gather(
        *(keys.find(made_up()) for _ in range(KEY_LOOKUPS_WAITING_MAX + 5)), return_exceptions=True
    )
    assert sum(isinstance(one, BusyError) for one in found) == 5
    assert found.count(None) == KEY_LOOKUPS_WAITING_MAX


async def test_who_hangs_up_does_not_spoil_the_lookup_of_others(rig) -> None:
    key = await rig.integration("api")
    keys = Keys(rig.database)
    first, second = (asyncio.create_task(keys.find(key)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).name == "api"


async def test_only_the_hash_of_a_key_is_kept(rig) -> None:
    key = await rig.integration("api")
    keys = Keys(rig.database)
    await keys.find(key)
    assert list(keys._known._values) == [hash_key(key)]


def about(**fields) -> Alert:
    return Alert(dedup_key="k", title="t", **fields)


async def known_clients(rig, *names: str) -> Clients:
    await rig.clients(*names)
    clients = Clients(rig.database)
    await clients.refresh()
    return clients


async def test_a_binding_goes_before_what_the_alert_says(rig) -> None:
    clients = await known_clients(rig, "Acme", "Bravo")
    bound = Integration("i", "json", client="Bravo", client_field="client")
    assert clients.fix(about(client="Acme"), bound) == ("Bravo", about(client="Acme"))


async def test_a_mapped_field_names_the_client_whatever_its_case(rig) -> None:
    clients = await known_clients(rig, "Harbour Dental", "ACME", "Acme")
    mapped = Integration("i", "alertmanager", client_field="labels.customer")
    alert = about(labels={"customer": " harbour DENTAL "})
    assert clients.fix(alert, mapped) == ("Harbour Dental", alert)
    for name in ("ACME", "Acme"):
        assert clients.fix(about(labels={"customer": name}), mapped)[0] == name


async def test_an_unknown_name_goes_to_unsorted_and_is_kept(rig) -> None:
    clients = await known_clients(rig, "Acme")
    mapped = Integration("i", "json", client_field="client")
    name, alert = clients.fix(about(client="Acme Ltd", extra={"a": 1}), mapped)
    assert name == UNSORTED
    assert alert.extra == {"a": 1, UNKNOWN: "Acme Ltd"}


async def test_without_a_mapping_the_sender_cannot_choose_its_client(rig) -> None:
    clients = await known_clients(rig, "Acme")
    name, alert = clients.fix(about(client="Acme"), Integration("i", "json"))
    assert name == UNSORTED
    assert alert.extra == {UNKNOWN: "Acme"}
    assert clients.fix(about(), Integration("i", "json")) == (UNSORTED, about())


async def test_a_new_client_is_known_within_the_cache_time(rig) -> None:
    clock = Clock()
    counted = Counted(rig.database)
    clients = Clients(counted, clock)
    await asyncio.gather(*(clients.refresh() for _ in range(20)))
    assert counted.asked == 1
    await rig.clients("New")
    await clients.refresh()
    assert clients.known("new") is None
    clock.now += CACHE_SECONDS
    await clients.refresh()
    assert clients.known("new") == "New"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("", ""),
        ("client", "C"),
        ("site", "label-site"),
        ("host", "H"),
        ("labels.customer", "L"),
        ("customer", "L"),
        ("labels.client", ""),
        ("title", ""),
    ],
)
def test_where_the_clients_name_is_looked_for(field: str, name: str) -> None:
    labels = {"customer": "L", "site": "label-site"}
    assert named_client(about(client="C", host="H", labels=labels), field) == name
