"""From an article to who is in it and what happened: a pure function of the article and the catalogue."""

from marsad.annotation import AnnotatedArticle
from marsad.article import Article
from marsad.catalogue import Catalogue
from processors.entities import find_mentions, identify
from processors.events.coder import code_events
from processors.reading import Reading


class Annotator:
    """Annotates articles by one catalogue. Threads may share it: nothing changes after it is built."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, article: Article) -> AnnotatedArticle:
        """The article with its entities and events; equal articles give equal annotations."""
        reading = Reading(article.content)
        mentions = find_mentions(reading, self._catalogue)
        entities = identify(reading, mentions)
        return AnnotatedArticle(
            article=article,
            catalogue=self._catalogue.version,
            entities=tuple(entities.values()),
            events=code_events(reading, mentions, entities, article.published),
        )
