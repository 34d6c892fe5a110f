"""`marsad feeds`: add and list."""

import json
from pathlib import Path

import msgspec
from rich.table import Table
from rich.text import Text

from ingest import state
from ingest.urls import feed_address
from marsad.cli.embedded import open_log
from marsad.cli.parts import load, open_state
from marsad.cli.show import local, out, write_line


def add(config: Path | None, data: Path | None, url: str, title: str) -> None:
    """Add a feed to the data directory, which is made where it is missing."""
    parts = load(config, data)
    file = open_log(parts)
    try:
        address = feed_address(url)
        with file.transaction() as tx:
            feed = state.add_feed(tx, url=address, title=title, now=file.clock())
    finally:
        file.close()
    out.print(
        f"Added feed {feed}: {address}. It is polled while «marsad run» runs on this data directory.", markup=False
    )


def show(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The feeds with their state."""
    file = open_state(load(config, data).settings, writable=False)
    try:
        feeds = state.list_feeds(file)
    finally:
        file.close()
    if as_json:
        for feed in feeds:
            write_line(json.dumps(msgspec.to_builtins(feed), ensure_ascii=False))
        return
    if not feeds:
        out.print("There are no feeds yet: add one with «marsad feeds add URL».", markup=False)
        return
    table = Table("feed", "outlet", "address", "state", "last success", "problem")
    for feed in feeds:
        style = {"working": "green", "failing": "red"}.get(feed.state, "dim")
        table.add_row(
            feed.id,
            Text(feed.outlet),
            Text(feed.url),
            Text(feed.state if feed.active else "off", style=style),
            local(feed.last_success) if feed.last_success else "never",
            Text(feed.error or ""),
        )
    out.print(table)
