"""A search store in memory: the live matcher over a dict. It passes the contract of the real ones."""

from collections.abc import Mapping, Sequence

from indexers.query.ast import Query
from indexers.query.live import Matcher
from indexers.store import SearchResult
from marsad.annotation import StoryArticle
from marsad.message import Partition


class MemoryStore:
    def __init__(self) -> None:
        self._articles: dict[str, StoryArticle] = {}
        self._positions: dict[Partition, int] = {}

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        for article in batch:
            known = self._articles.get(article.article.id)
            if known is None or known.article.version <= article.article.version:
                self._articles[article.article.id] = article
        self._positions |= positions

    def positions(self) -> Mapping[Partition, int]:
        return self._positions

    def search(self, query: Query, *, limit: int) -> SearchResult:
        matcher = Matcher({"query": query})
        found = [article for article in self._articles.values() if matcher.match(article.annotated)]
        found.sort(key=lambda article: article.article.time, reverse=True)
        return SearchResult(found[:limit], len(found))

    def get(self, article_id: str) -> StoryArticle | None:
        return self._articles.get(article_id)

    def count(self) -> int:
        return len(self._articles)

    def close(self) -> None:
        pass
