"""What the demo publishes, and what has to become of it."""

import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from marsad.annotation import StoryArticle


class DemoArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented article and what must become of it."""

    id: str
    outlet: str
    title: str
    text: str
    minutes: int | None = None
    """Its age when the demo starts."""
    after: int = 0
    """Seconds after the start at which it is published, where it has no age."""
    alerts: tuple[str, ...] = ()
    """The rules that tell its story."""
    copy_of: str | None = None
    edit: str | None = None
    """A later text of it."""
    edit_after: int = 0
    """Seconds after the start at which the text changes."""

    @property
    def report(self) -> str:
        """What it and its copies share."""
        return self.copy_of or self.id


class Outlet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented outlet with its dialect of feed."""

    id: str
    title: str
    form: Literal["rss", "atom", "rdf", "rss-windows-1256", "rss-content"]


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of the demo."""

    outlet: tuple[Outlet, ...]
    article: tuple[DemoArticle, ...]


class Told(NamedTuple):
    """An alert as a receiver got it."""

    rule: str
    story: str


def load_scenario() -> Scenario:
    """The scenario that ships."""
    text = Path(__file__).with_name("articles.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Scenario)


def complaints(
    scenario: Scenario, url_of: Callable[[DemoArticle], str], stored: Sequence[StoryArticle], told: Sequence[Told]
) -> list[str]:
    """What is not as it should be: articles missing, copies apart, alerts missing, twice or too many."""
    by_url = {article.article.url: article for article in stored}
    found: list[str] = []
    stories: dict[str, set[str]] = {}
    for article in scenario.article:
        seen = by_url.get(url_of(article))
        if seen is None:
            found.append(f"not stored: «{article.title}»")
        elif article.edit is not None and seen.article.version == seen.article.first_seen:
            found.append(f"its edit is not stored: «{article.title}»")
        if seen is not None:
            stories.setdefault(article.report, set()).add(seen.membership.story)
    reports = {story: report for report, members in stories.items() for story in members}
    found += [
        f"copies are in {len(members)} stories: {report}" for report, members in stories.items() if len(members) > 1
    ]
    if len(reports) < len(stories):
        found.append("different reports are in one story")
    if len(stored) != len(by_url):
        found.append(f"{len(stored)} articles are stored for {len(by_url)} addresses")
    expected = {(rule, article.report) for article in scenario.article for rule in article.alerts}
    got = Counter((alert.rule, reports.get(alert.story, alert.story)) for alert in told)
    found += [f"not told: {rule}, {report}" for rule, report in sorted(expected - got.keys())]
    found += [f"told, and should not be: {rule}, {report}" for rule, report in sorted(got.keys() - expected)]
    found += [f"told {count} times: {rule}, {report}" for (rule, report), count in sorted(got.items()) if count > 1]
    return found
