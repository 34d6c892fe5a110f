"""Everything in one process, with no server: each part is a thread, and the first that fails ends all."""

import asyncio
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import NamedTuple, TypeAlias, TypeVar

import structlog

from indexers.alerts import state as alert_state
from indexers.alerts.building import build_receiver
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.deliver import run_delivery
from indexers.alerts.digest import run_digests
from indexers.alerts.notify import NotifyStage
from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.watch import RulesInForce
from indexers.index import run_index
from indexers.sqlitestore import SqliteStore
from ingest import state as feed_state
from ingest.connect import FetchLimits
from ingest.poll import Poller, PollResult
from marsad.catalogue import Catalogue
from marsad.cli.parts import SEARCH_FILE, Parts, catalogue_of, open_state
from marsad.cli.show import show_alert, when_told
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.retention import Limits as RetentionLimits
from marsad.retention import Retention
from marsad.settings import Settings
from marsad.stage import Stage, run_stage
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, ARTICLES, STORIES
from processors.annotate import Annotator
from processors.group import GroupStage
from processors.local import AnnotateStage
from processors.stories import Rules

DAY_MS = 86_400_000
MEGABYTE = 1_000_000
STOP_S = 4.0
"""How long the parts may take to end once asked to."""
log = structlog.get_logger(__name__)

P = TypeVar("P")
Part: TypeAlias = Callable[[threading.Event], None]
"""Something that runs until the event is set."""


class Embedded(NamedTuple):
    """What a running marsad is made of."""

    file: StateFile
    store: SqliteStore
    catalogue: Catalogue
    rules: RulesInForce
    parts: Mapping[str, Part]


@contextmanager
def embedded(parts: Parts, metrics: Metrics) -> Iterator[Embedded]:
    """Build all parts on the data directory, which the caller holds; closes what it opened."""
    settings = parts.settings
    catalogue = catalogue_of(parts.config)
    with closing(open_log(parts)) as file, closing(SqliteStore(settings.data / SEARCH_FILE)) as store:
        store.follow(file.identity, SqliteLog(file).bounds(STORIES.name))
        rules = RulesInForce(
            lambda: parts.config.file(RULES_FILE),
            catalogue,
            file,
            lambda receiver: build_receiver(receiver, settings.data, os.environ, show=show_alert, when=when_told),
            os.environ,
        )
        annotate = AnnotateStage(Annotator(catalogue))
        group = GroupStage(file, story_rules(settings))
        limits = Limits(
            max_age=int(settings.alerts.max_age_h * HOUR_MS),
            first_poll_max_age=int(settings.alerts.first_poll_max_age_h * HOUR_MS),
        )
        notify = NotifyStage(rules.rules, limits, file.clock, metrics)
        poller = build_poller(parts, file, metrics)

        def staged(stage: Stage[P]) -> Part:
            return lambda stopping: run_stage(SqliteLog(file), file, stage, stopping, metrics)

        running: dict[str, Part] = {
            "ingest": lambda stopping: asyncio.run(poller.poll_forever(stopping)),
            "annotate": staged(annotate),
            "group": staged(group),
            "index": lambda stopping: run_index(
                SqliteLog(file), store, stopping, metrics, prepare=lambda: store.renew(stopping)
            ),
            "notify": staged(notify),
            "deliver": lambda stopping: run_delivery(file, rules.receivers, stopping, metrics),
            "digests": lambda stopping: run_digests(file, stopping, metrics),
            "rules": rules.watch,
            "retention": build_retention(parts, file, store).run,
        }
        yield Embedded(file, store, catalogue, rules, running)


def build_retention(parts: Parts, file: StateFile, store: SqliteStore) -> Retention:
    """The part that forgets what is old."""
    kept = parts.settings.retention

    def forget_alerts(before: int, limit: int) -> int:
        with file.transaction() as tx:
            return alert_state.prune(tx, before, limit)

    return Retention(
        file,
        store,
        RetentionLimits(
            log_age=int(kept.log_days * DAY_MS),
            log_bytes=kept.log_max_mb * MEGABYTE,
            store_age=int(kept.store_days * DAY_MS),
            store_bytes=kept.store_max_mb * MEGABYTE,
        ),
        readers={
            ARTICLES.name: [lambda: file.positions("annotate")],
            ANNOTATED.name: [lambda: file.positions("group")],
            STORIES.name: [lambda: file.positions("notify"), store.positions],
        },
        others=[forget_alerts],
        clock=file.clock,
    )


def story_rules(settings: Settings) -> Rules:
    """By what articles are joined into stories."""
    return Rules(
        similarity=settings.stories.similarity,
        likeness=settings.stories.likeness,
        window_ms=int(settings.stories.window_h * HOUR_MS),
    )


def open_log(parts: Parts) -> StateFile:
    """The state file of the data directory with all topics and the tables of ingest."""
    file = open_state(parts.settings, create=True)
    file.create_topics(topic.name for topic in ALL)
    file.install(feed_state.SCHEMA)
    file.install(alert_state.SCHEMA)
    return file


def build_poller(parts: Parts, file: StateFile, metrics: Metrics) -> Poller:
    """The part that polls feeds, counting what it does."""
    failing = {feed.id for feed in feed_state.list_feeds(file) if feed.state == "failing"}

    def count(result: PollResult) -> None:
        metrics.polls.labels(result.outcome).inc()
        metrics.articles.inc(result.new + result.edited)
        if result.outcome == "failed":
            failing.add(result.feed_id)
        elif result.outcome != "deferred":
            failing.discard(result.feed_id)
        metrics.failing_feeds.set(len(failing))

    return Poller(
        file,
        FetchLimits(**parts.settings.fetch.model_dump()),
        clock=file.clock,
        random=random.random,
        on_poll=count,
        on_page=lambda outcome: metrics.pages.labels(outcome).inc(),
    )


def run_parts(parts: Mapping[str, Part], stopping: threading.Event) -> None:
    """Run each part in a thread until `stopping` is set or one fails; raises what failed first, once all have ended.

    The process is ended where a part does not end in time.
    """
    failures: list[BaseException] = []

    def guarded(name: str, part: Part) -> None:
        try:
            part(stopping)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the parts were started
            failures.append(error)
            if not stopping.is_set():
                log.critical("part failed, all are stopping", part=name, reason=str(error))
        finally:
            stopping.set()

    threads = [
        threading.Thread(target=guarded, args=(name, part), name=name, daemon=True) for name, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    while not stopping.wait(1.0):
        pass
    deadline = time.monotonic() + STOP_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if hanging := [thread.name for thread in threads if thread.is_alive()]:
        # A kill at any moment is safe, and the lock on the data directory must not be let go while they might still write.
        log.warning("cut off what did not end in time", parts=hanging, seconds=STOP_S)
        sys.stdout.flush()
        os._exit(1 if failures else 0)
    if failures:
        raise failures[0]
