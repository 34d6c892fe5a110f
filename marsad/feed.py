"""How a feed is doing."""

from typing import Literal

import msgspec


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of one feed from the poll at `since` on; written when it changes. Times are in ms."""

    feed_id: str
    feed_url: str
    title: str
    state: Literal["working", "failing"]
    since: int
    failures: int = 0
    """Polls that failed in a row."""
    error: str | None = None
    """What went wrong at the last poll, in a sentence."""
