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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many tests had a real server: it is easy to believe that they ran."""
    outcomes = {
        outcome: sum(report.nodeid.startswith("tests/integration/") for report in terminalreporter.getreports(outcome))
        for outcome in ("passed", "failed", "skipped")
    }
    if any(outcomes.values()):
        counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
        terminalreporter.write_line(f"tests on real servers: {counts}")


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    log.configure(level="info", form="text")
    yield
    log.configure(level="info", form="text")
