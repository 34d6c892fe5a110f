"""Apache Kafka on loopback, of one broker or three; each node is broker and controller in one process (KRaft)."""

import hashlib
import json
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.integration.servers.java import find_java, maven
from tests.integration.servers.kafka_properties import LOG4J, Node, properties
from tests.integration.servers.processes import (
    HOST,
    Process,
    ServerError,
    end,
    free_ports,
    is_free,
    locked,
    servers_folder,
    tail,
)

POM = Path(__file__).with_name("pom.xml")
VERSION = re.findall(r"<kafka>(.+)</kafka>", POM.read_text())[0]
JAVA_AT_LEAST = 17
CLUSTER_ID = "bWFyc2FkLXRlc3RzLWthZg"  # any 16 bytes in base64
# Serial GC and C1 only: half the start-up time and memory, quick enough for tests on two cores.
JVM = ("-Xms96m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxDirectMemorySize=128m")


def fetch() -> Path:
    """The folder of the jars, brought if need be; it is named after the pom, and appears whole or not at all."""
    target = servers_folder() / f"kafka-{VERSION}-{hashlib.sha256(POM.read_bytes()).hexdigest()[:8]}"
    with locked(servers_folder() / "kafka.lock"):
        if not target.is_dir():
            partial = target.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            maven(f"Apache Kafka {VERSION}", "-f", str(POM), "package", f"-Dlibs={partial}")
            partial.rename(target)
    return target


