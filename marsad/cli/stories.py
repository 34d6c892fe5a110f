"""`marsad stories`: the latest stories of a data directory, or documents grouped as they would be live."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.text import Text

from indexers.sqlitestore import SqliteStore
from marsad.annotation import StoryArticle
from marsad.cli.building import story_rules
from marsad.cli.direction import inset
from marsad.cli.documents import read_documents
from marsad.cli.parts import SEARCH_FILE, catalogue_of, existing, load, open_state
from marsad.cli.show import local, out, why_joined, write_line
from marsad.clock import iso
from processors.annotate import Annotator
from processors.group import StorySize, latest_stories, newest_members
from processors.stories import story_data
from processors.storystream import StoryStream

READ = 100
"""Of a story's articles so many, the last, are read from the store."""
SHOWN = 5
"""Of these so many are shown to people: the first and the last."""


class ListedStory(NamedTuple):
    """A story with the articles of it that are in the store, in order of arrival."""

    size: StorySize
    articles: Sequence[StoryArticle]


def group_lines(config: Path | None, files: Sequence[Path]) -> int:
    """Write for each document, in order of arrival, the story it is in when all have come."""
    parts = load(config)
    annotate = Annotator(catalogue_of(parts.config))
    stream = StoryStream(story_rules(parts.settings))
    stories: dict[str, str] = {}
    arrived = []
    for article in read_documents(files):
        membership = stream.add(story_data(annotate(article)))
        if membership is not None:
            stories[article.id] = membership.story
        arrived.append(article.id)
    for identity in arrived:
        write_line(json.dumps({"id": identity, "story": stories[identity]}, ensure_ascii=False))
    return 0


def list_stories(config: Path | None, data: Path | None, *, limit: int, as_json: bool) -> int:
    """Print the stories with the latest articles; 1 where there is none."""
    settings = load(config, data).settings
    search_file = existing(settings.data, SEARCH_FILE)
    file = open_state(settings, create=False)
    store = SqliteStore(search_file)
    try:
        listed = []
        for size in latest_stories(file, limit):
            found = [store.get(article) for article in newest_members(file, size.story, READ)]
            listed.append(ListedStory(size, [article for article in found if article is not None]))
    finally:
        store.close()
        file.close()
    for story in listed:
        if as_json:
            write_line(json.dumps(as_object(story), ensure_ascii=False))
        else:
            _show(story)
    if not listed and not as_json:
        out.print("No story yet.", style="dim")
    return 0 if listed else 1


def as_object(story: ListedStory) -> dict[str, Any]:
    """A story as programs get it."""
    return {
        "story": story.size.story,
        "articles": story.size.articles,
        "outlets": _outlets(story),
        "first": iso(story.size.first),
        "last": iso(story.size.last),
        "title": story.articles[0].article.title if story.articles else "",
        "members": [
            {
                "id": it.article.id,
                "outlet": it.article.outlet,
                "title": it.article.title,
                "published": iso(it.article.time),
                "relation": it.membership.relation,
                "how": it.membership.how,
                "nearest": it.membership.nearest,
                "similarity": it.membership.similarity,
                "shared": it.membership.shared,
            }
            for it in story.articles
        ],
    }


def _outlets(story: ListedStory) -> list[str]:
    return list(dict.fromkeys(it.article.outlet for it in story.articles))


def _show(story: ListedStory) -> None:
    size = story.size
    articles = "1 article" if size.articles == 1 else f"{size.articles} articles"
    outlets = len(_outlets(story))
    until = f" to {local(size.last)}" if size.last != size.first else ""
    out.print(
        f"[dim]{local(size.first)}{until}[/dim]  {articles}, {'1 outlet' if outlets == 1 else f'{outlets} outlets'}"
    )
    shown = story.articles if len(story.articles) <= SHOWN else [story.articles[0], *story.articles[1 - SHOWN :]]
    for place, it in enumerate(shown):
        line = Text("        ").append(inset(it.article.outlet), style="cyan")
        line.append(": ").append(inset(it.article.title), style="" if place else "bold")
        out.print(line)
        if it.membership.relation == "joined":
            out.print(Text(f"            {why_joined(it.membership)}", style="magenta"))
    if len(story.articles) > len(shown):
        out.print(f"        and {size.articles - len(shown)} more (--json has them)", style="dim")
