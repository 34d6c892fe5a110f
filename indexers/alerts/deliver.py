"""Empties the outbox: each notification is sent outside any transaction, then recorded.

Every receiver has a thread of its own and is told in the order of the alerts: one that fails or hangs holds up nobody else.
"""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from indexers.alerts import state
from indexers.alerts.receivers import LONGEST_PUT_OFF_MS, Receiver, Sent
from indexers.alerts.state import Waiting
from marsad.alert import Alert, Notification
from marsad.codec import decode, encode
from marsad.errors import RetryableError, UndecodableError
from marsad.message import Record
from marsad.metrics import Metrics
from marsad.stage import Backoff
from marsad.statefile import StateFile
from marsad.topics import ALERTS

NAME = "deliver"
AT_ONCE = 20
"""Notifications read at once, so that a long outbox is never in memory."""
IDLE_S = 1.0
STOP_S = 1.5
"""How long receivers may take to end, all together; what hangs longer is left, and tells again after the next start."""
FIRST_WAIT_MS, LONGEST_WAIT_MS = 1_000, 300_000
log = structlog.get_logger(__name__)


def run_delivery(
    file: StateFile,
    receivers: Callable[[], Mapping[str, Receiver]],
    stopping: threading.Event,
    metrics: Metrics,
    may_tell: Callable[[str], bool] = lambda _: True,
) -> None:
    """Deliver until asked to stop, with a thread for each receiver in force; what waits for another stays in the outbox.

    `may_tell` says of the id of an alert whether it is recorded well enough to be told; until then it, and those behind it, wait.
    """
    running: dict[str, _Line] = {}
    backoff = Backoff(NAME, stopping, metrics)
    seen: set[str] = set()
    try:
        while not stopping.is_set():
            _start_and_stop(running, receivers(), lambda name, receiver: _Line(file, name, receiver, metrics, may_tell))
            try:
                left = state.outbox(file)
                seen |= left.keys()
                for name in seen:
                    metrics.outbox.labels(name).set(left.get(name, 0))
                backoff.worked()
            except RetryableError as error:
                backoff.failed(error)
            stopping.wait(IDLE_S)
    finally:
        deadline = time.monotonic() + STOP_S
        for line in running.values():
            line.stop()
        for name, line in running.items():
            line.join(max(0.0, deadline - time.monotonic()))
            if line.is_alive():
                line.abandon()
                log.warning("receiver hangs and is left to itself", receiver=name)


def _start_and_stop(
    running: dict[str, "_Line"], wanted: Mapping[str, Receiver], make: Callable[[str, Receiver], "_Line"]
) -> None:
    """Start threads for new receivers and stop those of changed ones; a name is never served by two threads."""
    for name, line in list(running.items()):
        if wanted.get(name) is not line.receiver:
            line.stop()
        if not line.is_alive():
            del running[name]
            if line.failure is not None:
                raise line.failure
    for name, receiver in wanted.items():
        if name not in running:
            running[name] = make(name, receiver)
            running[name].start()


