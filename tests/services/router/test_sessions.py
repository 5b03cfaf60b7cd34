"""Logging in, being somebody, logging out."""

import pytest

from router.wrong_passwords import WrongPasswords
from tests.services.router.world import HARBOUR, PASSWORD, SECRET
from tierline.web.keys import KeyKind, derive, hash_key, kind_of, make_key
from tierline.web.limits import SESSIONS_PER_PERSON, WRONG_PASSWORDS, WRONG_WITHIN_S
from tierline.web.passwords import hash_password, verify_password


async def log_in(world, login="sam", password=PASSWORD):
    return await world.as_("").post("/v1/sessions", json={"login": login, "password": password})


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json()['session']}"}


async def test_a_session_opens_everything_a_technician_may_and_ends(world):
    opened = await log_in(world)
    assert opened.status_code == 201
    body = opened.json()
    assert body["person"] == {
        "login": "sam",
        "name": "Sam",
        "role": "technician",
        "groups": ["Dispatch", "Desk"],
    }
    assert kind_of(body["session"]) is KeyKind.SESSION
    stored = await world.sql("SELECT count(*) FROM tierline.session WHERE id = $1", body["session"])
    assert stored == 0  # only its hash is kept
    anybody = world.as_("")
    me = (await anybody.get("/v1/me", headers=bearer(opened))).json()
    assert (me["login"], me["development"], me["clients"]) == ("sam", True, None)
    assert "clock:write" in me["scopes"]
    ended = await anybody.delete("/v1/sessions/current", headers=bearer(opened))
    assert ended.status_code == 204
    assert (await anybody.get("/v1/me", headers=bearer(opened))).status_code == 401


async def test_who_one_is_with_a_token_that_is_nobodys(world):
    me = (await world.as_("mirror").get("/v1/me")).json()
    assert (me["login"], me["name"], me["groups"]) == ("", "mirror", [])
    assert me["clients"] == [HARBOUR]
    answer = await world.as_("mirror").delete("/v1/sessions/current")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_session")


@pytest.mark.parametrize("login", ["sam", "nobody", "gone", "blank"])
async def test_a_wrong_login_or_password_is_told_alike(world, login):
    await world.sql(
        "INSERT INTO tierline.person (login, name, role, active, password_hash)"
        " VALUES ('gone', 'Gone', 'lead', false, $1)",
        hash_password("wrong"),
    )
    await world.sql("INSERT INTO tierline.person (login, name, role) VALUES ('blank', 'B', 'lead')")
    answer = await log_in(world, login, "wrong")
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    assert answer.json()["detail"] == "login or password is wrong"


async def test_too_many_wrong_passwords_make_even_the_right_one_wait(world):
    for _ in range(WRONG_PASSWORDS):
        assert (await log_in(world, password="wrong")).status_code == 401
    answer = await log_in(world)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= WRONG_WITHIN_S
    assert (await log_in(world, "leila")).status_code == 201


async def test_the_oldest_session_makes_room_for_the_newest(world):
    await world.sql(
        "INSERT INTO tierline.session (id, login, expires_at)"
        " SELECT 'old ' || n, 'sam', now() + make_interval(mins => n)"
        " FROM generate_series(1, $1::int) AS n",
        SESSIONS_PER_PERSON,
    )
    opened = await log_in(world)
    assert await world.sql("SELECT count(*) FROM tierline.session WHERE login = 'sam'") == (
        SESSIONS_PER_PERSON
    )
    assert await world.sql("SELECT count(*) FROM tierline.session WHERE id = 'old 1'") == 0
    assert (await world.as_("").get("/v1/me", headers=bearer(opened))).status_code == 200


def test_the_wait_ends_a_minute_after_the_first_wrong_password():
    now = [100.0]
    tries = WrongPasswords(lambda: now[0])
    assert [tries.begin("sam") for _ in range(WRONG_PASSWORDS)] == [0] * WRONG_PASSWORDS
    assert tries.begin("sam") == WRONG_WITHIN_S
    now[0] += WRONG_WITHIN_S - 0.5
    assert tries.begin("sam") == 1
    now[0] += 0.5
    assert tries.begin("sam") == 0


def test_the_right_password_begins_the_count_anew():
    tries = WrongPasswords(lambda: 0.0)
    for _ in range(WRONG_PASSWORDS):
        tries.begin("sam")
    tries.right("sam")
    assert tries.begin("sam") == 0


def test_keys_have_their_kinds_and_only_their_form_is_looked_at():
    for kind in KeyKind:
        raw = make_key(kind)
        assert kind_of(raw) is kind
        assert make_key(kind) != raw
    for wrong in ("", "tl_", "tl_" + "a" * 42, "tl_" + "a" * 44, "tx_" + "a" * 43, "é"):
        assert kind_of(wrong) is None


def test_a_development_key_is_the_same_at_each_start_and_nobody_elses():
    first = derive(SECRET, KeyKind.TOKEN, "development")
    assert first == derive(SECRET, KeyKind.TOKEN, "development")
    assert kind_of(first) is KeyKind.TOKEN
    others = {
        derive(SECRET + "x", KeyKind.TOKEN, "development"),
        derive(SECRET, KeyKind.TOKEN, "other"),
        derive(SECRET, KeyKind.INTEGRATION, "development"),
    }
    assert len({hash_key(raw) for raw in (first, *others)}) == 4


def test_a_password_is_verified_by_its_hash_and_nothing_is_verified_by_none():
    stored = hash_password("secret")
    assert "secret" not in stored
    assert verify_password(stored, "secret")
    assert not verify_password(stored, "Secret")
    assert not verify_password("", "nobody has this password")
    assert not verify_password("plain text", "plain text")
