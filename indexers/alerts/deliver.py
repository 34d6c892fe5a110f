"""Empties the outbox: each notification is sent outside any transaction, then recorded.

Each receiver is told in the order of the alerts, and one that fails waits with growing patience while the others go on.
"""

import threading
from collections.abc import Callable, Mapping

import msgspec
import structlog

from indexers.alerts import state
from indexers.alerts.receivers import Receiver
from indexers.alerts.state import Waiting
from marsad.alert import Alert
from marsad.codec import encode
from marsad.errors import RetryableError
from marsad.message import Record
from marsad.metrics import Metrics
from marsad.stage import Backoff
from marsad.statefile import StateFile
from marsad.topics import ALERTS

NAME = "deliver"
AT_ONCE = 20
IDLE_S = 1.0
FIRST_WAIT_MS, LONGEST_WAIT_MS = 1_000, 300_000
log = structlog.get_logger(__name__)


def run_delivery(
    file: StateFile,
    receivers: Callable[[], Mapping[str, Receiver]],
    stopping: threading.Event,
    metrics: Metrics,
) -> None:
    """Deliver until asked to stop. `receivers` gives those in force; what waits for another stays in the outbox."""
    backoff = Backoff(NAME, stopping, metrics)
    while not stopping.is_set():
        try:
            mark = file.mark()
            sent = [_tell(file, name, receiver, stopping, metrics) for name, receiver in receivers().items()]
            left = state.outbox(file)
            for name in left.keys() | receivers().keys():
                metrics.outbox.labels(name).set(left.get(name, 0))
            if not any(sent):
                file.wait(mark, IDLE_S)
            backoff.worked()
        except RetryableError as error:
            backoff.failed(error)


def _tell(file: StateFile, name: str, receiver: Receiver, stopping: threading.Event, metrics: Metrics) -> bool:
    """Send what is due to one receiver, up to its first failure; whether anything was sent."""
    any_sent = False
    for notification in state.waiting(file, name, AT_ONCE):
        if stopping.is_set() or notification.next_try > file.clock():
            break
        error = _send(receiver, notification)
        metrics.deliveries.labels(name, "failed" if error else "delivered").inc()
        if error:
            _record_failure(file, notification, error)
            break
        now = file.clock()
        _record_delivery(file, notification, now)
        metrics.alert_seconds.labels(name).observe((now - notification.alert.fetched) / 1000)
        any_sent = True
    return any_sent


def _send(receiver: Receiver, notification: Waiting) -> str | None:
    try:
        return receiver.send(notification.alert, notification.id).error
    except Exception as error:
        log.exception("receiver broke", receiver=notification.receiver, notification=notification.id)
        return f"{type(error).__name__}: {error}"


def _record_delivery(file: StateFile, notification: Waiting, now: int) -> None:
    with file.transaction() as tx:
        tx.execute(
            "UPDATE notification SET state = 'delivered', delivered = ?, attempts = attempts + 1, error = NULL WHERE id = ?",
            (now, notification.id),
        )
        alert = _with_delivery(state.get_alert(tx, notification.alert.id), notification.id, now)
        state.put_alert(tx, alert)
        tx.append(ALERTS.name, [Record(alert.id.encode(), encode(alert))])
    log.info("delivered", receiver=notification.receiver, rule=alert.rule, alert=alert.id, notification=notification.id)


def _record_failure(file: StateFile, notification: Waiting, error: str) -> None:
    wait = min(FIRST_WAIT_MS * 2**notification.attempts, LONGEST_WAIT_MS)
    with file.transaction() as tx:
        tx.execute(
            "UPDATE notification SET attempts = attempts + 1, next_try = ?, error = ? WHERE id = ?",
            (file.clock() + wait, error, notification.id),
        )
    log.warning(
        "not delivered",
        receiver=notification.receiver,
        notification=notification.id,
        attempts=notification.attempts + 1,
        next_try_s=wait / 1000,
        reason=error,
    )


def _with_delivery(alert: Alert, notification: str, now: int) -> Alert:
    changed = tuple(
        msgspec.structs.replace(found, state="delivered", delivered=now) if found.id == notification else found
        for found in alert.notifications
    )
    return msgspec.structs.replace(alert, notifications=changed)
