"""`marsad search`: stored articles that a query finds, with its words marked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from indexers.excerpts import apart, excerpt
from indexers.query.live import Matcher, TermHit
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from marsad.annotation import StoryArticle
from marsad.cli.parts import SEARCH_FILE, catalogue_of, existing, load
from marsad.cli.show import local, out, write_line
from marsad.clock import iso

EXCERPTS = 3


def search_store(config: Path | None, data: Path | None, query: str, *, limit: int, as_json: bool) -> int:
    """Print what is found; 1 where nothing is."""
    parts = load(config, data)
    parsed = parse(query, catalogue_of(parts.config))
    store = SqliteStore(existing(parts.settings.data, SEARCH_FILE))
    try:
        result = store.search(parsed, limit=limit)
        stored = store.count()
    finally:
        store.close()
    matcher = Matcher({"query": parsed})
    found = [(article, matcher.match(article.annotated).get("query", [])) for article in result.articles]
    for article, hits in found:
        if as_json:
            write_line(json.dumps(as_object(article, hits), ensure_ascii=False))
        else:
            _show(article, hits)
    if not as_json:
        shown = f", the newest {len(found)} are shown (--limit)" if result.total > len(found) else ""
        out.print(f"{result.total} of {stored} articles{shown}.", style="dim")
    return 0 if found else 1


def as_object(article: StoryArticle, hits: Sequence[TermHit]) -> dict[str, Any]:
    """A hit as programs get it."""
    content = article.article.content
    return {
        "id": article.article.id,
        "version": article.article.version,
        "story": article.membership.story,
        "outlet": article.article.outlet,
        "title": article.article.title,
        "url": article.article.url,
        "published": iso(article.article.time),
        "spans": [
            {
                "start": hit.span.start,
                "end": hit.span.end,
                "surface": content[hit.span.start : hit.span.end],
                "form": hit.form,
            }
            for hit in hits
        ],
    }


def _show(article: StoryArticle, hits: Sequence[TermHit]) -> None:
    body = [hit for hit in hits if hit.span.start > len(article.article.title)]
    surfaces = list(dict.fromkeys(article.article.content[hit.span.start : hit.span.end] for hit in hits))
    out.print(f"[dim]{local(article.article.time)}[/dim]  ", end="")
    out.print(Text(article.article.outlet, style="cyan"), end=": ")
    out.print(_marked(article.article.title, surfaces, "bold"))
    for hit in apart(body)[:EXCERPTS]:
        text = excerpt(article.article.content, hit.span.start, hit.span.end)
        out.print(Text("        ").append_text(_marked(text, surfaces, "")))
    out.print(Text(f"        {article.article.url}", style="dim"))


def _marked(text: str, surfaces: Sequence[str], style: str) -> Text:
    marked = Text(text, style=style)
    marked.highlight_words(surfaces, style="bold black on yellow")
    return marked
