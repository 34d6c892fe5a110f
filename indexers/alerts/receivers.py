"""Where alerts go: the port, and its adapters for a terminal and for a file of JSON lines."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO

from indexers.alerts.text import body, headline
from marsad.alert import Alert
from marsad.clock import iso

TAIL = 1_048_576
"""Bytes at the end of a file in which its last line is looked for; one line is far shorter."""
LONGEST_PUT_OFF_MS = 3_600_000
"""The longest wait that a receiver may ask for."""


class Sent(NamedTuple):
    """What became of one telling: taken, or why not, and whether and when it is tried again."""

    error: str | None = None
    refused: bool = False
    """It is refused for good: the same telling would be refused again."""
    retry_after_ms: int = 0
    """How long the receiver asks to wait, at least; up to LONGEST_PUT_OFF_MS."""


class Receiver(Protocol):
    """Takes alerts, one at a time, from one thread.

    `send` returns once the alert is taken for good. A telling may be repeated after a kill, with the same notification id.
    """

    def send(self, alert: Alert, notification: str) -> Sent:
        """Tell one alert; an ordinary failure is a value, not an exception."""


class TerminalReceiver:
    """Prints alerts; told at least once."""

    def __init__(self, show: Callable[[Alert], str], out: TextIO | None = None) -> None:
        self._show = show
        self._out = out

    def send(self, alert: Alert, notification: str) -> Sent:
        """Print it and flush."""
        del notification
        try:
            # One write, line end included: other threads print too.
            print(f"{self._show(alert)}\n", end="", file=self._out or sys.stdout, flush=True)
        except OSError as error:
            return Sent(f"standard output: {error.strerror}")
        return Sent()


class JsonLinesReceiver:
    """Appends alerts to a file, synced to disk; it reads back its last id, so that a repeat is not written twice.

    A line that a kill cut short is taken out before the next is written. Nobody else may write to the file; it may be
    moved away at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, alert: Alert, notification: str) -> Sent:
        """Write one line, unless it is the last one there already."""
        line = json.dumps(as_json(alert, notification), ensure_ascii=False) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a+b") as file:
                if _last_id(file.fileno()) == notification:
                    return Sent()
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return Sent(f"{self._path}: {error.strerror}")
        return Sent()


def _last_id(file: int) -> str | None:
    """The id in the file's last whole line; cuts off what stands behind it."""
    size = os.fstat(file).st_size
    tail = os.pread(file, TAIL, max(0, size - TAIL))
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(file, size - len(tail) + whole)
    lines = tail[:whole].splitlines()
    try:
        found = json.loads(lines[-1])["id"] if lines else None
    except (ValueError, KeyError, TypeError):
        return None
    return str(found)


def as_json(alert: Alert, notification: str) -> dict[str, Any]:
    """An alert as programs are told it; `id` is the idempotency key. Equal alerts give equal objects."""
    return {
        "id": notification,
        "alert": alert.id,
        "rule": alert.rule,
        "name": alert.name,
        "query": alert.query,
        "story": alert.story,
        "telling": alert.telling,
        "further": alert.further,
        "article": alert.article,
        "outlet": alert.outlet,
        "title": alert.title,
        "url": alert.url,
        "published": iso(alert.published),
        "fetched": iso(alert.fetched),
        "alerted": iso(alert.released or alert.decided),
        "reasons": [
            {
                "term": reason.term,
                "surface": reason.surface,
                "form": reason.form,
                "span": list(reason.span),
                "excerpt": reason.excerpt,
            }
            for reason in alert.reasons
        ],
        "bundled": [
            {
                "alert": other.alert,
                "story": other.story,
                "article": other.article,
                "outlet": other.outlet,
                "title": other.title,
                "url": other.url,
                "published": iso(other.published),
                "surfaces": list(other.surfaces),
            }
            for other in alert.bundled
        ],
        "bundled_count": alert.bundled_count,
        "text": f"{headline(alert)}\n{body(alert, iso)}",
    }
