"""Where the jars of Apache Kafka are, and how they come there (Maven Central, once)."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "target"
JARS = TARGET / "dependency"
ARCHIVE = TARGET / "classes.jsa"
"""Java's class-data archive: a broker is up in half the time."""

FETCH_SECONDS = 600.0


class NoKafkaError(RuntimeError):
    """Apache Kafka cannot be run here; the message says what is missing and how to get it."""


def missing() -> str | None:
    """None when a broker can be run, else what is missing and what to do about it."""
    if shutil.which("java") is None:
        return "there is no java: install a JDK 17 (Debian: openjdk-17-jre-headless)"
    if not any(JARS.glob("kafka_2.13-*.jar")):
        return "the jars of Apache Kafka are not here: run `python -m tests.kafka.fetch`"
    return None


def fetch() -> None:
    """Get the jars of pom.xml, unless they are there. Raises NoKafkaError."""
    if any(JARS.glob("kafka_2.13-*.jar")):
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise NoKafkaError("there is no mvn: install Apache Maven (Debian: maven)")
    argv = [maven, "-q", "-B", "-ntp", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())[-600:]
        raise NoKafkaError(f"mvn could not get the jars of Apache Kafka: {said}")


@cache
def java_command() -> tuple[str, ...]:
    """Java with the jars, for short-lived tools and for brokers. Raises NoKafkaError."""
    why = missing()
    if why is not None:
        raise NoKafkaError(why)
    java = shutil.which("java") or "java"
    shared = [f"-XX:SharedArchiveFile={ARCHIVE}"] if ARCHIVE.exists() else []
    return (
        java,
        "-Xms64m",
        f"-Xmx{os.environ.get('TIERLINE_TEST_KAFKA_HEAP', '384m')}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # quick to be up; a test broker never gets hot
        "-Xshare:auto",
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
        *shared,
        "-Djava.net.preferIPv4Stack=true",
        f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        "-cp",
        f"{JARS}/*",
    )
