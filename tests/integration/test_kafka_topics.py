"""Topics are made as the settings say, any number of times, and what cannot be changed is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from marsad.errors import LogAwayError, LogRefusedError, OperatorError
from marsad.messagelog.kafka_topics import create_topics, wanted
from marsad.settings import KafkaSettings
from marsad.topics import ALERTS, ALL, ARTICLES, STORIES, Topic
from tests.integration.kafka_settings import delete_topics, kafka_log, settings_for


@pytest.fixture
def settings(kafka: str) -> KafkaSettings:
    return settings_for(kafka)


@pytest.fixture
def topic(settings: KafkaSettings, own_name: str) -> Iterator[Topic]:
    yield Topic(own_name, msgspec.Struct, "key", partitions=3)
    delete_topics(settings, [own_name])


def config(settings: KafkaSettings, name: str) -> dict[str, str]:
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap)
    try:
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
    finally:
        admin.close()
    return {key: value["value"] for key, value in found["topic"][name].items()}


@pytest.mark.parametrize(
    ("topic", "replication", "partitions", "expected"),
    [
        (ARTICLES, 1, 6, {"cleanup.policy": "delete", "retention.ms": "172800000", "min.insync.replicas": "1"}),
        (STORIES, 3, 1, {"cleanup.policy": "delete", "min.insync.replicas": "2", "max.message.bytes": "1048576"}),
        (ALERTS, 3, 1, {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"}),
    ],
)
def test_what_the_settings_make_of_a_topic(
    topic: Topic, replication: int, partitions: int, expected: dict[str, str]
) -> None:
    settings = KafkaSettings(
        replication=replication, articles_partitions=6, retention_days=2, max_message_bytes=1_000_000
    )
    made = wanted(settings, topic)
    assert (made.partitions, made.replication) == (partitions, replication)
    assert expected.items() <= made.config.items()


def test_a_topic_is_made_once_and_may_be_asked_for_again(settings: KafkaSettings, topic: Topic) -> None:
    assert create_topics(settings, [topic]) == [topic.name]
    assert create_topics(settings, [topic]) == []
    assert wanted(settings, topic).config.items() <= config(settings, topic.name).items()
    log = kafka_log(settings)
    assert len(log.bounds(topic.name)) == 3
    log.close()


def test_changed_settings_change_the_topic(settings: KafkaSettings, topic: Topic) -> None:
    create_topics(settings, [topic])
    changed = settings.model_copy(update={"retention_days": 7.0, "max_message_bytes": 2_000_000})
    create_topics(changed, [topic._replace(compacted=True)])
    found = config(settings, topic.name)
    assert found["retention.ms"] == "604800000"
    assert found["max.message.bytes"] == "2048576"
    assert found["cleanup.policy"] == "compact"


def test_other_partitions_are_told_and_nothing_is_changed(settings: KafkaSettings, topic: Topic) -> None:
    create_topics(settings, [topic])
    with pytest.raises(
        OperatorError, match=f"{topic.name} is there with 3 partitions, and 1 are wanted: it has to have one"
    ):
        create_topics(settings, [topic._replace(partitions=1)])
    assert create_topics(settings, [topic]) == []


def test_more_replicas_than_brokers_are_refused_with_the_setting(kafka: str, own_name: str) -> None:
    with pytest.raises(LogRefusedError, match=r"kafka\.replication \(3\)"):
        create_topics(settings_for(kafka, replication=3), [Topic(own_name, msgspec.Struct, "key")])


def test_several_processes_may_make_them_at_once(settings: KafkaSettings, topic: Topic) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create_topics(settings, [topic]), range(4)))
    assert [name for names in made for name in names] == [topic.name]


def test_all_topics_of_marsad_can_be_made(settings: KafkaSettings, own_name: str) -> None:
    topics = [topic._replace(name=f"{own_name}-{topic.name}") for topic in ALL]
    assert list(create_topics(settings, topics)) == [topic.name for topic in topics]
    delete_topics(settings, [topic.name for topic in topics])


def test_without_a_broker_it_is_worth_trying_again() -> None:
    with pytest.raises(LogAwayError, match=r"127\.0\.0\.1:9 does not answer"):
        create_topics(KafkaSettings(bootstrap=["127.0.0.1:9"]))
