"""The message log inside a state file: one partition a topic, offsets without gaps, read by any number of threads."""

import time
from collections.abc import Mapping, Sequence

from marsad.errors import PositionLostError, UnknownTopicError
from marsad.message import Bounds, Message, Partition, Record
from marsad.statefile import StateFile


class SqliteLog:
    """The log of a state file. Closing the log leaves the file open: the file belongs to whoever opened it."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def append(self, topic: str, records: Sequence[Record]) -> None:
        """One transaction with one append."""
        with self._file.transaction() as tx:
            tx.append(topic, records)

    def read(self, positions: Mapping[Partition, int], limit: int, timeout: float) -> Sequence[Message]:
        """Messages at or after the positions, the topics in the order they were asked for."""
        deadline = time.monotonic() + timeout
        while True:
            mark = self._file.mark()
            found: list[Message] = []
            for partition, position in positions.items():
                if len(found) < limit:
                    found += self._select(partition, position, limit - len(found))
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            self._file.wait(mark, left)

    def bounds(self, topic: str) -> Mapping[Partition, Bounds]:
        """Start and end of partition 0."""
        rows = self._file.rows("SELECT start, next FROM topic WHERE name = ?", (topic,))
        if not rows:
            raise UnknownTopicError(f"{self._file.path} has no topic «{topic}»")
        return {Partition(topic, 0): Bounds(rows[0]["start"], rows[0]["next"])}

    def positions_at(self, topic: str, time_ms: int) -> Mapping[Partition, int]:
        """Exact, since times within a topic never go back."""
        ((partition, bounds),) = self.bounds(topic).items()
        rows = self._file.rows(
            "SELECT offset FROM message WHERE topic = (SELECT id FROM topic WHERE name = ?) AND time >= ? "
            "ORDER BY time, offset LIMIT 1",
            (topic, time_ms),
        )
        return {partition: rows[0]["offset"] if rows else bounds.next}

    def trim(self, topic: str, before: int, *, slice_size: int = 500) -> int:
        """Forget messages below an offset, in slices so that writers are not held up; returns how many went."""
        removed = 0
        while True:
            with self._file.transaction() as tx:
                row = tx.execute("SELECT id, start, next FROM topic WHERE name = ?", (topic,)).fetchone()
                if row is None:
                    raise UnknownTopicError(f"{self._file.path} has no topic «{topic}»")
                until = min(before, row["next"], row["start"] + slice_size)
                if until <= row["start"]:
                    return removed
                tx.execute("DELETE FROM message WHERE topic = ? AND offset < ?", (row["id"], until))
                tx.execute("UPDATE topic SET start = ? WHERE id = ?", (until, row["id"]))
                removed += until - row["start"]

    def close(self) -> None:
        """Nothing of its own is open."""

    def _select(self, partition: Partition, position: int, limit: int) -> list[Message]:
        # One statement, so that retention cannot trim between the look at the bounds and the read.
        rows = self._file.rows(
            "SELECT t.start, t.next, m.offset, m.time, m.key, m.value FROM topic t "
            "LEFT JOIN message m ON m.topic = t.id AND m.offset >= ? WHERE t.name = ? ORDER BY m.offset LIMIT ?",
            (position, partition.topic, limit),
        )
        if not rows or partition.number != 0:
            raise UnknownTopicError(f"{self._file.path} has no topic «{partition.topic}», partition {partition.number}")
        start, end = rows[0]["start"], rows[0]["next"]
        if not start <= position <= end:
            raise PositionLostError(
                f"{partition.topic}: position {position} is outside what the log holds, {start} to {end}: messages were "
                "trimmed before they were read, or the log was replaced; start this consumer at one of its ends"
            )
        return [
            Message(partition, row["offset"], row["time"], row["key"], row["value"])
            for row in rows
            if row["offset"] is not None
        ]
