"""The broker that tests run on: the embedded one, or a real Apache Kafka.

`TIERLINE_TEST_BROKER=apache` runs the whole service suite on Apache Kafka, with an idempotent
producer, which the embedded broker lacks (tests/kafka).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from tests.kafka.apache import ApacheBroker, Node, free_ports
from tierline.bus.producer import Producer
from tierline.messages.topics import PARTITIONS, TOPICS
from tierline.runtime.embedded.broker import EmbeddedBroker
from tierline.runtime.ports import find_free_port

CHOICES = ("embedded", "apache")
CHOSEN = os.environ.get("TIERLINE_TEST_BROKER", "embedded")
if CHOSEN not in CHOICES:
    raise ValueError(f"TIERLINE_TEST_BROKER={CHOSEN}: must be one of {', '.join(CHOICES)}")

IDEMPOTENT = CHOSEN == "apache"
TOPIC_PARTITIONS = dict.fromkeys(TOPICS, PARTITIONS)

Broker: TypeAlias = EmbeddedBroker | ApacheBroker


def make_broker(folder: Path, topics: Mapping[str, int] = TOPIC_PARTITIONS) -> Broker:
    """A broker, not started yet, on a free port; it has `topics` whenever it is ready.

    Killed, the embedded one forgets everything and Apache Kafka nothing: both must do.

    Raises:
        EmbeddedUnavailableError: the embedded broker is not installed.
        NoKafkaError: Apache Kafka cannot be run here.
    """
    if CHOSEN == "embedded":
        return EmbeddedBroker(find_free_port(), topics, log=folder / "broker.log")
    node = Node.on(1, free_ports(3))
    return ApacheBroker(folder / f"kafka-{node.port}", node, [node], topics)


def make_producer(bootstrap: str) -> Producer:
    """A producer as the services make theirs on this broker."""
    return Producer(bootstrap, idempotent=IDEMPOTENT)
