"""Whether the topics are as they should be, and whether anybody reads them."""

from collections.abc import Iterable, Mapping

from tierline.bus.cluster import Standing, Topic
from tierline.bus.errors import BROKER_AWAY
from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.limits import LAG_WARN, MESSAGE_BYTES_MIN, RETENTION_WARN_MS
from tierline.cli.doctor.patient import AwayError, Patient
from tierline.messages.topics import PARTITIONS, TOPICS

NAME = "topics"
GROUPS = "consumers"
REBUILD = "docs/runbooks/kafka-rebuild.md says how topics are made."


async def topics(patient: Patient) -> list[Finding]:
    """Both topics: there, with their partitions, copies and settings."""
    try:
        there = await patient.cluster.topics()
    except (*BROKER_AWAY, ValueError) as error:
        raise AwayError(f"Kafka says {error!r}") from error
    return judge_topics(there, development=patient.around.development)


def judge_topics(there: Mapping[str, Topic], *, development: bool) -> list[Finding]:
    """Findings about the topics that are there."""
    found = [
        fail(NAME, f"{name} is missing", f"`tierline topics make`; {REBUILD}")
        for name in TOPICS
        if name not in there
    ]
    for topic in there.values():
        found += _copies(topic, development=development) + _settings(topic)
        if topic.partitions < PARTITIONS:
            said = f"{topic.name} has {topic.partitions} partitions"
            remedy = (
                "Probably the broker made it by itself: turn auto.create.topics.enable off, and "
                f"`tierline topics grow {PARTITIONS}`."
            )
            found.append(warn(NAME, said, remedy))
    said = ", ".join(f"{t.name} {t.partitions} x {t.copies}" for t in there.values())
    return found or [ok(NAME, f"{said} (partitions x copies)")]


def _copies(topic: Topic, *, development: bool) -> list[Finding]:
    found = []
    if topic.leaderless:
        said = f"{topic.leaderless} partitions of {topic.name} have no leader"
        found.append(fail(NAME, said, "Brokers are away: look at the cluster."))
    if topic.in_sync < topic.copies:
        said = f"of {topic.name} only {topic.in_sync} of {topic.copies} copies are up to date"
        found.append(warn(NAME, said, "A broker is away or slow: look at the cluster."))
    if development:
        return found
    if topic.copies == 1:
        said = f"{topic.name} has one copy: with its broker, messages wait for the sweeps"
        remedy = "On three brokers set TIERLINE_KAFKA_REPLICATION=3 and make the topics anew."
        found.append(warn(NAME, said, f"{remedy} {REBUILD}"))
        return found
    least = int(topic.settings.get("min.insync.replicas", "0"))
    if least == 1 or least >= topic.copies:
        said = f"{topic.name} has min.insync.replicas={least} of {topic.copies} copies"
        why = "one broker may lose messages" if least == 1 else "no broker may be away"
        found.append(warn(NAME, f"{said}: {why}", f"Set it to {max(2, topic.copies - 1)}."))
    return found


def _settings(topic: Topic) -> list[Finding]:
    found = []
    size = int(topic.settings.get("max.message.bytes", MESSAGE_BYTES_MIN))
    if size < MESSAGE_BYTES_MIN:
        said = f"{topic.name} takes messages of {size} bytes at most"
        remedy = "Set max.message.bytes=1048588: docs/runbooks/poisoned-topic.md."
        found.append(fail(NAME, said, remedy))
    kept = int(topic.settings.get("retention.ms", -1))
    if 0 <= kept < RETENTION_WARN_MS:
        said = f"{topic.name} keeps messages for {kept / 3_600_000:.1f} h"
        remedy = "A consumer that is away for longer waits for the sweeps: set retention.ms higher."
        found.append(warn(NAME, said, remedy))
    policy = topic.settings.get("cleanup.policy", "delete")
    if "compact" in policy:
        said = f"{topic.name} is compacted: events of a ticket vanish from it"
        found.append(fail(NAME, said, "Set cleanup.policy=delete."))
    return found


async def consumers(patient: Patient) -> list[Finding]:
    """Each group has members, and is not far behind."""
    try:
        cluster = patient.cluster
        standings = await cluster.standings(await cluster.topics())
    except (*BROKER_AWAY, ValueError) as error:
        raise AwayError(f"Kafka says {error!r}") from error
    return judge_consumers(standings)


def judge_consumers(standings: Iterable[Standing]) -> list[Finding]:
    """Findings about the groups."""
    found = [_group(one) for one in standings]
    return found or [skipped(GROUPS, "there are no topics to read")]


def _group(one: Standing) -> Finding:
    service = "intake" if one.group == "triage" else one.group
    said = f"{one.group} is {one.lag} messages behind in {one.topic}"
    if one.members == 0:
        remedy = f"No {service} reads: start it, or look at its log for why it cannot join."
        return fail(GROUPS, f"{said}, and nobody is in the group", remedy)
    if one.lag > LAG_WARN:
        return warn(GROUPS, said, f"Run more replicas of {service}, up to one a partition.")
    return ok(GROUPS, said)
