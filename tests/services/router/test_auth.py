"""What a process remembers of credentials, and for how long."""

from tests.services.router.world import token_of
from tierline.web import auth
from tierline.web.answer_links import AnswerLink, Purpose, make_link


async def test_a_known_credential_is_not_asked_for_again_and_forgotten_in_time(world):
    now = [100.0]
    authenticator, raw = auth.Authenticator(world.db, clock=lambda: now[0]), token_of("mirror")
    assert await authenticator.principal(raw) is not None
    await world.sql("UPDATE tierline.api_token SET revoked_at = now() WHERE name = 'mirror'")
    assert await authenticator.principal(raw) is not None
    now[0] += auth.CREDENTIAL_CACHE_S
    assert await authenticator.principal(raw) is None


async def test_a_credential_is_remembered_no_longer_than_it_lives(world):
    now = [100.0]
    authenticator, raw = auth.Authenticator(world.db, clock=lambda: now[0]), token_of("mirror")
    await world.sql(
        "UPDATE tierline.api_token SET expires_at = now() + interval '5 seconds'"
        " WHERE name = 'mirror'"
    )
    assert await authenticator.principal(raw) is not None
    await world.sql("UPDATE tierline.api_token SET expires_at = now() WHERE name = 'mirror'")
    now[0] += 5
    assert await authenticator.principal(raw) is None


async def test_a_link_signed_with_either_secret_is_taken_and_with_no_other():
    link = AnswerLink(Purpose.SURVEY, 1001, 3)
    old, new, third = "o" * 32, "n" * 32, "t" * 32
    authenticator = auth.Authenticator(None, secrets=(new, old))  # links ask no database
    for secret in (old, new):
        principal = await authenticator.principal(make_link(secret, link))
        assert principal is not None
        assert principal.link == link
    assert await authenticator.principal(make_link(third, link)) is None


async def test_what_is_remembered_is_bounded_and_the_last_used_stay(world, monkeypatch):
    monkeypatch.setattr(auth, "CREDENTIAL_CACHE_MAX", 2)
    authenticator = world.context.authenticator
    for name in ("sam", "tom", "sam", "ines"):
        assert await authenticator.principal(token_of(name)) is not None
    await world.sql("DELETE FROM tierline.session")
    known = [
        name for name in ("sam", "tom", "ines") if await authenticator.principal(token_of(name))
    ]
    assert known == ["sam", "ines"]


async def test_a_nobodys_admin_token_decides_what_a_manager_may(world):
    me = (await world.as_("all").get("/v1/me")).json()
    reader = (await world.as_("reader").get("/v1/me")).json()
    assert (me["role"], reader["role"]) == ("manager", "technician")
