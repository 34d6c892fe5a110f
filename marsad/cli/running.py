"""`marsad run` and `marsad ingest`: services that hold their data directory and end in good order."""

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from ingest import state as feed_state
from marsad.cli.building import build_poller, open_log
from marsad.cli.embedded import embedded
from marsad.cli.feeds import import_starting_list
from marsad.cli.parts import Parts, load
from marsad.cli.show import out, write_line
from marsad.cli.threads import run_parts
from marsad.lock import hold
from marsad.metrics import Metrics, serve

log = structlog.get_logger(__name__)


def run_until_stopped(config: Path | None, data: Path | None) -> None:
    """Run everything until SIGTERM or SIGINT."""
    parts = load(config, data)
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


def ingest_only(config: Path | None, data: Path | None, *, once: bool, as_json: bool) -> int:
    """Poll the feeds until stopped, or each of them once; then the exit code is 1 where every poll failed."""
    parts = load(config, data)
    metrics = Metrics()
    with hold(parts.settings.data, "ingest"), stopped_by_signals() as stopping:
        file = open_log(parts)
        try:
            import_starting_list(parts, file)
            poller = build_poller(parts, file, metrics)
            if not once:
                serve_metrics(parts)
                run_parts({"ingest": lambda event: asyncio.run(poller.poll_forever(event))}, stopping)
                return 0
            with file.transaction() as tx:
                feed_state.make_due(tx, file.clock())
            results = asyncio.run(poller.poll_due())
        finally:
            file.close()
    for result in results:
        if as_json:
            write_line(json.dumps(result._asdict(), ensure_ascii=False))
        else:
            said = f"{result.outcome}: {result.new} new, {result.edited} edited" if not result.error else result.error
            out.print(f"{result.feed_url}  {said}", markup=False)
    if not results and not as_json:
        out.print("There are no feeds yet: add one with «marsad feeds add URL».", markup=False)
    return 1 if results and all(result.outcome in ("failed", "deferred") for result in results) else 0


def serve_metrics(parts: Parts) -> None:
    """Serve the metrics page where the settings ask for it."""
    if parts.settings.metrics.port:
        serve(parts.settings.metrics.address, parts.settings.metrics.port)
        log.info("metrics", url=f"http://{parts.settings.metrics.address}:{parts.settings.metrics.port}/metrics")


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second SIGINT ends the process at once, which loses nothing either."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log.info("stopping", signal=signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
