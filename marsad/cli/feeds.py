"""`marsad feeds`: which feeds are polled, and how they do."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import structlog
from rich.text import Text

from ingest import state
from ingest.addresses import Allowed, inside, refusal
from ingest.decide import FeedState
from ingest.lists import LARGEST, ListData, read_list, write_opml
from ingest.shards import Shard
from ingest.urls import feed_address
from marsad.cli.building import open_log
from marsad.cli.parts import Parts, load, open_state
from marsad.cli.show import local, out, write_line
from marsad.clock import iso
from marsad.errors import OperatorError
from marsad.statefile import StateFile

STARTING_LIST = "feeds.tsv"
LONGEST_SPREAD_MS = 60_000
"""Feeds that are added together have their first polls within this time."""
LOOK_UP_S = 2.0
"""How long `feeds add` waits for a name server before it says nothing about an address."""
INDENT = "    "
STYLES = {"working": "green", "failing": "red"}
log = structlog.get_logger(__name__)


def add(config: Path | None, data: Path | None, url: str, title: str) -> None:
    """Add a feed to the data directory, which is made where it is missing."""
    parts = load(config, data)
    file = open_log(parts)
    try:
        address = feed_address(url)
        shard = _shard(parts)
        if not shard.holds(address):
            raise OperatorError(
                f"{address} belongs to shard {shard.of_host(address)}/{shard.of} by its host, and this is {shard}: add it there "
                "(setting ingest.shard)"
            )
        with file.transaction() as tx:
            first = state.decide_starting_list(tx, file.clock())
            feed = state.add_feed(tx, url=address, title=title, now=file.clock())
    finally:
        file.close()
    out.print(
        f"Added feed {feed}: {address}. It is polled while «marsad run» runs on this data directory.", markup=False
    )
    if first:
        out.print("The list of feeds that ships is left out then; «marsad feeds import» adds it.", markup=False)
    if (reason := _refused(address, Allowed(parts.settings.fetch.allow))) is not None:
        sys.stderr.write(f"marsad: as things are it will not be polled: {reason}\n")


def remove(config: Path | None, data: Path | None, wanted: str) -> None:
    """Remove a feed; OperatorError where there is none of that id or address."""
    file = open_state(load(config, data).settings, create=False)
    try:
        file.install(state.SCHEMA)
        feed = _find(state.list_feeds(file), wanted)
        with file.transaction() as tx:
            state.decide_starting_list(tx, file.clock())
            state.remove_feed(tx, feed)
    finally:
        file.close()
    out.print(f"Removed feed {feed.id}: {feed.url}. Its articles stay.", markup=False)


def import_list(config: Path | None, data: Path | None, path: Path | None) -> int:
    """Add the feeds of a list and say what could not be taken; then the exit code is 1."""
    parts = load(config, data)
    source = path or parts.config.file(STARTING_LIST)
    listed = _read(source)
    file = open_log(parts)
    try:
        with file.transaction() as tx:
            state.decide_starting_list(tx, file.clock())
            added = state.add_listed(tx, listed.feeds, now=file.clock(), spread=_spread(parts), shard=_shard(parts))
    finally:
        file.close()
    for line, problem in listed.problems:
        sys.stderr.write(f"marsad: {source}:{line}: {problem}\n")
    shard = _shard(parts)
    ours = sum(shard.holds(feed.url) for feed in listed.feeds)
    others = f"; {len(listed.feeds) - ours} are of other shards than {shard}" if shard.of > 1 else ""
    not_taken = len(listed.problems)
    out.print(
        f"Added {added} feeds; {ours - added} were there already; {not_taken} could not be taken{others}.", markup=False
    )
    return 1 if listed.problems else 0


def import_starting_list(parts: Parts, file: StateFile) -> None:
    """Add the feeds of the configuration's list to a data directory that never had any; once, and never again."""
    if state.starting_list_decided(file):
        return
    path = parts.config.file(STARTING_LIST)
    listed = _read(path)
    with file.transaction() as tx:
        if not state.decide_starting_list(tx, file.clock()):
            return
        added = state.add_listed(tx, listed.feeds, now=file.clock(), spread=_spread(parts), shard=_shard(parts))
    for line, problem in listed.problems:
        log.warning("feed of the starting list not taken", file=str(path), line=line, reason=problem)
    if added:
        log.info("starting list imported", file=str(path), feeds=added)


def _shard(parts: Parts) -> Shard:
    return Shard.parse(parts.settings.ingest.shard)


def export(config: Path | None, data: Path | None) -> None:
    """Write all feeds as OPML."""
    feeds = _all(load(config, data))
    sys.stdout.write(write_opml([(feed.outlet, feed.url) for feed in feeds], "marsad"))


