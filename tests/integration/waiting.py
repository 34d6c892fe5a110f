"""Waiting for something that another thread or process brings about."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 60, what: str = "what was waited for") -> None:
    """Return once it holds; no busy loop, and no test is about how long it takes."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come to pass within {seconds:.0f} s")
        time.sleep(0.02)
