"""The message log: where every stage reads, and its adapters.

Invariants of every log:

* A record is on disk when `append` returns, and in no reader's hands before that.
* Within a partition order holds and offsets rise; they may have gaps. Records of one key share a partition.
* The log remembers no reader. Whoever reads keeps its positions where it keeps its effect (see `statefile`).
* Nothing is skipped in silence: a position outside what the log holds is an error.

Stages call `read` and `bounds`; the relay and the commands call `append`; replay calls `positions_at`. An instance belongs
to one thread.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from marsad.message import Bounds, Message, Partition, Record


class MessageLog(Protocol):
    """A log of messages by topic and partition."""

    def append(self, topic: str, records: Sequence[Record]) -> None:
        """Append all records, or none; returns when they are durable, and waits while the log is away.

        TooLargeError where a record is over the log's limit, UnknownTopicError where the topic is not there.
        """

    def read(self, positions: Mapping[Partition, int], limit: int, timeout: float) -> Sequence[Message]:
        """At most `limit` messages at or after each partition's position, as soon as there is one; [] after `timeout` s.

        PositionLostError for a position below what is kept or beyond the end, UnknownTopicError.
        """

    def bounds(self, topic: str) -> Mapping[Partition, Bounds]:
        """What each partition holds; UnknownTopicError."""

    def positions_at(self, topic: str, time_ms: int) -> Mapping[Partition, int]:
        """For each partition the first offset written at or after a time, else its end; UnknownTopicError."""

    def close(self) -> None:
        """Release what the log holds open."""
