"""The servers that the tests share, by name."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tests.integration.servers.elastic_node import ElasticNode
from tests.integration.servers.kafka_cluster import KafkaCluster


class Server(Protocol):
    """What every server can do."""

    title: str

    def up(self) -> str:
        """Where it can be reached; starts it where it does not run, once for all who ask."""

    def down(self, *, keep: bool = False) -> None:
        """End it, and forget its data unless it is kept."""

    def running(self) -> bool:
        """Whether any of it runs."""

    def status(self) -> Sequence[str]:
        """Lines for a person."""


def kafka() -> KafkaCluster:
    """One broker, for nearly everything."""
    return KafkaCluster("kafka", brokers=1, first_port=19092)


def three_brokers() -> KafkaCluster:
    """Three, of which one may be killed."""
    return KafkaCluster("brokers", brokers=3, first_port=19192)


def elasticsearch() -> ElasticNode:
    """One node."""
    return ElasticNode("elasticsearch", first_port=19292)


def named() -> Mapping[str, Server]:
    """All of them."""
    return {"kafka": kafka(), "brokers": three_brokers(), "elasticsearch": elasticsearch()}
