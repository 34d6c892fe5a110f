"""Articles of our own for the processors' tests, and annotations as surfaces, which a reader can check."""

from datetime import datetime
from pathlib import Path

from marsad.annotation import AnnotatedArticle, Event
from marsad.article import Article
from marsad.catalogue import load_catalogue
from marsad.config import Config
from processors.annotate import Annotator
from tests.samples import NOW

ACTORS = Path(__file__).parents[2] / "config" / "actors.toml"
CATALOGUE = load_catalogue(Config().files("actors*.toml"))
annotate = Annotator(CATALOGUE)
WEDNESDAY = datetime.fromisoformat("2026-11-25T00:30:00+03:00")
"""Still Tuesday in UTC."""


def written(text: str, *, title: str = "", published: datetime | None = WEDNESDAY) -> Article:
    """An article of that text."""
    return Article(
        id="0" * 32,
        version=NOW,
        first_seen=NOW,
        feed_id="feed",
        feed_url="http://127.0.0.1/feed",
        outlet="وكالة المثال",
        guid="",
        url="http://127.0.0.1/1",
        title=title,
        text=text,
        published=published,
        updated=None,
        month="2026-11",
    )


def parties(annotated: AnnotatedArticle, ids: tuple[str, ...]) -> str:
    """Actors or recipients: the catalogue's ids of known actors, the names of persons, and codes."""
    known = {entity.id: entity.actor or entity.name for entity in annotated.entities}
    return " + ".join(known.get(party, party) for party in ids)


def told(annotated: AnnotatedArticle) -> list[str]:
    """The events as «anchor: actors > recipients»."""
    content = annotated.article.content
    return [
        f"{content[slice(*event.anchor)]}: {parties(annotated, event.actors)} > {parties(annotated, event.recipients)}"
        for event in annotated.events
    ]


def coded(annotated: AnnotatedArticle) -> list[str]:
    """The events as «TYPE/mode anchor: actors > recipients»."""
    kinds = (f"{event.type}/{event.mode}" if event.mode else event.type for event in annotated.events)
    return [f"{kind} {line}" for kind, line in zip(kinds, told(annotated), strict=True)]


def only_event(text: str, *, published: datetime | None = WEDNESDAY) -> Event:
    """The one event of a text."""
    (event,) = annotate(written(text, published=published)).events
    return event


def surfaces(annotated: AnnotatedArticle) -> list[tuple[str, str]]:
    """The mentions in order: who, by the catalogue's id or else by name, and the surface."""
    content = annotated.article.content
    found = [(span, entity.actor or entity.name) for entity in annotated.entities for span in entity.mentions]
    return [(who, content[slice(*span)]) for span, who in sorted(found)]
