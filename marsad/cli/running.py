"""`marsad run`: everything in one process, until it is stopped."""

from pathlib import Path

import structlog

from ingest import state as feed_state
from marsad.cli.embedded import embedded
from marsad.cli.feeds import import_starting_list
from marsad.cli.parts import load
from marsad.cli.services import run_parts, serve_metrics, stopped_by_signals
from marsad.errors import OperatorError
from marsad.lock import hold
from marsad.metrics import Metrics

log = structlog.get_logger(__name__)


def run_until_stopped(config: Path | None, data: Path | None) -> None:
    """Run everything until SIGTERM or SIGINT."""
    parts = load(config, data)
    if parts.settings.mode != "embedded":
        raise OperatorError(
            "«marsad run» is everything in one process, and mode is cluster: start the services «marsad ingest», «process», "
            '«group», «index» and «notify», or set mode = "embedded" (or MARSAD_MODE=embedded)'
        )
    metrics = Metrics()
    with hold(parts.settings.data, "run"), stopped_by_signals() as stopping:
        serve_metrics(parts)
        with embedded(parts, metrics) as made:
            import_starting_list(parts, made.file)
            feeds = feed_state.list_feeds(made.file)
            log.info(
                "started",
                data=str(parts.settings.data.resolve()),
                feeds=len(feeds),
                rules=len(made.rules.rules().rules),
                actors=len(made.catalogue.actors),
                articles=made.store.count(),
            )
            if not feeds:
                log.warning(
                    "there are no feeds yet", hint="marsad feeds add URL, with the same --data; no restart is needed"
                )
            run_parts(made.parts, stopping)
        log.info("stopped")
