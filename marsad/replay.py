"""Putting messages into the log again: dead letters once their cause is mended, or a stretch of articles to annotate anew.

Nothing is told twice by it: a story is read back, a document replaced by its like, and what was decided on a match stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from marsad.codec import decode
from marsad.errors import PositionLostError
from marsad.message import DEAD_LETTER_SOURCE_LIMIT, DeadLetter, Message, Partition, Record
from marsad.messagelog import MessageLog
from marsad.statefile import Schema, StateFile
from marsad.topics import ALL, DEADLETTER, Topic

SCHEMA = Schema("replay", 1, "CREATE TABLE IF NOT EXISTS replayed (offset INTEGER PRIMARY KEY) STRICT")
SLICE = 200
PATIENCE_S = 5.0
"""How long a log may take to give what it has; Kafka has to fetch it first, and a compacted topic may end in a gap."""
_TOPICS = {topic.name: topic for topic in ALL}


class Letter(NamedTuple):
    """A dead letter at its place, and what would be appended again; None where its source is no longer whole."""

    offset: int
    letter: DeadLetter
    record: Record | None


def waiting_letters(file: StateFile, log: MessageLog) -> Iterator[Letter]:
    """The dead letters that were not replayed yet, in order, as far as the log keeps them."""
    replayed = {row["offset"] for row in file.rows("SELECT offset FROM replayed")}
    for message in stretch(log, DEADLETTER):
        if message.offset not in replayed:
            letter = decode(message.value, DeadLetter)
            yield Letter(message.offset, letter, _source(log, message, letter))


def replay_letters(file: StateFile, letters: Sequence[Letter], elsewhere: MessageLog | None = None) -> int:
    """Append the sources of these letters to the topics they came from; returns how many had one.

    All or none, into the file's own log; or into a log elsewhere, where a kill may have the last one replayed again.
    """
    whole = [(found.offset, found.letter.topic, found.record) for found in letters if found.record is not None]
    if elsewhere is not None:
        for offset, topic, record in whole:
            elsewhere.append(topic, [record])
            with file.transaction() as tx:
                tx.execute("INSERT OR IGNORE INTO replayed VALUES (?)", (offset,))
        return len(whole)
    with file.transaction() as tx:
        for offset, topic, record in whole:
            if tx.execute("INSERT OR IGNORE INTO replayed VALUES (?)", (offset,)).rowcount:
                tx.append(topic, [record])
    return len(whole)


def stretch(
    log: MessageLog,
    topic: Topic,
    start: Mapping[Partition, int] | None = None,
    end: Mapping[Partition, int] | None = None,
) -> Iterator[Message]:
    """The messages of a topic from one place up to, not including, another: by default all that it holds now."""
    for partition, bounds in log.bounds(topic.name).items():
        stop = bounds.next if end is None else min(end[partition], bounds.next)
        here = bounds.start if start is None else max(start[partition], bounds.start)
        while here < stop:
            messages = [one for one in log.read({partition: here}, SLICE, PATIENCE_S) if one.offset < stop]
            yield from messages
            here = messages[-1].offset + 1 if messages else stop


def newest(
    log: MessageLog, topic: Topic, start: Mapping[Partition, int], end: Mapping[Partition, int]
) -> Iterator[Message]:
    """Of each key the last message of a stretch, in order: what was replayed before is not replayed with what it repeats."""
    last = {message.key: (message.partition, message.offset) for message in stretch(log, topic, start, end)}
    return (it for it in stretch(log, topic, start, end) if last.get(it.key) == (it.partition, it.offset))


def ends(log: MessageLog, topic: Topic) -> dict[Partition, int]:
    """Where each partition of a topic ends now."""
    return {partition: bounds.next for partition, bounds in log.bounds(topic.name).items()}


def _source(log: MessageLog, message: Message, letter: DeadLetter) -> Record | None:
    """The message that was given up, from its topic where that still has it, else from the letter where it is whole."""
    if letter.topic not in _TOPICS:
        return None
    try:
        found = log.read({Partition(letter.topic, letter.partition): letter.offset}, 1, PATIENCE_S)
    except PositionLostError:
        found = []
    if found and found[0].offset == letter.offset:
        return Record(found[0].key, found[0].value)
    return Record(message.key, letter.source) if len(letter.source) < DEAD_LETTER_SOURCE_LIMIT else None
