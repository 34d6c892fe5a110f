"""The Kafka log passes the contract on a real broker, and says what is wrong where there is none."""

import itertools
import re
import threading
import time
from collections.abc import Iterator

import pytest

from marsad.errors import LogAwayError, OperatorError, PositionLostError, TooLargeError, UnknownTopicError
from marsad.message import Partition, Record, after
from marsad.messagelog.kafka import KafkaLog
from marsad.settings import KafkaSettings
from tests.contracts.message_log import MessageLogContract, beginning, keys, read_all, records
from tests.integration.kafka_settings import delete_topics, everything, kafka_log, make_topic, settings_for, trim


class KafkaHarness:
    def __init__(self, settings: KafkaSettings, name: str) -> None:
        self.settings = settings
        self.largest_message = settings.max_message_bytes
        self._logs: list[KafkaLog] = []
        self._names = (f"{name}-{number}" for number in itertools.count())
        self._made: list[str] = []

    def topic(self, *, partitions: int = 1) -> str:
        self._made.append(make_topic(self.settings, next(self._names), partitions=partitions))
        return self._made[-1]

    def log(self) -> KafkaLog:
        self._logs.append(kafka_log(self.settings))
        return self._logs[-1]

    def trim(self, topic: str, before: int) -> None:
        trim(self.settings, topic, before)

    def set_time(self, time_ms: int) -> None:
        while self.now() < time_ms:
            time.sleep(0.005)

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def close(self) -> None:
        for log in self._logs:
            log.close()
        if self._made:
            delete_topics(self.settings, self._made)


@pytest.fixture
def harness(kafka: str, own_name: str) -> Iterator[KafkaHarness]:
    made = KafkaHarness(settings_for(kafka), own_name)
    yield made
    made.close()


def test_two_marsads_share_a_cluster_under_prefixes_of_their_own(kafka: str, own_name: str) -> None:
    ours, theirs = (settings_for(kafka).model_copy(update={"prefix": f"{own_name}-{who}-"}) for who in ("a", "b"))
    for settings, value in ((ours, b"ours"), (theirs, b"theirs")):
        make_topic(settings, "t")
        log = kafka_log(settings)
        log.append("t", [Record(b"k", value)])
        (found,) = everything(log, "t")
        assert (found.partition, found.value) == (Partition("t", 0), value)
        assert log.positions_at("t", found.time) == {Partition("t", 0): 0}
        log.close()
    delete_topics(ours, [f"{own_name}-{who}-t" for who in ("a", "b")])


class TestKafkaLog(MessageLogContract):
    """The whole contract on one broker."""


def test_a_reader_goes_on_without_fetching_again(harness: KafkaHarness) -> None:
    topic, log = harness.topic(), harness.log()
    log.append(topic, records(*(f"{number:04}" for number in range(1_000))))
    here, found = beginning(log, topic), 0
    began = time.monotonic()
    while found < 1_000:
        messages = log.read(here, 10, 5.0)
        found += len(messages)
        here |= after(messages)
    assert time.monotonic() - began < 20, "a seek for each read throws away what was fetched ahead"


def test_positions_and_bounds_are_of_each_partition(harness: KafkaHarness) -> None:
    topic, log = harness.topic(partitions=3), harness.log()
    log.append(topic, records(*"abcdefghij"))
    bounds = log.bounds(topic)
    assert [partition.number for partition in sorted(bounds)] == [0, 1, 2]
    assert sum(each.next - each.start for each in bounds.values()) == 10
    assert log.positions_at(topic, 0) == {partition: each.start for partition, each in bounds.items()}


def test_a_partition_that_is_not_there_is_unknown(harness: KafkaHarness) -> None:
    topic = harness.topic()
    with pytest.raises(UnknownTopicError, match="partition 1"):
        harness.log().read({Partition(topic, 1): 0}, 1, 0.1)


