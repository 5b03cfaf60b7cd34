"""`python -m tests.kafka.fetch`: the jars of Apache Kafka, and an archive that starts it faster."""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.kafka.apache import START_SECONDS, ApacheBroker, Node, free_ports
from tests.kafka.jars import ARCHIVE, NoKafkaError, fetch, java_command
from tierline.messages.topics import PARTITIONS, TOPICS

DUMP_SECONDS = 120.0
LOOK_SECONDS = 0.1


def main() -> int:
    """0 when a broker can be run now; 1, with the reason on standard error, when not."""
    began = time.monotonic()
    try:
        sys.stdout.write("the jars of Apache Kafka ... ")
        sys.stdout.flush()
        fetch()
        java_command()  # says what else is missing
        sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
        if not ARCHIVE.exists():
            sys.stdout.write("a first start, for the class archive ... ")
            sys.stdout.flush()
            asyncio.run(_archive())
            sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    except NoKafkaError as error:
        sys.stdout.write("\n")
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _archive() -> None:
    """Run a broker once, and let Java write down the classes it loaded as it ends."""
    with tempfile.TemporaryDirectory() as folder:
        node = Node.on(1, free_ports(3))
        broker = ApacheBroker(Path(folder), node, [node], dict.fromkeys(TOPICS, PARTITIONS))
        spec = broker.spec()
        if spec.prepare is not None:
            await spec.prepare()
        java, *rest = spec.argv
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs on this loop
            [java, f"-XX:ArchiveClassesAtExit={ARCHIVE}", *rest],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while await broker.probe() is not None and process.poll() is None:
                    await asyncio.sleep(LOOK_SECONDS)
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, DUMP_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
