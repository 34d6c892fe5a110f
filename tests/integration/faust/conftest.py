"""What only the agents' tests need."""

import socket

import pytest


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])
