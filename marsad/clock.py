"""The clock of the machine, and times as programs are told them."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """The time now, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def iso(time_ms: int) -> str:
    """A time in ms as ISO 8601 in UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
