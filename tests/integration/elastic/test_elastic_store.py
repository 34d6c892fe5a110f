"""The Elasticsearch store passes the contract of all search stores, and what is its own."""

import time
from pathlib import Path

import msgspec
import pytest
from elasticsearch import Elasticsearch
from pydantic import SecretStr

from indexers.elastic.mapping import Names
from indexers.elastic.store import ElasticStore
from indexers.query.ast import And, Or, Query
from indexers.query.parse import parse
from indexers.store import RefusedError
from marsad.annotation import Event, Span, StoryArticle
from marsad.article import digest
from marsad.codec import encode
from marsad.errors import OperatorError, RetryableError
from marsad.message import Bounds, Partition
from marsad.settings import ElasticsearchSettings
from tests.contracts.search_store import HERE, SearchStoreContract, ids, stored
from tests.integration.elastic.stage import running, until
from tests.samples import CATALOGUE, HOUR, NOW, article, story_article

pytestmark = pytest.mark.timeout(600, func_only=True)  # hundreds of drawn cases, each of them several requests


class TestElasticStore(SearchStoreContract):
    """The whole contract."""

    @pytest.fixture
    def store(self, elastic_store: ElasticStore) -> ElasticStore:
        return elastic_store


def poisonous(name: str) -> StoryArticle:
    """An article that Elasticsearch refuses: its number of dead is no long."""
    made = story_article(article("داعش", name=name))
    event = Event(type="ASSAULT", anchor=Span(0, 1), actors=(), recipients=(), dead=1 << 63)
    return msgspec.structs.replace(made, annotated=msgspec.structs.replace(made.annotated, events=(event,)))


def test_an_article_that_is_refused_does_not_keep_its_neighbours_out(elastic_store: ElasticStore) -> None:
    good, bad = story_article(article("داعش", name="good")), poisonous("bad")
    with pytest.raises(RefusedError, match=r"refuses it: .*failed to parse field \[events\.dead\]") as caught:
        elastic_store.index([good, bad], {HERE: 2})
    assert [one for one, _ in caught.value.refused] == [bad]
    assert ids(elastic_store, "داعش") == ["good"]
    assert elastic_store.positions() == {}
    elastic_store.index([good], {HERE: 2})
    assert elastic_store.positions() == {HERE: 2}


def test_a_refused_article_becomes_a_dead_letter(elastic_store: ElasticStore, tmp_path: Path) -> None:
    with running(tmp_path, elastic_store) as stage:
        stage.put(
            [story_article(article("داعش", name="a")), poisonous("bad"), story_article(article("داعش", name="b"))]
        )
        until(lambda: len(stage.letters()) == 1)
        until(lambda: elastic_store.positions() == {HERE: 3})
        (letter,) = stage.letters()
    assert letter.offset == 1
    assert "Elasticsearch refuses it: " in letter.reason
    assert sorted(ids(elastic_store, "داعش")) == ["a", "b"]


def test_another_reader_finds_what_was_written_within_two_seconds(
    elastic: ElasticsearchSettings, elastic_store: ElasticStore
) -> None:
    elastic_store.index([story_article(article("مطر", name="first"))], {})
    reader = ElasticStore(elastic)
    until(lambda: ids(reader, "مطر") == ["first"])
    elastic_store.index([story_article(article("داعش", name="second"))], {})
    begun = time.monotonic()
    until(lambda: ids(reader, "داعش") == ["second"])
    print(f"searchable after {time.monotonic() - begun:.2f} s")
    reader.close()


