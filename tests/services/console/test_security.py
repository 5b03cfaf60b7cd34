"""What stands between a session and those who would like it."""

import re
from copy import deepcopy

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from console.security import MAX_FORM_BYTES
from tests.services.console.conftest import Person
from tests.services.console.world import make_events, make_notice, make_ticket

PAGES = ["/login", "/", "/tickets/1042", "/new", "/notices", "/clock", "/nothing-here"]
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.mark.parametrize("path", [*PAGES, "/static/main.js", "/healthz", "/stream"])
async def test_every_answer_carries_the_headers(sam, path):
    headers = (await sam.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
async def test_pages_have_no_inline_script_or_style_and_are_not_stored(sam, path):
    answer = await sam.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)


async def test_nothing_is_fetched_from_elsewhere(sam):
    for path in ("main.js", "live.js", "forms.js", "keys.js", "time.js", "console.css"):
        answer = await sam.get(f"/static/{path}")
        assert answer.status_code == 200
        assert "http://" not in answer.text
        assert "https://" not in answer.text


async def test_versioned_files_are_kept_and_others_asked_for_again(sam):
    address = re.search(r'src="(/static/main.js\?v=\w+)"', (await sam.get("/")).text)[1]
    assert "immutable" in (await sam.get(address)).headers["cache-control"]
    assert (await sam.get("/static/time.js")).headers["cache-control"] == "no-cache"


async def test_the_cookie_holds_the_session_and_no_script_can_read_it(visitor, world):
    answer = await visitor.log_in()
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert re.match(r"tierline_session_8080=tls_sam0;", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


async def test_in_production_the_cookie_travels_over_tls_only(make_console):
    person = Person(make_console(development=False))
    person.client.base_url = httpx.URL("https://console.test")
    answer = await person.log_in()
    for cookie in answer.headers.get_list("set-cookie"):
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert cookie.startswith(("tierline_session=", "tierline_visitor="))


async def test_a_wrong_password_is_told_without_saying_which_was_wrong(visitor):
    unknown = await visitor.log_in("nobody")
    wrong = await visitor.log_in("sam", "wrong")
    assert unknown.status_code == wrong.status_code == 401
    told = [re.search(r'role="alert">([^<]+)<', page.text)[1] for page in (unknown, wrong)]
    assert told[0] == told[1]
    assert 'value="sam"' in wrong.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', wrong.text)


async def test_too_many_tries_are_told(visitor):
    answer = await visitor.log_in("hasty")
    assert answer.status_code == 429
    assert "Wait a minute" in answer.text


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/e.x",
        "",
    ],
)
async def test_a_login_link_cannot_lead_elsewhere(visitor, wanted):
    answer = await visitor.log_in(next=wanted)
    assert answer.headers["location"] == "/"


async def test_logging_out_ends_the_session_here_and_at_the_router(sam, world):
    assert world.sessions
    answer = await sam.send("/logout", {})
    assert answer.headers["location"] == "/login"
    assert not world.sessions
    assert (await sam.get("/")).status_code == 303


async def test_logging_out_works_while_the_router_is_away(sam, world):
    token = await sam.token()
    world.away = True
    assert (await sam.send("/logout", {}, token=token)).status_code == 303
    world.away = False
    assert (await sam.get("/")).headers["location"].startswith("/login")


async def test_an_ended_session_leads_to_the_login(sam, world):
    world.sessions.clear()
    answer = await sam.get("/notices")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fnotices")
    live = await sam.get("/", headers={"X-Live": "1"})
    assert live.status_code == 401


FORMS = ["/tickets/1042/claim", "/new", "/clock", "/logout", "/login"]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
async def test_a_form_without_the_sessions_token_does_nothing(sam, world, path, token):
    before = deepcopy(world.tickets)
    sessions = dict(world.sessions)
    fields = {"login": "leila", "password": "correct horse", "speed": "60", "title": "x"}
    answer = await sam.send(path, fields, token=token)
    assert answer.status_code == 403
    assert (world.tickets, world.sessions) == (before, sessions)
    assert not [name for name, *_ in world.asked if name != "tickets"]


