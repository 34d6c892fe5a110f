"""`marsad why`: what one rule has to do with one article, now and when it was decided."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from indexers.alerts import state
from indexers.alerts.decide import Decision
from indexers.alerts.explain import Explained, explain
from indexers.alerts.listing import History, history, rules_seen
from indexers.alerts.rules import FILE, Rule, load_rules
from indexers.excerpts import apart, excerpt
from indexers.lookup import find_article
from marsad.annotation import StoryArticle
from marsad.cli.direction import inset
from marsad.cli.parts import catalogue_of, load, open_state
from marsad.cli.reading import search_store
from marsad.cli.show import local, out, write_line
from marsad.cli.wording import fate, listed_as_object, optional
from marsad.clock import iso
from marsad.errors import OperatorError

PLACES = 3
"""Places of a term that are quoted, at most."""
SAID = {
    Decision.ALERT: "told",
    Decision.AGAIN: "told again, since the story had grown",
    Decision.TOLD: "not told, since its story is told already; listed under the alert",
    Decision.THROTTLED: "held back, since the rule had told something else a moment before",
    Decision.BACKLOG: "not told, since it was old news: published too long before it was first seen, or seen before the rule",
}


def explain_why(config: Path | None, data: Path | None, rule: str, article: str, *, as_json: bool) -> None:
    """Print why a rule told an article, or did not."""
    parts = load(config, data)
    rules = load_rules(parts.config.file(FILE), catalogue_of(parts.config))
    with search_store(parts.settings) as store:
        found = find_article(store, article)
    file = open_state(parts.settings, writable=False)
    try:
        file.install(state.SCHEMA)
        past = history(file, rule, found.article.id, found.membership.story)
        seen = rules_seen(file)
    finally:
        file.close()
    current = rules.rules.get(rule) or rules.off.get(rule)
    if current is None and rule not in seen:
        known = ", ".join(sorted({*rules.rules, *rules.off, *seen})) or "none yet"
        raise OperatorError(f"there is no rule «{rule}» and never was; there are: {known}")
    explained = explain(current.query, found.annotated) if current else None
    if as_json:
        write_line(json.dumps(_as_object(rule, current, found, explained, past), ensure_ascii=False))
        return
    _print_article(found)
    state_now = "" if rule in rules.rules else " (it is off)" if current else " (it is no longer in alerts.toml)"
    _print_now(rule, current, explained, found.article.content, state_now)
    _print_past(past, explained)


def _print_article(found: StoryArticle) -> None:
    article = found.article
    text = Text().append(f"{local(article.time)}  ", style="dim")
    text.append(f"{inset(article.outlet)}: ", style="cyan")
    text.append(inset(article.title), style="bold")
    text.append(f"\n        {article.url}  {article.id[:12]}, first seen {local(article.first_seen)}", style="dim")
    out.print(text)


def _print_now(rule: str, current: Rule | None, explained: Explained | None, content: str, state_now: str) -> None:
    if current is None or explained is None:
        out.print(f"Rule {rule}{state_now}.", markup=False)
        return
    verdict = "meets" if explained.holds else "does not meet"
    out.print(f"Now it {verdict} rule {rule}{state_now}: {inset(current.text)}", markup=False)
    for line in _explained_lines(explained, content, 1):
        out.print(line)


def _explained_lines(part: Explained, content: str, depth: int) -> Iterator[Text]:
    mark, style = ("✓ ", "green") if part.holds else ("✗ ", "red")
    text = Text("  " * depth + mark, style=style)
    match part.kind:
        case "term" if part.hits:
            places = "1 place" if len(part.hits) == 1 else f"{len(part.hits)} places"
            yield text.append(f"«{inset(part.typed)}» in {places}")
            for hit in apart(part.hits)[:PLACES]:
                surface = inset(content[hit.span.start : hit.span.end])
                quoted = inset(excerpt(content, hit.span.start, hit.span.end))
                yield Text(f"{'  ' * depth}    «{surface}» as «{inset(hit.form)}» at {hit.span.start}: {quoted}")
        case "term":
            yield text.append(f"«{inset(part.typed)}» is nowhere in it")
        case "not":
            yield text.append("what has to be absent " + ("is" if part.holds else "is there"))
        case _:
            yield text.append("all of:" if part.kind == "all" else "at least one of:")
    for inner in part.parts:
        yield from _explained_lines(inner, content, depth + 1)


def _print_past(past: History, explained: Explained | None) -> None:
    if past.decision is None or past.decided is None:
        if past.since is None:
            out.print("Nothing was decided: the rule has not been in force on this data yet.")
        elif explained is not None and explained.holds:
            out.print(
                f"Nothing was decided yet: the rule is in force since {local(past.since)}, and either the article is still on "
                "its way («marsad status») or it did not meet the rule as it was then; a later version of it is decided."
            )
        else:
            out.print(f"Nothing was told: it has not met the rule since that is in force, {local(past.since)}.")
        return
    out.print(f"Decided {local(past.decided)}: {past.decision}, {SAID[past.decision]}.", markup=False)
    for listed in past.alerts:
        title = inset(listed.alert.title or listed.alert.url)
        out.print(f"  alert {listed.alert.id[:12]} of {local(listed.alert.decided)}: {title}", markup=False)
        out.print(f"    {fate(listed)}; {listed.listed} further articles listed", markup=False)


def _as_object(
    rule: str, current: Rule | None, found: StoryArticle, explained: Explained | None, past: History
) -> dict[str, Any]:
    article = found.article
    return {
        "rule": rule,
        "query": current.text if current else None,
        "article": article.id,
        "outlet": article.outlet,
        "title": article.title,
        "url": article.url,
        "published": iso(article.time),
        "first_seen": iso(article.first_seen),
        "story": found.membership.story,
        "matches_now": explained.holds if explained else None,
        "explained": _explained_as_object(explained, article.content) if explained else None,
        "rule_since": optional(past.since),
        "decision": past.decision,
        "decided": optional(past.decided),
        "alerts": [listed_as_object(listed) for listed in past.alerts],
    }


def _explained_as_object(part: Explained, content: str) -> dict[str, Any]:
    if part.kind != "term":
        parts = [_explained_as_object(inner, content) for inner in part.parts]
        return {"kind": part.kind, "holds": part.holds, "parts": parts}
    spans = [
        {
            "start": hit.span.start,
            "end": hit.span.end,
            "surface": content[hit.span.start : hit.span.end],
            "form": hit.form,
        }
        for hit in part.hits
    ]
    return {"kind": "term", "holds": part.holds, "term": part.typed, "spans": spans}
