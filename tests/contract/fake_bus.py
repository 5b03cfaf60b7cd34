"""The broker in memory, started and killed as the real ones are, so that one suite holds both."""

from tests.brokers import IDEMPOTENT
from tierline.bus.consumer import Connect, Consumer, Handle, kafka_client
from tierline.messages.broker import Broker
from tierline.messages.topics import EVENTS
from tierline.testing.broker import FakeBroker, FakeSender


class FakeServer:
    """A broker without a disk, like the embedded one: killed, it forgets everything."""

    bootstrap = "in memory"

    def __init__(self) -> None:
        self.broker = FakeBroker()

    async def start(self) -> None:
        """It answers, and has the product's topics."""
        self.broker.create_topics()
        self.broker.up()

    async def kill(self) -> None:
        """It is gone, and all it held."""
        self.broker.forget()
        self.broker.down()

    def producer(self) -> FakeSender:
        """What the relay sends through."""
        return self.broker.sender()


def consumer_of(server: object, group: str, handle: Handle) -> Consumer:
    """A consumer of ticket events on a fake or a real broker."""
    connect: Connect = server.broker.client if isinstance(server, FakeServer) else kafka_client
    where = Broker(server.bootstrap, answers_at_once=IDEMPOTENT)  # type: ignore[attr-defined]
    return Consumer(where, EVENTS, group, handle, connect=connect)
