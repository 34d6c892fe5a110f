"""An Elasticsearch for each test."""

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch


@pytest.fixture
def client(elasticsearch: str) -> Iterator[Elasticsearch]:
    """Asks the server itself."""
    with Elasticsearch(elasticsearch, request_timeout=60) as made:
        yield made