class KafkaCluster:
    """A cluster that has a folder of its own; all who name the same folder share it."""

    def __init__(self, name: str, *, brokers: int, first_port: int, extra: str = "") -> None:
        """`extra` are lines for each server.properties, in which {node.port} and the like may stand; they go before ours."""
        self.title = f"Apache Kafka {VERSION}, {brokers} broker{'s' if brokers > 1 else ''}"
        self.folder = servers_folder() / "run" / name
        self._brokers = brokers
        self._first_port = first_port
        self._extra = extra

    def up(self) -> str:
        """The bootstrap addresses of the running cluster, which is started where it does not run."""
        java, jars = find_java(JAVA_AT_LEAST, self.title), fetch()
        with locked(self.folder.with_suffix(".lock")):
            nodes = self._nodes()
            if not any(map(self._process, nodes)) and not (nodes and all(map(is_free, _ports(nodes)))):
                nodes = self._lay_out(java, jars)
            for node in nodes:
                self._start(java, jars, node)
            self._wait(nodes)
        return self.address()

    def down(self, *, keep: bool = False) -> None:
        """End all brokers, and forget their data unless it is kept."""
        with locked(self.folder.with_suffix(".lock")):
            end(self._running(), signal.SIGTERM if keep else signal.SIGKILL)
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self, number: int = 1) -> None:
        """SIGKILL for one broker."""
        self._signal(number, signal.SIGKILL)

    def stop(self, number: int = 1) -> None:
        """End one broker in order."""
        self._signal(number, signal.SIGTERM)

    def start(self, number: int = 1) -> None:
        """Start one broker again, on its data and port, and wait until all that run know each other."""
        node = self._node(number)
        self._start(find_java(JAVA_AT_LEAST, self.title), fetch(), node)
        self._wait([node for node in self._nodes() if self._process(node)])

    def freeze(self, number: int = 1) -> None:
        """SIGSTOP: the broker hangs."""
        for process in filter(None, [self._process(self._node(number))]):
            process.send(signal.SIGSTOP)

    def thaw(self, number: int = 1) -> None:
        """SIGCONT: the broker goes on."""
        for process in filter(None, [self._process(self._node(number))]):
            process.send(signal.SIGCONT)

    def address(self) -> str:
        """What clients take as bootstrap servers."""
        return ",".join(f"{HOST}:{node.port}" for node in self._nodes())

    def running(self) -> bool:
        """Whether a broker runs."""
        return bool(self._running())

    def status(self) -> Sequence[str]:
        """A line for each broker."""
        lines = []
        for node in self._nodes():
            process = self._process(node)
            known = f"pid {process.pid}, knows brokers {sorted(_known_to(node))}" if process else "not running"
            lines.append(f"broker {node.id}  {HOST}:{node.port}  {known}")
        return lines or ["not running"]

    def _lay_out(self, java: Path, jars: Path) -> list[Node]:
        shutil.rmtree(self.folder, ignore_errors=True)
        ports = free_ports(2 * self._brokers, self._first_port)
        nodes = [Node(id=i + 1, port=ports[2 * i], controller_port=ports[2 * i + 1]) for i in range(self._brokers)]
        for node in nodes:
            self._home(node).mkdir(parents=True)
            lines = properties(node, nodes, self._home(node)) + self._extra.format(
                node=node
            )  # of two lines for one key the last holds
            (self._home(node) / "server.properties").write_text(lines)
        (self.folder / "log4j2.properties").write_text(LOG4J)
        format_storage = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c")
        tools = [
            subprocess.Popen(
                self._command(java, jars, node, *format_storage), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for node in nodes
        ]
        said = [tool.communicate()[0].decode() for tool in tools]
        if any(tool.returncode for tool in tools):
            raise ServerError(f"Kafka's storage could not be formatted:\n{said}")
        saved = json.dumps([asdict(node) for node in nodes])
        (self.folder / "cluster.json").write_text(saved)  # last: a cluster that is half made is none
        return nodes

    def _nodes(self) -> list[Node]:
        try:
            return [Node(**saved) for saved in json.loads((self.folder / "cluster.json").read_text())]
        except FileNotFoundError:
            return []

    def _node(self, number: int) -> Node:
        for node in self._nodes():
            if node.id == number:
                return node
        raise ServerError(f"{self.title}: there is no broker {number} in {self.folder}")

    def _home(self, node: Node) -> Path:
        return self.folder / f"broker-{node.id}"

    def _command(self, java: Path, jars: Path, node: Node, *main: str) -> list[str]:
        log = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return [f"{java}/bin/java", *JVM, log, "-cp", f"{jars}/*", *main, f"{self._home(node)}/server.properties"]

    def _start(self, java: Path, jars: Path, node: Node) -> None:
        if not self._process(node):
            command = self._command(java, jars, node, "kafka.Kafka")
            process = Process.start(command, {}, self._home(node) / "server.log")
            (self._home(node) / "process.json").write_text(json.dumps(asdict(process)))

    def _process(self, node: Node) -> Process | None:
        try:
            process = Process(**json.loads((self._home(node) / "process.json").read_text()))
        except FileNotFoundError:
            return None
        return process if process.alive else None

    def _running(self) -> list[Process]:
        return [process for process in map(self._process, self._nodes()) if process]

    def _signal(self, number: int, how: signal.Signals) -> None:
        end([process for process in [self._process(self._node(number))] if process], how)

    def _wait(self, nodes: Sequence[Node], patience: float = 120) -> None:
        """An open port is not enough: before all know each other, a topic with three replicas is refused."""
        deadline = time.monotonic() + patience
        for node in nodes:
            log = self._home(node) / "server.log"
            while not _known_to(node) >= {other.id for other in nodes}:
                if not self._process(node):
                    raise ServerError(f"broker {node.id} ended; the last lines of {log}:\n{tail(log)}")
                if time.monotonic() > deadline:
                    raise ServerError(f"broker {node.id} is not ready after {patience:.0f} s:\n{tail(log)}")
                time.sleep(0.1)


def _ports(nodes: Sequence[Node]) -> Iterator[int]:
    for node in nodes:
        yield from (node.port, node.controller_port)


def _known_to(node: Node) -> set[int]:
    """The ids of the brokers that a node knows; none while it does not answer."""
    # Metadata, version 1, for no topic: header (key, version, correlation, client) and an empty array.
    request = struct.pack(">hhih4si", 3, 1, 1, 4, b"wait", 0)
    try:
        with socket.create_connection((HOST, node.port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answer:
                return set(_broker_ids(answer.read(struct.unpack(">i", answer.read(4))[0])))
    except (OSError, struct.error):
        return set()


def _broker_ids(metadata: bytes) -> Iterator[int]:
    """The broker list at the head of an answer to Metadata, version 1."""
    (count,) = struct.unpack_from(">i", metadata, 4)
    position = 8
    for _ in range(count):
        node, host = struct.unpack_from(">ih", metadata, position)
        position += 6 + host + 4
        (rack,) = struct.unpack_from(">h", metadata, position)
        position += 2 + max(rack, 0)
        yield node
