"""What is forgotten, what never is, and that the disk gets its space back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.message import Bounds, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.retention import SLICE, Limits, Retention, trim_to
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ALL, ARTICLES

HERE = Partition(ARTICLES.name, 0)
DAY = 86_400_000


class FakeStore:
    """Articles by their time of publication."""

    def __init__(self, *times: int, bytes_each: int = 100) -> None:
        self.times = sorted(times)
        self._bytes_each = bytes_each

    def remove_before(self, time_ms: int, limit: int) -> int:
        gone = [time for time in self.times if time < time_ms][:limit]
        self.times = self.times[len(gone) :]
        return len(gone)

    def used_bytes(self) -> int:
        return len(self.times) * self._bytes_each

    def shrink(self) -> int:
        return 0


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", clock=lambda: 0)
    made.create_topics(topic.name for topic in ALL)
    yield made
    made.close()


def put(file: StateFile, count: int, time: int, *, topic: str = ARTICLES.name, size: int = 10) -> None:
    file.clock = lambda: time
    for at in range(0, count, 200):
        SqliteLog(file).append(topic, [Record(b"k", b"x" * size)] * min(200, count - at))


def retention(file: StateFile, store: FakeStore, *, now: int, read: int | None = None, **limits: int) -> Retention:
    bounds = {"log_age": 10 * DAY, "log_bytes": 0, "store_age": 100 * DAY, "store_bytes": 0} | limits
    readers = {} if read is None else {ARTICLES.name: [lambda: {HERE: read}]}
    return Retention(file, store, Limits(**bounds), readers=readers, clock=lambda: now)


def settle(found: Retention) -> None:
    for _ in range(1000):
        if found.round() == 0:
            return
    pytest.fail("it never comes to rest")


@pytest.mark.parametrize(
    ("aged", "read", "oversized", "expected"),
    [
        (0, None, False, 10),
        (50, None, False, 50),
        (50, 30, False, 30),
        (50, 90, False, 50),
        (0, 900, True, 510),
        (0, 20, True, 20),
        (2_000, None, False, 1_000),
        (50, 5, False, 10),
    ],
)
def test_where_a_topic_is_trimmed_to(aged: int, read: int | None, expected: int, *, oversized: bool) -> None:
    assert trim_to(Bounds(10, 1_000), aged, read, oversized=oversized) == expected


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 120), st.none() | st.integers(0, 120), st.booleans())
def test_nothing_unread_goes_and_nothing_that_is_not_there(
    one: int,
    other: int,
    aged: int,
    read: int | None,
    oversized: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    bounds = Bounds(min(one, other), max(one, other))
    until = trim_to(bounds, aged, read, oversized=oversized)
    assert bounds.start <= until <= bounds.next
    assert read is None or until <= max(read, bounds.start)


def test_old_messages_go_and_young_ones_stay(file: StateFile) -> None:
    put(file, 700, 1)
    put(file, 5, 9 * DAY)
    settle(retention(file, FakeStore(), now=11 * DAY, read=705))
    assert SqliteLog(file).bounds(ARTICLES.name)[HERE] == Bounds(700, 705)


def test_what_a_reader_has_yet_to_read_stays_however_old_it_is(file: StateFile) -> None:
    put(file, 100, 1)
    settle(retention(file, FakeStore(), now=99 * DAY, read=40))
    assert SqliteLog(file).bounds(ARTICLES.name)[HERE] == Bounds(40, 100)


def test_a_reader_that_never_read_keeps_everything(file: StateFile) -> None:
    put(file, 100, 1)
    found = Retention(
        file,
        FakeStore(),
        Limits(DAY, 0, DAY, 0),
        readers={ARTICLES.name: [lambda: {HERE: 100}, dict[Partition, int]]},
        clock=lambda: 99 * DAY,
    )
    settle(found)
    assert SqliteLog(file).bounds(ARTICLES.name)[HERE] == Bounds(0, 100)


def test_a_topic_that_nobody_reads_goes_by_age(file: StateFile) -> None:
    put(file, 3, 1, topic=ALERTS.name)
    settle(retention(file, FakeStore(), now=99 * DAY))
    assert SqliteLog(file).bounds(ALERTS.name)[Partition(ALERTS.name, 0)] == Bounds(3, 3)


def test_a_log_over_its_size_loses_its_oldest_and_the_disk_gets_the_space_back(file: StateFile) -> None:
    put(file, 3 * SLICE, 1, size=5_000)
    before = file.used_bytes()
    assert before > 7_000_000
    settle(retention(file, FakeStore(), now=2, read=3 * SLICE, log_bytes=4_000_000))
    assert file.used_bytes() <= 4_000_000
    assert SqliteLog(file).bounds(ARTICLES.name)[HERE].next == 3 * SLICE
    file.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file.path.stat().st_size <= 4_100_000


def test_old_articles_go_from_the_store_and_the_oldest_where_it_is_too_large(file: StateFile) -> None:
    store = FakeStore(*range(10), 200 * DAY)
    settle(retention(file, store, now=150 * DAY))
    assert store.times == [200 * DAY]
    store = FakeStore(*range(2_000))
    settle(retention(file, store, now=50 * DAY, store_bytes=120_000))
    assert len(store.times) <= 1_200
    assert store.times[-1] == 1_999
