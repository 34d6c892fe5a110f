"""What a real Elasticsearch does wrong: too busy, frozen, killed. Nothing is lost, and whoever waits says for what."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from indexers.elastic import bulk
from indexers.elastic.documents import document
from indexers.elastic.store import ElasticStore
from marsad.errors import RetryableError
from marsad.settings import ElasticsearchSettings
from tests.contracts.search_store import HERE
from tests.integration.elastic.stage import RunningStage, running, until
from tests.integration.servers.elastic_node import ElasticNode
from tests.integration.servers.named import Server
from tests.samples import article, story_article

pytestmark = pytest.mark.timeout(600, func_only=True)  # a server that was killed takes half a minute to come back
BUSY = {"thread_pool.write.size": "1", "thread_pool.write.queue_size": "1"}


@pytest.fixture(scope="module")
def node(start: Callable[[Server], str], worker_id: str) -> Iterator[ElasticNode]:
    """A node of this worker's own, to be disturbed."""
    made = ElasticNode(f"elastic-faults-{worker_id}", first_port=19492, heap="384m", settings=BUSY)
    start(made)
    yield made
    made.down()


@pytest.fixture
def disturbed(node: ElasticNode, own_name: str) -> ElasticsearchSettings:
    return ElasticsearchSettings(urls=[node.address()], prefix=own_name, replicas="0", timeout_s=2)


@pytest.fixture
def store(disturbed: ElasticsearchSettings) -> Iterator[ElasticStore]:
    made = ElasticStore(disturbed)
    yield made
    made.close()


def put(stage: RunningStage, first: int, count: int) -> None:
    stage.put([story_article(article(f"داعش رقم {one}", name=str(one))) for one in range(first, first + count)])


@pytest.fixture
def asking(node: ElasticNode) -> Iterator[Elasticsearch]:
    """A patient client for the test itself."""
    with Elasticsearch(node.address(), request_timeout=60) as made:
        yield made


def test_a_server_that_hangs_is_waited_for(node: ElasticNode, store: ElasticStore, tmp_path: Path) -> None:
    with running(tmp_path, store) as stage:
        put(stage, 0, 60)
        until(lambda: store.positions() == {HERE: 60})
        node.freeze()
        try:
            put(stage, 60, 60)
            waited = stage.retries()
            until(lambda: stage.retries() > waited)
            with pytest.raises(RetryableError, match=r"Elasticsearch at http://\S+ does not answer in time"):
                store.count()
        finally:
            node.thaw()
        until(lambda: store.positions() == {HERE: 120})
        until(lambda: store.count() == 120)


def test_a_server_that_is_killed_is_waited_for(node: ElasticNode, store: ElasticStore, tmp_path: Path) -> None:
    with running(tmp_path, store) as stage:
        put(stage, 0, 500)
        until(lambda: store.positions().get(HERE, 0) >= 100)
        node.kill()
        put(stage, 500, 100)
        until(lambda: stage.retries() > 0)
        with pytest.raises(RetryableError, match=r"Elasticsearch at http://\S+ cannot be reached"):
            store.count()
        node.start()
        until(lambda: store.positions() == {HERE: 600}, 180)
        until(lambda: store.count() == 600)


def test_an_index_that_is_closed_for_writing_is_waited_for(
    store: ElasticStore, asking: Elasticsearch, tmp_path: Path
) -> None:
    """What a full disk causes."""
    with running(tmp_path, store) as stage:
        put(stage, 0, 10)
        until(lambda: store.positions() == {HERE: 10})
        (index,) = asking.indices.get_alias(name=store._names.articles)
        asking.indices.put_settings(index=index, settings={"index.blocks.read_only_allow_delete": True})
        waited = stage.retries()
        put(stage, 10, 10)
        until(lambda: stage.retries() > waited)
        assert store.positions() == {HERE: 10}
        assert not stage.letters()
        asking.indices.put_settings(index=index, settings={"index.blocks.read_only_allow_delete": None})
        until(lambda: store.positions() == {HERE: 20})
        until(lambda: store.count() == 20)


def test_a_full_queue_loses_nothing(disturbed: ElasticsearchSettings, asking: Elasticsearch) -> None:
    """Twelve that write at once, where one writes and one may wait."""
    index = f"{disturbed.prefix}-busy"
    asking.indices.create(index=index, settings={"number_of_replicas": 0})
    failures: list[BaseException] = []

    def write(number: int) -> None:
        sources = [document(story_article(article("داعش " * 200, name=f"{number} {at}")), at) for at in range(100)]
        writes = [bulk.Write(index, source["id"], source, source["version"]) for source in sources]
        try:
            for _ in range(60):
                try:
                    assert not bulk.write(asking, writes)
                except RetryableError as error:
                    assert "429" in str(error)  # noqa: PT017 - it is one of several outcomes
                    time.sleep(0.2)
                else:
                    return
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    asking.indices.refresh(index=index)
    assert asking.count(index=index)["count"] == 1_200
    rejected = asking.nodes.stats(metric="thread_pool")["nodes"].popitem()[1]["thread_pool"]["write"]["rejected"]
    print(f"rejected: {rejected}")
    asking.indices.delete(index=index)
