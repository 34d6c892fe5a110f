"""What people are shown of alerts: what became of each, and what was decided on one article."""

from collections.abc import Iterable
from typing import NamedTuple

from indexers.alerts import state
from indexers.alerts.decide import Decision
from marsad.alert import Alert, alert_id
from marsad.codec import decode
from marsad.statefile import StateFile

LAST = 20
"""Alerts about one story that are read, at most: the last ones."""


class Try(NamedTuple):
    """What became of a notification so far; times in ms."""

    receiver: str
    state: str
    attempts: int
    delivered: int | None
    next_try: int | None
    error: str | None


class Listed(NamedTuple):
    """An alert and what became of it."""

    alert: Alert
    listed: int
    """Articles of its story that met the rule and were not told: they are listed under it."""
    due: int | None
    """When it is told, where it is held back."""
    tries: tuple[Try, ...]


class History(NamedTuple):
    """What was decided on one article by one rule."""

    since: int | None
    """When the rule came into force; None where it never was."""
    decision: Decision | None
    decided: int | None
    story: str | None
    """The story that the article was in when it was decided."""
    alerts: tuple[Listed, ...]
    """The alerts of the rule about that story, the oldest first."""


def latest(file: StateFile, limit: int, rule: str | None = None) -> list[Listed]:
    """The last alerts, of one rule or of all, the newest first."""
    return [_listed(file, alert) for alert in state.alerts(file, limit, rule)]


def history(file: StateFile, rule: str, article: str, story: str) -> History:
    """What a rule has decided on an article, which is now in that story."""
    since = file.rows("SELECT since FROM rule WHERE id = ?", (rule,))
    rows = file.rows("SELECT decision, decided, story FROM decision WHERE rule = ? AND article = ?", (rule, article))
    about = rows[0]["story"] if rows else story
    known = file.rows("SELECT tellings FROM story_told WHERE rule = ? AND story = ?", (rule, about))
    tellings = known[0]["tellings"] if known else 1
    ids = (alert_id(rule, about, number) for number in range(max(1, tellings - LAST + 1), tellings + 1))
    return History(
        since=since[0]["since"] if since else None,
        decision=Decision(rows[0]["decision"]) if rows else None,
        decided=rows[0]["decided"] if rows else None,
        story=about if rows else None,
        alerts=tuple(_listed(file, alert) for alert in _alerts(file, ids)),
    )


def rules_seen(file: StateFile) -> list[str]:
    """Every rule that was ever in force."""
    return [row["id"] for row in file.rows("SELECT id FROM rule ORDER BY id")]


def _alerts(file: StateFile, ids: Iterable[str]) -> Iterable[Alert]:
    for one in ids:
        for row in file.rows("SELECT value FROM alert WHERE id = ?", (one,)):
            yield decode(row["value"], Alert)


def _listed(file: StateFile, alert: Alert) -> Listed:
    told = file.rows(
        "SELECT count(*) FROM decision WHERE rule = ? AND story = ? AND decision = ?",
        (alert.rule, alert.story, Decision.TOLD),
    )
    held = file.rows("SELECT due FROM held WHERE alert = ?", (alert.id,))
    rows = file.rows(
        "SELECT receiver, state, attempts, delivered, next_try, error FROM notification WHERE alert = ? ORDER BY seq",
        (alert.id,),
    )
    tries = [Try(row[0], row[1], row[2], row[3], row[4] if row[1] == "pending" else None, row[5]) for row in rows]
    return Listed(alert, told[0][0], held[0]["due"] if held else None, tuple(tries))
