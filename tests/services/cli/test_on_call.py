"""`tierline on-call` and `tierline schedules`."""

import httpx

from tests.services.cli.router import CLOCK, FakeRouter, document, run

WHY = {"words": "layer base"}
TOM = {"name": "Tom", "login": "tom", "why": WHY}
INES = {"name": "Ines", "login": "ines", "why": WHY}
STANDING = {
    "schedule": "rota",
    "people": [TOM],
    "nobody": "",
    "until": "2026-11-30T09:00:00Z",
    "next": {"at": "2026-11-30T09:00:00Z", "people": [INES], "nobody": ""},
}
EMPTY = {**STANDING, "people": [], "nobody": "away", "until": None, "next": None}
WHO = {
    "at": "2026-11-23T09:00:00Z",
    "client": "Harbour Dental",
    "cover": {"P1": True, "P4": False},
    "groups": [
        {
            "name": "Network",
            "tier": "T2",
            "staffed": True,
            "closes_at": None,
            "opens_at": None,
            "lead": "tom",
            "on_call": STANDING,
            "words": "",
        },
        {
            "name": "Desk",
            "tier": "T1",
            "staffed": False,
            "closes_at": None,
            "opens_at": "2026-11-24T08:00:00Z",
            "lead": "",
            "on_call": None,
            "words": "",
        },
    ],
    "duty_manager": EMPTY,
}
OVERRIDE = {
    "id": "o-1",
    "from": "2026-11-23T18:00:00Z",
    "until": "2026-11-24T09:00:00Z",
    "person": "Tom",
    "replaces": "Ines",
    "reason": "dentist",
    "by": "tom",
    "made_at": "2026-11-23T09:00:00Z",
}
SHOWN = {
    "name": "network rota",
    "zone": "Europe/London",
    "groups": ["Network"],
    "now": STANDING,
    "shifts": [{**TOM, "from": "2026-11-23T09:00:00Z", "until": "2026-11-24T09:00:00Z"}],
    "gaps": [{"from": "2026-11-24T09:00:00Z", "until": "2026-11-25T09:00:00Z", "why": "away"}],
    "overrides": [OVERRIDE],
}
ROTA = "/v1/schedules/network rota"


def router(**answers):
    return FakeRouter({"GET /v1/clock": CLOCK, **answers})


def test_who_is_on_is_a_line_a_group_with_the_duty_manager_last():
    result = run(router(**{"GET /v1/on-call": WHO}), "on-call", "--client", "Harbour Dental")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[1:] == [
        "T2 Network always Tom until Mon 30 Nov 09:00, then Ines",
        "T1 Desk from Tue 24 Nov 08:00 no schedule",
        "duty manager NOBODY (away)",
        "outside the hours of Harbour Dental for P4",
    ]


def test_who_is_on_as_json_is_what_the_router_said():
    assert document(run(router(**{"GET /v1/on-call": WHO}), "on-call", "--json")) == WHO


def test_a_schedule_shows_shifts_and_gaps_in_order_and_its_overrides():
    result = run(router(**{f"GET {ROTA}": SHOWN}), "schedules", "show", "network rota")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0].startswith("network rota, Europe/London: Tom until")
    assert lines[2] == f"09:00 Tue 24 Nov 09:00 Tom {WHY['words']}"
    assert lines[3] == "Tue 24 Nov 09:00 Wed 25 Nov 09:00 NOBODY away"
    assert lines[4].startswith(
        "override o-1, 18:00 to Tue 24 Nov 09:00: Tom instead of Ines, by tom"
    )


def test_schedules_are_listed_with_who_is_on_call():
    result = run(router(**{"GET /v1/schedules": {"items": [SHOWN]}}), "schedules", "list")
    assert "network rota" in result.stdout
    assert "Tom until" in result.stdout


def test_a_swap_is_asked_for_in_one_request():
    asked = router(**{f"POST {ROTA}/overrides": {"items": [OVERRIDE]}})
    swap = ["swap", "network rota", "--of", "Ines", "--from", "18:00", "--until", "+24h"]
    back = ["--with", "Tom", "--return-from", "+48h", "--return-until", "+72h"]
    result = run(asked, "schedules", *swap, *back)
    assert result.exit_code == 0, result.output
    ((path, said),) = asked.writes()
    assert path == f"{ROTA}/overrides"
    assert (said["person"], said["instead_of"]) == ("Tom", "Ines")
    assert said["from_at"] == "2026-11-23T18:00:00Z"
    assert said["in_return"] == {
        "from_at": "2026-11-25T09:00:00Z",
        "until_at": "2026-11-26T09:00:00Z",
    }


def test_an_override_is_taken_back():
    asked = router(**{f"DELETE {ROTA}/overrides/o-1": lambda _: httpx.Response(204)})
    result = run(asked, "schedules", "undo", "network rota", "o-1")
    assert result.stdout == "override o-1 is taken back\n"


def test_a_calendar_goes_out_as_it_came(tmp_path):
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    asked = router(**{f"GET {ROTA}.ics": lambda _: httpx.Response(200, text=text)})
    file = tmp_path / "rota.ics"
    result = run(asked, "schedules", "export", "network rota", "-o", str(file))
    assert result.stdout == f"1 shifts in {file}\n"
    assert file.read_bytes().decode() == text


def test_a_file_that_is_not_there_is_named():
    result = run(router(), "schedules", "import", "network rota", "missing.ics")
    assert result.exit_code == 1
    assert "missing.ics cannot be read" in result.stderr
