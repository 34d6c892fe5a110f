"""Alerts and the health of feeds as documents of their own, for panels: a small loop beside the indexing of articles.

Documents have the id of what they tell of, so the last message about it is what is held. The position stands for one version of
these indices: those of a new version are filled from the log's start, and the alias moves to them when they are made.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from elasticsearch import Elasticsearch

from indexers.elastic import bulk, positions
from indexers.elastic.client import Connection
from indexers.elastic.documents import alert_document, health_document
from indexers.elastic.mapping import Names, current, templates
from indexers.elastic.positions import Held
from indexers.elastic.renewal import create
from indexers.index import Copied, copy
from indexers.store import RefusedError
from marsad.alert import Alert
from marsad.codec import decode
from marsad.feed import FeedHealth
from marsad.message import Bounds, Message, Partition
from marsad.messagelog import MessageLog
from marsad.metrics import Metrics
from marsad.settings import ElasticsearchSettings
from marsad.topics import ALERTS, FEEDHEALTH

NAME = "panels"
TOPICS = (ALERTS, FEEDHEALTH)
Told = Alert | FeedHealth


class Panels:
    """The indices of alerts and of feed health; an instance belongs to one thread."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        """Nothing is asked of the server yet; OperatorError where the settings make no connection."""
        self._settings = settings
        self._names = Names(settings.prefix)
        self._connection = Connection(settings)
        self._reader = f"{NAME}-{current()}"
        self._held: Held | None = None

    def index(self, batch: Sequence[Told], positions_reached: Mapping[Partition, int]) -> None:
        """Hold the newest of each, then the positions."""
        newest = {_id(told): told for told in batch}
        with self._connection.asked() as client:
            held = self._held or positions.read(client, self._names.positions, self._reader)
            self._held = None
            self._make(client)
            reasons = bulk.write(client, (self._write(told) for told in newest.values()))
            if reasons:
                raise RefusedError([(newest[name], reason) for name, reason in reasons.items()])
            moved = held._replace(positions={**held.positions, **positions_reached})
            self._held = positions.write(client, self._names.positions, self._reader, moved)

    def _write(self, told: Told) -> bulk.Write:
        if isinstance(told, Alert):
            return bulk.Write(self._names.versioned(self._names.alerts), _id(told), alert_document(told))
        return bulk.Write(self._names.versioned(self._names.feedhealth), _id(told), health_document(told))

    def _make(self, client: Elasticsearch) -> None:
        """See that the indices are there and have the aliases, and that no older ones do."""
        for alias in (self._names.alerts, self._names.feedhealth):
            index = self._names.versioned(alias)
            if client.indices.exists_alias(index=index, name=alias):
                continue
            made = templates(self._names, shards=self._settings.shards, replicas=self._settings.replicas)
            for name, template in made.items():
                client.indices.put_index_template(name=name, body=dict(template))
            create(client, index, made[index])
            known = client.indices.exists_alias(name=alias)
            older: Iterable[str] = client.indices.get_alias(name=alias).body if known else ()
            client.indices.update_aliases(
                actions=[
                    {"add": {"index": index, "alias": alias}},
                    *({"remove_index": {"index": name}} for name in older),
                ]
            )

    def positions(self) -> Mapping[Partition, int]:
        """The positions as they are in Elasticsearch now."""
        with self._connection.asked() as client:
            self._held = positions.read(client, self._names.positions, self._reader)
        return self._held.positions

    def follow(self, log_identity: str, bounds: Mapping[Partition, Bounds]) -> None:
        """Begin at the start of the log where it is not the one that the positions belong to, or has lost its end."""
        with self._connection.asked() as client:
            made = templates(self._names, shards=self._settings.shards, replicas=self._settings.replicas)
            client.indices.put_index_template(name=self._names.positions, body=dict(made[self._names.positions]))
            self._held = positions.follow(client, self._names.positions, self._reader, log_identity, bounds)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def run_panels(
    source: MessageLog,
    panels: Panels,
    stopping: threading.Event,
    metrics: Metrics,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Copy alerts and feed health until asked to stop, as articles are."""
    copy(source, Copied(NAME, TOPICS, _decoded), panels, stopping, metrics, prepare=prepare, at_once=bulk.CHUNK)


def _decoded(message: Message) -> Told:
    if message.partition.topic == ALERTS.name:
        return decode(message.value, Alert)
    return decode(message.value, FeedHealth)


def _id(told: Told) -> str:
    return told.id if isinstance(told, Alert) else told.feed_id
