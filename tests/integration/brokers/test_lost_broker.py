"""Three brokers, of which one is killed under load and comes back: nothing is lost, and no one has to be told."""

import random
import threading
import time
from collections.abc import Iterator

import pytest

from marsad.errors import LogAwayError
from marsad.message import Partition, Record, after
from marsad.messagelog.kafka import KafkaLog
from marsad.settings import KafkaSettings
from tests.integration.kafka_settings import delete_topics, everything, kafka_log, make_topic, settings_for
from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.integration.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300, func_only=True)]


@pytest.fixture
def settings(three_brokers: KafkaCluster) -> KafkaSettings:
    return settings_for(three_brokers.address(), replication=3)


@pytest.fixture
def topic(settings: KafkaSettings, own_name: str, three_brokers: KafkaCluster) -> Iterator[str]:
    """Of six partitions, so that each broker leads two."""
    yield make_topic(settings, own_name, partitions=6)
    three_brokers.up()
    delete_topics(settings, [own_name])


class Load:
    """A thread that appends batches and one that reads along, each with a log of its own, until told to end."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._topic = topic
        self._ended = threading.Event()
        self.acknowledged = 0
        self.read: list[int] = []
        self.slowest_s = 0.0
        self.failures: list[Exception] = []
        self._logs = [kafka_log(settings), kafka_log(settings)]
        starts = {partition: bounds.start for partition, bounds in self._logs[1].bounds(topic).items()}
        self._threads = [
            threading.Thread(target=self._write, args=(self._logs[0],)),
            threading.Thread(target=self._read, args=(self._logs[1], starts)),
        ]
        for thread in self._threads:  # the writer first: the reader reads until it has ended
            thread.start()

    def _write(self, log: KafkaLog) -> None:
        try:
            while not self._ended.is_set():
                numbers = range(self.acknowledged, self.acknowledged + random.randint(1, 30))
                began = time.monotonic()
                log.append(self._topic, [Record(b"%d" % n, b"%d" % n + b" x" * 1_000) for n in numbers])
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                self.acknowledged = numbers.stop
                time.sleep(0.02)
        except Exception as error:  # noqa: BLE001 - the test tells of it
            self.failures.append(error)

    def _read(self, log: KafkaLog, positions: dict[Partition, int]) -> None:
        try:
            while self._threads[0].is_alive() or len(self.read) < self.acknowledged:
                try:
                    messages = log.read(positions, 100, 0.5)
                except LogAwayError:
                    continue  # as a stage does: the same call again
                self.read += [int(message.key) for message in messages]
                positions |= after(messages)
        except Exception as error:  # noqa: BLE001 - the test tells of it
            self.failures.append(error)

    def grows(self, by: int) -> None:
        """Wait until so many more are acknowledged."""
        goal = self.acknowledged + by
        until(lambda: self.acknowledged >= goal or bool(self.failures), what=f"{by} more acknowledged")

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
        for log in self._logs:
            log.close()


def test_broker_2_is_killed_under_load_and_comes_back_and_nothing_is_lost(
    three_brokers: KafkaCluster, settings: KafkaSettings, topic: str
) -> None:
    load = Load(settings, topic)
    load.grows(100)
    three_brokers.kill(2)
    load.grows(300)
    three_brokers.start(2)
    load.grows(300)
    load.end()
    assert load.failures == []
    log = kafka_log(settings)
    numbers = [int(message.key) for message in everything(log, topic)]
    log.close()
    assert sorted(numbers) == list(range(load.acknowledged)), (
        "each once: an idempotent producer retries without doubling"
    )
    assert sorted(load.read) == list(range(load.acknowledged)), "and the reader saw each once"
    print(f"{load.acknowledged} messages, none lost or doubled; the slowest append took {load.slowest_s:.1f} s")


def test_with_two_brokers_away_nothing_is_acknowledged_and_then_all_of_it_is(
    three_brokers: KafkaCluster, settings: KafkaSettings, topic: str
) -> None:
    load = Load(settings, topic)
    load.grows(50)
    three_brokers.kill(2)
    three_brokers.kill(3)
    time.sleep(1.0)  # what was on its way may still be acknowledged
    before = load.acknowledged
    time.sleep(6.0)
    assert load.acknowledged <= before + 30, "two replicas have to have a message before it is acknowledged"
    three_brokers.up()
    load.grows(100)
    load.end()
    assert load.failures == []
    log = kafka_log(settings)
    numbers = [int(message.key) for message in everything(log, topic)]
    log.close()
    assert sorted(numbers) == list(range(load.acknowledged))
