"""The SQLite log passes the contract, also where reader and writer are different processes' files."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from marsad.errors import UnknownTopicError
from marsad.message import Partition
from marsad.messagelog import MessageLog
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from tests.contracts.message_log import Harness, MessageLogContract, beginning, records


class SqliteHarness:
    largest_message = 100_000

    def __init__(self, path: Path, *, shared: bool) -> None:
        self._path = path
        self._shared = shared
        self._time = 1_000_000
        self._files: list[StateFile] = []
        self._names = (f"topic-{number}" for number in itertools.count())

    def file(self) -> StateFile:
        if not self._files or not self._shared:
            self._files.append(StateFile(self._path, clock=lambda: self._time, largest_message=self.largest_message))
        return self._files[-1]

    def topic(self, *, partitions: int = 1) -> str:
        del partitions  # the SQLite log has one
        name = next(self._names)
        self.file().create_topics([name])
        return name

    def log(self) -> MessageLog:
        return SqliteLog(self.file())

    def trim(self, topic: str, before: int) -> None:
        SqliteLog(self.file()).trim(topic, before, slice_size=1)

    def set_time(self, time_ms: int) -> None:
        self._time = time_ms

    def now(self) -> int:
        return self._time

    def close(self) -> None:
        for file in self._files:
            file.close()


@pytest.fixture(params=["one file object", "a file object each"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteHarness]:
    made = SqliteHarness(tmp_path / "marsad.db", shared=request.param == "one file object")
    yield made
    made.close()


class TestSqliteLog(MessageLogContract):
    """The whole contract, twice: with one file object, and with one for each log as in different processes."""


def test_offsets_have_no_gaps(harness: SqliteHarness) -> None:
    topic, log = harness.topic(), harness.log()
    for name in "abcd":
        log.append(topic, records(name))
    assert [message.offset for message in log.read(beginning(log, topic), 10, 1.0)] == [0, 1, 2, 3]


def test_times_never_go_back_when_the_clock_does(harness: SqliteHarness) -> None:
    topic, log = harness.topic(), harness.log()
    log.append(topic, records("a"))
    harness.set_time(harness.now() - 10_000)
    log.append(topic, records("b"))
    first, second = log.read(beginning(log, topic), 10, 1.0)
    assert first.time == second.time
    assert log.positions_at(topic, second.time + 1) == {Partition(topic, 0): 2}


def test_a_partition_other_than_the_first_is_unknown(harness: Harness) -> None:
    topic = harness.topic()
    with pytest.raises(UnknownTopicError, match="partition 1"):
        harness.log().read({Partition(topic, 1): 0}, 1, 0.1)


def test_trimming_takes_slices_and_says_how_many_went(harness: SqliteHarness) -> None:
    topic = harness.topic()
    log = SqliteLog(harness.file())
    log.append(topic, records(*"abcdefg"))
    assert log.trim(topic, 5, slice_size=2) == 5
    assert log.trim(topic, 5, slice_size=2) == 0
    assert log.trim(topic, 99) == 2
