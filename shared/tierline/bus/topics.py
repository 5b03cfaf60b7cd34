"""Seeing to it that the topics exist."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from tierline.bus.limits import REQUEST_TIMEOUT_MS
from tierline.messages.topics import PARTITIONS, TOPICS


async def ensure_topics(
    bootstrap: str, *, replication: int = 1, partitions: int = PARTITIONS
) -> None:
    """Create the topics that are missing. Raises KafkaError or OSError.

    Args:
        bootstrap: the broker.
        replication: copies of each message.
        partitions: of each topic.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
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
