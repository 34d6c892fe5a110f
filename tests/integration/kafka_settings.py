"""What tests of Kafka share: settings for a server, topics with names of their own, and the records of a topic."""

import threading
from collections.abc import Sequence

import msgspec
from kafka import KafkaAdminClient, TopicPartition
from prometheus_client import CollectorRegistry

from marsad.message import Message, after
from marsad.messagelog.kafka import KafkaLog
from marsad.messagelog.kafka_topics import create_topics
from marsad.metrics import Metrics
from marsad.settings import KafkaSettings
from marsad.topics import Topic


def settings_for(addresses: str, *, replication: int = 1) -> KafkaSettings:
    return KafkaSettings(bootstrap=addresses.split(","), replication=replication)


def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def kafka_log(settings: KafkaSettings, stopping: threading.Event | None = None) -> KafkaLog:
    return KafkaLog(settings, metrics(), stopping)


def make_topic(settings: KafkaSettings, name: str, *, partitions: int = 1, compacted: bool = False) -> str:
    create_topics(settings, [Topic(name, msgspec.Struct, "key", partitions, compacted)])
    return name


def trim(settings: KafkaSettings, topic: str, before: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 0): before})
    finally:
        admin.close()


def delete_topics(settings: KafkaSettings, names: Sequence[str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        admin.delete_topics(list(names))
    finally:
        admin.close()


def everything(log: KafkaLog, topic: str) -> list[Message]:
    """All messages from the topic's start to the end that it has now."""
    bounds = log.bounds(topic)
    here = {partition: each.start for partition, each in bounds.items()}
    found: list[Message] = []
    while any(here[partition] < each.next for partition, each in bounds.items()):
        messages = log.read(here, 1_000, 5.0)
        found += messages
        here |= after(messages)
    return found
