"""The topics in Kafka, as the settings want them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError, for_code

from marsad.errors import LogAwayError, LogRefusedError, OperatorError
from marsad.messagelog.kafka_client import opened, translated
from marsad.settings import KafkaSettings
from marsad.topics import ALL, ARTICLES, Topic

READY_MS = 30_000
OVERHEAD = 48_576
"""What Kafka's limit on a batch leaves for its own bytes: its default limit is the default of ours and this."""
log = structlog.get_logger(__name__)


class Wanted(NamedTuple):
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def wanted(settings: KafkaSettings, topic: Topic) -> Wanted:
    """What the settings make of a topic."""
    config = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(int(settings.retention_days * 86_400_000)),
        "max.message.bytes": str(settings.max_message_bytes + OVERHEAD),
        # One replica may be away, and a write is on two disks all the same where there are three.
        "min.insync.replicas": str(max(1, settings.replication - 1)),
        # By the broker's clock times rise, and a relayed message is as old as it is in Kafka.
        "message.timestamp.type": "LogAppendTime",
    }
    partitions = settings.articles_partitions if topic == ARTICLES else topic.partitions
    return Wanted(settings.prefix + topic.name, partitions, settings.replication, config)


def create_topics(settings: KafkaSettings, topics: Iterable[Topic] = ALL) -> Sequence[str]:
    """Create the topics that are missing, and bring the others' configuration to what the settings say; which were created.

    May be called any number of times, from several processes at once. OperatorError where a topic has another number of
    partitions: Kafka cannot take any away, and with more of them the order within a key would be lost.
    """
    want = [wanted(settings, topic) for topic in topics]
    admin = opened(KafkaAdminClient, settings)
    try:
        with translated(settings, "creating topics"):
            there = _partitions(admin, want)
            _compare(there, want)
            for topic in want:
                if topic.name in there:
                    _configure(admin, topic)
            missing = [topic for topic in want if topic.name not in there]
            created = [topic.name for topic in missing if _create(admin, topic)]
            # Asked of one broker; another may take some moments more to know of them.
            admin.wait_for_topics([topic.name for topic in missing], timeout_ms=READY_MS)
    finally:
        admin.close()
    if created:
        log.info("topics created", topics=created, replication=settings.replication)
    return created


def identity(settings: KafkaSettings, topics: Iterable[Topic]) -> str:
    """What tells these topics from others of the same names, which somebody deleted and made anew: the ids that Kafka gave them.

    LogAwayError where no broker answers, or the one that does has not heard of them yet.
    """
    names = [settings.prefix + topic.name for topic in topics]
    admin = opened(KafkaAdminClient, settings)
    try:
        with translated(settings, "asking for topics"):
            found = {topic["name"]: topic for topic in admin.describe_topics(names)}
    finally:
        admin.close()
    unknown = [name for name in names if found[name]["error_code"]]
    if unknown:
        raise LogAwayError(f"Kafka at {', '.join(settings.bootstrap)} does not know {', '.join(unknown)} yet")
    return " ".join(str(found[name]["topic_id"]) for name in names)


def _partitions(admin: Any, topics: Sequence[Wanted]) -> dict[str, int]:  # noqa: ANN401 - kafka-python ships no types
    found = admin.describe_topics([topic.name for topic in topics])
    return {topic["name"]: len(topic["partitions"]) for topic in found if topic["error_code"] == 0}


def _compare(there: Mapping[str, int], topics: Sequence[Wanted]) -> None:
    for topic in topics:
        if there.get(topic.name, topic.partitions) != topic.partitions:
            advice = (
                f"set kafka.articles_partitions to {there[topic.name]}"
                if topic.name.endswith(ARTICLES.name)
                else "it has to have one"
            )
            raise OperatorError(
                f"the topic {topic.name} is there with {there[topic.name]} partitions, and {topic.partitions} are wanted: "
                f"{advice}, or stop marsad, delete the topic once everything in it has been read, and start again"
            )


def _create(admin: Any, topic: Wanted) -> bool:  # noqa: ANN401 - kafka-python ships no types
    """Whether it was created; another process may have been first."""
    asked = {"num_partitions": topic.partitions, "replication_factor": topic.replication, "configs": topic.config}
    (answer,) = admin.create_topics({topic.name: asked}, raise_errors=False)["topics"]
    error = for_code(answer["error_code"])
    if answer["error_code"] and error is not TopicAlreadyExistsError:
        raise LogRefusedError(
            f"the topic {topic.name} cannot be created: {answer['error_message'] or error.__name__}; see kafka.replication "
            f"({topic.replication}), which may be at most the number of brokers, and the rights of this client"
        )
    return not answer["error_code"]


def _configure(admin: Any, topic: Wanted) -> None:  # noqa: ANN401 - kafka-python ships no types
    """Set what differs, and say so."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, list(topic.config))
    found = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    different = {key: value for key, value in topic.config.items() if found[key]["value"] != value}
    if not different:
        return
    answer = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, different)])
    if (said := answer["topic"][topic.name]) != "OK":
        raise LogRefusedError(f"the topic {topic.name} cannot be configured with {different}: {said}")
    log.info("topic configured", topic=topic.name, was={key: found[key]["value"] for key in different}, now=different)
