"""`marsad status`: what a data directory holds and how far each stage is; in the cluster, what Kafka and Elasticsearch hold too."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
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
from marsad.messagelog import MessageLog
from marsad.messagelog.sqlite import SqliteLog
from marsad.stage import lag
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, ARTICLES, DEADLETTER, STORIES, Topic

STAGES = {"annotate": ARTICLES, "group": ANNOTATED, INDEX: STORIES, "notify": STORIES}


def show_status(config: Path | None, data: Path | None, *, as_json: bool) -> int:
    """Print the state of things; the exit code is 1 where Kafka or Elasticsearch does not say its own, 2 where it will not."""
    settings = load(config, data).settings
    if settings.mode == "cluster":
        from marsad.cli.cluster_status import gather_cluster, rows_of_cluster  # noqa: PLC0415 - loads their clients

        found = gather_cluster(settings)
        rows, bad = rows_of_cluster(found)
    else:
        with closing(open_state(settings, writable=False)) as file:
            found = gather(file, settings.data)
        rows, bad = _rows(found)
    if as_json:
        write_line(json.dumps(found, ensure_ascii=False))
    else:
        print_rows(rows, bad)
    return int(found.get("code", 0))


def gather(file: StateFile, data: Path) -> dict[str, Any]:
    """All that is shown of a marsad in one process, as plain values; times are in ms."""
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
    where = {stage: positions if stage == INDEX else file.positions(stage) for stage in STAGES}
    return {
        **gather_directory(file, data),
        "articles": articles,
        "annotated_before": before,
        "lag": {stage: lag(log, topic, where[stage]) for stage, topic in STAGES.items()},
        "dead_letters": held_in(log, DEADLETTER),
    }


def gather_directory(file: StateFile, data: Path) -> dict[str, Any]:
    """What a data directory says of itself: who runs on it, its feeds, and its alerts with their outbox."""
    file.install(feed_state.SCHEMA)
    file.install(alert_state.SCHEMA)
    feeds = feed_state.list_feeds(file)
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
        "alerts": int(file.rows("SELECT count(*) FROM alert")[0][0]),
        "held": alert_state.held(file),
        "outbox": alert_state.outbox(file),
        "refused": alert_state.refused(file),
    }


def held_in(log: MessageLog, topic: Topic) -> int:
    """How many messages a topic holds, at most: offsets may have gaps."""
    return sum(bounds.next - bounds.start for bounds in log.bounds(topic.name).values())


def _size(path: Path) -> int:
    """Bytes of a SQLite file with its write-ahead log."""
    return sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())


def _before(articles: int) -> str:
    return f", {articles} of them annotated by another catalogue than the last one" if articles else ""


def _rows(found: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """What is printed of a marsad in one process, and which of it is bad."""
    rows, bad = rows_of_directory(found)
    rows |= {
        "articles": f"{found['articles']}{_before(found['annotated_before'])}",
        "yet to do": ", ".join(f"{stage} {count}" for stage, count in found["lag"].items()),
        "dead letters": str(found["dead_letters"]),
    }
    return rows, bad | ({"dead letters"} if found["dead_letters"] else set())


def rows_of_directory(found: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The same of a data directory alone."""
    feeds = found["feeds"]
    rows = {
        "data": ", ".join([found["data"], *(f"{name} {size / 1e6:.1f} MB" for name, size in found["files"].items())]),
        "running": found["running"] or "no",
        "feeds": f"{feeds['all']}: {feeds['working']} working, {feeds['failing']} failing",
        "last poll that worked": local(feeds["last_success"]) if feeds["last_success"] else "never",
        "alerts": f"{found['alerts']}, {found['held']} of them held back" if found["held"] else str(found["alerts"]),
        "outbox": ", ".join(f"{name} {count}" for name, count in found["outbox"].items()) or "empty",
        "refused": ", ".join(f"{name} {count}" for name, count in found["refused"].items()) or "nothing",
    }
    return rows, {name for name, is_bad in (("feeds", feeds["failing"]), ("refused", found["refused"])) if is_bad}


def print_rows(rows: Mapping[str, str], bad: AbstractSet[str]) -> None:
    """A line for each; not a table, which would cut a long path short in a narrow terminal."""
    widest = max(map(len, rows))
    for name, value in rows.items():
        out.print(Text(f"{name:{widest}}  ").append(value, style="red" if name in bad else ""))
