"""What a broker for tests is told: small, quick to fail over, loopback only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.integration.servers.processes import HOST

# Without shutdownHook = disable the last lines of an orderly end are missing.
LOG4J = """\
status = error
shutdownHook = disable
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} %m%n
"""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One process of a cluster."""

    id: int
    port: int
    controller_port: int


def properties(node: Node, nodes: Sequence[Node], home: Path) -> str:
    """The server.properties of one node."""
    replicas = min(3, len(nodes))
    in_sync = 2 if replicas == 3 else 1
    voters = ",".join(f"{each.id}@{HOST}:{each.controller_port}" for each in nodes)
    return f"""\
process.roles=broker,controller
node.id={node.id}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}
advertised.listeners=PLAINTEXT://{HOST}:{node.port}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={home / "data"}
# A test that forgets to create its topic fails.
auto.create.topics.enable=false
num.partitions=4
default.replication.factor={replicas}
min.insync.replicas={in_sync}
# The defaults are 50 partitions with 3 replicas, which one broker cannot give.
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
# Tests should not wait: the first member of a group starts at once, a dead broker is noticed in 3 s (9 s by default).
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
# Small: the cleaner alone would take 128 MB of heap, and each partition two index files of 10 MB.
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
metadata.log.segment.bytes=8388608
num.network.threads=2
num.io.threads=4
group.coordinator.threads=1
share.coordinator.threads=1
"""
