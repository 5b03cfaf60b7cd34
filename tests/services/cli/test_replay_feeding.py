"""What feeds a replay and waits for it: order, time, going on, patience."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tierline.cli.failures import FailureError
from tierline.cli.replaying.database import Backlog
from tierline.cli.replaying.drain import drain, make_room
from tierline.cli.replaying.feed import COMMANDS, TIME, Feeder
from tierline.cli.replaying.limits import OUTBOX_MAX
from tierline.cli.replaying.post import Poster
from tierline.domain.terms import State
from tierline.replay.plan import Case, Expected, Plan, Step
from tierline.store.replays import LEAP_MAX

START = datetime(2012, 3, 5, 8, tzinfo=UTC)
EXPECTED = Expected(State.CLOSED, "T1", "Desk", "", 0)
AFTER = "tierline.cli.replaying.{}"


def case(key: str, *minutes: float) -> Case:
    steps = tuple(
        Step(row, START + timedelta(minutes=m), "open" if not row else "notes", {"text": key})
        for row, m in enumerate(minutes)
    )
    return Case(key, "Client", steps, EXPECTED)


def plan_of(*cases: Case) -> Plan:
    instants = [step.at for case in cases for step in case.steps]
    return Plan(
        cases, (), (), ("T1",), ("Client",), min(instants), max(instants), (), {}, len(instants), 0
    )


class FakeRouter:
    """Keeps what it is asked, in order; checks that time never overtakes what is not recorded."""

    def __init__(self, plan: Plan) -> None:
        self.now = plan.start
        self.asked: list[dict[str, Any]] = []
        self.under_way = self.most = 0
        self.unrecorded = {(c.key, s.row): s.at for c in plan.cases for s in c.steps}
        self.refuses: set[str] = set()
        self.leaps: list[timedelta] = []

    async def __call__(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return self._time(body) if path == TIME else self._commands(path, body)

    def _time(self, body: dict[str, Any]) -> dict[str, Any]:
        to = datetime.fromisoformat(body["to"])
        assert to <= min(self.unrecorded.values(), default=to)
        self.leaps.append(to - self.now)
        self.now = max(self.now, to)
        return {"now": self.now.isoformat()}

    def _commands(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert path == COMMANDS
        answers = []
        for command in body["commands"]:
            assert datetime.fromisoformat(command["at"]) >= self.now
            self.asked.append(command)
            name, row, _ = command["key"].split("/")
            del self.unrecorded[name, int(row)]
            answers.append({"status": 409 if command["key"] in self.refuses else 200})
        return {"answers": answers}

    def rows(self, case: str) -> list[int]:
        return [int(c["key"].split("/")[1]) for c in self.asked if c["case"] == case]


async def nothing_due() -> int:
    return 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands a request; nobody waits."""
    monkeypatch.setattr(AFTER.format("feed.COMMANDS_A_REQUEST"), 2)
    monkeypatch.setattr(AFTER.format("feed.TIME_EVERY_S"), 0.0)
    monkeypatch.setattr(AFTER.format("drain.LOOK_EVERY_S"), 0.0)
    monkeypatch.setattr(AFTER.format("post.RETRY_FIRST_S"), 0.0)


PLAN = plan_of(
    case("A", 0, 10, 10, 10, 50), case("B", 5, 6, 7, 8), case("C", 9, 40), case("D", 9, 9, 9)
)


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
async def test_every_step_is_sent_once_in_its_cases_order_and_time_follows(jobs: int) -> None:
    router = FakeRouter(PLAN)
    feeder = Feeder.of(PLAN, router, nothing_due, (), jobs)
    await feeder.run()
    for one in PLAN.cases:
        assert router.rows(one.key) == list(range(len(one.steps)))
    assert router.now == PLAN.end == feeder.now
    assert (feeder.fed.commands, feeder.fed.cases, feeder.fed.sent) == (14, 4, 14)


async def test_cases_are_sent_by_several_requests_at_once() -> None:
    router = FakeRouter(PLAN)
    await Feeder.of(PLAN, router, nothing_due, (), jobs=3).run()
    assert router.most >= 3


async def test_a_key_names_case_row_and_step() -> None:
    router = FakeRouter(PLAN)
    await Feeder.of(PLAN, router, nothing_due, (), jobs=1).run()
    assert {c["key"] for c in router.asked if c["case"] == "C"} == {"C/0/0", "C/1/1"}


