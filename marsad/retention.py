"""Forgetting what is old: by age, and by size where that comes first, in slices, with the space given back to the disk.

The log never forgets what one of its readers has yet to read, however old or large it is.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import structlog

from marsad.clock import now_ms
from marsad.errors import RetryableError
from marsad.message import Bounds, Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from marsad.topics import ALL

LOOK_S = 60.0
"""How often it is looked whether anything has to go."""
PAUSE_S = 0.05
"""Rest between two slices, so that writers are not held up."""
SLICE = 500
END_OF_TIME = 253_402_300_799_999
"""The end of the year 9999, in ms: whatever is older than that may go."""
Reader: TypeAlias = Callable[[], Mapping[Partition, int]]
"""Says where a reader goes on."""
Forget: TypeAlias = Callable[[int, int], int]
"""Forgets at most so many rows from before a time in ms; returns how many went."""
log = structlog.get_logger(__name__)


class Limits(NamedTuple):
    """How long and how much: ages in ms, sizes in bytes, 0 for no limit."""

    log_age: int
    log_bytes: int
    store_age: int
    store_bytes: int


class Store(Protocol):
    """What retention needs of a search store."""

    def remove_before(self, time_ms: int, limit: int) -> int:
        """Forget at most `limit` articles published before a time, the oldest first; returns how many went."""

    def used_bytes(self) -> int:
        """Bytes that hold something."""

    def shrink(self) -> int:
        """Give a slice of the free space back; returns how many pages went."""


def trim_to(bounds: Bounds, aged: int, read: int | None, *, oversized: bool) -> int:
    """The offset before which a topic's messages go in this round.

    `aged` is the first offset young enough to stay, `read` the first that a reader has yet to read, None without readers.
    """
    wanted = max(aged, bounds.start + SLICE if oversized else bounds.start)
    allowed = bounds.next if read is None else read
    return max(bounds.start, min(wanted, allowed, bounds.next))


class Retention:
    """Keeps a data directory within its limits.

    `readers` are those of each topic; one without any goes by age alone. `others` forget what is as old as the store's articles.
    """

    def __init__(
        self,
        file: StateFile,
        store: Store,
        limits: Limits,
        *,
        readers: Mapping[str, Sequence[Reader]],
        others: Sequence[Forget] = (),
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._file = file
        self._readers = readers
        self._log = SqliteLog(file)
        self._store = store
        self._limits = limits
        self._others = others
        self._clock = clock

    def run(self, stopping: threading.Event) -> None:
        """Look now and then until asked to stop; what fails for want of room or a lock is tried at the next look."""
        while not stopping.wait(LOOK_S if self._quiet() else PAUSE_S):
            pass

    def _quiet(self) -> bool:
        try:
            return self.round() == 0
        except RetryableError as error:
            log.warning("nothing can be forgotten now", reason=str(error))
            return True

    def round(self) -> int:
        """Forget one slice of whatever is due; returns how much went: messages, articles and pages given back."""
        gone = self._trim_log()
        before = self._clock() - self._limits.store_age
        articles = self._store.remove_before(before, SLICE)
        if not articles and _over(self._store.used_bytes(), self._limits.store_bytes):
            articles = self._store.remove_before(END_OF_TIME, SLICE)
        others = sum(forget(before, SLICE) for forget in self._others)
        if gone or articles or others:
            log.info("forgotten", messages=gone, articles=articles, others=others)
        return gone + articles + others + self._file.shrink() + self._store.shrink()

    def _trim_log(self) -> int:
        oversized = _over(self._file.used_bytes(), self._limits.log_bytes)
        gone = 0
        for topic in ALL:
            ((partition, bounds),) = self._log.bounds(topic.name).items()
            aged = self._log.positions_at(topic.name, self._clock() - self._limits.log_age)[partition]
            until = trim_to(bounds, aged, self._unread(partition, bounds), oversized=oversized)
            if until > bounds.start:
                gone += self._log.trim(topic.name, min(until, bounds.start + SLICE))
        return gone

    def _unread(self, partition: Partition, bounds: Bounds) -> int | None:
        readers = self._readers.get(partition.topic, ())
        return min((reader().get(partition, bounds.start) for reader in readers), default=None)


def _over(size: int, limit: int) -> bool:
    return 0 < limit < size
