"""`tierline scheduled`, `to-confirm` and `surveys`."""

from tests.services.cli.router import CLOCK, FakeRouter, document, run

BOOKED = {
    "from": "2026-11-23T00:00:00Z", "until": "2026-11-30T00:00:00Z", "more": False,
    "items": [{
        "number": 1042, "title": "New phones", "client": "Harbour Dental", "owner": "sam",
        "start": "2026-11-23T10:00:00Z", "end": "2026-11-23T12:00:00Z", "overlaps": [1043],
    }],
}  # fmt: skip
WAITING = {
    "desk_owner": "sam", "more": False,
    "items": [{
        "number": 1042, "title": "Disk", "client": "Harbour Dental", "reminders": 1,
        "requester": {"name": "Ruth", "email": ""}, "resolved_at": "2026-11-23T08:00:00Z",
        "closes_at": "2026-11-26T09:00:00Z",
    }],
}  # fmt: skip
SAID = {"items": [{"group": "Desk", "good": 3, "fine": 1, "bad": 0, "contradicting": 1}]}


def router(**answers):
    return FakeRouter({"GET /v1/clock": CLOCK, **answers})


def lines(result):
    assert result.exit_code == 0, result.output
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def params(fake):
    return dict(fake.asked[-1].url.params)


def test_what_is_booked_with_its_overlaps():
    fake = router(**{"GET /v1/scheduled": BOOKED})
    found = lines(run(fake, "scheduled", "--week", "--owner", "me"))
    assert found[1] == "10:00 12:00 1042 sam Harbour Dental OVERLAPS 1043: New phones"
    assert params(fake) == {
        "from": "2026-11-23T00:00:00Z", "until": "2026-11-30T00:00:00Z", "owner": "me",
    }  # fmt: skip


def test_nothing_is_booked():
    fake = router(**{"GET /v1/scheduled": {**BOOKED, "items": []}})
    assert lines(run(fake, "scheduled", "--from", "+1h")) == ["nothing is scheduled"]
    assert params(fake) == {"from": "2026-11-23T10:00:00Z"}


def test_what_is_to_be_confirmed():
    fake = router(**{"GET /v1/to-confirm": WAITING})
    found = lines(run(fake, "to-confirm"))
    assert found[1].startswith("1042 Harbour Dental Ruth 08:00 1 Thu 26 Nov 09:00")
    empty = router(**{"GET /v1/to-confirm": {**WAITING, "items": []}})
    assert lines(run(empty, "to-confirm")) == ["nothing waits for sam to confirm"]


def test_how_requesters_say_it_was():
    fake = router(**{"GET /v1/surveys": SAID})
    assert lines(run(fake, "surveys"))[1] == "Desk 3 1 0 1"
    assert document(run(router(**{"GET /v1/surveys": SAID}), "surveys", "--json")) == SAID
