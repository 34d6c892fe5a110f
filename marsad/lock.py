"""The lock on a data directory: one process writes into it, and whoever comes second is told which."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import structlog

from marsad.errors import LockedError, StateUnwritableError

NAME: Final = "lock"
LOOKS: Final = 5
LOOK_S: Final = 0.05
"""A lock that is held is looked at so often, so far apart, before it is said to be."""
STAND_BY_S: Final = 0.2
log = structlog.get_logger(__name__)


@contextmanager
def hold(directory: Path, command: str) -> Iterator[None]:
    """Hold a data directory for this process until the block ends; LockedError names who holds it already.

    The lock is the kernel's: it ends with the process, however that ends.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = _locked(directory, command)
    except OSError as error:
        raise StateUnwritableError(f"{directory}: the data directory cannot be written: {error.strerror}") from error
    with file:
        yield


@contextmanager
def stand_by(directory: Path, command: str, stopping: threading.Event) -> Iterator[bool]:
    """Hold a data directory as `hold` does, once whoever holds it has ended; False, and not held, where asked to stop first.

    A second process on the same volume waits like this, and takes over within STAND_BY_S of the first one's end.
    """
    waiting = False
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(hold(directory, command))
            except LockedError:
                pass
            else:
                if waiting:
                    log.info("took over", directory=str(directory))
                yield True
                return
        if not waiting:
            log.info("standing by", directory=str(directory), held_by=holder(directory))
            waiting = True
        if stopping.wait(STAND_BY_S):
            yield False
            return


def _locked(directory: Path, command: str) -> IO[str]:
    file = (directory / NAME).open("a+", encoding="utf-8")
    try:
        _lock(file)
        file.seek(0)
        file.truncate()
        json.dump({"command": command, "pid": os.getpid()}, file)
        file.flush()
    except BlockingIOError as error:
        with file:
            raise LockedError(
                f"{directory} is in use by {_holder(file)}: stop it, or give this one another directory with --data"
            ) from error
    except OSError:
        with suppress(OSError), file:
            pass
        raise
    return file


def _lock(file: IO[str]) -> None:
    """Lock the file; BlockingIOError where it stays locked. `holder` locks it for a moment, which is no reason to refuse."""
    for _ in range(LOOKS - 1):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOOK_S)
        else:
            return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(directory: Path) -> str | None:
    """Who holds a data directory now, as a person would say it; None where nobody does."""
    try:
        with (directory / NAME).open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _holder(file)
    except FileNotFoundError:
        pass
    return None


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        said = json.load(file)
        return f"«marsad {said['command']}» (process {said['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
