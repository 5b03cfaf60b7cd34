"""Every command over HTTP: what it does, and how it is refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.router.world import HARBOUR, MONDAY, OAKFIELD, World


def instant(**after: float) -> str:
    return (MONDAY + timedelta(**after)).isoformat()


async def refused(world: World, who: str, number: int, command: str, **body: Any) -> dict[str, Any]:
    answer = await world.do(who, number, command, **body)
    assert answer.status_code >= 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return problem


class TestOpening:
    async def test_a_phoned_in_incident_is_routed_timed_and_found_at_its_address(self, world):
        answer = await world.as_("sam").post(
            "/v1/tickets",
            json={
                "type": "incident",
                "title": "No internet",
                "client": HARBOUR,
                "host": "hd-fw-01",
                "category": "firewall",
                "impact": 1,
                "urgency": 1,
                "requester": {"name": "Ruth Adeyemi", "email": "ruth@harbourdental.example"},
            },
        )
        assert answer.status_code == 201
        ticket = answer.json()
        assert answer.headers["location"] == f"/v1/tickets/{ticket['number']}"
        assert (ticket["priority"], ticket["state"]) == ("P1", "queued")
        assert (ticket["desk_owner"], ticket["source"]) == ("sam", "phone")
        assert ticket["site"] == "Quay Street"  # from the device's record
        assert {clock["name"] for clock in ticket["clocks"]} >= {"respond", "plan", "resolve"}
        found = await world.as_("sam").get(answer.headers["location"])
        assert found.json()["seq"] == ticket["seq"]

    async def test_speaking_to_the_requester_meets_the_response_promise(self, world):
        number = await world.open(spoken_to=True)
        clocks = {clock["name"]: clock for clock in (await world.ticket(number))["clocks"]}
        assert clocks["respond"]["met_at"] is not None

    async def test_a_request_has_no_tier_limit(self, world):
        number = await world.open(type="request")
        assert "tier" not in {clock["name"] for clock in (await world.ticket(number))["clocks"]}

    @pytest.mark.parametrize(
        ("fields", "code", "words"),
        [
            ({"client": "Harbor Dental"}, "unknown_client", "did you mean Harbour Dental?"),
            ({"start": "Netwrk"}, "unknown_start", "did you mean Network?"),
            ({"type": "alert"}, "invalid", "type"),
            ({"title": ""}, "invalid", "title"),
            ({"impact": 4}, "invalid", "impact"),
            ({"title": "a\x00b"}, "invalid", "NUL"),
        ],
    )
    async def test_a_wrong_field_is_named_with_its_remedy(self, world, fields, code, words):
        body = {"type": "incident", "title": "x", "client": HARBOUR, **fields}
        answer = await world.as_("sam").post("/v1/tickets", json=body)
        assert answer.status_code == 422
        assert answer.json()["code"] == code
        assert words in answer.json()["detail"]
        assert await world.counts() == (0, 0, 0)


class TestOwning:
    async def test_a_claim_answers_the_ticket_and_a_sentence(self, world):
        number = await world.open()
        nudges = world.relay.nudges
        done = await world.did("leila", number, "claim")
        assert (done["ticket"]["owner"], done["ticket"]["state"]) == ("leila", "working")
        assert done["events"][-1]["words"] == "Leila claimed it."
        assert world.relay.nudges == nudges + 1

    async def test_a_claim_needs_no_body(self, world):
        number = await world.open()
        answer = await world.as_("leila").post(f"/v1/tickets/{number}/claim")
        assert answer.status_code == 200

    async def test_a_second_claimer_is_told_who_has_it(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        problem = await refused(world, "sam", number, "claim")
        assert (problem["status"], problem["code"]) == (409, "owned")
        assert problem["place"]["owner"] == "leila"

    async def test_a_lead_gives_it_to_somebody_and_a_technician_may_not(self, world):
        number = await world.open()
        problem = await refused(world, "sam", number, "claim", owner="leila")
        assert (problem["status"], problem["code"]) == (403, "lead_decides")
        done = await world.did("priya", number, "claim", owner="leila")
        assert done["events"][-1]["words"] == "Priya gave it to Leila."

    async def test_an_owner_who_does_not_exist_or_cannot_see_it_is_refused(self, world):
        number = await world.open()
        problem = await refused(world, "priya", number, "claim", owner="laila")
        assert (problem["status"], problem["code"]) == (422, "unknown_owner")
        assert "did you mean leila?" in problem["detail"]
        behind_a_wall = await refused(world, "priya", number, "claim", owner="nora")
        assert behind_a_wall["code"] == "unknown_owner"

    async def test_a_token_that_is_nobodys_must_name_an_owner(self, world):
        number = await world.open()
        problem = await refused(world, "all", number, "claim")
        assert (problem["status"], problem["code"]) == (422, "missing")
        done = await world.did("all", number, "claim", owner="sam")
        assert done["ticket"]["owner"] == "sam"

    async def test_release_gives_it_back_and_voids_the_plan(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        await world.did(
            "leila", number, "plan", next_step="swap the drum", promised_at=instant(minutes=90)
        )
        done = await world.did("leila", number, "release", reason="going home")
        assert (done["ticket"]["owner"], done["ticket"]["plan"]) == ("", None)
        problem = await refused(world, "leila", number, "release")
        assert (problem["status"], problem["code"]) == (409, "unclaimed")


class TestWorking:
    async def test_a_note_to_the_client_meets_the_response_promise(self, world):
        number = await world.open()
        done = await world.did("leila", number, "notes", text="On our way.", to_client=True)
        clocks = {clock["name"]: clock for clock in done["ticket"]["clocks"]}
        assert clocks["respond"]["met_at"] is not None
        assert (await refused(world, "leila", number, "notes", text="  "))["code"] == "missing"

    async def test_a_plan_stops_the_tier_clock(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        done = await world.did(
            "leila", number, "plan", next_step="swap the drum", promised_at=instant(minutes=90)
        )
        tier = next(clock for clock in done["ticket"]["clocks"] if clock["name"] == "tier")
        assert (tier["running"], tier["stopped_by"]) == (False, "plan")

    @pytest.mark.parametrize(
        ("promised_at", "code"),
        [(instant(minutes=-5), "promise_past"), (instant(days=300), "promise_too_far")],
    )
    async def test_a_promise_out_of_reach_is_unprocessable(self, world, promised_at, code):
        number = await world.open()
        await world.did("leila", number, "claim")
        problem = await refused(
            world, "leila", number, "plan", next_step="x", promised_at=promised_at
        )
        assert (problem["status"], problem["code"]) == (422, code)

    async def test_an_instant_without_an_offset_is_refused(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        problem = await refused(
            world, "leila", number, "plan", next_step="x", promised_at="2026-11-23T10:00:00"
        )
        assert problem["errors"][0]["field"] == "promised_at"

    async def test_hold_and_resume(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        done = await world.did(
            "leila", number, "hold", reason="client", asked="which printer?", of="Ruth Adeyemi"
        )
        assert (done["ticket"]["state"], done["ticket"]["held_for"]) == ("on_hold", "client")
        assert done["ticket"]["hold"]["of"] == "Ruth Adeyemi"
        resumed = await world.did("leila", number, "resume", because="she answered")
        assert resumed["ticket"]["state"] == "working"
        assert (await refused(world, "leila", number, "resume"))["code"] == "not_on_hold"
        past = await refused(
            world, "leila", number, "hold", reason="client", asked="?", until=instant(hours=-1)
        )
        assert (past["status"], past["code"]) == (422, "instant_past")
        unknown = await refused(world, "leila", number, "hold", reason="lunch", asked="?")
        assert unknown["errors"][0]["field"] == "reason"


class TestMoving:
    async def test_up_the_path_back_and_the_leads_decision(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        up = await world.did("leila", number, "move", reason="needs the firewall")
        assert (up["ticket"]["tier"], up["ticket"]["group"]) == ("T2", "Network")
        assert up["events"][-1]["words"] == (
            "Leila escalated it from Desk to Network: needs the firewall."
        )
        back = await world.did("ines", number, "move", reason="not the network", to_group="Desk")
        assert back["ticket"]["bounces"] == 1
        await world.did("leila", number, "move", reason="oh yes it is", to_group="Network")
        problem = await refused(world, "ines", number, "move", reason="oh no", to_group="Desk")
        assert (problem["status"], problem["code"]) == (403, "lead_decides")
        done = await world.did("tom", number, "move", reason="I decide", to_group="Desk")
        assert done["ticket"]["group"] == "Desk"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"reason": "x", "to_group": "Desk"}, "same_group"),
            ({"reason": "x", "to_group": "Nobody"}, "unknown_group"),
            ({"reason": "x", "to_tier": "T9"}, "unknown_tier"),
            ({"reason": " "}, "missing"),
        ],
    )
    async def test_a_move_to_nowhere_is_unprocessable(self, world, body, code):
        number = await world.open()
        problem = await refused(world, "leila", number, "move", **body)
        assert (problem["status"], problem["code"]) == (422, code)

    async def test_a_proposal_is_accepted_by_its_seq(self, world):
        await world.sql(f"UPDATE tierline.client SET mode = 'suggest' WHERE name = '{HARBOUR}'")
        number = await world.open()
        await world.jump(minutes=31)
        after = await world.did("leila", number, "notes", text="late, sorry")
        proposal = after["ticket"]["proposal"]
        assert after["ticket"]["group"] == "Desk"
        wrong = await refused(world, "leila", number, "accept", seq=proposal["seq"] + 1000)
        assert (wrong["status"], wrong["code"]) == (409, "no_proposal")
        done = await world.did("leila", number, "accept", seq=proposal["seq"])
        assert done["ticket"]["group"] == proposal["to_group"]


class TestPriority:
    async def test_a_preview_shows_the_new_dues_and_writes_nothing(self, world):
        number = await world.open()
        before = await world.counts()
        shown = await world.did("sam", number, "priority", reason="all", impact=1, preview=True)
        assert shown["preview"] is True
        assert shown["new"] < shown["old"]
        assert shown["dues"]["resolve"]["new"] < shown["dues"]["resolve"]["old"]
        assert await world.counts() == before

    async def test_a_preview_leaves_even_the_time_that_passed_unwritten(self, world):
        number = await world.open()
        await world.jump(hours=2)
        before = await world.counts()
        await world.did("sam", number, "priority", reason="all", priority="P1", preview=True)
        assert await world.counts() == before

    async def test_the_change_is_what_the_preview_said(self, world):
        number = await world.open()
        await world.as_("sam").post("/v1/clock", json={"held": True})
        shown = await world.did("sam", number, "priority", reason="all", impact=1, preview=True)
        done = await world.did("sam", number, "priority", reason="all", impact=1)
        assert done["ticket"]["priority"] == shown["new"]
        clocks = {clock["name"]: clock for clock in done["ticket"]["clocks"]}
        assert clocks["resolve"]["due"] == shown["dues"]["resolve"]["new"]

    async def test_what_changes_nothing_or_says_nothing_is_refused(self, world):
        number = await world.open()
        now = (await world.ticket(number))["priority"]
        same = await refused(world, "sam", number, "priority", reason="x", priority=now)
        assert (same["status"], same["code"]) == (422, "same_priority")
        nothing = await refused(world, "sam", number, "priority", reason="x", preview=True)
        assert (nothing["status"], nothing["code"]) == (422, "missing")

    async def test_a_downgrade_after_a_breach_is_the_leads(self, world):
        number = await world.open(impact=1, urgency=1)
        await world.jump(hours=9)
        problem = await refused(world, "sam", number, "priority", reason="calm", priority="P4")
        assert (problem["status"], problem["code"]) == (403, "lead_decides")
        done = await world.did("priya", number, "priority", reason="calm", priority="P4")
        assert done["ticket"]["priority"] == "P4"


class TestEnding:
    async def test_resolve_reject_resolve_confirm(self, world):
        number = await world.open()
        await world.did("leila", number, "claim")
        done = await world.did(
            "leila", number, "resolve", resolution="new drum", tier_below_could="no"
        )
        assert done["ticket"]["state"] == "resolved"
        assert set(done["ticket"]["allowed"]) >= {"confirm", "reject", "reopen", "close"}
        again = await world.did("sam", number, "reject", reason="still smoking")
        assert again["ticket"]["state"] in {"queued", "working"}
        assert again["ticket"]["reopened"] == 1
        await world.did("priya", number, "resolve", resolution="new printer")
        closed = await world.did("sam", number, "confirm")
        assert closed["ticket"]["state"] == "closed"
        assert [event["type"] for event in closed["events"]][-2:] == ["confirmed", "closed"]

    async def test_reopen_and_close(self, world):
        number = await world.open()
        await world.did("leila", number, "resolve", resolution="off and on")
        await world.did("leila", number, "close", reason="no answer needed")
        reopened = await world.did("sam", number, "reopen", reason="it is back")
        assert reopened["ticket"]["state"] in {"queued", "working"}
        assert (await refused(world, "sam", number, "reopen", reason="again"))["code"] == "active"
        problem = await refused(world, "sam", number, "close", reason="spam")
        assert (problem["status"], problem["code"]) == (403, "lead_decides")
        await world.did("priya", number, "close", reason="a duplicate")
        gone = await refused(world, "priya", number, "close", reason="again")
        assert (gone["status"], gone["code"]) == (409, "closed")
        for command, body in (("confirm", {}), ("reject", {"reason": "x"})):
            assert (await refused(world, "sam", number, command, **body))["code"] == "not_resolved"
        late = await refused(world, "sam", number, "resolve", resolution="x")
        assert (late["status"], late["code"]) == (409, "not_active")

    async def test_reopening_a_problem_that_has_an_open_ticket_names_that_one(self, world):
        (first,) = await world.open_many(["disk full"], problem_key="am/disk")
        await world.did("sam", first, "resolve", resolution="cleaned")
        await world.did("sam", first, "close", reason="done")
        (second,) = await world.open_many(["disk full"], problem_key="am/disk")
        before = await world.counts()
        problem = await refused(world, "sam", first, "reopen", reason="is it this one?")
        assert (problem["status"], problem["code"]) == (409, "key_taken")
        assert problem["other"] == second
        assert str(second) in problem["detail"]
        assert await world.counts() == before

    async def test_a_reopened_problem_is_where_its_next_alert_goes(self, world):
        (first,) = await world.open_many(["disk full"], problem_key="am/disk")
        await world.sql(
            f"INSERT INTO tierline.problem (client, key, ticket) VALUES ('{HARBOUR}', 'am/disk', 1)"
        )
        await world.did("sam", first, "resolve", resolution="cleaned")
        await world.did("sam", first, "close", reason="done")
        await world.did("sam", first, "reopen", reason="it is full again")
        assert await world.sql("SELECT ticket FROM tierline.problem") == first


class TestTime:
    async def test_no_command_overtakes_time(self, world):
        number = await world.open()
        await world.jump(minutes=31)
        done = await world.did("ines", number, "claim")
        said = [event["type"] for event in done["events"]]
        assert said.index("lapsed") < said.index("escalated") < said.index("claimed")
        assert done["ticket"]["group"] == "Network"
        moved = next(event for event in done["events"] if event["type"] == "escalated")
        assert moved["words"] == (
            "T1 limit of 30 minutes reached (unclaimed): moved from Desk to Network."
        )

    async def test_a_refused_command_still_records_the_time_that_passed(self, world):
        number = await world.open()
        await world.jump(minutes=31)
        before = await world.counts()
        problem = await refused(world, "sam", number, "resume")
        assert problem["place"]["group"] == "Network"
        after = await world.counts()
        assert after[1] > before[1]
        assert (await world.ticket(number))["group"] == "Network"

    async def test_allowed_offers_nothing_that_the_state_refuses(self, world):
        """Whatever `allowed` names, asked with sensible words, is not refused for the state."""
        major, problem = await world.open(), await world.open(type="problem")
        await world.did("priya", major, "declare-major", reason="x")
        bodies: dict[str, dict[str, Any]] = {
            "notes": {"text": "x"},
            "plan": {"next_step": "x", "promised_at": instant(minutes=30)},
            "move": {"reason": "x", "to_group": "Infrastructure"},
            "vendor": {"vendor": "x", "asked": "x"},
            "hand-over": {"to": "leila"},
            "hold": {"reason": "vendor", "asked": "x"},
            "ask-approval": {"asked": "x"},
            "approve": {"evidence": "x"},
            "refuse-approval": {"evidence": "x"},
            "retype": {"to": "request", "reason": "x"},
            "priority": {"reason": "x", "priority": "P1"},
            "resolve": {"resolution": "x"},
            "reject": {"reason": "x"},
            "reopen": {"reason": "x"},
            "close": {"reason": "x"},
            "state-complex": {"text": "x"},
            "add-action": {"what": "x", "due": instant(days=2)},
            "join": {"parent": major},
            "problem": {"reason": "x"},
            "link-problem": {"problem": problem},
        }
        steps: list[tuple[str, dict[str, Any]]] = [
            ("notes", {"text": "begin"}),
            ("claim", {}),
            ("hold", {"reason": "client", "asked": "x"}),
            ("ask-approval", {"asked": "x"}),
            ("resolve", {"resolution": "x"}),
            ("confirm", {}),
        ]
        may = f"UPDATE tierline.contact SET doc = '{{\"approver\": 9}}' WHERE client = '{OAKFIELD}'"
        await world.sql(may)
        for upto in range(len(steps) + 1):
            for command in await self._allowed_after(world, steps[:upto]):
                number = await self._after(world, steps[:upto])
                answer = await world.do("sam", number, command, **bodies.get(command, {}))
                assert answer.status_code == 200, (steps[:upto], command, answer.text)

    async def _after(self, world: World, steps: Any) -> int:
        number = await world.open(client=OAKFIELD)
        for command, body in steps:
            await world.did("sam", number, command, **body)
        return number

    async def _allowed_after(self, world: World, steps: Any) -> list[str]:
        allowed: list[str] = (await world.ticket(await self._after(world, steps), "sam"))["allowed"]
        assert "accept" not in allowed
        return allowed


async def test_what_the_records_say_of_a_vendor_counts(world):
    """How long they may be silent, and that waiting for whom we resell is our own affair."""
    address = "/v1/records/vendors/Northgrid"
    fields = {"chase": "90m", "resold": True}
    answer = await world.as_("priya").put(address, json=fields, headers={"If-None-Match": "*"})
    assert answer.status_code == 201, answer.text
    number = await world.open()
    await world.did("sam", number, "claim")
    await world.did("sam", number, "vendor", vendor="Northgrid", asked="a line card")
    found = await world.did("sam", number, "hold", reason="vendor", asked="the card")
    assert found["ticket"]["vendor"]["next_chase"].startswith("2026-11-23T10:30")
    clocks = {clock["name"]: clock for clock in found["ticket"]["clocks"]}
    assert clocks["resolve"]["due"], "it runs on"
    other = await world.open("A second one")
    await world.did("sam", other, "claim")
    found = await world.did("sam", other, "hold", reason="vendor", asked="a part", of="Fabrik")
    assert found["ticket"]["hold"]["next_chase"].startswith("2026-11-24"), "as the policy says"
