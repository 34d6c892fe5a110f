"""How a test session uses the servers: shared by its workers and left running, unless they are required, as in CI."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.servers.elastic_node import JAVA_AT_LEAST as ELASTIC_JAVA
from tests.integration.servers.java import find_java
from tests.integration.servers.kafka_cluster import JAVA_AT_LEAST as KAFKA_JAVA
from tests.integration.servers.named import Server, named
from tests.integration.servers.processes import UnavailableError, servers_folder

REQUIRED = bool(os.environ.get("MARSAD_REQUIRE_SERVERS"))
"""Whether a server that cannot be brought is a failure; then none outlives the session that started it, either."""


@contextmanager
def in_use() -> Iterator[None]:
    """While this is open no other session takes a server down; the last one out does, where servers are required."""
    path = servers_folder() / "run" / "users.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        before = {name for name, server in named().items() if server.running()}
        yield
        if not REQUIRED:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another worker, or another session, still uses them
        for name, server in named().items():
            if name not in before:
                server.down()


def started(server: Server) -> str:
    """Where the server can be reached; skips, or fails where it is required, when this machine cannot run it."""
    try:
        return server.up()
    except (UnavailableError, PermissionError) as error:
        if REQUIRED:
            pytest.fail(f"MARSAD_REQUIRE_SERVERS is set, and {server.title} cannot be had: {error}", pytrace=False)
        pytest.skip(f"{server.title} cannot be had: {error}")


def header() -> list[str]:
    """What the tests of servers will use, for the head of a test run."""
    return [f"server: {_described(server, java)}" for server, java in _each()] + [f"servers in: {servers_folder()}"]


def _each() -> list[tuple[Server, int]]:
    servers = named()
    return [(servers["kafka"], KAFKA_JAVA), (servers["brokers"], KAFKA_JAVA), (servers["elasticsearch"], ELASTIC_JAVA)]


def _described(server: Server, java: int) -> str:
    try:
        return f"{server.title}, on {find_java(java, server.title)}{' (running)' if server.running() else ''}"
    except UnavailableError as error:
        return f"{server.title}: tests are {'failed' if REQUIRED else 'skipped'}: {error}"
