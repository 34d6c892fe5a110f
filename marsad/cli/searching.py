"""`marsad search`: stored articles that a query finds, with its words marked."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from indexers.excerpts import AROUND, apart, excerpt
from indexers.query.live import Matcher, TermHit
from indexers.query.parse import parse_search
from indexers.sqlitestore import SqliteStore
from indexers.store import COUNTED, Hit, SearchResult
from marsad.annotation import Span
from marsad.cli.annotated_before import advice_on
from marsad.cli.direction import harmless, inset, inset_text
from marsad.cli.parts import catalogue_of, load
from marsad.cli.reading import search_store as opened
from marsad.cli.show import local, out, write_line
from marsad.clock import iso
from marsad.errors import OperatorError

EXCERPTS = 3
INDENT = "    "


def search_store(
    config: Path | None,
    data: Path | None,
    query: str,
    *,
    limit: int,
    before: int | None,
    best: bool,
    as_json: bool,
) -> int:
    """Print what is found; 1 where nothing is."""
    if best and before is not None:
        raise OperatorError("--before goes on behind the last article of a list by time; leave out --best")
    parts = load(config, data)
    catalogue = catalogue_of(parts.config)
    search = parse_search(query, catalogue, datetime.now(UTC).astimezone())
    with opened(parts.settings) as store:
        result = store.search(search.query, limit=limit, times=search.times, before=before, best=best)
        stored = store.count()
        advice = None
        if isinstance(store, SqliteStore):
            advice = advice_on(search.query, store, catalogue, parts.settings)
    matcher = Matcher({"query": search.query})
    for hit in result.hits:
        terms = matcher.match(hit.article.annotated).get("query", [])
        if as_json:
            write_line(json.dumps(as_object(hit, terms), ensure_ascii=False))
        else:
            _show(hit, terms)
    if not as_json:
        out.print(_summary(result, stored, best=best, paged=before is not None), style="dim")
    if advice:
        sys.stderr.write(f"marsad: {advice}\n")
    return 0 if result.hits else 1


def as_object(hit: Hit, terms: Sequence[TermHit]) -> dict[str, Any]:
    """A hit as programs get it; docs/queries.md says what each field is."""
    article, content = hit.article.article, hit.article.article.content
    return {
        "id": article.id,
        "version": article.version,
        "story": hit.article.membership.story,
        "outlet": article.outlet,
        "title": article.title,
        "url": article.url,
        "published": iso(article.time),
        "cursor": hit.place,
        "spans": [
            {
                "start": term.span.start,
                "end": term.span.end,
                "surface": content[term.span.start : term.span.end],
                "form": term.form,
            }
            for term in terms
        ],
    }


def _summary(result: SearchResult, stored: int, *, best: bool, paged: bool) -> str:
    number = f"{result.total}" if result.exact else f"over {result.total}"
    said = f"{number} of {stored} articles"
    if best and not result.exact:
        said += f"; the best of the newest {COUNTED}"
    if result.total > len(result.hits) and result.hits:
        said += f"; {len(result.hits)} shown (--limit)"
        if not best:
            said += f", older ones: --before {result.hits[-1].place}"
    return said + ("" if paged or result.hits else "; nothing is found") + "."


def _show(hit: Hit, terms: Sequence[TermHit]) -> None:
    """Time and outlet, title, excerpts, address and story: lines that a narrow terminal can hold or break well."""
    article, membership = hit.article.article, hit.article.membership
    spans = [term.span for term in terms]
    out.print(Text(local(article.time), style="dim"), Text(inset(article.outlet), style="cyan"), sep="  ")
    out.print(
        Text(INDENT).append_text(inset_text(_marked(article.content, Span(0, len(article.title)), spans, "bold")))
    )
    body = [term for term in terms if term.span.start > len(article.title)]
    # An excerpt is two lines of a terminal at most: what stands on each side of the hit is as long as half of that.
    around = min(AROUND, max(20, out.width - 2 * len(INDENT) - 20)) if out.is_terminal else AROUND
    for term in apart(body, around)[:EXCERPTS]:
        out.print(Text(INDENT).append_text(inset_text(_excerpt(article.content, term.span, spans, around))))
    out.print(Text(f"{INDENT}{article.url}", style="dim"))
    if membership.relation == "joined":
        out.print(Text(f"{INDENT}story {membership.story}", style="magenta"))


def _excerpt(content: str, span: Span, spans: Sequence[Span], around: int) -> Text:
    """The words around a span, with whatever was found in them marked."""
    text = Text(harmless(excerpt(content, span.start, span.end, around)))
    text.highlight_words({content[one.start : one.end] for one in spans}, style="bold black on yellow")
    return text


def _marked(content: str, part: Span, spans: Sequence[Span], style: str) -> Text:
    text = Text(harmless(content[part.start : part.end]), style=style)
    for span in spans:
        if part.start <= span.start < part.end:
            text.stylize("bold black on yellow", span.start - part.start, span.end - part.start)
    return text
