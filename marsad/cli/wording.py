"""Alerts and what became of them, in words and as objects for programs."""

from typing import Any

from indexers.alerts.duration import UNITS_MS
from indexers.alerts.listing import Listed, Try
from marsad.cli.show import local
from marsad.clock import iso


def length(ms: int) -> str:
    """A length of time as a rule writes it."""
    return next(f"{ms // size}{unit}" for unit, size in reversed(UNITS_MS.items()) if ms % size == 0 or unit == "s")


def fate(listed: Listed) -> str:
    """What became of an alert, in one line."""
    alert = listed.alert
    if listed.due is not None:
        return f"held back by the rule's throttle until {local(listed.due)}"
    if alert.carrier is not None:
        return f"held back, told with alert {alert.carrier[:12]} at {local(alert.released or alert.decided)}"
    return ", ".join(_said(found) for found in listed.tries) or "told to nobody"


def _said(found: Try) -> str:
    match found.state:
        case "delivered":
            return f"{found.receiver} took it at {local(found.delivered or 0)}"
        case "refused":
            return f"{found.receiver} refused it for good: {found.error}"
        case _ if found.error:
            again = local(found.next_try or 0)
            return f"{found.receiver} did not take it ({found.attempts} tries, next at {again}): {found.error}"
        case _:
            return f"{found.receiver} is yet to be told"


def listed_as_object(listed: Listed) -> dict[str, Any]:
    """An alert with what became of it, for programs."""
    alert = listed.alert
    return {
        "alert": alert.id,
        "rule": alert.rule,
        "name": alert.name,
        "query": alert.query,
        "story": alert.story,
        "article": alert.article,
        "outlet": alert.outlet,
        "title": alert.title,
        "url": alert.url,
        "published": iso(alert.published),
        "fetched": iso(alert.fetched),
        "decided": iso(alert.decided),
        "telling": alert.telling,
        "further": listed.listed,
        "held_until": optional(listed.due),
        "released": optional(alert.released),
        "told_with": alert.carrier,
        "brings_along": alert.bundled_count,
        "reasons": [
            {"term": reason.term, "surface": reason.surface, "form": reason.form, "excerpt": reason.excerpt}
            for reason in alert.reasons
        ],
        "notifications": [
            {
                "receiver": found.receiver,
                "state": found.state,
                "attempts": found.attempts,
                "delivered": optional(found.delivered),
                "next_try": optional(found.next_try),
                "error": found.error,
            }
            for found in listed.tries
        ],
    }


def optional(time_ms: int | None) -> str | None:
    """A time for programs, where there is one."""
    return None if time_ms is None else iso(time_ms)
