"""The page On call: bars, gaps in words, who is on for a client, changes by hand."""

from tests.services.console.fake_router import problem

FORM = {
    "schedule": "network rota",
    "from_at": "2026-11-23 18:00",
    "until_at": "2026-11-24 09:00",
    "person": "Tom",
    "instead_of": "Ines",
    "key": "k1",
}


def asked(world, what):
    return [said for kind, said, _ in world.asked if kind == what]


async def test_two_weeks_are_drawn_from_monday_in_the_readers_zone(sam, world):
    page = (await sam.get("/on-call")).text
    assert asked(world, "schedule")[-1] == [
        ("from", "2026-11-16T00:00:00Z"),
        ("until", "2026-11-30T00:00:00Z"),
    ]
    assert "Mon 16" in page
    assert "Sun 29" in page
    assert '<rect class="shift c0" x="0" y="22" width="700"' in page
    assert '<rect class="shift c1" x="750" y="22" width="650"' in page


async def test_a_gap_is_marked_in_colour_and_said_in_words(sam):
    page = (await sam.get("/on-call")).text
    assert '<rect class="hole" x="700" y="22" width="50"' in page
    assert "<b>Nobody</b> from Mon 23 Nov 00:00 to Mon 23 Nov 12:00: away" in page


async def test_who_is_on_for_a_client_at_a_time(sam, world):
    page = await sam.get("/on-call", params={"client": "Harbour Dental", "at": "2026-11-24 03:00"})
    assert asked(world, "on-call") == [{"client": "Harbour Dental", "at": "2026-11-24T03:00:00Z"}]
    assert "duty manager" in page.text
    assert "no, from Mon 23 Nov 08:00" in page.text
    assert '<b class="bad">nobody</b> (away)' in page.text


async def test_a_time_that_is_none_is_said(sam):
    page = (await sam.get("/on-call", params={"client": "", "at": "soon"})).text
    assert "is not a time here" in page


async def test_an_override_is_asked_for_once(sam, world):
    answer = await sam.send("/on-call", FORM, token=await sam.token("/on-call"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/on-call")
    assert [it for it in world.asked if it[0] == "override network rota"] == [
        (
            "override network rota",
            {
                "person": "Tom",
                "instead_of": "Ines",
                "from_at": "2026-11-23T18:00:00Z",
                "until_at": "2026-11-24T09:00:00Z",
            },
            "k1",
        )
    ]


async def test_a_swap_says_what_is_given_in_return(sam, world):
    back = {"return_from": "2026-11-30 18:00", "return_until": "2026-12-01 09:00"}
    await sam.send("/on-call", FORM | back)
    (said,) = asked(world, "override network rota")
    assert said["in_return"] == {
        "from_at": "2026-11-30T18:00:00Z",
        "until_at": "2026-12-01T09:00:00Z",
    }


async def test_what_is_refused_is_shown_with_what_was_typed(sam, world):
    world.refuse["override"] = problem(409, "override_conflict", "override o-1 is in the way")
    answer = await sam.send("/on-call", FORM)
    assert answer.status_code == 409
    assert "override o-1 is in the way" in answer.text
    assert 'value="2026-11-23 18:00"' in answer.text
    wrong = await sam.send("/on-call", FORM | {"from_at": "soon"})
    assert wrong.status_code == 422


async def test_an_override_is_taken_back(sam, world):
    await sam.send("/on-call", {"schedule": "network rota", "undo": "o-1"})
    assert asked(world, "undo network rota") == ["o-1"]


async def test_without_schedules_the_page_says_how_to_write_one(sam, world):
    world.schedules.clear()
    page = (await sam.get("/on-call")).text
    assert "No schedules yet" in page