def test_a_lost_position_is_told_with_what_is_there_and_the_others_are_not_named(harness: KafkaHarness) -> None:
    first, second, log = harness.topic(), harness.topic(), harness.log()
    log.append(first, records("a", "b", "c"))
    log.append(second, records("d"))
    harness.trim(first, 2)
    start = {Partition(first, 0): 0, Partition(second, 0): 0}
    with pytest.raises(
        PositionLostError, match=r"position 0 is outside what Kafka holds, 2 to 3.*start this consumer at"
    ) as told:
        while True:
            start |= after([message for message in log.read(start, 10, 2.0) if message.partition.topic == second])
    assert second not in str(told.value)
    assert keys(read_all(log, {Partition(first, 0): 2}, 1)) == ["c"]


def test_a_topic_that_has_been_deleted_is_unknown_and_not_empty(harness: KafkaHarness) -> None:
    topic, log = make_topic(harness.settings, f"{harness.topic()}-gone"), harness.log()
    start = beginning(log, topic)
    assert log.read(start, 10, 0.1) == []
    delete_topics(harness.settings, [topic])
    with pytest.raises(UnknownTopicError, match=topic):
        for _ in range(10):
            log.read(start, 10, 1.0)


def test_the_largest_message_goes_in_and_comes_out(harness: KafkaHarness) -> None:
    topic, log = harness.topic(), harness.log()
    record = Record(b"key", (b"%d" % time.time_ns() * 60_000)[: harness.largest_message - 3])
    log.append(topic, [record])
    with pytest.raises(TooLargeError):
        log.append(topic, [record._replace(key=b"keys")])
    (message,) = everything(log, topic)
    assert message.value == record.value


def test_the_broker_gives_the_time(harness: KafkaHarness) -> None:
    topic, log = harness.topic(), harness.log()
    before = harness.now()
    log.append(topic, records("a"))
    (message,) = everything(log, topic)
    assert before - 1_000 <= message.time <= harness.now() + 1_000


class TestWithoutABroker:
    settings = KafkaSettings(bootstrap=["127.0.0.1:9"])

    def test_reading_is_an_error_and_not_an_empty_topic(self) -> None:
        log = kafka_log(self.settings)
        with pytest.raises(LogAwayError, match=re.escape("Kafka at 127.0.0.1:9 does not answer")):
            log.read({Partition("topic", 0): 0}, 1, 0.1)
        with pytest.raises(LogAwayError):
            log.bounds("topic")
        log.close()

    def test_no_thread_is_left_behind(self) -> None:
        log = kafka_log(self.settings)
        before = threading.active_count()
        with pytest.raises(LogAwayError):
            log.bounds("topic")
        assert threading.active_count() == before
        log.close()

    def test_an_append_waits_until_the_process_is_to_stop(self) -> None:
        stopping = threading.Event()
        log = kafka_log(self.settings, stopping)
        timer = threading.Timer(7.0, stopping.set)
        timer.start()
        began = time.monotonic()
        with pytest.raises(LogAwayError, match=r"stopped after .* s of waiting"):
            log.append("topic", records("a"))
        assert time.monotonic() - began >= 7.0
        timer.join()
        log.close()

    def test_no_password_is_told(self) -> None:
        settings = KafkaSettings.model_validate(
            {
                "bootstrap": ["127.0.0.1:9"],
                "security": "SASL_PLAINTEXT",
                "sasl_username": "marsad",
                "sasl_password": "open sesame",
            }
        )
        with pytest.raises(LogAwayError) as told:
            kafka_log(settings).bounds("topic")
        assert "sesame" not in f"{told.value}{settings}{settings!r}"

    def test_a_file_that_is_not_there_is_named(self) -> None:
        settings = KafkaSettings(bootstrap=["127.0.0.1:9"], security="SSL", tls_ca="/nowhere/ca.pem")
        with pytest.raises(OperatorError, match=r"kafka.tls_ca: there is no file /nowhere/ca.pem"):
            kafka_log(settings).bounds("topic")
