"""The port to a search store.

Invariants of every store: an article is held once, in its newest version; an older version than the one held changes
nothing, and an equal one replaces it, since it may have been annotated anew; documents and the positions of the batch they
came in become durable together, so a repeat has no effect.
The index stage writes, from one thread; commands search, from any process.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from indexers.query.ast import Query
from marsad.annotation import StoryArticle
from marsad.message import Partition


class SearchResult(NamedTuple):
    """The newest articles that a query finds, and how many it finds in all."""

    articles: Sequence[StoryArticle]
    total: int


class SearchStore(Protocol):
    """Where articles are searched."""

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """Hold these articles, and remember the positions behind them; RetryableError while the store is away."""

    def positions(self) -> Mapping[Partition, int]:
        """Where indexing goes on; empty in a new store."""

    def search(self, query: Query, *, limit: int) -> SearchResult:
        """At most `limit` articles, the last published first."""

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""

    def count(self) -> int:
        """How many articles are held."""

    def close(self) -> None:
        """Release what is held open."""
