"""The search store's adapter for Elasticsearch.

Articles are written in bulk, each under its id into the index of its month, where a version older than the one held changes
nothing. The position is written once the bulk is acknowledged, so a kill between them repeats a batch, which has no effect. What
is written can be searched after a second at most, and at once by the store that wrote it.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import structlog
from elasticsearch import ApiError, Elasticsearch

from indexers.elastic import bulk, positions, renewal
from indexers.elastic.client import Connection
from indexers.elastic.documents import document, place_of, stored_article
from indexers.elastic.mapping import Names, Template, current, templates
from indexers.elastic.positions import Held
from indexers.elastic.querying import found_by, ranked_by
from indexers.query.ast import Query, TimeRange
from indexers.store import COUNTED, Hit, RefusedError, SearchResult
from marsad.annotation import StoryArticle
from marsad.message import Bounds, Partition
from marsad.settings import ElasticsearchSettings

READER = "index"
PAGE = 100
"""Hits that are asked for at a time: an article may have half a megabyte."""
SHARD_AWAY = 503
SHARD_WAITS_S = (0.2, 0.5, 1.0)
log = structlog.get_logger(__name__)

_Found: TypeAlias = Mapping[str, Any]


class ElasticStore:
    """The store behind the addresses of the settings; an instance writes from one thread."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        """Nothing is asked of the server yet; OperatorError where the settings make no connection."""
        self._settings = settings
        self._names = Names(settings.prefix)
        self._connection = Connection(settings)
        self._held: Held | None = None
        self._ready = False
        self._answers = False
        self._written = False

    def prepare(self) -> None:
        """Bring templates and indices to this version, which may take long; RetryableError while the store is away."""
        if not self._ready:
            with self._connection.asked() as client:
                renewal.months(client, self._names)  # refuses a newer one before anything is changed
                renewal.renew(client, self._names, self._put_templates(client))
            self._ready = True

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """One bulk for the documents, then the positions; RefusedError where Elasticsearch will never take some of them."""
        try:
            self.prepare()
            self._index(batch, positions)
        except Exception:
            # Whatever it was, it may have cost what was known: a server that lost its disk comes back without templates.
            self._ready, self._held = False, None
            raise

    def _index(self, batch: Sequence[StoryArticle], reached: Mapping[Partition, int]) -> None:
        newest = _newest(batch)
        with self._connection.asked() as client:
            held = self._held or positions.read(client, self._names.positions, READER)
            self._make_months(client, {article.article.month for article in newest})
            self._written = True
            reasons = bulk.write(client, (self._write(one, held.arrived + at) for at, one in enumerate(newest)))
            if reasons:
                raise RefusedError([(one, reasons[one.article.id]) for one in newest if one.article.id in reasons])
            moved = held._replace(positions={**held.positions, **reached}, arrived=held.arrived + len(newest))
            self._held = positions.write(client, self._names.positions, READER, moved)

    def _write(self, article: StoryArticle, arrived: int) -> bulk.Write:
        known = article.article
        return bulk.Write(
            self._names.month(known.month), known.id, document(article, place_of(article, arrived)), known.version
        )

    def _make_months(self, client: Elasticsearch, months: Iterable[str]) -> None:
        """See that the indices of these months are there, behind the alias; they may have been removed since the last batch."""
        for index in map(self._names.month, sorted(months)):
            if not client.indices.exists_alias(index=index, name=self._names.articles):
                renewal.create(client, index, self._put_templates(client), self._names.articles)

    def _put_templates(self, client: Elasticsearch) -> Template:
        """Put all templates; returns that of the articles."""
        made = templates(self._names, shards=self._settings.shards, replicas=self._settings.replicas)
        for name, template in made.items():
            client.indices.put_index_template(name=name, body=dict(template))
        return made[self._names.versioned(self._names.articles)]

    def follow(self, log_identity: str, bounds: Mapping[Partition, Bounds]) -> None:
        """Begin at the start of the log where it is not the one that the positions belong to, or has lost its end.

        What is held already stays; what comes again replaces its like.
        """
        with self._connection.asked() as client:
            self._put_templates(client)
            self._held = positions.follow(client, self._names.positions, READER, log_identity, bounds)

    def positions(self) -> Mapping[Partition, int]:
        """The positions as they are in Elasticsearch now."""
        with self._connection.asked() as client:
            self._held = positions.read(client, self._names.positions, READER)
        return self._held.positions

    def search(
        self,
        query: Query,
        *,
        limit: int,
        times: TimeRange = TimeRange(),  # noqa: B008 - a value that never changes
        before: int | None = None,
        best: bool = False,
    ) -> SearchResult:
        """Newest first by place, in pages that go on behind the last hit, or ranked by BM25 over the newest COUNTED."""
        found = found_by(query, times)
        with self._connection.asked() as client:
            self._look(client)
            counted = self._ask(client, {"query": found, "size": 0, "track_total_hits": COUNTED + 1})
            total = counted["hits"]["total"]["value"]
            if best:
                hits = self._ranked(client, query, found, min(limit, COUNTED), enough=total > COUNTED)
            else:
                body = {"query": found, "sort": [{"place": "desc"}]}
                hits = self._pages(client, body, limit, None if before is None else [before])
        return SearchResult(hits, min(total, COUNTED), exact=total <= COUNTED)

    def _ranked(self, client: Elasticsearch, query: Query, found: _Found, limit: int, *, enough: bool) -> list[Hit]:
        within = [found]
        if enough:
            last = {"query": found, "sort": [{"place": "desc"}], "from": COUNTED - 1, "size": 1, "_source": False}
            border = self._ask(client, last)["hits"]["hits"][0]["sort"][0]
            within.append({"range": {"place": {"gte": border}}})
        scored = {"bool": {"filter": within, "should": ranked_by(query)}}
        # By default each month would be ranked by its own frequencies of words.
        return self._pages(client, {"query": scored, "sort": ["_score", {"place": "desc"}]}, limit, dfs=True)

    def _pages(
        self, client: Elasticsearch, body: _Found, limit: int, after: list[Any] | None = None, *, dfs: bool = False
    ) -> list[Hit]:
        hits: list[Hit] = []
        while len(hits) < limit:
            size = min(PAGE, limit - len(hits))
            asked = {**body, "size": size, "track_total_hits": False, "_source": ["place", "value"]}
            if after is not None:
                asked["search_after"] = after
            page = self._ask(client, asked, dfs=dfs)["hits"]["hits"]
            hits += [Hit(hit["_source"]["place"], stored_article(hit["_source"])) for hit in page]
            if len(page) < size:
                break
            after = page[-1]["sort"]
        return hits

    def _ask(self, client: Elasticsearch, body: _Found, *, dfs: bool = False) -> _Found:
        """An answer that is whole or none: articles are not missed in silence because a shard is away.

        While an index is put in the place of another its shards are away for a moment, which is waited out.
        """
        waits = iter(SHARD_WAITS_S)
        while True:
            try:
                answer: _Found = client.search(
                    index=self._names.articles,
                    body=dict(body),
                    ignore_unavailable=True,
                    allow_partial_search_results=False,
                    search_type="dfs_query_then_fetch" if dfs else "query_then_fetch",
                ).body
            except ApiError as error:
                wait = next(waits, None)
                if error.status_code != SHARD_AWAY or wait is None:
                    raise
                time.sleep(wait)
            else:
                return answer

    def _look(self, client: Elasticsearch) -> None:
        """Show what this store has written, refuse what a newer marsad has made, and say where an older one made it."""
        if self._written:
            client.indices.refresh(index=self._names.articles, ignore_unavailable=True)
            self._written = False
        if not self._answers:
            older = [index.name for index in renewal.months(client, self._names) if index.version != current()]
            if older:
                log.warning("indices of another version are being made anew: not all is found yet", indices=older)
            self._answers = True

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""
        return next(iter(self._matching({"term": {"id": article_id}}, 1)), None)

    def beginning_with(self, begins: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles whose id begins so."""
        return self._matching({"prefix": {"id": begins}}, limit)

    def at_address(self, address: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles with this address or guid."""
        return self._matching({"bool": {"should": [{"term": {"url": address}}, {"term": {"guid": address}}]}}, limit)

    def _matching(self, found: _Found, limit: int) -> list[StoryArticle]:
        with self._connection.asked() as client:
            self._look(client)
            hits = self._pages(client, {"query": found, "sort": [{"version": "desc"}, {"place": "desc"}]}, limit)
        return [hit.article for hit in hits]

    def count(self) -> int:
        """How many articles are held."""
        with self._connection.asked() as client:
            self._look(client)
            return int(self._ask(client, {"size": 0, "track_total_hits": True})["hits"]["total"]["value"])

    def remove_months_before(self, month: str) -> list[str]:
        """Remove the indices of all months before «YYYY-MM»; returns their names."""
        with self._connection.asked() as client:
            gone = [index.name for index in renewal.months(client, self._names) if index.month < month]
            for index in gone:
                client.indices.delete(index=index, ignore_unavailable=True)
        return gone

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def _newest(batch: Sequence[StoryArticle]) -> list[StoryArticle]:
    """The newest version of each article, of equal ones the last, in order of arrival."""
    newest: dict[str, StoryArticle] = {}
    for article in batch:
        known = newest.get(article.article.id)
        if known is None or known.article.version <= article.article.version:
            newest.pop(article.article.id, None)
            newest[article.article.id] = article
    return list(newest.values())
