"""The relay copies a state file's log to another log in order, and forgets there what was acknowledged."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from marsad.codec import decode
from marsad.errors import UnknownTopicError
from marsad.message import DeadLetter, Message, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.relay import Relay, passed
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ARTICLES, DEADLETTER, STORIES, Topic
from tests.contracts.message_log import beginning, keys, records
from tests.integration.waiting import until

TOPICS = (ALERTS, STORIES, DEADLETTER)


class Scene:
    """A state file, and another whose log stands for the cluster's."""

    def __init__(self, folder: Path, *, target_limit: int) -> None:
        self.file = StateFile(folder / "state.db")
        self.there = StateFile(folder / "cluster.db", largest_message=target_limit)
        for file in (self.file, self.there):
            file.create_topics(topic.name for topic in TOPICS)
        self.registry = CollectorRegistry()
        self.relay = Relay(self.file, SqliteLog(self.there), TOPICS, Metrics(self.registry))

    def another(self, topics: Sequence[Topic] = TOPICS) -> Relay:
        return Relay(self.file, SqliteLog(self.there), topics, Metrics(CollectorRegistry()))

    def append(self, topic: Topic, *names: str) -> None:
        with self.file.transaction() as tx:
            tx.append(topic.name, records(*names))

    def copied(self, topic: Topic) -> list[Message]:
        log = SqliteLog(self.there)
        return list(log.read(beginning(log, topic.name), 10_000, 0))

    @contextmanager
    def running(self, relay: Relay | None = None) -> Iterator[Relay]:
        stopping, running = threading.Event(), relay or self.relay
        thread = threading.Thread(target=running.run, args=(stopping,))
        thread.start()
        yield running
        stopping.set()
        thread.join()

    def copy_all(self) -> None:
        with self.running() as relay:
            until(lambda: not any(relay.behind().values()))


@contextmanager
def opened(folder: Path, *, target_limit: int = 1_000_000) -> Iterator[Scene]:
    made = Scene(folder, target_limit=target_limit)
    yield made
    made.file.close()
    made.there.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path) as made:
        yield made


def test_everything_is_copied_in_order_with_its_bytes(scene: Scene) -> None:
    names = [f"{number:03}" for number in range(250)]
    scene.append(ALERTS, *names)
    scene.append(STORIES, "a")
    with scene.running():
        scene.append(STORIES, "b")
        until(lambda: len(scene.copied(STORIES)) == 2 and len(scene.copied(ALERTS)) == 250)
        scene.append(STORIES, "c")
        until(lambda: len(scene.copied(STORIES)) == 3)
    assert keys(scene.copied(STORIES)) == ["a", "b", "c"]
    assert [Record(message.key, message.value) for message in scene.copied(ALERTS)] == records(*names)


def test_what_is_copied_is_forgotten_and_goes_on_counting(scene: Scene) -> None:
    scene.append(ALERTS, "a", "b")
    scene.copy_all()
    local = SqliteLog(scene.file)
    assert local.bounds(ALERTS.name) == {Partition(ALERTS.name, 0): (2, 2)}
    scene.append(ALERTS, "c")
    assert scene.relay.behind() == {ALERTS.name: 1, STORIES.name: 0, DEADLETTER.name: 0}
    with scene.running(scene.another()) as relay:
        until(lambda: not any(relay.behind().values()))
    assert keys(scene.copied(ALERTS)) == ["a", "b", "c"]


def test_it_is_known_what_the_relay_has_passed(scene: Scene) -> None:
    assert passed(scene.file, ALERTS.name) == 0
    scene.append(ALERTS, "a", "b")
    assert passed(scene.file, ALERTS.name) == 0
    scene.copy_all()
    assert passed(scene.file, ALERTS.name) == 2
    assert passed(scene.file, STORIES.name) == 0


def test_a_message_copied_before_a_kill_and_not_counted_is_copied_again(scene: Scene) -> None:
    scene.append(ALERTS, "a", "b")
    SqliteLog(scene.there).append(ALERTS.name, records("a", "b"))  # acknowledged, and then came the kill
    scene.copy_all()
    first, second, *again = scene.copied(ALERTS)
    assert [(one.key, one.value) for one in again] == [(one.key, one.value) for one in (first, second)]


def test_a_message_counted_before_a_kill_and_not_forgotten_is_forgotten_at_the_start(scene: Scene) -> None:
    scene.append(ALERTS, "a", "b", "c")
    with scene.file.transaction() as tx:
        tx.advance("relay", {Partition(ALERTS.name, 0): 2})
    scene.copy_all()
    assert keys(scene.copied(ALERTS)) == ["c"]
    assert SqliteLog(scene.file).bounds(ALERTS.name) == {Partition(ALERTS.name, 0): (3, 3)}


def test_a_message_that_is_too_large_there_becomes_a_dead_letter_and_the_others_pass(tmp_path: Path) -> None:
    with opened(tmp_path, target_limit=100_000) as scene:
        with scene.file.transaction() as tx:
            tx.append(STORIES.name, [*records("a"), Record(b"huge", b"x" * 150_000), *records("b")])
        scene.copy_all()
        assert keys(scene.copied(STORIES)) == ["a", "b"]
        (message,) = scene.copied(DEADLETTER)
        letter = decode(message.value, DeadLetter)
        assert (letter.stage, letter.topic, letter.offset) == ("relay", STORIES.name, 1)
        assert "over the limit of 100000" in letter.reason


def test_a_topic_that_the_cluster_does_not_have_ends_the_relay(scene: Scene) -> None:
    scene.file.create_topics([ARTICLES.name])
    scene.append(ARTICLES, "a")
    with pytest.raises(UnknownTopicError, match=ARTICLES.name):
        scene.another([ARTICLES]).run(threading.Event())
    assert passed(scene.file, ARTICLES.name) == 0


def test_metrics_say_how_much_was_copied_and_how_much_waits(scene: Scene) -> None:
    scene.append(ALERTS, "a", "b")
    scene.copy_all()
    assert scene.registry.get_sample_value("marsad_relayed_messages_total", {"topic": ALERTS.name}) == 2


def test_a_busy_topic_does_not_hold_another_back(scene: Scene) -> None:
    scene.append(ALERTS, *(str(number) for number in range(5_000)))
    scene.append(STORIES, "a")
    order: list[str] = []

    class Noting(SqliteLog):
        def append(self, topic: str, records: Sequence[Record]) -> None:
            order.append(topic)
            super().append(topic, records)

    with scene.running(Relay(scene.file, Noting(scene.there), TOPICS, Metrics(CollectorRegistry()))) as relay:
        until(lambda: not any(relay.behind().values()))
    assert STORIES.name in order[:3]
    assert len(order) > 10
