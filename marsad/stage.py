"""The loop that runs a stage: read, prepare, decide, commit; what fails becomes a dead letter, what is away is waited for.

A stage says only what it does with one message. The loop gives it back-off, dead letters, metrics and a log, and commits
output, state and position in one transaction, so a stage may be killed at any point and nothing is lost or done twice.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from marsad.codec import encode
from marsad.errors import ItemError, MarsadError, PoisonLimitError, RetryableError
from marsad.message import Message, Partition, Record, after, dead_letter
from marsad.messagelog import MessageLog
from marsad.metrics import Metrics, Outcome
from marsad.statefile import StateFile, Transaction
from marsad.topics import DEADLETTER, Topic

P = TypeVar("P")
R = TypeVar("R")
log = structlog.get_logger(__name__)

BATCH = 50
"""Messages in one transaction: on a disk that syncs in 10 ms the sync costs each message 0.2 ms."""
PATIENCE_S = 1.0
"""How long one read waits; also how long a stage may take to see that it should stop."""
POISON_LIMIT = 100
"""Dead letters in a row after which a stage stops: then the fault is more likely ours."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 30.0


class Stage(Protocol[P]):
    """What is done with the messages of one topic."""

    name: str
    source: Topic

    def prepare(self, message: Message) -> P:
        """The heavy and pure part, outside any transaction; ItemError where the message is to be given up."""

    def decide(self, tx: Transaction, item: P) -> Iterable[tuple[Topic, Record]]:
        """What to append, given the state in the file and one prepared item; may change the state."""


class Poison:
    """A message that was given up, with what was wrong with it."""

    def __init__(self, message: Message, error: Exception) -> None:
        self.message = message
        self.error = error
        self.reason = str(error) if isinstance(error, ItemError) else f"{type(error).__name__}: {error}"


class Attempts(Generic[P]):
    """Calls a function for each message, turns what fails into Poison, and limits how many may fail in a row."""

    def __init__(self, stage: str, call: Callable[[Message], P]) -> None:
        self._stage = stage
        self._call = call
        self._in_a_row = 0

    def each(self, messages: Iterable[Message]) -> Iterator[tuple[Message, P | Poison]]:
        """The outcome for each message, in order."""
        for message in messages:
            try:
                outcome: P | Poison = self._call(message)
            except Exception as error:  # noqa: BLE001 - one bad item never stops the stream, whatever is wrong with it
                outcome = poison(message, error)
            yield message, outcome

    def succeeded(self) -> None:
        """A message was processed to its end."""
        self._in_a_row = 0

    def gave_up(self, found: Poison) -> None:
        """A message goes to the dead letters; PoisonLimitError where too many in a row do."""
        self._in_a_row += 1
        if self._in_a_row > POISON_LIMIT:
            raise PoisonLimitError(
                f"stage {self._stage}: {self._in_a_row} messages in a row could not be processed, the last with: "
                f"{found.reason}; it stops before it empties the topic into the dead letters: mend the cause and start again"
            ) from found.error
        log.error(
            "given up",
            stage=self._stage,
            topic=found.message.partition.topic,
            partition=found.message.partition.number,
            offset=found.message.offset,
            reason=found.reason,
            exc_info=None if isinstance(found.error, ItemError) else found.error,
        )


def poison(message: Message, error: Exception) -> Poison:
    """The poison that a failure makes of a message; raises what concerns more than this one item."""
    if isinstance(error, MarsadError) and not isinstance(error, ItemError):
        raise error
    return Poison(message, error)


def letter(stage: str, found: Poison) -> tuple[Topic, Record]:
    """The dead letter about a message, as it is appended."""
    return DEADLETTER, Record(found.message.key, encode(dead_letter(stage, found.message, found.reason)))


class Backoff:
    """Waits longer after each failure in a row, and says so in log and metrics."""

    def __init__(self, stage: str, stopping: threading.Event, metrics: Metrics) -> None:
        self._stage = stage
        self._stopping = stopping
        self._metrics = metrics
        self._wait = FIRST_WAIT_S

    def failed(self, error: RetryableError) -> None:
        """Wait before the next try; returns early when the process is to stop."""
        log.warning("waiting to try again", stage=self._stage, seconds=round(self._wait, 1), reason=str(error))
        self._metrics.retries.labels(self._stage).inc()
        self._stopping.wait(self._wait)
        self._wait = min(self._wait * 2, LONGEST_WAIT_S)

    def worked(self) -> None:
        """The next failure waits shortly again."""
        self._wait = FIRST_WAIT_S


def run_stage(
    source: MessageLog, file: StateFile, stage: Stage[P], stopping: threading.Event, metrics: Metrics
) -> None:
    """Run a stage with state in a file until asked to stop; raises what a person has to put right."""
    positions = starts(source, stage.source) | file.positions(stage.name)
    attempts = Attempts(stage.name, stage.prepare)
    backoff = Backoff(stage.name, stopping, metrics)
    while not stopping.is_set():
        try:
            messages = source.read(positions, BATCH, PATIENCE_S)
            if messages:
                started = time.monotonic()
                prepared = []
                for outcome in attempts.each(messages):
                    if stopping.is_set():
                        return  # nothing of it is committed, so nothing of it is lost
                    prepared.append(outcome)
                dead = _commit(file, stage, attempts, prepared)
                positions |= after(messages)
                report(stage.name, messages, dead, time.monotonic() - started, metrics)
            metrics.lag.labels(stage.name).set(lag(source, stage.source, positions))
            backoff.worked()
        except RetryableError as error:
            backoff.failed(error)


def _commit(
    file: StateFile, stage: Stage[P], attempts: Attempts[P], prepared: Sequence[tuple[Message, P | Poison]]
) -> int:
    """One transaction for all: output, state and position. Returns how many messages became dead letters."""
    dead = 0
    with file.transaction() as tx:
        waiting = deque(prepared)
        while waiting:
            message, item = waiting.popleft()
            if isinstance(item, Poison):
                attempts.gave_up(item)
                topic, record = letter(stage.name, item)
                tx.append(topic.name, [record])
                dead += 1
                continue
            try:
                with tx.attempt():
                    for topic, record in stage.decide(tx, item):
                        tx.append(topic.name, [record])
            except Exception as error:  # noqa: BLE001 - as above: it goes to the dead letters
                waiting.appendleft((message, poison(message, error)))
            else:
                attempts.succeeded()
        tx.advance(stage.name, after([message for message, _ in prepared]))
    return dead


def report(stage: str, messages: Sequence[Message], dead: int, seconds: float, metrics: Metrics) -> None:
    """Say in log and metrics what one batch was."""
    metrics.messages.labels(stage, Outcome.DONE).inc(len(messages) - dead)
    metrics.messages.labels(stage, Outcome.DEAD).inc(dead)
    metrics.batch_seconds.labels(stage).observe(seconds)
    log.info(
        "batch",
        stage=stage,
        messages=len(messages),
        dead=dead,
        first=messages[0].offset,
        last=messages[-1].offset,
        ms=round(seconds * 1000, 1),
    )


def starts(source: MessageLog, topic: Topic) -> dict[Partition, int]:
    """Where a consumer begins that has no positions yet: at the first message kept."""
    return {partition: bounds.start for partition, bounds in source.bounds(topic.name).items()}


def lag(source: MessageLog, topic: Topic, positions: Mapping[Partition, int]) -> int:
    """How many messages a reader at these positions has yet to read, at most: offsets may have gaps."""
    return sum(
        bounds.next - positions.get(partition, bounds.start) for partition, bounds in source.bounds(topic.name).items()
    )
