"""Lets go what a rule's throttle held back: all of it in one telling, when the time is up.

The oldest alert that was held back carries the others: it is told with them listed under it. So nothing that met a rule is
left out, and a rule tells once in its time.
"""

import threading
from collections.abc import Iterable, Iterator

import msgspec
import structlog

from indexers.alerts import state
from marsad.alert import Alert, Bundled, Notification, notification_id
from marsad.codec import encode
from marsad.errors import RetryableError
from marsad.message import Record
from marsad.metrics import Metrics
from marsad.stage import Backoff
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALERTS

NAME = "digests"
LOOK_S = 1.0
LISTED = 100
"""Alerts that one telling lists, at most; of more it says how many there are."""
LISTED_BYTES = 262_144
"""Their size in all, at most: a quarter of the largest message."""
SURFACES = 3
log = structlog.get_logger(__name__)


def run_digests(file: StateFile, stopping: threading.Event, metrics: Metrics) -> None:
    """Look once a second for what is due, until asked to stop."""
    backoff = Backoff(NAME, stopping, metrics)
    while not stopping.wait(LOOK_S):
        try:
            release_due(file)
            backoff.worked()
        except RetryableError as error:
            backoff.failed(error)


def release_due(file: StateFile) -> None:
    """Let go what every rule holds back whose time is up, a transaction for each rule.

    What was held back in the future was so before the clock was put back; it is let go as well.
    """
    now = file.clock()
    rows = file.rows(
        "SELECT rule FROM held GROUP BY rule HAVING min(due) <= ? OR min(since) > ? ORDER BY min(seq)", (now, now)
    )
    for row in rows:
        with file.transaction() as tx:
            carrier = release(tx, row["rule"], now)
        log.info("told what was held back", rule=carrier.rule, alert=carrier.id, alerts=1 + carrier.bundled_count)


def release(tx: Transaction, rule: str, now: int) -> Alert:
    """Put the oldest alert that a rule holds back into the outbox, with the others listed under it."""
    first, *others = [row["alert"] for row in tx.execute("SELECT alert FROM held WHERE rule = ? ORDER BY seq", (rule,))]
    carrier = state.get_alert(tx, first)
    listed: list[Bundled] = []
    size = 0
    receivers = dict.fromkeys(found.receiver for found in carrier.notifications)
    for other in _read(tx, others):
        receivers |= dict.fromkeys(found.receiver for found in other.notifications)
        line = bundled(other)
        size += len(msgspec.json.encode(line))
        if len(listed) < LISTED and size <= LISTED_BYTES:
            listed.append(line)
        _keep(tx, msgspec.structs.replace(other, carrier=first, released=now, notifications=()))
    carrier = msgspec.structs.replace(
        carrier,
        released=now,
        bundled=tuple(listed),
        bundled_count=len(others),
        notifications=tuple(Notification(id=notification_id(first, name), receiver=name) for name in receivers),
    )
    _keep(tx, carrier)
    state.record_telling(tx, rule, now)
    tx.execute("DELETE FROM held WHERE rule = ?", (rule,))
    return carrier


def bundled(alert: Alert) -> Bundled:
    """An alert in a line of another one."""
    return Bundled(
        alert=alert.id,
        story=alert.story,
        article=alert.article,
        outlet=alert.outlet,
        url=alert.url,
        title=alert.title,
        published=alert.published,
        surfaces=tuple(dict.fromkeys(reason.surface for reason in alert.reasons))[:SURFACES],
    )


def _read(tx: Transaction, alerts: Iterable[str]) -> Iterator[Alert]:
    """One after the other, so that many are never in memory at once."""
    return (state.get_alert(tx, alert) for alert in alerts)


def _keep(tx: Transaction, alert: Alert) -> None:
    state.put_alert(tx, alert)
    tx.append(ALERTS.name, [Record(alert.id.encode(), encode(alert))])