async def test_a_token_of_another_session_is_not_taken(sam, priya, world):
    answer = await sam.send("/tickets/1042/claim", {}, token=await priya.token())
    assert answer.status_code == 403
    assert world.tickets[1042]["owner"] == ""


async def test_forms_that_are_too_large_are_refused(sam):
    answer = await sam.send("/tickets/1042/notes", {"text": "x" * MAX_FORM_BYTES})
    assert answer.status_code == 413
    many = {f"f{number}": "x" for number in range(200)}
    assert (await sam.send("/tickets/1042/notes", many)).status_code == 413


async def test_a_cookie_that_is_no_session_id_is_not_passed_on(visitor):
    visitor.client.cookies.set("tierline_session_8080", "a b")
    assert (await visitor.get("/")).status_code == 303


def hostile_ticket(text):
    """A ticket, its events and a notice with `text` wherever somebody outside can put one."""
    ticket = make_ticket(
        1042, text, client=text, host=text, body=text, site=text, service=text, category=text,
        source=text, owner=text, desk_owner=text, helper=text, resolution=text, group=text,
        tier=text, links=[text, "javascript:alert(1)", "data:text/html,x"],
        requester={"name": text, "email": text}, agreement=text, vip=True, mode=text,
        plan={"next_step": text, "promised_at": "2026-11-20T15:00:00Z", "made_by": text},
        hold={"reason": text, "asked": text, "of": text, "next_chase": None},
        proposal={"seq": 1, "to_tier": text, "to_group": text, "reason": text},
        allowed=["claim", "notes", "plan", "move", "accept", "hold", "priority", "resolve"],
    )  # fmt: skip
    events = make_events()
    for event in events:
        event.update(words=text, type="noted", what={"text": f"{text}\nend"}, cause=text)
        event["by"] = {"kind": "person", "name": text}
        event["why"] = {"rule": text, "policy": text, "values": {text: text}}
    attempt = {"number": 1, "began_at": None, "outcome": text, "detail": text}
    notice = make_notice(
        1042, 2, recipient=text, reason=text, why=text, address=text, proof=text, occasion=text,
        channel=text, attempts=[attempt],
    )  # fmt: skip
    return ticket, events, notice


def hostile(text, world):
    ticket, events, notice = hostile_ticket(text)
    world.add(ticket, events)
    world.notices[:] = [notice, {**notice, "state": "failed"}]
    world.policy["clients"] = [text]
    world.policy["contacts"] = {text: [{"name": text, "email": text}]}
    world.policy["groups"][0]["name"] = text
    world.policy["groups"][0]["members"] = [{"login": text, "name": text}]


async def test_markup_from_outside_is_shown_and_never_run(sam, world):
    hostile(ATTACK, world)
    for path in ("/", "/tickets/1042", "/new", "/notices", f"/?q={ATTACK}&client={ATTACK}"):
        page = (await sam.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert 'href="data' not in page
    assert "&lt;script&gt;alert(1)" in (await sam.get("/tickets/1042")).text


MARKUP = st.text(
    st.sampled_from("<>&\"'`/= \n{}%#abc") | st.characters(exclude_categories=["Cs"]), max_size=40
)


def skeleton(page):
    """The tags of a page with their attributes' names: what text must not be able to change."""
    plain = re.sub(r'="[^"]*"', "", page)
    return [re.sub(r"\s+", " ", tag) for tag in re.findall(r"<[^<>]*>", plain)]


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=MARKUP)
async def test_no_ticket_changes_the_structure_of_its_page(sam, world, text):
    pages = []
    kept = sam.client._transport.app.state.console.kept
    for value in ("word", f"w{text}"):
        hostile(value, world)
        kept.forget(next(iter(world.sessions)))
        page = (await sam.get("/tickets/1042")).text + (await sam.get("/")).text
        pages.append(skeleton(page))
    assert pages[0] == pages[1]
