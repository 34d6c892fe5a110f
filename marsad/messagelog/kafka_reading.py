"""Reading from Kafka by positions of our own, in no consumer group."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError, LogTruncationError, OffsetOutOfRangeError

from marsad.errors import PositionLostError, UnknownTopicError
from marsad.message import Bounds, Message, Partition, after
from marsad.messagelog.kafka_client import ANSWER_S, opened, translated
from marsad.settings import KafkaSettings

TRIES, PAUSE_S = 3, 0.3
"""How often one is asked for an unknown topic: of several brokers, some hear later of a topic that was just created."""
FETCH_BYTES = 4_194_304
"""What one request brings of a partition at most, and so a bound on what `read` gives at once: some five hundred articles."""
STEP_S = 1.0
"""How often an answer that does not come is asked for again, and whether the process is to stop."""


class Reader:
    """A consumer that is assigned by hand. It has a connection from its first use on."""

    def __init__(self, settings: KafkaSettings, stopping: threading.Event) -> None:
        self._settings = settings
        self._stopping = stopping
        self._consumer: Any = None
        self._next: dict[Partition, int] = {}
        """Where the consumer goes on by itself."""

    def read(self, positions: Mapping[Partition, int], limit: int, timeout: float) -> list[Message]:
        """Messages at or after the positions; LogAwayError, and not [], where no broker answers."""
        self._place(positions)
        with translated(self._settings, "reading"):
            try:
                found = self._open().poll(timeout_ms=int(timeout * 1000), max_records=limit)
            except (OffsetOutOfRangeError, LogTruncationError) as error:
                self._next = {}
                raise self._lost(positions) from error
        messages = [
            Message(
                self._partition(record),
                record.offset,
                record.timestamp,
                record.key or b"",
                record.value or b"",
            )
            for records in found.values()
            for record in records
        ]
        if not messages:
            self._offsets("end_offsets", positions)  # kafka-python gives nothing for a dead broker, too
        self._next |= after(messages)
        return messages

    def partitions(self, topic: str) -> list[Partition]:
        """All partitions of a topic; UnknownTopicError."""
        with translated(self._settings, f"asking for {topic}"):
            for _ in range(TRIES):
                if numbers := self._open().partitions_for_topic(self._settings.prefix + topic):
                    return [Partition(topic, number) for number in sorted(numbers)]
                self._stopping.wait(PAUSE_S)
        raise self._unknown(topic)

    def bounds(self, topic: str) -> dict[Partition, Bounds]:
        """What each partition holds."""
        partitions = self.partitions(topic)
        starts = self._offsets("beginning_offsets", partitions)
        ends = self._offsets("end_offsets", partitions)
        return {partition: Bounds(starts[partition], ends[partition]) for partition in partitions}

    def positions_at(self, topic: str, time_ms: int) -> dict[Partition, int]:
        """By Kafka's index of times, which is exact where the broker stamps the messages."""
        partitions = self.partitions(topic)
        ends = self._offsets("end_offsets", partitions)
        found = self._answered("offsets_for_times", partitions, {self._place_of(each): time_ms for each in partitions})
        return {each: found[each].offset if found.get(each) else ends[each] for each in partitions}

    def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            self._consumer.close(timeout_ms=1_000)
            self._consumer = None

    def _place_of(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._settings.prefix + partition.topic, partition.number)

    def _partition(self, place: Any) -> Partition:  # noqa: ANN401 - a record or a TopicPartition of kafka-python
        return Partition(place.topic.removeprefix(self._settings.prefix), place.partition)

    def _open(self) -> Any:  # noqa: ANN401 - kafka-python ships no types
        if self._consumer is None:
            self._consumer = opened(
                KafkaConsumer,
                self._settings,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",  # anything else turns a lost position into the end without a word
                allow_auto_create_topics=False,
                fetch_max_wait_ms=250,  # an answer to another question waits behind a fetch
                max_partition_fetch_bytes=max(FETCH_BYTES, self._settings.max_message_bytes),
            )
        return self._consumer

    def _place(self, positions: Mapping[Partition, int]) -> None:
        """Have the consumer at these positions; one that goes on by itself keeps what it has fetched ahead."""
        if positions.keys() != self._next.keys():
            for topic in {partition.topic for partition in positions}:
                known = self.partitions(topic)
                for partition in positions:
                    if partition.topic == topic and partition not in known:
                        raise self._unknown(topic, f", partition {partition.number}")
            self._open().assign([self._place_of(partition) for partition in positions])
            self._next = {}
        for partition, position in positions.items():
            if self._next.get(partition) != position:
                self._open().seek(self._place_of(partition), position)
        self._next = dict(positions)

    def _offsets(self, question: str, partitions: Iterable[Partition]) -> dict[Partition, int]:
        asked = list(partitions)
        return self._answered(question, asked, [self._place_of(partition) for partition in asked])

    def _answered(self, question: str, partitions: Sequence[Partition], argument: object) -> dict[Partition, Any]:
        """The answer by partition; asks again until ANSWER_S are over, and then says whether Kafka or the topic is away."""
        deadline = time.monotonic() + ANSWER_S
        with translated(self._settings, f"asking for {question.replace('_', ' ')}"):
            while True:
                try:
                    found = getattr(self._open(), question)(argument, timeout_ms=int(STEP_S * 1000))
                except KafkaTimeoutError:
                    if time.monotonic() < deadline and not self._stopping.is_set():
                        continue
                    self._explain(partitions)
                    raise
                return {self._partition(each): answer for each, answer in found.items()}

    def _explain(self, partitions: Iterable[Partition]) -> None:
        """UnknownTopicError where brokers answer and a topic has gone; else LogAwayError."""
        there = self._open().topics()
        for partition in partitions:
            if self._settings.prefix + partition.topic not in there:
                raise self._unknown(partition.topic)

    def _unknown(self, topic: str, more: str = "") -> UnknownTopicError:
        brokers, name = ", ".join(self._settings.bootstrap), self._settings.prefix + topic
        return UnknownTopicError(
            f"Kafka at {brokers} has no topic «{name}»{more}: create the topics, or see that kafka.bootstrap names the right "
            "brokers and that this client may see the topic"
        )

    def _lost(self, positions: Mapping[Partition, int]) -> PositionLostError:
        """Which of the positions Kafka no longer has, with what it has."""
        starts, ends = self._offsets("beginning_offsets", positions), self._offsets("end_offsets", positions)
        places = [
            f"{partition.topic}, partition {partition.number}: position {position} is outside what Kafka holds, "
            f"{starts[partition]} to {ends[partition]}"
            for partition, position in positions.items()
            if not starts[partition] <= position <= ends[partition]
        ]
        return PositionLostError(
            f"{'; '.join(places) or 'a position among ' + str(dict(positions)) + ' was lost'}: messages were removed before they "
            "were read, or the topic was made anew; start this consumer at one of its ends"
        )
