"""The relay: copies what the log of a state file got to the message log of the cluster, and forgets it there.

Stages commit output, state and position to their state file, whether the cluster's log answers or not; the relay brings the
output on, in a thread of its own. Its position is a row of the same file and moves once a batch is acknowledged, so a kill in
between repeats that batch with the same bytes.
"""

import threading
import time
from collections.abc import Iterable, Sequence

import structlog

from marsad.errors import ItemError, RetryableError
from marsad.message import Message, Partition, Record, after
from marsad.messagelog import MessageLog
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import PATIENCE_S, Backoff, Poison, letter
from marsad.statefile import StateFile
from marsad.topics import Topic

NAME = "relay"
BATCH = 100
"""Messages appended at once; 500 are hardly quicker, and the largest messages have to fit into memory."""
LOOK_S = 1.0
"""How often it is counted how far behind the relay is."""
FIRST_WORD_S, LONGEST_SILENCE_S = 5.0, 300.0
"""When it is first told in the log that nothing moves, and how long that may go untold from then on."""
SHRINK_AFTER = 1_000
"""Messages forgotten after which the file gives space back to the disk, once there is nothing to copy."""
log = structlog.get_logger(__name__)


def passed(file: StateFile, topic: str) -> int:
    """The offset in the file's log before which the cluster's log has acknowledged everything of this topic.

    For `notify`: an alert is told only once this is over its offset, else a lost volume would forget what was told.
    """
    return file.positions(NAME).get(Partition(topic, 0), 0)


def has_passed(file: StateFile, topic: Topic, key: bytes) -> bool:
    """Whether the cluster's log has all that this file's log got under a key."""
    waiting = file.rows(
        "SELECT 1 FROM message WHERE topic = (SELECT id FROM topic WHERE name = ?) AND offset >= ? AND key = ? LIMIT 1",
        (topic.name, passed(file, topic.name), key),
    )
    return not waiting


def behind(file: StateFile, topics: Iterable[Topic]) -> dict[str, int]:
    """How many messages of each topic have yet to be copied."""
    log = SqliteLog(file)
    return {
        topic.name: each.next - max(each.start, passed(file, topic.name))
        for topic in topics
        for each in log.bounds(topic.name).values()
    }


class Relay:
    """Copies the topics that a process writes. Only the relay may trim them in this file."""

    def __init__(self, file: StateFile, target: MessageLog, topics: Iterable[Topic], metrics: Metrics) -> None:
        """`target` belongs to the thread that calls `run` from then on."""
        self._file = file
        self._local = SqliteLog(file)
        self._target = target
        self._topics = tuple(topics)
        self._metrics = metrics
        self._forgotten = 0

    def run(self, stopping: threading.Event) -> None:
        """Copy until asked to stop; raises what a person has to put right. What is not copied by then waits in the file."""
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended,), name="relay-watch", daemon=True)
        watcher.start()
        try:
            self._run(stopping)
        finally:
            ended.set()
            watcher.join()

    def behind(self) -> dict[str, int]:
        """How many messages of each topic have yet to be copied; may be asked by any thread."""
        return behind(self._file, self._topics)

    def _run(self, stopping: threading.Event) -> None:
        backoff = Backoff(NAME, stopping, self._metrics)
        positions = self._positions()
        for partition, position in positions.items():
            self._local.trim(partition.topic, position)  # a kill may have come between the two
        while not stopping.is_set():
            try:
                messages = self._local.read(positions, BATCH, PATIENCE_S)
                for partition, position in after(messages).items():
                    self._copy([message for message in messages if message.partition == partition])
                    del positions[partition]  # and put it last, so that a busy topic holds no other back
                    positions[partition] = position
                if not messages:
                    self._give_space_back()
                backoff.worked()
            except RetryableError as error:
                backoff.failed(error)

    def _positions(self) -> dict[Partition, int]:
        """Where the relay goes on in each topic: at its position, else at the first message kept."""
        known = self._file.positions(NAME)
        starts = {
            partition: each.start
            for topic in self._topics
            for partition, each in self._local.bounds(topic.name).items()
        }
        return {partition: known.get(partition, start) for partition, start in starts.items()}

    def _copy(self, messages: Sequence[Message]) -> None:
        """Have the messages of one topic acknowledged, move the position, and forget them here."""
        topic, started = messages[0].partition.topic, time.monotonic()
        try:
            self._target.append(topic, [Record(message.key, message.value) for message in messages])
        except ItemError:  # nothing of the batch is in
            for message in messages:
                self._copy_alone(message)
        with self._file.transaction() as tx:
            tx.advance(NAME, after(messages))
        self._forgotten += self._local.trim(topic, messages[-1].offset + 1)
        self._metrics.relayed.labels(topic).inc(len(messages))
        log.info(
            "relayed",
            topic=topic,
            messages=len(messages),
            first=messages[0].offset,
            last=messages[-1].offset,
            ms=round((time.monotonic() - started) * 1000, 1),
        )

    def _copy_alone(self, message: Message) -> None:
        """One message, or the dead letter about it where the cluster's log does not take it."""
        try:
            self._target.append(message.partition.topic, [Record(message.key, message.value)])
        except ItemError as error:
            found = Poison(message, error)
        else:
            return
        topic, record = letter(NAME, found)
        self._target.append(topic.name, [record])
        log.error("given up", stage=NAME, topic=message.partition.topic, offset=message.offset, reason=found.reason)

    def _give_space_back(self) -> None:
        if self._forgotten >= SHRINK_AFTER and not self._file.shrink():
            self._forgotten = 0

    def _watch(self, ended: threading.Event) -> None:
        """Count how far behind the relay is, also while it waits, and say so when nothing moves."""
        place, since, next_word_s = self._positions(), time.monotonic(), FIRST_WORD_S
        while not ended.wait(LOOK_S):
            left = self.behind()
            for topic, count in left.items():
                self._metrics.relay_lag.labels(topic).set(count)
            waited = time.monotonic() - since
            if self._positions() != place or not any(left.values()):
                if next_word_s > FIRST_WORD_S:
                    log.info("the relay goes on", behind=left)
                place, since, next_word_s = self._positions(), time.monotonic(), FIRST_WORD_S
            elif waited >= next_word_s:
                log.warning("the relay waits", seconds=round(waited), behind=left)
                next_word_s += min(next_word_s, LONGEST_SILENCE_S)
