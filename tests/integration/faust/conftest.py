"""A Kafka for the agents' tests: the one whose address is in MARSAD_TEST_KAFKA."""

import os
import re
import socket
import uuid

import pytest


@pytest.fixture(scope="session")
def kafka() -> str:
    address = os.environ.get("MARSAD_TEST_KAFKA")
    if not address:
        pytest.skip("MARSAD_TEST_KAFKA names no Kafka")
    return address


@pytest.fixture
def own_name(request: pytest.FixtureRequest) -> str:
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40]
    return f"{test.strip('-')}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])
