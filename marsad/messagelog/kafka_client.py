"""What every client of Kafka is told, and what its errors mean for the caller. Only marsad.messagelog.kafka* imports kafka."""

import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from kafka.errors import KafkaError, RetriableError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from marsad.errors import LogAwayError, LogRefusedError, MarsadError, OperatorError
from marsad.settings import KafkaSettings

C = TypeVar("C")
ANSWER_S = 5.0
"""How long a broker may take to answer before it is taken to be away; a new leader is there within 4 s."""


REFUSAL = re.compile(r"Sasl\w+Error: [^()]+|\[SSL: [^()]+")
"""What kafka-python logs when a broker does not let us in, or we do not trust it."""


class _Complaints(logging.Handler):
    """Keeps why a connection failed: kafka-python says so in its log only, its exceptions say that the time is up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.clear()

    def clear(self) -> None:
        """Forget what was said so far."""
        self.last = self.refusal = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, and write it nowhere: an outage is fifteen lines in ten seconds, none of them an error of ours."""
        text = record.getMessage()
        # Whoever keeps the record would keep the sockets that its errors know.
        record.msg, record.args, record.exc_info = text, None, None
        if found := REFUSAL.search(text):
            self.refusal = found[0].strip()
        elif " failed: " in text and not text.startswith("Bootstrap failed"):
            self.last = text


_COMPLAINTS = _Complaints()
logging.getLogger("kafka").addHandler(_COMPLAINTS)


class _ClosedSocket(KafkaNetSocket):  # type: ignore[misc] # kafka-python ships no types
    """A direct connection, which closes its socket where it fails: kafka-python leaves that to the garbage collector.

    In a long outage a process would run out of files. It is chosen by `proxy_url`, kafka-python's one way to another socket.
    """

    SCHEMES = ("direct",)

    async def sock_connect(self, net: object, sock: socket.socket, *place: object, **more: object) -> socket.socket:
        """The connected socket."""
        try:
            connected: socket.socket = await super().sock_connect(net, sock, *place, **more)
        except Exception:
            sock.close()
            raise
        return connected


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """What every client is constructed with; OperatorError where a file that is named is not there."""
    told: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "client_id": "marsad",
        "security_protocol": settings.security,
        "request_timeout_ms": int(ANSWER_S * 1000),
        "bootstrap_timeout_ms": int(ANSWER_S * 1000),
        # The default sleeps up to 30 s on although the broker is back.
        "reconnect_backoff_max_ms": 1_000,
        "proxy_url": "direct://",
    }
    if settings.security.endswith("SSL"):
        for key, name in (("ssl_cafile", "tls_ca"), ("ssl_certfile", "tls_certificate"), ("ssl_keyfile", "tls_key")):
            path = getattr(settings, name)
            if path and not Path(path).is_file():
                raise OperatorError(f"kafka.{name}: there is no file {path}")
            told[key] = path or None
        told["ssl_password"] = settings.tls_key_password.get_secret_value() or None
    if settings.security.startswith("SASL"):
        told["sasl_mechanism"] = settings.sasl_mechanism
        told["sasl_plain_username"] = settings.sasl_username
        told["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return told


def opened(make: Callable[..., C], settings: KafkaSettings, **more: object) -> C:
    """A client that has reached a broker. Where none answers within ANSWER_S, or none lets us in, nothing is left open."""
    inner: list[KafkaNetClient] = []

    def network(**given: object) -> KafkaNetClient:
        inner.append(KafkaNetClient(**given))
        return inner[-1]

    told = connection(settings)
    _COMPLAINTS.clear()
    try:
        return make(kafka_client=network, **told, **more)
    except Exception as error:
        for client in inner:  # its thread would otherwise go on trying for ever
            client.close()
        if isinstance(error, KafkaError) and _COMPLAINTS.refusal:
            raise LogRefusedError(
                f"there is no way in to Kafka at {', '.join(settings.bootstrap)}: {_COMPLAINTS.refusal}; see kafka.security, "
                "kafka.tls_ca and what follows it, kafka.sasl_username and MARSAD_KAFKA__SASL_PASSWORD"
            ) from error
        if isinstance(error, KafkaError):
            raise meaning(settings, error) from error
        if isinstance(error, OSError):  # also what ssl says of a file that it cannot use
            raise OperatorError(f"kafka.tls_ca, tls_certificate or tls_key cannot be used: {error}") from error
        raise


def meaning(settings: KafkaSettings, error: KafkaError, doing: str = "") -> MarsadError:
    """The error of ours for one of kafka-python's."""
    addresses = ", ".join(settings.bootstrap)
    while_doing = f" ({doing})" if doing else ""
    if isinstance(error, RetriableError):
        last = f"; its client last said: {_COMPLAINTS.last}" if _COMPLAINTS.last else ""
        return LogAwayError(
            f"Kafka at {addresses} does not answer{while_doing}: {error}{last}; nothing is lost, it goes on once Kafka is back"
        )
    return LogRefusedError(
        f"Kafka at {addresses} refuses{while_doing}: {error}; see to the rights of this client and to the settings under kafka"
    )


@contextmanager
def translated(settings: KafkaSettings, doing: str) -> Iterator[None]:
    """Errors of kafka-python, as what the caller may do about them."""
    try:
        yield
    except KafkaError as error:
        raise meaning(settings, error, doing) from error
