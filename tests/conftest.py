"""For all tests: which servers there are, and the log as a service writes it (structlog's own draws tracebacks for a second)."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from marsad import log
from tests.integration.servers.session import header

settings.register_profile("marsad", deadline=None)  # no test is about time: the machine may be busy
settings.load_profile("marsad")


def pytest_report_header() -> list[str]:
    return header()


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    log.configure(level="info", form="text")
    yield
    log.configure(level="info", form="text")
