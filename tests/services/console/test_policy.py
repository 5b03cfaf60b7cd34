"""The pages Policy: previews, what one would mean, putting it into force, moving tickets."""

import pytest

from tests.services.console.fake_policy import PREVIEW
from tests.services.console.fake_router import problem

PAGE = "/policy/abc123"


@pytest.fixture
def world(world):
    world.previews["abc123"] = dict(PREVIEW)
    return world


def asked(world, step):
    return [(said, key) for kind, said, key in world.asked if kind == f"policy {step}"]


async def test_previews_are_listed_for_a_lead(priya, world):
    page = (await priya.get("/policy")).text
    assert f'<a href="{PAGE}">sha256:new0</a>' in page
    assert "9 breached, 2 with less time, 31 with more, of 412" in page
    assert 'href="/policy" aria-current="page"' in page
    world.previews.clear()
    assert "Nobody has looked" in (await priya.get("/policy")).text


async def test_whoever_does_not_lead_has_no_way_there(sam):
    assert 'href="/policy"' not in (await sam.get("/")).text


async def test_a_preview_says_what_would_come_of_it(priya):
    page = (await priya.get(PAGE)).text
    assert '<b class="bad">9</b> would be breached, <b>2</b> lose time' in page
    assert "12 more are open and were not looked at" in page
    assert "gold&#39;s P3 plan: 4h -&gt; &lt;2h&gt;" in page
    assert "resolve 18:00 &rarr; none" in page
    assert "Network (T2) &rarr; nothing" in page
    assert "and 4 more" in page
    assert "Desk goes and holds tickets" in page
    assert "tier T1 goes" not in page


FORM = {
    "open_tickets": "move",
    "only_P3": "1",
    "only_P4": "1",
    "goes Desk": "Network",
    "reason": "new year",
    "key": "k1",
}


async def test_it_is_put_into_force_once_as_the_form_says(priya, world):
    answer = await priya.send(PAGE, FORM, token=await priya.token(PAGE))
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    wanted = {
        "reason": "new year",
        "move": True,
        "only": ["P3", "P4"],
        "move_groups": {"Desk": "Network"},
    }
    assert asked(world, "apply") == [(wanted, "k1")]


async def test_without_a_choice_open_tickets_keep_their_terms(priya, world):
    await priya.send(PAGE, {"open_tickets": "keep", "goes Desk": "", "reason": "x"})
    ((said, _),) = asked(world, "apply")
    assert (said["move"], said["only"], said["move_groups"]) == (False, [], {})


async def test_what_is_refused_is_shown_with_what_was_chosen(priya, world):
    world.refuse["apply"] = problem(409, "stale_preview", "it is older than 15 minutes")
    answer = await priya.send(PAGE, FORM)
    assert answer.status_code == 409
    assert "it is older than 15 minutes" in answer.text
    assert 'value="new year"' in answer.text
    assert "<option selected>Network</option>" in answer.text


async def test_what_is_not_all_moved_yet_goes_on(priya, world):
    world.previews["abc123"].update(
        applied_at="2026-11-20T14:01:00Z", applied_by="priya", reason="x", move=True, moved=100
    )
    page = (await priya.get(PAGE)).text
    assert "100 tickets were moved to its terms" in page
    assert 'id="apply"' not in page
    assert "not all yet" in (await priya.get("/policy")).text
    answer = await priya.send(PAGE, {"step": "move", "key": "k2"}, token=await priya.token(PAGE))
    assert answer.status_code == 303
    assert asked(world, "move") == [({}, "k2")]
    world.previews["abc123"]["ended_at"] = "2026-11-20T14:02:00Z"
    page = (await priya.get(PAGE)).text
    assert "all there were" in page
    assert 'id="move"' not in page


async def test_a_preview_nobody_made_is_not_there(priya):
    assert (await priya.get("/policy/nothing")).status_code == 404
