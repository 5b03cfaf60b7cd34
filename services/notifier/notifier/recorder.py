"""Recording outcomes in batches: again where somebody was in the way, one by one where broken."""

from collections.abc import Callable, Collection, Mapping, Sequence

import structlog

from notifier.directory import DirectorySource
from notifier.limits import REPLAYS
from notifier.outages import PASSING
from notifier.plain import all_plain
from notifier.record import NOBODY, Recorded, record, record_at_once
from notifier.settle import Settlement
from tierline.domain.policy import Policy
from tierline.messages.traced import trace_id_of
from tierline.store.database import REPLAYABLE, Database

log = structlog.get_logger(__name__)


class Recorder:
    """Writes down what became of sends.

    Args:
        db: the pool.
        policy: gives the current one (fallbacks).
        directory: addresses (fallbacks).
    """

    def __init__(
        self, db: Database, policy: Callable[[], Policy], directory: DirectorySource
    ) -> None:
        self._db = db
        self._policy = policy
        self._directory = directory

    async def record(
        self, settlements: Sequence[Settlement], behind: Mapping[int, int] = NOBODY
    ) -> Recorded:
        """Record `settlements` in one transaction, or in one statement where that can be done.

        Args:
            settlements: at most one a message.
            behind: ids of messages to be claimed next, by the id of the one before.

        Raises:
            One of PASSING where the database is away or somebody stayed in the way.
        """
        for _ in range(REPLAYS):
            try:
                return await self._once(settlements, behind)
            except REPLAYABLE as error:
                log.info("outcomes are recorded again", reason=str(error))
        return await self._once(settlements, behind)

    async def record_or_leave(
        self, batch: Sequence[Settlement], behind: Mapping[int, int] = NOBODY
    ) -> Recorded:
        """Record together; where that cannot be done, one by one, so that one spoils no other.

        What cannot be recorded is left to its lease: sent again, and given up in the end.
        """
        try:
            return await self.record(batch, behind)
        except PASSING:
            raise
        except Exception:
            log.exception("outcomes could not be recorded", messages=[s.claim.id for s in batch])
        if len(batch) == 1:
            return Recorded([], set())
        done = [await self.record_or_leave([one], behind) for one in batch]
        return Recorded(
            [one for each in done for one in each.counted],
            {number for each in done for number in each.next},
            any(each.due for each in done),
        )

    async def _once(self, settlements: Sequence[Settlement], behind: Mapping[int, int]) -> Recorded:
        if all_plain(settlements):
            async with self._db.connection() as connection:
                done = await record_at_once(connection, settlements, behind)
        else:
            async with self._db.transaction() as connection:
                directory = await self._directory.get(connection)
                done = await record(connection, settlements, self._policy(), directory, behind)
        _log(settlements, done)
        return done


def _log(settlements: Sequence[Settlement], done: Recorded) -> None:
    counted: Collection[int] = {one.claim.id for one in done.counted}
    for one in settlements:
        if one.claim.id not in counted:
            log.warning(
                "a late outcome was not counted", message=one.claim.id, ticket=one.content.ticket
            )
        elif one.state == "failed":
            log.warning(
                "a message failed",
                message=one.claim.id,
                ticket=one.content.ticket,
                client=one.client,
                trace_id=trace_id_of(one.content.traceparent),
                channel=one.claim.channel,
                address=one.claim.address,
                reason=one.reason,
            )
