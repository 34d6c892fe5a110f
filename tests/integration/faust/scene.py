"""Topics of a test's own in a real Kafka, read and written by kafka-python, and workers as processes beside them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import RetriableError

from marsad.article import Article, digest
from marsad.codec import encode
from marsad.message import Message, Partition, Record
from marsad.topics import ANNOTATED, ARTICLES, DEADLETTER, Topic
from tests.samples import NOW

ROOT = Path(__file__).parents[3]
SESSION_S = 6
"""Short, so that the partitions of a killed worker are soon given away."""
PATIENCE_S = 90
TEXTS = (
    "قتلت قسد قياديا في داعش قرب الرقة",
    "اعتقلت الشرطة ثلاثة مشتبه بهم في حلب",
    "التقى وزير الخارجية المصري نظيره السعودي في القاهرة",
    "ارتفعت أسعار الوقود في المدينة مع توقف القوافل",
)


def article(number: int, *, text: str = "", title: str = "") -> Article:
    """An article unlike the others."""
    return Article(
        id=digest(f"faust {number}"),
        version=NOW + number,
        first_seen=NOW + number,
        feed_id="feed",
        feed_url="http://127.0.0.1/feed",
        outlet="وكالة المثال",
        guid=str(number),
        url=f"http://127.0.0.1/{number}",
        title=title or f"خبر رقم {number}",
        text=text or f"{TEXTS[number % len(TEXTS)]}. وهذا هو الخبر رقم {number}.",
        published=None,
        updated=None,
        month="2026-11",
    )


def record(made: Article) -> Record:
    """The article as ingest appends it."""
    return Record(made.id.encode(), encode(made))


class Flow:
    """The topics of one marsad in Kafka, whose names begin with the test's own."""

    def __init__(self, bootstrap: str, name: str, *, annotated: Mapping[str, str] | None = None) -> None:
        """Create the topics; `annotated` is the configuration of marsad.annotated."""
        self.bootstrap = bootstrap
        self.group = name
        self.prefix = f"{name}."
        self._servers = bootstrap.split(",")
        configs = {ANNOTATED: dict(annotated or {})}
        self._admin.create_topics(
            [
                NewTopic(self._name(topic), topic.partitions, -1, topic_configs=configs.get(topic, {}))
                for topic in (ARTICLES, ANNOTATED, DEADLETTER)
            ]
        )

    @cached_property
    def _admin(self) -> Any:
        return KafkaAdminClient(bootstrap_servers=self._servers)

    @cached_property
    def _producer(self) -> Any:
        return KafkaProducer(bootstrap_servers=self._servers, acks="all", linger_ms=2)

    @cached_property
    def _looker(self) -> Any:
        return KafkaConsumer(bootstrap_servers=self._servers)

    def let_go(self) -> None:
        """Close every client until one is needed again: in an outage kafka-python leaves sockets behind."""
        for name in ("_admin", "_producer", "_looker"):
            if client := self.__dict__.pop(name, None):
                client.close()

    def _name(self, topic: Topic) -> str:
        return self.prefix + topic.name

    def configure(self, topic: Topic, name: str, value: str) -> None:
        """Change a setting of a topic."""
        self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self._name(topic), {name: value})])

    def publish(self, records: Iterable[Record | tuple[bytes, None]], *, pause: float = 0) -> None:
        """Append to marsad.articles."""
        for key, value in records:
            self._producer.send(self._name(ARTICLES), key=key, value=value)
            time.sleep(pause)
        self._producer.flush()

    def read(self, topic: Topic) -> list[Message]:
        """Everything in a topic now, under the name that marsad calls it."""
        consumer = KafkaConsumer(bootstrap_servers=self._servers, enable_auto_commit=False, consumer_timeout_ms=20_000)
        try:
            partitions = [TopicPartition(self._name(topic), number) for number in range(topic.partitions)]
            consumer.assign(partitions)
            consumer.seek_to_beginning()
            ends = consumer.end_offsets(partitions)
            found: list[Message] = []
            while any(consumer.position(partition) < ends[partition] for partition in partitions):
                for part in consumer.poll(500).values():
                    found += [
                        Message(Partition(topic.name, one.partition), one.offset, one.timestamp, one.key, one.value)
                        for one in part
                    ]
            return found
        finally:
            consumer.close()

    def size(self, topic: Topic) -> int:
        """How many messages a topic has."""
        partitions = [TopicPartition(self._name(topic), number) for number in range(topic.partitions)]
        return sum(self._looker.end_offsets(partitions).values())

    def committed(self) -> int:
        """How many articles the group has committed: all partitions together."""
        return sum(max(0, one.offset) for one in self._offsets(time.monotonic() + PATIENCE_S).values())

    def _offsets(self, deadline: float) -> dict[TopicPartition, Any]:
        while True:
            try:
                return dict(self._admin.list_group_offsets(self.group).get(self.group, {}))
            except RetriableError:  # the group has moved to another broker, and this client goes on asking the old one
                if time.monotonic() > deadline:
                    raise
            self.let_go()
            time.sleep(0.2)

    def worker(self, log: Path, **more: object) -> "Worker":
        """A worker on these topics."""
        return Worker(self, log, more)

    def close(self) -> None:
        """Take the topics away."""
        self._admin.delete_topics([self._name(topic) for topic in (ARTICLES, ANNOTATED, DEADLETTER)])
        self.let_go()


@contextmanager
def flow(bootstrap: str, name: str, *, annotated: Mapping[str, str] | None = None) -> Iterator[Flow]:
    """A flow that is taken away in the end."""
    made = Flow(bootstrap, name, annotated=annotated)
    try:
        yield made
    finally:
        made.close()


class Worker:
    """A worker process; standard output and standard error go to the log file."""

    def __init__(self, of: Flow, log: Path, more: Mapping[str, object]) -> None:
        self.log = log
        given = json.dumps({"session_timeout_s": SESSION_S} | dict(more))
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.faust.worker", of.bootstrap, of.group, of.prefix, given],
                stdout=out,
                stderr=out,
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")},
            )

    def events(self) -> list[dict[str, Any]]:
        """What it has written, each line of it."""
        return [
            json.loads(line)
            for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def said(self, event: str) -> bool:
        """Whether it has logged such an event."""
        return any(found["event"] == event for found in self.events())

    def cpu_seconds(self) -> float:
        """The time that its threads have worked."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def partitions(self) -> list[int]:
        """The partitions that it was given last."""
        given = [found["numbers"] for found in self.events() if found["event"] == "partitions"]
        return list(given[-1]) if given else []

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, wait, and return the exit code."""
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def wait_for(condition: Callable[[], bool], *workers: Worker) -> None:
    """Wait until something is so; fails when a worker ends before."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        ended = [worker for worker in workers if worker.process.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(worker.log.read_text(encoding="utf-8")[-3000:] for worker in ended or workers)
            pytest.fail(f"{'a worker ended' if ended else 'it did not come to pass'}; its log ends with\n{logs}")
        time.sleep(0.1)


class Counted(NamedTuple):
    """What came out, by key."""

    values: dict[bytes, bytes]
    duplicates: int


def distinct(messages: Sequence[Message]) -> Counted:
    """The one value of each key; fails where a repeat has other bytes."""
    by_key = defaultdict(list)
    for message in messages:
        by_key[message.key].append(message.value)
    assert all(len(set(values)) == 1 for values in by_key.values()), "a repeat has other bytes"
    return Counted({key: values[0] for key, values in by_key.items()}, len(messages) - len(by_key))
