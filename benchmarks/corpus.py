"""A corpus of any size, the same in every run: invented words with the frequencies of news, known actors, events, places.

Words are made of roots and patterns, so that they look like Arabic to everything that takes words apart; word number n comes
1/(n + 3) as often as the first (Zipf and Mandelbrot), and the article, conjunctions and prepositions are attached about as
often as in news.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product

from marsad.annotation import AnnotatedArticle, Entity, Event, EventType, Membership, Span, StoryArticle
from marsad.article import Article, digest
from marsad.catalogue import Catalogue

END = datetime(2026, 11, 28, tzinfo=UTC)
LEMMAS = 40_000
_PATTERNS = ("{}{}{}", "{}ا{}{}", "م{}{}{}", "{}{}ي{}", "ت{}{}ي{}", "{}{}ا{}ة", "م{}ا{}{}ة", "ا{}ت{}ا{}")
_ATTACHED = (("", 55), ("ال", 24), ("و", 6), ("وال", 3), ("ب", 4), ("بال", 2), ("ل", 3), ("لل", 2), ("ف", 1))
_EVENTS: tuple[tuple[EventType, str | None], ...] = (
    ("ASSAULT", "aerial"),
    ("ASSAULT", "firearms"),
    ("COERCE", "arrest"),
    ("CONSULT", "visit"),
    ("PROTEST", None),
)


def lemmas() -> list[str]:
    """The words by falling frequency."""
    rng = random.Random(11)
    roots = ["".join(root) for root in product("بتجحخدرسشصطعغفقكلمن", repeat=3) if len(set(root)) == 3]
    words = [pattern.format(*root) for root in roots for pattern in _PATTERNS]
    rng.shuffle(words)
    return words[:LEMMAS]


class Corpus:
    """Articles out of one vocabulary; `catalogue` gives the actors."""

    def __init__(self, catalogue: Catalogue, *, seed: int = 7) -> None:
        self.lemmas = lemmas()
        self._cumulated = list(accumulate(1 / (rank + 3) for rank in range(len(self.lemmas))))
        self._prefixes = [prefix for prefix, _ in _ATTACHED]
        self._prefix_weights = list(accumulate(weight for _, weight in _ATTACHED))
        self._actors = sorted(catalogue.actors.values(), key=lambda actor: actor.id)
        self._actor_weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._actors))))
        self._catalogue = catalogue.version
        self._rng = random.Random(seed)

    def words(self, count: int) -> list[str]:
        """That many words of running text."""
        rng = self._rng
        bare = rng.choices(self.lemmas, cum_weights=self._cumulated, k=count)
        prefixes = rng.choices(self._prefixes, cum_weights=self._prefix_weights, k=count)
        return [prefix + word for prefix, word in zip(prefixes, bare, strict=True)]

    def articles(self, count: int, *, words: int, days: int) -> Iterator[StoryArticle]:
        """Articles of about so many words, spread evenly over so many days before `END`, in order of time."""
        for number in range(count):
            time = END - timedelta(days=days) * (1 - number / count)
            yield self._article(number, words, time.replace(microsecond=0))

    def _article(self, number: int, words: int, time: datetime) -> StoryArticle:
        rng = self._rng
        title = " ".join(self.words(8))
        text = ""
        mentions: dict[int, list[Span]] = {}
        chosen = rng.choices(range(len(self._actors)), cum_weights=self._actor_weights, k=6)
        for sentence in range(12):
            text += " ".join(self.words(words // 12)) + " "
            if sentence % 2:
                actor = chosen[sentence // 2]
                start = len(title) + 1 + len(text)
                text += self._actors[actor].name
                mentions.setdefault(actor, []).append(Span(start, len(title) + 1 + len(text)))
                text += " "
            text += ". "
        return self._annotated(number, title, text, time, mentions)

    def _annotated(
        self, number: int, title: str, text: str, time: datetime, mentions: dict[int, list[Span]]
    ) -> StoryArticle:
        fetched = int(time.timestamp() * 1000)
        article = Article(
            id=digest(str(number)),
            version=fetched,
            first_seen=fetched,
            feed_id=f"feed{number % 40}",
            feed_url=f"http://127.0.0.1/{number % 40}",
            outlet=f"وكالة القياس {number % 40}",
            guid=str(number),
            url=f"http://127.0.0.1/{number}",
            title=title,
            text=text,
            published=time,
            updated=None,
            month=time.strftime("%Y-%m"),
        )
        entities = []
        for at, (actor, spans) in enumerate(mentions.items(), 1):
            known = self._actors[actor]
            entities.append(
                Entity(
                    id=f"e{at}",
                    type=known.type,
                    kind=known.kind,
                    name=known.name,
                    english=known.english,
                    actor=known.id,
                    mentions=tuple(spans),
                )
            )
        events = []
        if number % 2 == 0:
            kind, mode = self._rng.choice(_EVENTS)
            anchor = Span(0, len(title.split(maxsplit=1)[0]))
            events.append(
                Event(
                    type=kind,
                    mode=mode,
                    anchor=anchor,
                    actors=("e1",),
                    recipients=("@CVL",),
                    place="e2" if len(entities) > 1 else None,
                )
            )
        annotated = AnnotatedArticle(
            article=article, catalogue=self._catalogue, entities=tuple(entities), events=tuple(events)
        )
        return StoryArticle(annotated=annotated, membership=Membership(story=article.id, relation="new"))
