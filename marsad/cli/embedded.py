"""Everything in one process, with no server: the parts of the embedded mode."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import NamedTuple, TypeVar

from indexers.alerts import state as alert_state
from indexers.alerts.deliver import run_delivery
from indexers.alerts.digest import run_digests
from indexers.alerts.notify import NotifyStage
from indexers.alerts.watch import RulesInForce
from indexers.index import run_index
from indexers.sqlitestore import SqliteStore
from marsad.catalogue import Catalogue
from marsad.cli.building import alert_limits, build_poller, build_rules, open_log, story_rules
from marsad.cli.parts import SEARCH_FILE, Parts, catalogue_of
from marsad.cli.services import Part
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.retention import Limits as RetentionLimits
from marsad.retention import Retention
from marsad.stage import Stage, run_stage
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, ARTICLES, STORIES
from processors.annotate import Annotator
from processors.group import GroupStage
from processors.local import AnnotateStage

DAY_MS = 86_400_000
MEGABYTE = 1_000_000

P = TypeVar("P")


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
        rules = build_rules(parts, catalogue, file)
        annotate = AnnotateStage(Annotator(catalogue))
        group = GroupStage(file, story_rules(settings))
        notify = NotifyStage(rules.rules, alert_limits(settings), file.clock, metrics)
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
