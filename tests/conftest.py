"""For all tests: the log as a service writes it; structlog's own default draws each traceback for a second."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from marsad import log

settings.register_profile("marsad", deadline=None)  # no test is about time: the machine may be busy
settings.load_profile("marsad")


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    log.configure(level="info", form="text")
    yield
    log.configure(level="info", form="text")
