"""Both search stores answer alike: the same articles, in the same order, as many."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.elastic.store import ElasticStore
from indexers.query.ast import Query, TimeRange
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from indexers.store import SearchResult, SearchStore
from marsad.annotation import AnnotatedArticle, StoryArticle
from tests.contracts.search_store import TEXTS, as_stored, news, queries
from tests.samples import CATALOGUE, HOUR, NOW, article, story_article

pytestmark = pytest.mark.timeout(600, func_only=True)  # hundreds of drawn cases, each of them several requests

QUERIES = [
    "داعش",
    "قسد",
    "داعش قسد",
    "داعش -قسد",
    "داعش OR حماس",
    "forms:حماس",
    '"غارة جوية"',
    "غارة",
    "=داعش",
    "forms:داعش",
    "2014",
    "title:خبر",
    "title:غارة OR سيناء",
    "source:المثال",
    "source:feed -داعش",
    "actor:isis",
    "(داعش OR قسد) دير",
    "لاشيء",
]


@pytest.fixture
def both(elastic_store: ElasticStore, tmp_path: Path) -> Iterator[tuple[SearchStore, SearchStore]]:
    sqlite = SqliteStore(tmp_path / "search.db")
    yield elastic_store, sqlite
    sqlite.close()


def filled(both: tuple[SearchStore, SearchStore]) -> None:
    """Each text several times, some in the same second, some edited."""
    made = [
        story_article(article(text, title=f"خبر {name}", name=f"{name} {again}", age=number * again * HOUR // 3))
        for again in range(4)
        for number, (name, text) in enumerate(TEXTS.items())
    ]
    edited = [
        story_article(article("غارة على داعش", name=one.article.guid, version=NOW + 1, first_seen=NOW))
        for one in made[::9]
    ]
    for store in both:
        for first in range(0, len(made), 20):
            store.index(made[first : first + 20], {})
        store.index(edited, {})


def shown(result: SearchResult) -> tuple[Sequence[StoryArticle], int, bool]:
    return result.articles, result.total, result.exact


@pytest.mark.parametrize("query", QUERIES)
def test_a_table_of_queries(both: tuple[SearchStore, SearchStore], query: str) -> None:
    filled(both)
    elastic, sqlite = both
    asked = parse(query, CATALOGUE)
    for times in (TimeRange(), TimeRange(since=NOW - 3 * HOUR), TimeRange(NOW - 9 * HOUR, NOW - HOUR)):
        assert shown(elastic.search(asked, limit=100, times=times)) == shown(
            sqlite.search(asked, limit=100, times=times)
        )
    first = [store.search(asked, limit=3) for store in both]
    assert first[0].articles == first[1].articles
    if first[0].hits:
        rest = [
            store.search(asked, limit=100, before=page.hits[-1].place) for store, page in zip(both, first, strict=True)
        ]
        assert shown(rest[0]) == shown(rest[1])
    best = [store.search(asked, limit=100, best=True) for store in both]
    assert {one.article.id for one in best[0].articles} == {one.article.id for one in best[1].articles}


def test_drawn_articles_and_queries(both: tuple[SearchStore, SearchStore]) -> None:
    elastic, sqlite = both

    @settings(max_examples=60, deadline=None)
    @given(drawn=st.lists(news(), min_size=1, max_size=6), asked=st.lists(queries(), min_size=1, max_size=4))
    def holds(drawn: list[AnnotatedArticle], asked: list[Query]) -> None:
        made = [as_stored(one, name=f"{number}") for number, one in enumerate(drawn)]
        for store in both:
            store.index(made, {})
        for query in asked:
            assert shown(elastic.search(query, limit=100)) == shown(sqlite.search(query, limit=100)), query

    holds()


def test_daesh_through_both(both: tuple[SearchStore, SearchStore]) -> None:
    filled(both)
    elastic, sqlite = (store.search(parse("داعش", CATALOGUE), limit=100) for store in both)
    assert elastic.total == sqlite.total > 20
    assert [one.article.guid for one in elastic.articles] == [one.article.guid for one in sqlite.articles]
