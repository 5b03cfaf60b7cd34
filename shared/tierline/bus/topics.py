"""Seeing to it that the topics exist."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from tierline.bus.connecting import client_settings
from tierline.bus.limits import REQUEST_TIMEOUT_MS
from tierline.messages.broker import Where
from tierline.messages.topics import PARTITIONS, TOPICS


async def ensure_topics(where: Where, *, replication: int = 1) -> None:
    """Create the topics that are missing, with PARTITIONS each. Raises KafkaError or OSError."""
    admin = AIOKafkaAdminClient(**client_settings(where), request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        wanted = [name for name in TOPICS if name not in there]
        if wanted:
            await _create(admin, wanted, replication)
    finally:
        await admin.close()


async def partitions_of(where: Where, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each of `names` has; what is missing is left out.

    Raises KafkaError or OSError.
    """
    settings = client_settings(where)
    admin = AIOKafkaAdminClient(**settings, request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        there = set(await admin.list_topics())  # asking for a missing one could make it
        wanted = [name for name in names if name in there]
        described = await admin.describe_topics(wanted) if wanted else []
    finally:
        await admin.close()
    return {it["topic"]: len(it["partitions"]) for it in described}


async def _create(admin: AIOKafkaAdminClient, names: list[str], replication: int) -> None:
    topics = [
        NewTopic(name=name, num_partitions=PARTITIONS, replication_factor=replication)
        for name in names
    ]
    try:
        await admin.create_topics(topics)
    except TopicAlreadyExistsError:
        return
    except KafkaError as error:
        if "TopicAlreadyExists" not in repr(error):
            raise
