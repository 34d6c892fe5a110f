"""The index stage: what is in marsad.stories becomes searchable.

Its effect and its position live in the search store, so it does not use the loop of `marsad.stage`, only its parts.
"""

import threading
import time
from collections.abc import Callable, Sequence

from indexers.store import SearchStore
from marsad.annotation import StoryArticle
from marsad.codec import decode
from marsad.errors import RetryableError
from marsad.message import Message, after
from marsad.messagelog import MessageLog
from marsad.metrics import Metrics
from marsad.stage import BATCH, PATIENCE_S, Attempts, Backoff, Poison, lag, letter, report, starts
from marsad.topics import STORIES

NAME = "index"


def run_index(
    source: MessageLog,
    store: SearchStore,
    stopping: threading.Event,
    metrics: Metrics,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Index until asked to stop. A dead letter is written before the position moves: a kill between them repeats it.

    `prepare` brings the store into a state to index into, which may take long; it is tried again like everything else.
    """
    positions = starts(source, STORIES) | dict(store.positions())
    attempts = Attempts(NAME, _decoded)
    backoff = Backoff(NAME, stopping, metrics)
    while not stopping.is_set():
        try:
            prepare()
            messages = source.read(positions, BATCH, PATIENCE_S)
            if messages:
                started = time.monotonic()
                dead = _index(source, store, attempts, messages)
                positions |= after(messages)
                report(NAME, messages, dead, time.monotonic() - started, metrics)
            metrics.lag.labels(NAME).set(lag(source, STORIES, positions))
            backoff.worked()
        except RetryableError as error:
            backoff.failed(error)


def _index(
    source: MessageLog, store: SearchStore, attempts: Attempts[StoryArticle], messages: Sequence[Message]
) -> int:
    articles: list[StoryArticle] = []
    dead = 0
    for _, outcome in attempts.each(messages):
        if isinstance(outcome, Poison):
            attempts.gave_up(outcome)
            topic, record = letter(NAME, outcome)
            source.append(topic.name, [record])
            dead += 1
        else:
            attempts.succeeded()
            articles.append(outcome)
    store.index(articles, after(messages))
    return dead


def _decoded(message: Message) -> StoryArticle:
    return decode(message.value, StoryArticle)
