"""`marsad ingest`: polling alone, in the embedded mode or as a service of the cluster."""

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ingest import state as feed_state
from ingest.poll import PollResult
from marsad.cli.building import build_poller, open_log
from marsad.cli.feeds import import_starting_list
from marsad.cli.parts import Parts, load
from marsad.cli.services import Part, run_parts, serve_metrics, stopped_by_signals
from marsad.cli.show import out, write_line
from marsad.lock import hold
from marsad.metrics import Metrics
from marsad.statefile import StateFile
from marsad.topics import ARTICLES, DEADLETTER, FEEDHEALTH

WRITES = (ARTICLES, FEEDHEALTH, DEADLETTER)
LOOK_S = 0.1


def ingest_only(config: Path | None, data: Path | None, *, once: bool, as_json: bool) -> int:
    """Poll the feeds until stopped, or each of them once; then the exit code is 1 where every poll failed.

    In the cluster a relay beside it copies to Kafka what was polled; with `once` it ends when all is there.
    """
    parts = load(config, data)
    metrics = Metrics()
    with hold(parts.settings.data, "ingest"), stopped_by_signals() as stopping, closing(open_log(parts)) as file:
        import_starting_list(parts, file)
        poller = build_poller(parts, file, metrics)
        beside = relay_beside(parts, file, metrics, stopping)
        if not once:
            serve_metrics(parts)
            run_parts({"ingest": lambda event: asyncio.run(poller.poll_forever(event)), **beside}, stopping)
            return 0
        with file.transaction() as tx:
            feed_state.make_due(tx, file.clock())
        results = asyncio.run(poller.poll_due())
        if beside:
            run_parts({**beside, "copied": lambda event: wait_until_copied(file, event)}, stopping)
    return _tell(results, as_json=as_json)


def relay_beside(parts: Parts, file: StateFile, metrics: Metrics, stopping: threading.Event) -> Mapping[str, Part]:
    """The relay to Kafka, in the cluster."""
    if parts.settings.mode == "embedded":
        return {}
    from marsad.cli.cluster import Service, relayed  # noqa: PLC0415 - Kafka's client is loaded only in the cluster

    return {"relay": relayed(Service(parts, metrics, stopping), file, WRITES)}


def wait_until_copied(file: StateFile, stopping: threading.Event) -> None:
    """Return once the relay has copied all that this file's log got, or when asked to stop."""
    from marsad.relay import behind  # noqa: PLC0415 - as above

    while any(behind(file, WRITES).values()) and not stopping.wait(LOOK_S):
        pass


def _tell(results: Sequence[PollResult], *, as_json: bool) -> int:
    for result in results:
        if as_json:
            write_line(json.dumps(result._asdict(), ensure_ascii=False))
        else:
            said = f"{result.outcome}: {result.new} new, {result.edited} edited" if not result.error else result.error
            out.print(f"{result.feed_url}  {said}", markup=False)
    if not results and not as_json:
        out.print("There are no feeds yet: add one with «marsad feeds add URL».", markup=False)
    return 1 if results and all(result.outcome in ("failed", "deferred") for result in results) else 0
