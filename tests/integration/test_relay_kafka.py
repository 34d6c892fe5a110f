"""The relay brings everything to a real Kafka, whatever is killed: the process, or the broker.

MARSAD_KILLS says how often the process is killed (20 by default).
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from marsad.message import Message, Record
from marsad.messagelog.kafka import KafkaLog
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.relay import Relay, passed
from marsad.settings import KafkaSettings
from marsad.statefile import StateFile
from marsad.topics import Topic
from tests.integration.kafka_settings import delete_topics, everything, kafka_log, make_topic, settings_for
from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.integration.waiting import until

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("MARSAD_KILLS", "20"))


@pytest.fixture
def two_topics(kafka: str, own_name: str) -> Iterator[list[str]]:
    settings = settings_for(kafka)
    names = [make_topic(settings, f"{own_name}-{number}", partitions=number) for number in (1, 3)]
    yield names
    delete_topics(settings, names)


def start(path: Path, brokers: str, count: int, topics: list[str]) -> subprocess.Popen[bytes]:
    words = ["tests.integration.relay_process", str(path), brokers, str(count), *topics]
    return subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.PIPE)


def copied(path: Path, topic: str) -> int:
    file = StateFile(path)
    try:
        return passed(file, topic)
    finally:
        file.close()


def first_copies(messages: list[Message], count: int) -> int:
    """Assert that every number is there, each repeat has its bytes, and each partition its order; how many repeats there were."""
    copies: dict[bytes, set[bytes]] = {}
    order: dict[int, list[int]] = {}
    for message in messages:
        if message.key not in copies:
            order.setdefault(message.partition.number, []).append(int(message.key))
        copies.setdefault(message.key, set()).add(message.value)
    assert {int(key) for key in copies} == set(range(count))
    assert all(len(values) == 1 for values in copies.values())
    assert all(numbers == sorted(numbers) for numbers in order.values())
    return len(messages) - count


@pytest.mark.faults
@pytest.mark.timeout(120 + 15 * KILLS, func_only=True)
def test_no_kill_of_the_process_loses_a_message_or_changes_a_repeat(
    kafka: str, two_topics: list[str], tmp_path: Path
) -> None:
    seed, count, path = random.randrange(10**9), 1_200 * KILLS, tmp_path / "state.db"
    rng = random.Random(seed)
    at_kills: list[int] = []
    for _ in range(KILLS):
        process = start(path, kafka, count, two_topics)
        assert process.stdout
        assert process.stdout.readline() == b"at work\n"
        time.sleep(rng.uniform(0, 0.5))
        process.kill()
        process.communicate()
        at_kills.append(copied(path, two_topics[0]))
    process = start(path, kafka, count, two_topics)
    process.communicate(timeout=300)
    assert process.returncode == 0
    log = kafka_log(settings_for(kafka))
    repeats = [first_copies(everything(log, topic), count) for topic in two_topics]
    log.close()
    file = StateFile(path)
    assert {each for topic in two_topics for each in SqliteLog(file).bounds(topic).values()} == {(count, count)}
    file.close()
    assert at_kills[0] < at_kills[-1] < count, "nothing was under way when it was killed"
    print(f"copied at each kill: {at_kills}")
    print(
        f"seed {seed}, {KILLS} kills: {count} messages in each of two topics, repeats {repeats}, all with equal bytes"
    )


@pytest.fixture
def own_broker(own_name: str) -> Iterator[KafkaCluster]:
    """A broker that no other test uses, so that it may be killed."""
    cluster = KafkaCluster(own_name, brokers=1, first_port=19392)
    cluster.up()
    yield cluster
    cluster.down()
    cluster.folder.with_suffix(".lock").unlink()


class Running:
    """A relay at work on a state file with one topic."""

    def __init__(self, folder: Path, settings: KafkaSettings, topic: str) -> None:
        self.file = StateFile(folder / "state.db")
        self.file.create_topics([topic])
        self.registry = CollectorRegistry()
        self.stopping = threading.Event()
        self.topic = topic
        metrics = Metrics(self.registry)
        self.log = KafkaLog(settings, metrics, self.stopping)
        self.relay = Relay(self.file, self.log, [Topic(topic, msgspec.Struct, "number")], metrics)
        self.thread = threading.Thread(target=self.relay.run, args=(self.stopping,))
        self.thread.start()

    def write(self, *numbers: int) -> None:
        with self.file.transaction() as tx:
            tx.append(self.topic, [Record(b"%d" % number, b"%d" % time.time_ns()) for number in numbers])

    def sample(self, name: str) -> float:
        return self.registry.get_sample_value(name, {"topic": self.topic}) or 0.0

    def end(self) -> None:
        self.stopping.set()
        self.thread.join()
        self.log.close()
        self.file.close()


@pytest.mark.faults
def test_while_kafka_is_away_others_write_it_is_said_and_nothing_is_lost(
    own_broker: KafkaCluster, own_name: str, tmp_path: Path
) -> None:
    settings = settings_for(own_broker.address())
    running = Running(tmp_path, settings, make_topic(settings, own_name))
    with capture_logs() as said:
        running.write(*range(10))
        until(lambda: passed(running.file, own_name) == 10)
        own_broker.kill()
        for number in range(10, 200):
            running.write(number)  # another writer is not held up
        until(lambda: running.sample("marsad_relay_lag_messages") == 190)
        until(lambda: any(event["event"] == "the relay waits" for event in said))
        until(lambda: any(event["event"] == "waiting for Kafka" for event in said))
        assert passed(running.file, own_name) == 10
        assert running.sample("marsad_append_waiting_seconds_total") > 4
        own_broker.start()
        until(lambda: passed(running.file, own_name) == 200)
        until(lambda: running.sample("marsad_relay_lag_messages") == 0)
    running.end()
    (waiting, *_) = [event for event in said if event["event"] == "the relay waits"]
    assert waiting["behind"] == {own_name: 190}
    log = kafka_log(settings)
    assert first_copies(everything(log, own_name), 200) == 0
    log.close()


@pytest.mark.faults
def test_a_relay_can_be_stopped_while_kafka_is_away_and_goes_on_at_the_next_start(
    own_broker: KafkaCluster, own_name: str, tmp_path: Path
) -> None:
    settings = settings_for(own_broker.address())
    running = Running(tmp_path, settings, make_topic(settings, own_name))
    running.write(0)
    until(lambda: passed(running.file, own_name) == 1)
    own_broker.kill()
    running.write(1, 2)
    until(lambda: running.sample("marsad_append_waiting_seconds_total") > 1)
    running.end()
    own_broker.start()
    running = Running(tmp_path, settings, own_name)
    until(lambda: passed(running.file, own_name) == 3)
    running.end()
    log = kafka_log(settings)
    first_copies(everything(log, own_name), 3)
    log.close()