class _Line(threading.Thread):
    """The thread that tells one receiver; a daemon, since a receiver may hang."""

    def __init__(
        self, file: StateFile, name: str, receiver: Receiver, metrics: Metrics, may_tell: Callable[[str], bool]
    ) -> None:
        super().__init__(name=f"{NAME} {name}", daemon=True)
        self._may_tell = may_tell
        self.receiver = receiver
        self.failure: BaseException | None = None
        self._receiver_name = name
        self._file = file
        self._metrics = metrics
        self._unrecorded: tuple[str, Sent] | None = None
        """The notification sent last, while that could not be recorded: a full disk must not make it be told again."""
        self._stopping = threading.Event()
        self._abandoned = threading.Event()

    def stop(self) -> None:
        """Ask it to end after the telling that it is at."""
        self._stopping.set()

    def abandon(self) -> None:
        """Keep it from touching the state file, which may be closed by now."""
        self._abandoned.set()

    def run(self) -> None:
        backoff = Backoff(self.name, self._stopping, self._metrics)
        try:
            while not self._stopping.is_set():
                try:
                    mark = self._file.mark()
                    if not self._tell():
                        self._file.wait(mark, IDLE_S)
                    backoff.worked()
                except RetryableError as error:
                    backoff.failed(error)
        except BaseException as error:  # noqa: BLE001 - the thread that started this one raises it
            if not self._abandoned.is_set():
                self.failure = error

    def _tell(self) -> bool:
        """Send what is due, up to the first failure; whether anything is settled."""
        any_settled = False
        for waiting in state.waiting(self._file, self._receiver_name, AT_ONCE):
            now = self._file.clock()
            # A try later than any wait could ask for was set before the clock was put back.
            if self._stopping.is_set() or now < waiting.next_try <= now + LONGEST_PUT_OFF_MS:
                break
            if not self._may_tell(waiting.alert):
                break
            alert = self._alert(waiting)
            if self._unrecorded is not None and self._unrecorded[0] == waiting.id:
                sent = self._unrecorded[1]
            else:
                sent = Sent("its alert cannot be read", refused=True) if alert is None else self._send(alert, waiting)
                self._unrecorded = waiting.id, sent
            if self._abandoned.is_set():
                break
            outcome = "refused" if sent.refused else "failed" if sent.error else "delivered"
            self._metrics.deliveries.labels(self._receiver_name, outcome).inc()
            if sent.error and not sent.refused:
                self._put_off(waiting, sent, sent.error)
                self._unrecorded = None
                break
            self._settle(waiting, alert, sent)
            self._unrecorded = None
            any_settled = True
        return any_settled

    def _alert(self, waiting: Waiting) -> Alert | None:
        try:
            return decode(waiting.value, Alert)
        except UndecodableError as error:
            log.error("alert cannot be read", notification=waiting.id, alert=waiting.alert, reason=str(error))  # noqa: TRY400 - the reason says it all
            return None

    def _send(self, alert: Alert, waiting: Waiting) -> Sent:
        try:
            return self.receiver.send(alert, waiting.id)
        except Exception as error:
            log.exception("receiver broke", receiver=waiting.receiver, notification=waiting.id)
            return Sent(f"{type(error).__name__}: {error}")

    def _settle(self, waiting: Waiting, alert: Alert | None, sent: Sent) -> None:
        now = self._file.clock()
        settled = Notification(
            id=waiting.id,
            receiver=waiting.receiver,
            state="refused" if sent.refused else "delivered",
            delivered=None if sent.refused else now,
            error=sent.error,
        )
        with self._file.transaction() as tx:
            state.settle(tx, settled)
            if alert is not None:
                alert = state.settle_in_alert(tx, alert.id, settled)
                tx.append(ALERTS.name, [Record(alert.id.encode(), encode(alert))])
        about = {"receiver": waiting.receiver, "notification": waiting.id, "alert": waiting.alert}
        if sent.refused:
            log.error("refused for good", reason=sent.error, attempts=waiting.attempts + 1, **about)
        elif alert is not None:
            log.info("delivered", rule=alert.rule, **about)
            began = max(alert.fetched, alert.released or 0)
            self._metrics.alert_seconds.labels(waiting.receiver).observe(max(0, now - began) / 1000)

    def _put_off(self, waiting: Waiting, sent: Sent, reason: str) -> None:
        wait = max(min(FIRST_WAIT_MS * 2 ** min(waiting.attempts, 20), LONGEST_WAIT_MS), sent.retry_after_ms)
        with self._file.transaction() as tx:
            state.put_off(tx, waiting.id, next_try=self._file.clock() + wait, error=reason)
        log.warning(
            "not delivered",
            receiver=waiting.receiver,
            notification=waiting.id,
            attempts=waiting.attempts + 1,
            next_try_s=wait / 1000,
            reason=reason,
        )
