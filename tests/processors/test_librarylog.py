"""The log of libraries as ours: every line JSON, and one line where a library repeats itself."""

import json
import logging
from collections.abc import Iterator

import pytest

from marsad import log
from processors.librarylog import LONGEST_WAIT_S, Complaints, Heard, LibraryLog


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(clock: Clock) -> Iterator[logging.Logger]:
    log.configure(level="info", form="json")
    logger = logging.getLogger("noisy.client")
    handler = LibraryLog(["noisy"], clock)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_ten_complaints_a_second_for_two_minutes_are_a_few_lines(
    library: logging.Logger, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1_200):
        clock.now = number / 10
        library.error("cannot connect to %s", number % 2)
    lines = written(capsys)
    assert len(lines) == 7
    assert sum(int(str(line.get("kept_back", 0))) for line in lines) + len(lines) <= 1_200
    assert lines[0]["text"] == "cannot connect to 0"
    assert lines[1]["others"] == ["cannot connect to 1"]
    assert {(line["level"], line["event"], line["source"]) for line in lines} == {("error", "library", "noisy.client")}


def test_an_exception_is_always_written_with_its_traceback_on_one_line(
    library: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        library.error("it failed", exc_info=ValueError("why"))
    lines = written(capsys)
    assert len(lines) == 3
    assert "ValueError: why" in str(lines[0]["exception"])


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ([0, 0.5, 1.1], [0, 1.1]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 3, 7]),
        ([0, 1, 2, 100, 100.5, 101], [0, 1, 100, 101]),
    ],
)
def test_waits_double_and_begin_anew_after_quiet(times: list[float], written: list[float]) -> None:
    complaints = Complaints()
    assert [time for time in times if complaints.heard("away", time)] == written


def test_however_long_it_takes_a_line_comes_each_minute_and_tells_what_else_was_said() -> None:
    complaints = Complaints()
    found = [(time, heard) for time in range(1_000) if (heard := complaints.heard(f"away {time}", time))]
    assert found[-1][0] - found[-2][0] == LONGEST_WAIT_S
    assert found[0][1] == Heard(0, ())
    assert found[-1][1].kept_back == LONGEST_WAIT_S - 1
    assert len(found[-1][1].others) == 5
