"""Seeing to it that the topics exist."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from tierline.bus.connecting import client_settings
from tierline.bus.limits import REQUEST_TIMEOUT_MS
from tierline.messages.broker import Where
from tierline.messages.topics import PARTITIONS, TOPICS


async def ensure_topics(
    where: Where, *, replication: int = 1, partitions: int = PARTITIONS
) -> None:
    """Create the topics that are missing. Raises KafkaError or OSError.

    Args:
        where: the broker.
        replication: copies of each message.
        partitions: of each topic.
    """
    admin = AIOKafkaAdminClient(**client_settings(where), request_timeout_ms=REQUEST_TIMEOUT_MS)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        wanted = [name for name in TOPICS if name not in there]
        if wanted:
            await _create(admin, wanted, replication, partitions)
    finally:
        await admin.close()


async def _create(
    admin: AIOKafkaAdminClient, names: list[str], replication: int, partitions: int
) -> None:
    topics = [
        NewTopic(name=name, num_partitions=partitions, replication_factor=replication)
        for name in names
    ]
    try:
        await admin.create_topics(topics)
    except TopicAlreadyExistsError:
        return
    except KafkaError as error:
        if "TopicAlreadyExists" not in repr(error):
            raise
