"""The receiver that posts alerts as JSON over HTTP, signed, with an idempotency key."""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime

from indexers.alerts.receiver_settings import is_local, split_address
from indexers.alerts.receivers import LONGEST_PUT_OFF_MS, Sent, as_json
from marsad.alert import Alert

OVERLOADED = frozenset({408, 409, 425, 429})
"""Statuses of the 400s that say «not now»; all others say «not this»."""


class WebhookReceiver:
    """Posts each alert; a receiver that honours the idempotency key acts once, however often it is told.

    Redirects and proxies are not followed: alerts go to the address that the operator wrote and to no other.
    """

    def __init__(
        self, address: str, *, secret: str, timeout_s: float, allow_local: bool, clock: Callable[[], int]
    ) -> None:
        parts = split_address(address)
        assert parts is not None
        assert parts.hostname is not None
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._secret = secret
        self._timeout_s = timeout_s
        self._allow_local = allow_local
        self._clock = clock

    def send(self, alert: Alert, notification: str) -> Sent:
        """Post it and judge the answer. Errors name the host only: the rest of an address may be a secret."""
        payload = json.dumps(as_json(alert, notification), ensure_ascii=False).encode()
        now = self._clock()
        connection = self._connection()
        timer = threading.Timer(self._timeout_s, lambda: _shut(connection))
        timer.daemon = True
        timer.start()  # a socket's own timeout begins anew with every byte that comes
        try:
            connection.sock = self._socket()
            connection.request("POST", self._path, payload, headers(payload, notification, self._secret, now))
            answer = connection.getresponse()
            return judge(answer.status, answer.headers.get("Retry-After"), now)
        except _LocalError:
            return Sent(f"{self._host} is an address in the local network; if it is meant, write allow_local = true")
        except (OSError, http.client.HTTPException) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            return Sent(f"{self._host}: {said}")
        finally:
            timer.cancel()
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        """For its writing and reading only: it is given a socket that is open already."""
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)

    def _socket(self) -> socket.socket:
        """Connected to an address that was looked at first, so that no name can lead into the local network."""
        failure: OSError = OSError(0, "the name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            if not self._allow_local and is_local(str(address[0])):
                raise _LocalError
            found = socket.socket(family, kind, protocol)
            try:
                found.settimeout(self._timeout_s)
                found.connect(address)
                return self._tls.wrap_socket(found, server_hostname=self._host) if self._tls else found
            except OSError as error:
                found.close()
                failure = error
        raise failure


def _shut(connection: http.client.HTTPConnection) -> None:
    """Make whoever reads from the connection, in another thread, stop waiting."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


class _LocalError(Exception):
    """The name leads into the local network."""


def headers(payload: bytes, notification: str, secret: str, now: int) -> dict[str, str]:
    """The headers of a request."""
    timestamp = str(now // 1000)
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "marsad",
        "Idempotency-Key": notification,
        "X-Marsad-Timestamp": timestamp,
        "Connection": "close",
    }
    if secret:
        found["X-Marsad-Signature"] = signature(secret, timestamp, payload)
    return found


def signature(secret: str, timestamp: str, payload: bytes) -> str:
    """«sha256=» and the HMAC-SHA256, in hex, over timestamp, full stop and body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + payload, hashlib.sha256).hexdigest()


def judge(status: int, retry_after: str | None, now: int) -> Sent:
    """What an answer means: 2xx taken, «not this» refused for good, everything else tried again."""
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110
        return Sent()
    if 400 <= status < 500 and status not in OVERLOADED:  # noqa: PLR2004 - HTTP's classes of answers
        return Sent(f"HTTP {status}", refused=True)
    followed = "; redirects are not followed, write the final address" if 300 <= status < 400 else ""  # noqa: PLR2004 - HTTP's classes of answers
    return Sent(f"HTTP {status}{followed}", retry_after_ms=_retry_after_ms(retry_after, now))


def _retry_after_ms(said: str | None, now: int) -> int:
    """What a Retry-After header asks for: seconds or a date, at most an hour; 0 where it says nothing readable."""
    said = (said or "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:9]) * 1000, LONGEST_PUT_OFF_MS)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, min(int(until.timestamp() * 1000) - now, LONGEST_PUT_OFF_MS))
