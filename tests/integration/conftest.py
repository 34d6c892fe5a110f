"""Real servers as fixtures: one of each for all workers of a run, with names of its own for each test."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.integration.servers.named import Server
from tests.integration.servers.named import elasticsearch as elastic_node
from tests.integration.servers.named import kafka as kafka_cluster
from tests.integration.servers.named import three_brokers as cluster_of_three
from tests.integration.servers.processes import locked
from tests.integration.servers.session import in_use, started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that asks for a server waits until it has been brought; only the tests themselves are timed."""
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120, func_only=True))


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[[Server], str]]:
    """Starts servers, and holds this worker's share in them."""
    with in_use():
        yield started


@pytest.fixture(scope="session")
def kafka(start: Callable[[Server], str]) -> str:
    """Bootstrap addresses of a real Kafka of one broker; it creates no topic by itself."""
    return start(kafka_cluster())


@pytest.fixture(scope="session")
def elasticsearch(start: Callable[[Server], str]) -> str:
    """URL of a real Elasticsearch; one that a test is to freeze or starve is an `ElasticNode` of its own."""
    return start(elastic_node())


@pytest.fixture
def three_brokers(start: Callable[[Server], str]) -> Iterator[KafkaCluster]:
    """Three brokers for one test alone, all up when it begins; it may kill them."""
    cluster = cluster_of_three()
    with locked(cluster.folder.with_suffix(".test")):
        start(cluster)
        yield cluster
        cluster.up()


@pytest.fixture
def own_name(request: pytest.FixtureRequest) -> str:
    """A name for topics and indices that no other test uses, nor any other run."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40]
    return f"{test.strip('-')}-{uuid.uuid4().hex[:8]}"
