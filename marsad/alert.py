"""What a rule has to say of one story, and what became of telling it."""

from typing import Literal

import msgspec

from marsad.annotation import Span
from marsad.article import digest


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place in the text that met the rule."""

    term: str
    """The term of the query."""
    surface: str
    """The words as written."""
    span: Span
    excerpt: str
    """The words around it, on one line."""


class Notification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alert for one receiver."""

    id: str
    """The idempotency key: a receiver that honours it acts once, however often it is told."""
    receiver: str
    state: Literal["pending", "delivered"] = "pending"
    delivered: int | None = None
    """When the receiver took it, in ms."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, one story: told once. Times are in ms."""

    id: str
    rule: str
    query: str
    story: str
    article: str
    """The article that met the rule first."""
    version: int
    outlet: str
    url: str
    title: str
    published: int
    fetched: int
    decided: int
    reasons: tuple[Reason, ...]
    notifications: tuple[Notification, ...]


def alert_id(rule: str, story: str) -> str:
    """The id of what a rule has to say of a story: 32 hex digits."""
    return digest(rule, story)


def notification_id(alert: str, receiver: str) -> str:
    """The id of one telling: 32 hex digits."""
    return digest(alert, receiver)
