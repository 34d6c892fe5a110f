"""What a message log holds: records going in, messages coming out, and the places between them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

DEAD_LETTER_SOURCE_LIMIT = 64 * 1024
"""Most bytes of a source message that a dead letter keeps."""


class Record(NamedTuple):
    """What is appended: key and value, both bytes and never None."""

    key: bytes
    value: bytes


class Partition(NamedTuple):
    """One ordered sequence of a topic; the SQLite log has number 0 only."""

    topic: str
    number: int


class Message(NamedTuple):
    """A record that the log holds. `time` is when it was appended, in ms."""

    partition: Partition
    offset: int
    time: int
    key: bytes
    value: bytes


class Bounds(NamedTuple):
    """What a partition holds: offsets from `start` up to, not including, `next`."""

    start: int
    next: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that a stage gave up, with enough of it to see why and the origin to replay it from."""

    stage: str
    topic: str
    partition: int
    offset: int
    reason: str
    source: bytes
    """The first DEAD_LETTER_SOURCE_LIMIT bytes of the message's value."""


def dead_letter(stage: str, message: Message, reason: str) -> DeadLetter:
    """The letter about a message; it holds no clock, so that a repeat has the same bytes."""
    return DeadLetter(
        stage=stage,
        topic=message.partition.topic,
        partition=message.partition.number,
        offset=message.offset,
        reason=reason,
        source=message.value[:DEAD_LETTER_SOURCE_LIMIT],
    )


def after(messages: Sequence[Message]) -> dict[Partition, int]:
    """The positions behind these messages, which are in order within each partition."""
    return {message.partition: message.offset + 1 for message in messages}
