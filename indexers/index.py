"""The index stage: what is in marsad.stories becomes searchable.

Its effect and its position live in the search store, so it does not use the loop of `marsad.stage`, only its parts. Whatever
else is copied from the log into a store goes by the same loop.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from indexers.store import RefusedError, SearchStore
from marsad.annotation import StoryArticle
from marsad.codec import decode
from marsad.errors import ItemError, RetryableError
from marsad.message import Message, Partition, after
from marsad.messagelog import MessageLog
from marsad.metrics import Metrics
from marsad.stage import BATCH, PATIENCE_S, Attempts, Backoff, Poison, lag, letter, report, starts
from marsad.topics import STORIES, Topic

NAME = "index"
V = TypeVar("V")
Taken_contra = TypeVar("Taken_contra", contravariant=True)


class Sink(Protocol[Taken_contra]):
    """Where values go that are read from the log, with the positions behind them."""

    def index(self, batch: Sequence[Taken_contra], positions: Mapping[Partition, int]) -> None:
        """Hold these values, then the positions; RefusedError for values that are never taken, RetryableError."""

    def positions(self) -> Mapping[Partition, int]:
        """Where reading goes on."""


class Copied(NamedTuple, Generic[V]):
    """What is copied into a store: under which name, from which topics, made how of a message."""

    name: str
    topics: Sequence[Topic]
    value: Callable[[Message], V]


def run_index(
    source: MessageLog,
    store: SearchStore,
    stopping: threading.Event,
    metrics: Metrics,
    *,
    prepare: Callable[[], None] = lambda: None,
    at_once: int = BATCH,
) -> None:
    """Index until asked to stop; `copy` says more."""
    copy(source, Copied(NAME, (STORIES,), _decoded), store, stopping, metrics, prepare=prepare, at_once=at_once)


def copy(
    source: MessageLog,
    what: Copied[V],
    sink: Sink[V],
    stopping: threading.Event,
    metrics: Metrics,
    *,
    prepare: Callable[[], None] = lambda: None,
    at_once: int = BATCH,
) -> None:
    """Copy until asked to stop, at most `at_once` messages at a time.

    A dead letter is written before the position moves: a kill between them repeats it. `prepare` brings the store into a state
    to write to, which may take long; it is tried again like everything else. The store's position is the one that counts: it is
    asked for again after each failure and whenever there is nothing to do, so a store that was removed or restored is filled
    from where it is.
    """
    attempts = Attempts(what.name, what.value)
    backoff = Backoff(what.name, stopping, metrics)
    positions: dict[Partition, int] = {}
    while not stopping.is_set():
        try:
            prepare()
            positions = positions or _starts(source, what.topics) | dict(sink.positions())
            messages = source.read(positions, at_once, PATIENCE_S)
            if messages:
                started = time.monotonic()
                dead = _copy(source, what.name, sink, attempts, messages)
                positions |= after(messages)
                report(what.name, messages, dead, time.monotonic() - started, metrics)
            metrics.lag.labels(what.name).set(sum(lag(source, topic, positions) for topic in what.topics))
            if not messages:
                positions = {}
            backoff.worked()
        except RetryableError as error:
            positions = {}
            backoff.failed(error)


def _starts(source: MessageLog, topics: Sequence[Topic]) -> dict[Partition, int]:
    return {partition: start for topic in topics for partition, start in starts(source, topic).items()}


def _copy(source: MessageLog, name: str, sink: Sink[V], attempts: Attempts[V], messages: Sequence[Message]) -> int:
    """One batch; returns how many of its messages became dead letters."""
    values: list[tuple[Message, V]] = []
    dead = 0

    def give_up(poison: Poison) -> None:
        attempts.gave_up(poison)
        topic, record = letter(name, poison)
        source.append(topic.name, [record])

    for message, outcome in attempts.each(messages):
        if isinstance(outcome, Poison):
            give_up(outcome)
            dead += 1
        else:
            values.append((message, outcome))
    while True:
        try:
            sink.index([value for _, value in values], after(messages))
        except RefusedError as error:
            reasons = {id(value): reason for value, reason in error.refused}
            refused = [one for one in values if id(one[1]) in reasons]
            if not refused:
                raise
            for message, value in refused:
                give_up(Poison(message, ItemError(reasons[id(value)])))
            dead += len(refused)
            values = [one for one in values if id(one[1]) not in reasons]
        else:
            break
    for _ in values:
        attempts.succeeded()
    return dead


def _decoded(message: Message) -> StoryArticle:
    return decode(message.value, StoryArticle)
