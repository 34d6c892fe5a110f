"""An Elasticsearch with a prefix of its own for each test, of which nothing is left behind."""

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from indexers.elastic.store import ElasticStore
from marsad.settings import ElasticsearchSettings


@pytest.fixture
def client(elasticsearch: str) -> Iterator[Elasticsearch]:
    """Asks the server itself."""
    with Elasticsearch(elasticsearch, request_timeout=60) as made:
        yield made


@pytest.fixture
def elastic(elasticsearch: str, client: Elasticsearch, own_name: str) -> Iterator[ElasticsearchSettings]:
    """Settings with a prefix that no other test uses."""
    yield ElasticsearchSettings(urls=[elasticsearch], prefix=own_name, replicas="0")
    clear(client, own_name)


@pytest.fixture
def elastic_store(elastic: ElasticsearchSettings) -> Iterator[ElasticStore]:
    """An empty store."""
    made = ElasticStore(elastic)
    yield made
    made.close()


def clear(client: Elasticsearch, prefix: str) -> None:
    """Remove indices and templates of a prefix."""
    for index in client.indices.get(index=f"{prefix}-*", allow_no_indices=True, features="aliases"):
        client.indices.delete(index=index, ignore_unavailable=True)
    for template in client.options(ignore_status=404).indices.get_index_template(name=f"{prefix}-*")["index_templates"]:
        client.indices.delete_index_template(name=template["name"])
