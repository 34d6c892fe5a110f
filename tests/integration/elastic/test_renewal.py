"""Indices of another version are made anew, and a kill at any point of that costs nothing."""

import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping

import pytest
from elasticsearch import Elasticsearch

from indexers.elastic import bulk, mapping
from indexers.elastic.mapping import Names
from indexers.elastic.store import ElasticStore
from indexers.query.parse import parse
from marsad.annotation import StoryArticle
from marsad.errors import OperatorError, RetryableError
from marsad.settings import ElasticsearchSettings
from tests.contracts.search_store import HERE
from tests.integration.elastic.stage import until
from tests.samples import CATALOGUE, HOUR, NOW, article, story_article

DAY = 24 * HOUR
COUNT = 900


@pytest.fixture
def held(elastic: ElasticsearchSettings) -> list[StoryArticle]:
    """Articles of two months, made by the version before."""
    made = [story_article(article("داعش", name=str(number), age=number % 2 * 40 * DAY)) for number in range(COUNT)]
    store = ElasticStore(elastic)
    store.index(made, {HERE: COUNT})
    assert store.count() == COUNT  # which shows them to everybody
    store.close()
    return made


def whole(elastic: ElasticsearchSettings, client: Elasticsearch, held: list[StoryArticle]) -> None:
    """Everything is there once, in indices of the new version alone, and is found."""
    store = ElasticStore(elastic)
    names = Names(elastic.prefix)
    client.indices.refresh(index=names.articles)
    assert store.count() == len(held)
    found = store.search(parse("داعش", CATALOGUE), limit=2 * COUNT)
    assert sorted(one.article.guid for one in found.articles) == sorted(one.article.guid for one in held)
    behind = {names.month("2026-10"), names.month("2026-11")}
    assert set(client.indices.get(index=names.all_articles, features="aliases")) == behind
    assert set(client.indices.get_alias(name=names.articles)) == behind
    assert store.positions() == {HERE: COUNT}
    store.close()


def test_they_are_made_anew_and_the_old_ones_go(
    elastic: ElasticsearchSettings,
    client: Elasticsearch,
    held: list[StoryArticle],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = ElasticStore(elastic)
    order = before.search(parse("داعش", CATALOGUE), limit=COUNT).hits
    monkeypatch.setattr(mapping, "MAPPING", 2)
    store = ElasticStore(elastic)
    assert store.search(parse("داعش", CATALOGUE), limit=1).total == COUNT  # until then the old ones answer
    edited = story_article(article("داعش", name="0", version=NOW + 1, first_seen=NOW))
    store.index([edited], {HERE: COUNT})
    whole(elastic, client, held)
    assert store.get(edited.article.id) == edited
    after = store.search(parse("داعش", CATALOGUE), limit=COUNT).hits
    assert [hit for hit in after if hit.article != edited] == [
        hit for hit in order if hit.article.article.id != edited.article.id
    ]
    store.close()
    monkeypatch.setattr(mapping, "MAPPING", 1)
    with pytest.raises(OperatorError, match="made by a newer marsad"):
        ElasticStore(elastic).prepare()
    before.close()


@pytest.mark.parametrize("page", [0, 1, 3])
def test_it_may_fail_at_any_page(
    elastic: ElasticsearchSettings,
    client: Elasticsearch,
    held: list[StoryArticle],
    monkeypatch: pytest.MonkeyPatch,
    page: int,
) -> None:
    monkeypatch.setattr(mapping, "MAPPING", 2)
    write, pages = bulk.write, iter(range(100))

    def failing(client: Elasticsearch, writes: Iterable[bulk.Write]) -> Mapping[str, str]:
        if next(pages) == page:
            raise RetryableError("away")
        return write(client, writes)

    monkeypatch.setattr(bulk, "write", failing)
    store = ElasticStore(elastic)
    with pytest.raises(RetryableError, match="away"):
        store.prepare()
    assert store.search(parse("داعش", CATALOGUE), limit=1).total == COUNT
    store.prepare()
    whole(elastic, client, held)
    store.close()


RENEWING = """
import sys
from indexers.elastic import mapping
from indexers.elastic.store import ElasticStore
from marsad.settings import ElasticsearchSettings
mapping.MAPPING = 2
ElasticStore(ElasticsearchSettings(urls=[sys.argv[1]], prefix=sys.argv[2], replicas="0")).prepare()
"""


@pytest.mark.parametrize("documents", [0, 1, COUNT // 2])
def test_it_may_be_killed(
    elastic: ElasticsearchSettings,
    client: Elasticsearch,
    held: list[StoryArticle],
    monkeypatch: pytest.MonkeyPatch,
    documents: int,
) -> None:
    monkeypatch.setattr(mapping, "MAPPING", 2)
    newest = Names(elastic.prefix).month("2026-11")

    def begun() -> bool:
        if not client.indices.exists(index=newest):
            return False
        client.indices.refresh(index=newest)
        return bool(client.count(index=newest)["count"] >= documents)

    renewing = subprocess.Popen([sys.executable, "-c", RENEWING, elastic.urls[0], elastic.prefix])
    try:
        until(begun)
    finally:
        renewing.send_signal(signal.SIGKILL)
        renewing.wait()
    store = ElasticStore(elastic)
    assert store.search(parse("داعش", CATALOGUE), limit=1).total == COUNT
    store.prepare()
    store.close()
    whole(elastic, client, held)
