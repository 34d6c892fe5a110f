"""For all tests: the log as a service writes it; structlog's own default draws each traceback for a second."""

from collections.abc import Iterator

import pytest

from marsad import log


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    log.configure(level="info", form="text")
    yield
    log.configure(level="info", form="text")
