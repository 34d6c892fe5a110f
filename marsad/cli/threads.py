"""The parts of a service as threads: each runs until asked to stop, and the first that fails ends all."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog

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
