"""Consumer lag is what the broker says, and a drain that met some says where."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.brokers import Broker
from tests.contract.bus import outgoing, own_broker
from tests.faults.drain import Drained, add_lag
from tests.faults.groups import (
    NOTHING,
    NOTIFIER,
    TRIAGE,
    Groups,
    LagUnknownError,
    Members,
    Standing,
    lags,
)
from tests.faults.promises import DRAINED
from tests.faults.scenarios import NoFaultError, wait_for_members
from tests.faults.world import Watch
from tierline.bus.producer import Producer
from tierline.messages.topics import ALERTS, EVENTS

SENT = 20


def standing(committed: int, end: int) -> Standing:
    return Standing(TRIAGE, ALERTS, 2, committed, end)


@pytest.mark.parametrize(
    ("committed", "end", "lag"),
    [(7, 7, 0), (5, 7, 2), (NOTHING, 0, 0), (NOTHING, 7, 7), (9, 7, 7), (9, 0, 0)],
)
def test_lag_counts_what_a_group_has_not_committed(committed, end, lag):
    """Nothing committed, or more than there is: a broker that lost everything came back."""
    assert standing(committed, end).lag == lag
    assert lags([standing(committed, end)]) == {TRIAGE: lag, NOTIFIER: 0}


class Told:
    """A broker that says what it is told to, one answer after the other, the last for ever."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

    async def standings(self) -> list[Standing]:
        return self._next()

    async def members(self, _: str) -> Members:
        return self._next()

    def _next(self):
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_lag_that_stays_is_named_by_group_partition_and_offsets():
    found = Drained()
    found.details = await add_lag(found, Told([standing(5, 7), standing(7, 7)]), Watch())
    (broken,) = found.broken()
    assert broken.promise == DRAINED
    assert broken.cases == (
        "2 messages triage has not committed",
        "triage has committed offset 5 of alerts.received/2, end 7",
    )


async def test_a_broker_that_does_not_tell_the_lag_leaves_nothing_drained():
    found = Drained()
    assert await add_lag(found, Told(LagUnknownError("it does not say")), Watch()) == [
        "it does not say"
    ]
    assert found.broken() != []


async def test_how_long_lag_took_is_counted_to_its_last_end():
    found, watch = Drained(), Watch()
    told = Told([standing(7, 7)], [standing(5, 7)], [standing(7, 7)])
    await add_lag(found, told, watch)
    first = found.lag_s[TRIAGE]
    await add_lag(found, told, watch)
    assert TRIAGE not in found.lag_s
    await add_lag(found, told, watch)
    assert found.lag_s[TRIAGE] >= first
    assert found.lag_most[TRIAGE] == 2
    assert found.broken() == []


async def test_a_group_that_never_becomes_as_wanted_fails_the_fault():
    both = Members(frozenset({"a", "b"}), settled=True)
    told = Told(LagUnknownError("away"), both)

    def new(found: Members) -> bool:
        return "c" in found.ids

    with pytest.raises(NoFaultError, match=r"group triage should have a new member: .*'a'"):
        await wait_for_members(told, TRIAGE, new, 0.3, "a new member")
    back = Members(frozenset({"b", "c"}), settled=True)
    assert await wait_for_members(Told(both, back), TRIAGE, new, 5, "a new member") == back


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker_with_alerts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    """A broker with SENT alerts in one partition, which came in one batch."""
    async with own_broker(tmp_path_factory.mktemp("broker")) as server:
        producer = Producer(server.bootstrap)
        bodies = [b"%d" % number for number in range(SENT)]
        assert await producer.send(outgoing(ALERTS, *bodies)) == {}
        await producer.close()
        yield server


async def commit(bootstrap: str, group: str, offsets: Mapping[TopicPartition, int]) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    consumer.assign(list(offsets))
    await consumer.commit(dict(offsets))
    await consumer.stop()


@pytest.mark.broker
async def test_a_real_broker_says_how_far_a_group_is(broker_with_alerts: Broker, eventually):
    groups = Groups(broker_with_alerts.bootstrap)

    async def read() -> list[Standing]:
        try:
            return await groups.standings()
        except LagUnknownError:  # a new broker has no coordinator yet
            return []

    found = await eventually(read)
    assert lags(found) == {TRIAGE: SENT, NOTIFIER: 0}
    (behind,) = [one for one in found if one.lag]
    assert (behind.committed, behind.end) == (NOTHING, SENT)
    place = TopicPartition(ALERTS, behind.partition)
    for committed in (SENT - 3, SENT):
        await commit(broker_with_alerts.bootstrap, TRIAGE, {place: committed})
        assert lags(await groups.standings())[TRIAGE] == SENT - committed
    await groups.close()


@pytest.mark.broker
async def test_a_real_broker_says_who_is_in_a_group(broker_with_alerts: Broker):
    groups = Groups(broker_with_alerts.bootstrap)
    consumer = AIOKafkaConsumer(
        EVENTS, bootstrap_servers=broker_with_alerts.bootstrap, group_id=NOTIFIER
    )
    await consumer.start()
    found = await groups.members(NOTIFIER)
    assert found.settled
    assert len(found.ids) == 1
    await consumer.stop()
    await groups.close()


@pytest.mark.broker
async def test_a_broker_that_is_away_says_nothing(tmp_path: Path):
    async with own_broker(tmp_path) as server:
        bootstrap = server.bootstrap
    groups = Groups(bootstrap)
    with pytest.raises(LagUnknownError):
        await groups.standings()
    await groups.close()
