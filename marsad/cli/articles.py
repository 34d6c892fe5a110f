"""`marsad articles`: what ingest recorded, straight from the log."""

import json
from pathlib import Path
from typing import Any

import msgspec

from marsad.article import Article
from marsad.cli.direction import inset
from marsad.cli.durations import moment
from marsad.cli.parts import load
from marsad.cli.reading import message_log
from marsad.cli.show import local, out, write_line
from marsad.clock import now_ms
from marsad.codec import decode
from marsad.errors import ItemError
from marsad.replay import stretch
from marsad.topics import ARTICLES


def show_articles(
    config: Path | None, data: Path | None, *, feed: str, since: str, versions: bool, limit: int, jsonl: bool
) -> int:
    """Print the articles that came in, the last first; the newest version of each, or with `versions` every one."""
    with message_log(load(config, data).settings) as log:
        start = log.positions_at(ARTICLES.name, moment(since, now_ms(), "--since")) if since else None
        found: dict[str, Article] = {}
        for message in stretch(log, ARTICLES, start):
            try:
                article = decode(message.value, Article)
            except ItemError:
                continue  # it is among the dead letters
            if feed in ("", article.feed_id, article.feed_url):
                key = f"{article.id} {article.version}" if versions else article.id
                found.pop(key, None)
                found[key] = article
    shown = list(reversed(found.values()))
    shown = shown[:limit] if limit else shown
    for article in shown:
        if jsonl:
            write_line(json.dumps(as_object(article), ensure_ascii=False))
        else:
            out.print(f"{local(article.version)}  {inset(article.outlet)}: {inset(article.title)}", markup=False)
            out.print(f"    {article.id}  {article.url}", markup=False, style="dim")
    if not jsonl:
        out.print(f"{len(shown)} of {len(found)} articles.", style="dim")
    return 0 if shown else 1


def as_object(article: Article) -> dict[str, Any]:
    """An article as programs get it: every field of `Article`."""
    fields: dict[str, Any] = msgspec.to_builtins(article)
    return fields