def show(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The feeds with their state."""
    feeds = _all(load(config, data))
    if as_json:
        for feed in feeds:
            write_line(json.dumps(msgspec.to_builtins(feed), ensure_ascii=False))
        return
    _print_all(feeds, _listed)


def status(config: Path | None, data: Path | None, wanted: str | None, *, as_json: bool) -> None:
    """How the feeds do, or one of them."""
    file = open_state(load(config, data).settings, writable=False)
    try:
        file.install(state.SCHEMA)
        feeds, seen = state.list_feeds(file), state.articles_seen(file)
    finally:
        file.close()
    order = {"failing": 0, "new": 1, "working": 2}
    shown = sorted(feeds, key=lambda feed: order[feed.state]) if wanted is None else [_find(feeds, wanted)]
    if as_json:
        for feed in shown:
            write_line(json.dumps(_told(feed, seen.get(feed.id, 0)), ensure_ascii=False))
        return
    if wanted is None:
        _print_all(shown, lambda feed: _doing(feed, seen.get(feed.id, 0)))
        return
    for name, value in _told(shown[0], seen.get(shown[0].id, 0)).items():
        out.print(f"{name.replace('_', ' '):13} {'' if value is None else value}", markup=False)


def _print_all(feeds: Sequence[FeedState], lines: Callable[[FeedState], Iterable[Text]]) -> None:
    """A block of lines for each feed: a table would cut ids and addresses short where a terminal is narrow."""
    if not feeds:
        out.print("There are no feeds yet: add one with «marsad feeds add URL».", markup=False)
    for feed in feeds:
        head, *rest = lines(feed)
        out.print(head)
        for line in rest:
            out.print(Text(INDENT).append_text(line))


def _listed(feed: FeedState) -> Iterable[Text]:
    yield Text(f"{feed.id}  ").append_text(_state(feed)).append(f"  {feed.outlet}")
    yield Text(feed.url)
    yield Text(f"last success {_time(feed.last_success)}", style="dim")
    yield from _problem(feed)


def _doing(feed: FeedState, articles: int) -> Iterable[Text]:
    times = f" {feed.failures}×" if feed.failures else ""
    since = f"since {local(feed.since)}, " if feed.since else ""
    yield Text(f"{feed.id}  ").append_text(_state(feed)).append(f"{times}  {feed.outlet}")
    yield Text(f"{since}last success {_time(feed.last_success)}", style="dim")
    yield Text(f"next poll {local(feed.next_poll)}, {articles} articles", style="dim")
    yield from _problem(feed)


def _problem(feed: FeedState) -> Iterable[Text]:
    if feed.error:
        yield Text(feed.error, style="red" if feed.state == "failing" else "")


def _time(time_ms: int | None) -> str:
    return local(time_ms) if time_ms else "never"


def _told(feed: FeedState, articles: int) -> dict[str, object]:
    """A feed as programs are told of it; times are ISO 8601 in UTC."""
    return {
        "id": feed.id,
        "url": feed.url,
        "outlet": feed.outlet,
        "state": feed.state if feed.active else "off",
        "since": iso(feed.since) if feed.since else None,
        "failures": feed.failures,
        "last_success": iso(feed.last_success) if feed.last_success else None,
        "next_poll": iso(feed.next_poll),
        "error": feed.error,
        "articles": articles,
    }


def _all(parts: Parts) -> list[FeedState]:
    file = open_state(parts.settings, writable=False)
    try:
        file.install(state.SCHEMA)
        return state.list_feeds(file)
    finally:
        file.close()


def _find(feeds: list[FeedState], wanted: str) -> FeedState:
    found = [feed for feed in feeds if wanted in (feed.id, feed.url)]
    if not found and "://" in wanted:
        address = feed_address(wanted)
        found = [feed for feed in feeds if feed.url == address]
    if not found:
        raise OperatorError(f"there is no feed «{wanted}»: «marsad feeds list» shows ids and addresses")
    return found[0]


def _read(path: Path) -> ListData:
    try:
        if str(path) == "-":
            return read_list(sys.stdin.buffer.read(LARGEST + 1))
        with path.open("rb") as file:
            return read_list(file.read(LARGEST + 1))
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error
    except OperatorError as error:
        raise OperatorError(f"{path}: {error}") from error


def _spread(parts: Parts) -> int:
    return min(LONGEST_SPREAD_MS, int(parts.settings.fetch.interval_s * 1000))


def _state(feed: FeedState) -> Text:
    return Text(feed.state if feed.active else "off", style=STYLES.get(feed.state, "dim"))


def _refused(url: str, allowed: Allowed) -> str | None:
    """Why this address would not be fetched from, as far as that can be told now."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found: list[str] = []

    def look_up() -> None:
        try:
            found.extend(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError:
            return

    thread = threading.Thread(target=look_up, daemon=True)  # a name server may take longer than a person waits
    thread.start()
    thread.join(LOOK_UP_S)
    if not found or allowed(host, port):
        return None
    kinds = [(address, inside(address)) for address in found if not allowed(address, port)]
    refused = [(address, kind) for address, kind in kinds if kind]
    return refusal(host, *refused[0]) if refused and len(refused) == len(found) else None
