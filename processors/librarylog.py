"""The log of libraries that use Python's logging, brought into ours, with one line where a library repeats itself.

While a broker is away its client complains about ten times a second, in several wordings, and tries again by itself: the first
complaint is written, then one after 1 s, 2 s, 4 s … 60 s, with the number that came between and what else was said.
"""

import logging
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

import structlog

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
MOST_OTHERS = 5
"""Other complaints that a line tells beside its own."""
log = structlog.get_logger(__name__)


class Heard(NamedTuple):
    """A complaint that is to be written, with what was kept back before it."""

    kept_back: int
    others: tuple[str, ...]


class Complaints:
    """Decides which complaints of one library are written."""

    def __init__(self) -> None:
        self._next = float("-inf")
        self._wait = FIRST_WAIT_S
        self._kept_back = 0
        self._others: dict[str, None] = {}

    def heard(self, text: str, now: float) -> Heard | None:
        """What to write of a complaint at a time in s; None where it is kept back."""
        if now < self._next:
            self._kept_back += 1
            if len(self._others) < MOST_OTHERS:
                self._others[text] = None
            return None
        quiet = now - self._next > self._wait
        self._wait = FIRST_WAIT_S if quiet else min(self._wait * 2, LONGEST_WAIT_S)
        self._next = now + self._wait
        found = Heard(self._kept_back, tuple(other for other in self._others if other != text))
        self._kept_back, self._others = 0, {}
        return found


class LibraryLog(logging.Handler):
    """Writes records as events of ours; those of the libraries named `repeating` pass through Complaints."""

    def __init__(self, repeating: Collection[str], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._complaints = {name: Complaints() for name in repeating}
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or keep it back; an exception goes with it."""
        text = record.getMessage().strip()
        fields: dict[str, object] = {"source": record.name, "text": text}
        complaints = self._complaints.get(record.name.partition(".")[0])
        if complaints and not record.exc_info:
            heard = complaints.heard(text, self._clock())
            if heard is None:
                return
            if heard.kept_back:
                fields |= {"kept_back": heard.kept_back, "others": list(heard.others)}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        log.log(record.levelno, "library", **fields)


def adopt(*, repeating: Collection[str]) -> None:
    """Have everything from warnings upwards that libraries log, or warn of, written by LibraryLog and nothing else."""
    root = logging.getLogger()
    root.handlers[:] = [LibraryLog(repeating)]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
