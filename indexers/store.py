"""The port to a search store.

Invariants of every store: an article is held once, in its newest version; an older version than the one held changes
nothing, and an equal one replaces it, since it may have been annotated anew; documents and the positions of the batch they
came in become durable together, so a repeat has no effect.
The index stage writes, from one thread; commands search, from any process.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from indexers.query.ast import Query, TimeRange
from marsad.annotation import StoryArticle
from marsad.errors import ItemError
from marsad.message import Partition

COUNTED = 10_000
"""Articles that a search counts and that `best` ranks, at most: of what most articles say, the exact number helps nobody."""


class Hit(NamedTuple):
    """An article that was found, and its place among all articles: a higher one for a later time of publication."""

    place: int
    article: StoryArticle


class SearchResult(NamedTuple):
    """The articles that a search finds, and how many there are in all; where they are more than COUNTED, `total` is that."""

    hits: Sequence[Hit]
    total: int
    exact: bool

    @property
    def articles(self) -> Sequence[StoryArticle]:
        """The articles alone."""
        return [hit.article for hit in self.hits]


class RefusedError(ItemError):
    """Values that the store will never take, each with the reason; the others of the batch are held, the positions not moved."""

    def __init__(self, refused: Sequence[tuple[object, str]]) -> None:
        super().__init__("; ".join(reason for _, reason in refused))
        self.refused = refused


class SearchStore(Protocol):
    """Where articles are searched."""

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """Hold these articles, and remember the positions behind them; RetryableError while the store is away.

        RefusedError names articles that it will never take: whoever calls gives them up, and hands in the rest again.
        """

    def positions(self) -> Mapping[Partition, int]:
        """Where indexing goes on; empty in a new store."""

    def search(
        self,
        query: Query,
        *,
        limit: int,
        times: TimeRange = TimeRange(),  # noqa: B008 - a value that never changes
        before: int | None = None,
        best: bool = False,
    ) -> SearchResult:
        """At most `limit` articles, the last published first, to the second; or with `best` those that say it most.

        `before` goes on behind the hit of that place, whatever has come in since. `best` ranks the newest COUNTED hits.
        """

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""

    def count(self) -> int:
        """How many articles are held."""

    def close(self) -> None:
        """Release what is held open."""
