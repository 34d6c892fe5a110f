"""Everything in one process, with no server: each part is a thread, and the first that fails ends all."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import NamedTuple, TypeAlias, TypeVar

import structlog

from indexers.alerts import state as alert_state
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.deliver import run_delivery
from indexers.alerts.notify import NotifyStage
from indexers.alerts.receivers import build_receiver
from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.watch import RulesInForce
from indexers.index import run_index
from indexers.sqlitestore import SqliteStore
from ingest import state as feed_state
from ingest.fetch import FetchLimits
from ingest.poll import Poller, PollResult
from marsad.catalogue import Catalogue
from marsad.cli.parts import SEARCH_FILE, Parts, catalogue_of, open_state
from marsad.cli.show import show_alert
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.settings import Settings
from marsad.stage import Stage, run_stage
from marsad.statefile import StateFile
from marsad.topics import ALL
from processors.annotate import Annotator
from processors.group import GroupStage
from processors.local import AnnotateStage
from processors.stories import Rules

STOP_S = 5.0
"""How long a part may take to end once asked to."""
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
        rules = RulesInForce(
            parts.config.file(RULES_FILE),
            catalogue,
            file,
            lambda receiver: build_receiver(receiver, settings.data, show_alert),
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
            "index": lambda stopping: run_index(SqliteLog(file), store, stopping, metrics),
            "notify": staged(notify),
            "deliver": lambda stopping: run_delivery(file, rules.receivers, stopping, metrics),
            "rules": rules.watch,
        }
        yield Embedded(file, store, catalogue, rules, running)


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

    def count(result: PollResult) -> None:
        metrics.polls.labels(result.outcome).inc()
        metrics.articles.inc(result.new + result.edited)
        metrics.failing_feeds.set(sum(feed.state == "failing" for feed in feed_state.list_feeds(file)))

    return Poller(
        file,
        FetchLimits(**parts.settings.fetch.model_dump()),
        clock=file.clock,
        random=random.random,
        on_poll=count,
    )


def run_parts(parts: Mapping[str, Part], stopping: threading.Event) -> None:
    """Run each part in a thread until `stopping` is set or one fails; raises what failed first, once all have ended."""
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
    for thread in threads:
        thread.join(STOP_S)
        if thread.is_alive():
            log.error("part does not end", part=thread.name, seconds=STOP_S)
    if failures:
        raise failures[0]
