"""What the processors found in an article: its entities, its events, and the story it belongs to.

Spans are half-open and count Unicode code points of `Article.content`. Types, kinds and modes are those of PLOVER and of
docs/annotation.md.
"""

from typing import Literal, NamedTuple

import msgspec

from marsad.article import Article

EntityType = Literal["PER", "ORG", "LOC"]
Reality = Literal["actual", "planned", "hypothetical", "denied"]
EventType = Literal[
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "CONCEDE",
    "COOPERATE",
    "AID",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
]


class Span(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: int
    end: int


class Entity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, organisation or place of one article, with every span that names it."""

    id: str
    """Unique within the article: e1, e2 … in order of first mention."""
    type: EntityType
    kind: str
    name: str
    english: str | None = None
    actor: str | None = None
    """The id of the actor in the catalogue, where it is a known one."""
    mentions: tuple[Span, ...]
    """In order, never overlapping."""


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who did what to whom. Actors and recipients are entity ids, or sector codes such as «@CVL» for the unnamed."""

    type: EventType
    mode: str | None = None
    anchor: Span
    """The word or two that state the event."""
    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    place: str | None = None
    """The entity id of the most exact named place."""
    date: str | None = None
    """YYYY-MM-DD, YYYY-MM or YYYY, in the offset of the publication."""
    reality: Reality = "actual"
    dead: int | None = None
    injured: int | None = None


class AnnotatedArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article with what was found in it by one version of the catalogue."""

    article: Article
    catalogue: str
    """The version of the catalogue that decided the mentions."""
    entities: tuple[Entity, ...]
    events: tuple[Event, ...]


class Membership(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which story an article belongs to, and why."""

    story: str
    """The id of the story: that of its first article."""
    relation: Literal["new", "joined", "edit"]
    """It opened the story, joined it, or is a later version of an article that is in it."""
    how: Literal["repeat", "copy", "likeness"] | None = None
    """What joined it: the same words, most of the same word sequences, or that it tells the same happening in other words."""
    nearest: str | None = None
    """The article it was joined by."""
    similarity: float | None = None
    """0 to 1; of a copy the share of the shorter text's word sequences that both have, of a likeness its probability."""
    shared: tuple[str, ...] = ()
    """Of a likeness the weightiest words that both have, in normal form; a few."""


class StoryArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An annotated article with its story."""

    annotated: AnnotatedArticle
    membership: Membership

    @property
    def article(self) -> Article:
        """The article itself."""
        return self.annotated.article