def test_what_was_removed_while_it_runs_is_filled_again_by_itself(
    elastic: ElasticsearchSettings, elastic_store: ElasticStore, client: Elasticsearch, tmp_path: Path
) -> None:
    made = [story_article(article(f"داعش رقم {number}", name=str(number), age=number * HOUR)) for number in range(120)]
    names = Names(elastic.prefix)
    with running(tmp_path, elastic_store) as stage:
        stage.put(made)
        until(lambda: count(client, names) == 120)
        gone = list(client.indices.get(index=f"{elastic.prefix}-*", features="aliases"))
        assert len(gone) == 2
        for index in gone:
            client.indices.delete(index=index)
        for template in client.indices.get_index_template(name=f"{elastic.prefix}-*")["index_templates"]:
            client.indices.delete_index_template(name=template["name"])
        until(lambda: count(client, names) == 120)
        stage.put([story_article(article("غارة", name="later"))])
        until(lambda: count(client, names) == 121)
    mappings = client.indices.get_mapping(index=names.articles)
    assert {index["mappings"]["dynamic"] for index in mappings.values()} == {"strict"}


def count(client: Elasticsearch, names: Names) -> int:
    """How many articles can be found; 0 where there is no index."""
    client.indices.refresh(index=names.articles, ignore_unavailable=True)
    return int(client.count(index=names.articles, ignore_unavailable=True)["count"])


def test_two_that_index_the_same_log_do_no_harm(elastic: ElasticsearchSettings, tmp_path: Path) -> None:
    first, second = ElasticStore(elastic), ElasticStore(elastic)
    made = [story_article(article(f"داعش {number}", name=str(number))) for number in range(200)]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with running(tmp_path / "one", first) as one, running(tmp_path / "two", second) as two:
        one.put(made)
        two.put(made)
        until(lambda: ElasticStore(elastic).positions() == {HERE: 200})
    reader = ElasticStore(elastic)
    assert reader.count() == 200
    assert len(set(ids(reader, "داعش"))) == 100
    reader.close()
    first.close()
    second.close()


def test_a_position_that_another_has_moved_is_not_overwritten(elastic: ElasticsearchSettings) -> None:
    first, second = ElasticStore(elastic), ElasticStore(elastic)
    first.index([], {HERE: 1})
    assert second.positions() == {HERE: 1}
    first.index([], {HERE: 5})
    with pytest.raises(RetryableError, match="another process indexes too"):
        second.index([], {HERE: 2})
    assert second.positions() == {HERE: 5}
    second.index([], {HERE: 6})
    first.close()
    second.close()


def test_another_log_is_indexed_from_its_start(elastic_store: ElasticStore) -> None:
    elastic_store.follow("one", {HERE: Bounds(0, 9)})
    elastic_store.index([story_article(article("داعش", name="a"))], {HERE: 9})
    elastic_store.follow("one", {HERE: Bounds(0, 9)})
    assert elastic_store.positions() == {HERE: 9}
    elastic_store.follow("one", {HERE: Bounds(0, 4)})
    assert elastic_store.positions() == {}
    elastic_store.index([], {HERE: 4})
    elastic_store.follow("two", {HERE: Bounds(0, 4)})
    assert elastic_store.positions() == {}
    assert elastic_store.count() == 1


def test_months_have_indices_of_their_own_and_go_whole(elastic_store: ElasticStore, client: Elasticsearch) -> None:
    day = 24 * HOUR
    elastic_store.index([story_article(article("داعش", name=str(days), age=days * day)) for days in (0, 40, 70)], {})
    assert ids(elastic_store, "داعش") == ["0", "40", "70"]
    months = sorted(client.indices.get_alias(name=elastic_store._names.articles))
    assert [index[-7:] for index in months] == ["2026-09", "2026-10", "2026-11"]
    assert [index[-7:] for index in elastic_store.remove_months_before("2026-11")] == ["2026-10", "2026-09"]
    assert ids(elastic_store, "داعش") == ["0"]


def test_an_article_is_found_by_id_and_address(elastic_store: ElasticStore) -> None:
    made = stored(elastic_store)
    one = made["raid"]
    assert encode(elastic_store.get(one.article.id) or one) == encode(one)
    assert elastic_store.beginning_with(one.article.id[:10], 2) == [one]
    assert elastic_store.at_address(one.article.url, 2) == [one]
    assert elastic_store.at_address(one.article.guid, 2) == [one]
    assert elastic_store.at_address("http://127.0.0.1/nowhere", 2) == []


