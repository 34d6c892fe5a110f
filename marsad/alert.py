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
    form: str = ""
    """The written form that met the term, in normal spelling, with what is attached to it."""
    span: Span
    excerpt: str
    """The words around it, on one line."""


class Notification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alert for one receiver."""

    id: str
    """The idempotency key: a receiver that honours it acts once, however often it is told."""
    receiver: str
    state: Literal["held", "pending", "delivered", "refused"] = "pending"
    """Held back by the rule's throttle; in the outbox; taken; or refused for good."""
    delivered: int | None = None
    """When the receiver took it, in ms."""
    error: str | None = None
    """Why it was refused."""


class Bundled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert that was held back and is told with another one."""

    alert: str
    story: str
    article: str
    outlet: str
    url: str
    title: str
    published: int
    surfaces: tuple[str, ...]
    """The words that met the rule, as written."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, one story: told once, and again only where the rule says so. Times are in ms."""

    id: str
    rule: str
    name: str = ""
    """What people call the rule."""
    query: str
    story: str
    article: str
    """The article that is told."""
    version: int
    outlet: str
    url: str
    title: str
    published: int
    fetched: int
    decided: int
    reasons: tuple[Reason, ...]
    notifications: tuple[Notification, ...]
    """Empty where it is told with another alert."""
    telling: int = 1
    """The how manieth of this rule about this story it is."""
    further: int = 0
    """How many articles of the story have met the rule since the telling before, this one included; 0 in the first."""
    released: int | None = None
    """When it was let go, where it was held back."""
    carrier: str | None = None
    """The alert that it was told with, where it was held back and not told alone."""
    bundled: tuple[Bundled, ...] = ()
    """The alerts that were held back and are told with this one: the first of them."""
    bundled_count: int = 0
    """How many those are in all."""


def alert_id(rule: str, story: str, telling: int = 1) -> str:
    """The id of what a rule has to say of a story, the first time or a later one: 32 hex digits."""
    return digest(rule, story) if telling == 1 else digest(rule, story, str(telling))


def notification_id(alert: str, receiver: str) -> str:
    """The id of one telling: 32 hex digits."""
    return digest(alert, receiver)
