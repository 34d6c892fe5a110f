"""`marsad status`: what a data directory holds and how far each stage is."""

import json
from pathlib import Path
from typing import Any

from rich.text import Text

from indexers.alerts import state as alert_state
from indexers.sqlitestore import CONSUMER as INDEX
from indexers.sqlitestore import SqliteStore
from ingest import state as feed_state
from marsad.cli.annotated_before import last_catalogue
from marsad.cli.parts import SEARCH_FILE, STATE_FILE, load, open_state
from marsad.cli.show import local, out, write_line
from marsad.lock import holder
from marsad.message import Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, ARTICLES, DEADLETTER, STORIES

STAGES = {"annotate": ARTICLES, "group": ANNOTATED, INDEX: STORIES, "notify": STORIES}


def show_status(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Print the state of the data directory."""
    settings = load(config, data).settings
    file = open_state(settings, writable=False)
    try:
        found = gather(file, settings.data)
    finally:
        file.close()
    if as_json:
        write_line(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)


def gather(file: StateFile, data: Path) -> dict[str, Any]:
    """All that is shown, as plain values; times are in ms."""
    file.install(feed_state.SCHEMA)
    file.install(alert_state.SCHEMA)
    feeds = feed_state.list_feeds(file)
    log = SqliteLog(file)
    articles, before, positions = 0, 0, {}
    if (data / SEARCH_FILE).is_file():
        store = SqliteStore(data / SEARCH_FILE, writable=False)
        try:
            articles, positions = store.count(), dict(store.positions())
            last = last_catalogue(log)
            otherwise = None if last is None else store.annotated_otherwise(last)
            before = 0 if otherwise is None else otherwise.articles
        finally:
            store.close()
    ends = {topic.name: next(iter(log.bounds(topic.name).values())) for topic in ALL}
    lag = {}
    for stage, topic in STAGES.items():
        where = positions if stage == INDEX else file.positions(stage)
        bounds = ends[topic.name]
        lag[stage] = bounds.next - where.get(Partition(topic.name, 0), bounds.start)
    return {
        "data": str(data),
        "running": holder(data),
        "files": {name: _size(data / name) for name in (STATE_FILE, SEARCH_FILE) if (data / name).is_file()},
        "feeds": {
            "all": len(feeds),
            "working": sum(feed.state == "working" for feed in feeds),
            "failing": sum(feed.state == "failing" for feed in feeds),
            "last_success": max((feed.last_success or 0 for feed in feeds), default=0) or None,
        },
        "articles": articles,
        "annotated_before": before,
        "lag": lag,
        "alerts": int(file.rows("SELECT count(*) FROM alert")[0][0]),
        "held": alert_state.held(file),
        "outbox": alert_state.outbox(file),
        "refused": alert_state.refused(file),
        "dead_letters": ends[DEADLETTER.name].next - ends[DEADLETTER.name].start,
    }


def _size(path: Path) -> int:
    """Bytes of a SQLite file with its write-ahead log."""
    return sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())


def _before(articles: int) -> str:
    return f", {articles} of them annotated by another catalogue than the last one" if articles else ""


def _print(found: dict[str, Any]) -> None:
    feeds = found["feeds"]
    rows = {
        "data": ", ".join([found["data"], *(f"{name} {size / 1e6:.1f} MB" for name, size in found["files"].items())]),
        "running": found["running"] or "no",
        "feeds": f"{feeds['all']}: {feeds['working']} working, {feeds['failing']} failing",
        "last poll that worked": local(feeds["last_success"]) if feeds["last_success"] else "never",
        "articles": f"{found['articles']}{_before(found['annotated_before'])}",
        "yet to do": ", ".join(f"{stage} {count}" for stage, count in found["lag"].items()),
        "alerts": f"{found['alerts']}, {found['held']} of them held back" if found["held"] else str(found["alerts"]),
        "outbox": ", ".join(f"{name} {count}" for name, count in found["outbox"].items()) or "empty",
        "refused": ", ".join(f"{name} {count}" for name, count in found["refused"].items()) or "nothing",
        "dead letters": str(found["dead_letters"]),
    }
    widest = max(map(len, rows))
    for name, value in rows.items():
        bad = {"dead letters": found["dead_letters"], "feeds": feeds["failing"], "refused": found["refused"]}.get(name)
        # Not a table: that would cut a long path short in a narrow terminal.
        out.print(Text(f"{name:{widest}}  ").append(value, style="red" if bad else ""))