async def test_going_on_sends_only_what_is_not_recorded() -> None:
    router = FakeRouter(PLAN)
    router.unrecorded = {("A", 4): PLAN.end, ("C", 1): START + timedelta(minutes=40)}
    applied = {
        f"{c.key}/{s.row}/{n}"
        for c in PLAN.cases
        for n, s in enumerate(c.steps)
        if (c.key, s.row) not in router.unrecorded
    }
    feeder = Feeder.of(PLAN, router, nothing_due, applied, jobs=2)
    assert (feeder.fed.commands, feeder.fed.cases) == (12, 2)
    assert feeder.frontier == START + timedelta(minutes=40)
    await feeder.run()
    assert sorted(c["key"] for c in router.asked) == ["A/4/4", "C/1/1"]
    assert (feeder.fed.commands, feeder.fed.cases, feeder.fed.sent) == (14, 4, 2)


async def test_refusals_are_counted_and_stop_nothing() -> None:
    router = FakeRouter(PLAN)
    router.refuses = {"A/2/2", "B/1/1"}
    feeder = Feeder.of(PLAN, router, nothing_due, (), jobs=2)
    await feeder.run()
    assert feeder.fed.refused == 2
    assert not router.unrecorded


async def test_a_request_that_fails_for_good_ends_the_whole_run() -> None:
    async def broken(path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == COMMANDS:
            raise FailureError("No.", "Do something.")
        return {"now": body["to"]}

    with pytest.raises(FailureError):
        await Feeder.of(PLAN, broken, nothing_due, (), jobs=2).run()


async def test_time_goes_on_in_leaps_and_waits_until_it_has_passed_everywhere() -> None:
    days = 24 * 60
    plan = plan_of(case("A", 0, 700 * days), case("B", 1, 2, 3))
    router, looked = FakeRouter(plan), []

    async def due() -> int:
        looked.append(router.now)
        return 1 if len(looked) < 3 else 0

    await Feeder.of(plan, router, due, (), jobs=2).run()
    assert max(router.leaps) <= LEAP_MAX
    assert router.now == plan.end
    assert looked[0] == looked[1] == looked[2]


async def test_while_too_much_is_on_its_way_nothing_new_is_sent() -> None:
    waiting = [OUTBOX_MAX, OUTBOX_MAX - 1, OUTBOX_MAX // 2]
    seen: list[bool] = []
    room = asyncio.Event()
    room.set()

    class FullBooks:
        async def outbox(self, at_most: int) -> int:
            seen.append(room.is_set())
            return waiting.pop(0) if waiting else 0

    task = asyncio.create_task(make_room(FullBooks(), room))  # type: ignore[arg-type]
    while len(seen) < 4:
        await asyncio.sleep(0)
    task.cancel()
    assert seen[:4] == [True, False, False, True]


class FakeBooks:
    """What is left at each look; the last one stays."""

    def __init__(self, *left: int) -> None:
        self.left = list(left)

    async def backlog(self) -> Backlog:
        found = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        return Backlog(0, found, 0, 0, 0)


async def test_it_is_over_when_nothing_is_on_its_way() -> None:
    said: list[int] = []
    await drain(FakeBooks(9, 9, 4, 0), lambda left: said.append(left.outbox))  # type: ignore[arg-type]
    assert said == [9, 9, 4, 0]


async def test_a_backlog_that_does_not_shrink_is_a_failure_that_says_what_is_left() -> None:
    with pytest.raises(FailureError, match="3 messages on their way"):
        await drain(FakeBooks(5, 3), lambda _: None, stuck_max_s=0.0)  # type: ignore[arg-type]


def poster(answer: Callable[[httpx.Request], httpx.Response], patience: float = 60.0) -> Poster:
    transport = httpx.MockTransport(answer)
    return Poster(httpx.AsyncClient(base_url="http://router", transport=transport), patience)


async def test_a_request_is_sent_again_until_the_router_is_back() -> None:
    answers = iter(["away", 503, 500, 200])
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        what = next(answers)
        if what == "away":
            raise httpx.ConnectError("refused")
        return httpx.Response(int(what), json={"fine": True})

    assert await poster(answer)("/x", {"commands": [1]}) == {"fine": True}
    assert len(bodies) == 4
    assert len(set(bodies)) == 1


async def test_a_router_that_stays_away_ends_the_run_which_may_be_resumed() -> None:
    with pytest.raises(FailureError, match="HTTP 503") as failed:
        await poster(lambda _: httpx.Response(503), patience=0.0)("/x", {})
    assert "goes on" in failed.value.remedy


async def test_a_refusal_of_the_whole_request_is_told_at_once() -> None:
    problem = {"code": "no_replay", "detail": "no replay is running"}
    with pytest.raises(FailureError, match="No replay is running"):
        await poster(lambda _: httpx.Response(409, json=problem))("/x", {})
