"""What every message log has to do: one suite, which each adapter's tests inherit and give a `harness`."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import pytest

from marsad.errors import PositionLostError, TooLargeError, UnknownTopicError
from marsad.message import Bounds, Message, Partition, Record, after
from marsad.messagelog import MessageLog


class Harness(Protocol):
    """A log to be tested, with what the port itself does not offer."""

    largest_message: int

    def topic(self, *, partitions: int = 1) -> str:
        """Create a topic with a name of its own."""

    def log(self) -> MessageLog:
        """Another instance on the same log."""

    def trim(self, topic: str, before: int) -> None:
        """Forget messages below an offset, as retention does."""

    def set_time(self, time_ms: int) -> None:
        """What the log's clock says next; a log with a clock of its own waits until then."""

    def now(self) -> int:
        """What the log's clock says."""


def records(*names: str) -> list[Record]:
    return [Record(name.encode(), f"value of {name}".encode()) for name in names]


def beginning(log: MessageLog, topic: str) -> dict[Partition, int]:
    return {partition: bounds.start for partition, bounds in log.bounds(topic).items()}


def read_all(log: MessageLog, positions: Mapping[Partition, int], count: int) -> list[Message]:
    found: list[Message] = []
    here = dict(positions)
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        messages = log.read(here, 100, 1.0)
        found += messages
        here |= after(messages)
    return found


def keys(messages: Sequence[Message]) -> list[str]:
    return [message.key.decode() for message in messages]


class MessageLogContract:
    """Subclasses give a fixture `harness`."""

    def test_messages_come_in_order_with_rising_offsets(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        log.append(topic, records("a", "b"))
        log.append(topic, records("c"))
        messages = read_all(log, beginning(log, topic), 3)
        assert keys(messages) == ["a", "b", "c"]
        assert [message.value for message in messages] == [record.value for record in records("a", "b", "c")]
        offsets = [message.offset for message in messages]
        assert offsets == sorted(set(offsets))
        assert all(message.time > 0 for message in messages)

    def test_a_limit_holds_and_another_instance_resumes_behind_it(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.log().append(topic, records("a", "b", "c", "d"))
        first = harness.log()
        messages = first.read(beginning(first, topic), 2, 5.0)
        assert keys(messages) == ["a", "b"]
        assert keys(read_all(harness.log(), after(messages), 2)) == ["c", "d"]

    def test_the_same_position_gives_the_same_messages(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        log.append(topic, records("a", "b"))
        start = beginning(log, topic)
        assert read_all(log, start, 2) == read_all(log, start, 2)

    def test_nothing_comes_after_the_timeout_and_not_before(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        start = beginning(log, topic)
        began = time.monotonic()
        assert log.read(start, 10, 0.4) == []
        assert 0.35 <= time.monotonic() - began < 5

    def test_a_waiting_reader_wakes_for_another_instance(self, harness: Harness) -> None:
        topic, log, other = harness.topic(), harness.log(), harness.log()
        start = beginning(log, topic)
        log.read(start, 10, 0.1)
        timer = threading.Timer(0.3, other.append, (topic, records("a")))
        timer.start()
        began = time.monotonic()
        messages = log.read(start, 10, 20.0)
        timer.join()
        assert keys(messages) == ["a"]
        assert time.monotonic() - began < 10

    def test_bounds_tell_what_is_there_and_so_the_lag(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        ((partition, empty),) = log.bounds(topic).items()
        assert empty.start == empty.next
        log.append(topic, records("a", "b", "c"))
        assert log.bounds(topic) == {partition: Bounds(empty.start, empty.next + 3)}
        position = after(log.read({partition: empty.start}, 1, 5.0))[partition]
        assert log.bounds(topic)[partition].next - position == 2

    def test_positions_are_found_by_time(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        log.append(topic, records("a"))
        later = harness.now() + 50
        harness.set_time(later)
        log.append(topic, records("b"))
        ((partition, bounds),) = log.bounds(topic).items()
        assert log.positions_at(topic, 0) == {partition: bounds.start}
        assert log.positions_at(topic, later) == {partition: bounds.start + 1}
        assert log.positions_at(topic, harness.now() + 3_600_000) == {partition: bounds.next}

    def test_a_position_below_what_is_kept_is_lost_and_never_skipped(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        start = beginning(log, topic)
        log.append(topic, records("a", "b", "c"))
        harness.trim(topic, next(iter(start.values())) + 2)
        with pytest.raises(PositionLostError, match=topic):
            log.read(start, 10, 1.0)
        assert keys(read_all(log, beginning(log, topic), 1)) == ["c"]

    def test_a_trimmed_topic_that_is_empty_goes_on_counting(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        start = beginning(log, topic)
        log.append(topic, records("a", "b"))
        end = {partition: bounds.next for partition, bounds in log.bounds(topic).items()}
        harness.trim(topic, next(iter(end.values())))
        log.append(topic, records("c"))
        assert keys(read_all(log, end, 1)) == ["c"]
        with pytest.raises(PositionLostError):
            log.read(start, 10, 1.0)

    def test_a_position_beyond_the_end_is_lost(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        log.append(topic, records("a"))
        beyond = {partition: bounds.next + 1 for partition, bounds in log.bounds(topic).items()}
        with pytest.raises(PositionLostError, match=topic):
            log.read(beyond, 10, 1.0)

    def test_nothing_of_a_batch_goes_in_where_one_record_is_too_large(self, harness: Harness) -> None:
        topic, log = harness.topic(), harness.log()
        before = log.bounds(topic)
        huge = Record(b"huge", b"x" * (harness.largest_message + 1))
        with pytest.raises(TooLargeError, match="huge"):
            log.append(topic, [*records("a"), huge])
        assert log.bounds(topic) == before

    def test_an_unknown_topic_is_an_error_when_asked_for(self, harness: Harness) -> None:
        with pytest.raises(UnknownTopicError, match="nowhere"):
            harness.log().bounds("nowhere")

    def test_an_unknown_topic_is_an_error_when_appended_to(self, harness: Harness) -> None:
        with pytest.raises(UnknownTopicError, match="nowhere"):
            harness.log().append("nowhere", records("a"))

    def test_records_of_one_key_keep_their_order_over_all_partitions(self, harness: Harness) -> None:
        topic, log = harness.topic(partitions=4), harness.log()
        sent = [Record(f"key {number % 7}".encode(), str(number).encode()) for number in range(70)]
        log.append(topic, sent)
        messages = read_all(log, beginning(log, topic), 70)
        for key in {record.key for record in sent}:
            expected = [record.value for record in sent if record.key == key]
            assert [message.value for message in messages if message.key == key] == expected

    def test_several_topics_are_read_in_one_call(self, harness: Harness) -> None:
        first, second, log = harness.topic(), harness.topic(), harness.log()
        log.append(first, records("a", "b"))
        log.append(second, records("c"))
        messages = read_all(log, beginning(log, first) | beginning(log, second), 3)
        assert sorted(keys(messages)) == ["a", "b", "c"]
        assert {message.partition.topic for message in messages} == {first, second}
