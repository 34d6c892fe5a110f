"""The message log in Kafka: any number of partitions, offsets with gaps where a topic is compacted."""

import threading
from collections.abc import Mapping, Sequence

from marsad.message import Bounds, Message, Partition, Record
from marsad.messagelog.kafka_reading import Reader
from marsad.messagelog.kafka_writing import Writer
from marsad.metrics import Metrics
from marsad.settings import KafkaSettings
from marsad.statefile import check_size


class KafkaLog:
    """The topics of a Kafka cluster, which exist (see `kafka_topics`).

    Where Kafka is away, `append` waits until the process is to stop, and everything else raises LogAwayError within some
    seconds. Who appends a batch that was cut off by a kill or a stop appends it again: it may then be in twice.
    """

    def __init__(self, settings: KafkaSettings, metrics: Metrics, stopping: threading.Event | None = None) -> None:
        """Connections are made at the first use; `stopping` ends all waiting."""
        stop = stopping or threading.Event()
        self._largest_message = settings.max_message_bytes
        self._reader = Reader(settings, stop)
        self._writer = Writer(settings, metrics, stop)
        self._known: set[str] = set()

    def append(self, topic: str, records: Sequence[Record]) -> None:
        """Send all, and wait until every replica in sync has them."""
        for record in records:
            check_size(topic, record, self._largest_message)
        self._writer.append(topic, records, lambda: self._check(topic))

    def read(self, positions: Mapping[Partition, int], limit: int, timeout: float) -> Sequence[Message]:
        """Messages at or after the positions; those of one partition may come before those of another."""
        return self._reader.read(positions, limit, timeout)

    def bounds(self, topic: str) -> Mapping[Partition, Bounds]:
        """Start and end of each partition."""
        return self._reader.bounds(topic)

    def positions_at(self, topic: str, time_ms: int) -> Mapping[Partition, int]:
        """By the times that the broker gave the messages."""
        return self._reader.positions_at(topic, time_ms)

    def close(self) -> None:
        """Close all connections."""
        self._reader.close()
        self._writer.close()

    def _check(self, topic: str) -> None:
        """Asked once for each topic: a producer takes a second to find that one is unknown, and says only that time is up."""
        if topic not in self._known:
            self._reader.partitions(topic)
            self._known.add(topic)
