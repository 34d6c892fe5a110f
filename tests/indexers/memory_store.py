"""A search store in memory: the live matcher over a dict. It passes the contract of the real ones."""

from collections.abc import Mapping, Sequence

from indexers.query.ast import Query, TimeRange
from indexers.query.live import Matcher
from indexers.store import COUNTED, Hit, SearchResult
from marsad.annotation import StoryArticle
from marsad.message import Partition

SAME_SECOND = 1_000_000


class MemoryStore:
    def __init__(self) -> None:
        self._hits: dict[str, Hit] = {}
        self._positions: dict[Partition, int] = {}
        self._arrived = 0

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        for article in batch:
            known = self._hits.get(article.article.id)
            if known is None or known.article.article.version <= article.article.version:
                self._arrived += 1
                place = article.article.time // 1000 * SAME_SECOND + self._arrived
                self._hits[article.article.id] = Hit(place, article)
        self._positions |= positions

    def positions(self) -> Mapping[Partition, int]:
        return self._positions

    def search(
        self,
        query: Query,
        *,
        limit: int,
        times: TimeRange = TimeRange(),  # noqa: B008 - a value that never changes
        before: int | None = None,
        best: bool = False,
    ) -> SearchResult:
        matcher = Matcher({"query": query})
        said = [
            (hit, len(matched["query"]))
            for hit in sorted(self._hits.values(), key=lambda hit: -hit.place)
            if _within(hit.article.article.time // 1000, times) and (matched := matcher.match(hit.article.annotated))
        ]
        found = [hit for hit, _ in said if before is None or hit.place < before]
        if best:
            found = [hit for hit, _ in sorted(said[:COUNTED], key=lambda one: -one[1])]
        return SearchResult(found[:limit], min(len(said), COUNTED), exact=len(said) <= COUNTED)

    def get(self, article_id: str) -> StoryArticle | None:
        hit = self._hits.get(article_id)
        return None if hit is None else hit.article

    def count(self) -> int:
        return len(self._hits)

    def close(self) -> None:
        pass


def _within(second: int, times: TimeRange) -> bool:
    return (times.since is None or second * 1000 >= times.since) and (
        times.until is None or second * 1000 < times.until
    )
