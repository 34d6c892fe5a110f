"""What every service needs: its parts as threads, of which the first that fails ends all; signals; and its metrics page."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import structlog

from marsad.cli.parts import Parts
from marsad.metrics import serve

STOP_S = 4.0
"""How long the parts may take to end once asked to."""
log = structlog.get_logger(__name__)

Part: TypeAlias = Callable[[threading.Event], None]
"""Something that runs until the event is set."""


def run_parts(parts: Mapping[str, Part], stopping: threading.Event) -> None:
    """Run each part in a thread until `stopping` is set or one fails; raises what failed first, once all have ended.

    The process is ended where a part does not end in time.
    """
    failures: list[BaseException] = []

    def guarded(name: str, part: Part) -> None:
        try:
            part(stopping)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the parts were started
            failures.append(error)
            if not stopping.is_set():
                log.critical("part failed, all are stopping", part=name, reason=str(error))
        finally:
            stopping.set()

    threads = [
        threading.Thread(target=guarded, args=(name, part), name=name, daemon=True) for name, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    while not stopping.wait(1.0):
        pass
    deadline = time.monotonic() + STOP_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if hanging := [thread.name for thread in threads if thread.is_alive()]:
        # A kill at any moment is safe, and the lock on the data directory must not be let go while they might still write.
        log.warning("cut off what did not end in time", parts=hanging, seconds=STOP_S)
        sys.stdout.flush()
        os._exit(1 if failures else 0)
    if failures:
        raise failures[0]


def serve_metrics(parts: Parts) -> None:
    """Serve the metrics page where the settings ask for it."""
    if parts.settings.metrics.port:
        serve(parts.settings.metrics.address, parts.settings.metrics.port)
        log.info("metrics", url=f"http://{parts.settings.metrics.address}:{parts.settings.metrics.port}/metrics")


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second SIGINT ends the process at once, which loses nothing either."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log.info("stopping", signal=signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