def test_a_query_may_be_as_deep_as_the_language_allows(elastic_store: ElasticStore) -> None:
    stored(elastic_store)
    deep: Query = parse("داعش", CATALOGUE)
    for _ in range(25):
        deep = (
            Or((And((deep, deep), ()), parse("لاشيء", CATALOGUE)))
            if _ < 2
            else Or((And((deep,), ()), parse("لاشيء", CATALOGUE)))
        )
    assert elastic_store.search(deep, limit=10).total == 6


def test_a_query_that_is_too_long_for_the_server_is_refused_with_the_reason(elastic_store: ElasticStore) -> None:
    stored(elastic_store)
    phrases = [f'"{first}{second}ق ب"' for first in "عغفقكلمنه" for second in "ابتثجحخدذرزسشصضطظعغ"]
    accepted = parse(" OR ".join(phrases[:100]), CATALOGUE)
    assert (
        elastic_store.search(accepted, limit=1).total == elastic_store.search(accepted, limit=1, best=True).total == 0
    )
    refused = Or(tuple(parse(phrase, CATALOGUE) for phrase in phrases * 3))
    with pytest.raises(OperatorError, match=r"too many nested clauses.*shorten it"):
        elastic_store.search(refused, limit=1)


def test_a_limit_may_be_larger_than_a_window_of_elasticsearch(elastic_store: ElasticStore) -> None:
    elastic_store.index([story_article(article("داعش", name=str(number))) for number in range(350)], {})
    found = elastic_store.search(parse("داعش", CATALOGUE), limit=50_000)
    assert len({hit.place for hit in found.hits}) == found.total == 350
    assert [hit.place for hit in found.hits] == sorted((hit.place for hit in found.hits), reverse=True)


def test_an_index_of_a_newer_marsad_is_refused(elastic: ElasticsearchSettings, client: Elasticsearch) -> None:
    client.indices.create(index=f"{elastic.prefix}-articles-v999.1-2026-11", settings={"number_of_replicas": 0})
    store = ElasticStore(elastic)
    for act in (store.prepare, store.count):
        with pytest.raises(OperatorError, match="made by a newer marsad; upgrade this one"):
            act()
    store.close()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"urls": ["http://elastic:secret@127.0.0.1:9200"]}, "do not belong into an address"),
        ({"user": "marsad"}, "user and password go together"),
        ({"user": "marsad", "password": SecretStr("secret"), "api_key": SecretStr("secret")}, "not both"),
        ({"ca_file": "/nowhere/ca.pem"}, "elasticsearch.ca_file: there is no file /nowhere/ca.pem"),
    ],
)
def test_settings_that_make_no_connection_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(OperatorError, match=message) as caught:
        ElasticStore(ElasticsearchSettings.model_validate(changes))
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_and_waited_for() -> None:
    store = ElasticStore(
        ElasticsearchSettings(urls=["http://127.0.0.1:9"], user="marsad", password=SecretStr("secret"), timeout_s=2)
    )
    for act in (
        lambda: store.index([], {}),
        store.positions,
        store.count,
        store.prepare,
        lambda: store.get(digest("a")),
    ):
        with pytest.raises(RetryableError, match=r"Elasticsearch at http://127\.0\.0\.1:9 cannot be reached") as caught:
            act()
        assert "secret" not in str(caught.value)
    store.close()


def test_positions_of_several_partitions_are_kept(elastic_store: ElasticStore) -> None:
    positions = {Partition("marsad.stories", number): number * 10 for number in range(4)}
    elastic_store.index([story_article(article(version=NOW))], positions)
    assert elastic_store.positions() == positions
