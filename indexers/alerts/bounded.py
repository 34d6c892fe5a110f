"""Bounds in time a receiver whose calls cannot be interrupted."""

import threading

from indexers.alerts.receivers import Receiver, Sent
from marsad.alert import Alert


class Bounded:
    """Calls a receiver in a thread of its own and waits so long for it; what hangs longer is waited for at the next try.

    So there is never more than one call, and what it takes after all is not told twice. Exceptions give their type only:
    their text may hold a secret address.
    """

    def __init__(self, receiver: Receiver, timeout_s: float) -> None:
        self._receiver = receiver
        self._timeout_s = timeout_s
        self._call: _Call | None = None

    def send(self, alert: Alert, notification: str) -> Sent:
        """Tell one alert, or say after the time that there was no answer."""
        call = self._call
        if call is None or call.notification != notification:
            if call is not None and call.is_alive():
                return Sent("an earlier call has not come back yet")
            call = self._call = _Call(self._receiver, alert, notification)
            call.start()
        call.join(self._timeout_s)
        if call.is_alive():
            return Sent(f"no answer within {self._timeout_s:g} s")
        self._call = None
        return call.sent


class _Call(threading.Thread):
    """One call; a daemon, so that the process may end while it hangs."""

    def __init__(self, receiver: Receiver, alert: Alert, notification: str) -> None:
        super().__init__(name="telling", daemon=True)
        self._receiver = receiver
        self._alert = alert
        self.notification = notification
        self.sent = Sent("it ended without an answer")

    def run(self) -> None:
        try:
            self.sent = self._receiver.send(self._alert, self.notification)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a receiver is its own failure
            self.sent = Sent(f"it broke with {type(error).__name__}")
