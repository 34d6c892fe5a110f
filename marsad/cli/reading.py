"""Where commands read in either mode: the search store, and the message log."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from indexers.lookup import Lookup
from indexers.sqlitestore import SqliteStore
from indexers.store import SearchStore
from marsad.cli.parts import SEARCH_FILE, existing, open_state
from marsad.messagelog import MessageLog
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.settings import Settings


class ReadableStore(SearchStore, Lookup, Protocol):
    """A search store for commands that look."""


@contextmanager
def search_store(settings: Settings) -> Iterator[ReadableStore]:
    """The search store, to read: that of the data directory, or Elasticsearch in the cluster."""
    if settings.mode == "embedded":
        with closing(SqliteStore(existing(settings.data, SEARCH_FILE), writable=False)) as store:
            yield store
        return
    from indexers.elastic.store import ElasticStore  # noqa: PLC0415 - its client is loaded only in the cluster

    with closing(ElasticStore(settings.elasticsearch)) as elastic:
        yield elastic


@contextmanager
def message_log(settings: Settings, *, writable: bool = False) -> Iterator[MessageLog]:
    """The message log: that of the data directory, or Kafka in the cluster."""
    if settings.mode == "embedded":
        with closing(open_state(settings, writable=writable)) as file:
            yield SqliteLog(file)
        return
    from marsad.messagelog.kafka import KafkaLog  # noqa: PLC0415 - as above

    with closing(KafkaLog(settings.kafka, Metrics())) as kafka:
        yield kafka
