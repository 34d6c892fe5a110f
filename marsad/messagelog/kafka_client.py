"""What every client of Kafka is told, and what its errors mean for the caller. Only marsad.messagelog.kafka* imports kafka."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from kafka.errors import KafkaError, RetriableError
from kafka.net.compat import KafkaNetClient

from marsad.errors import LogAwayError, LogRefusedError, MarsadError, OperatorError
from marsad.settings import KafkaSettings

C = TypeVar("C")
ANSWER_S = 5.0
"""How long a broker may take to answer before it is taken to be away; a new leader is there within 4 s."""


class _LastWords(logging.Handler):
    """Keeps what kafka-python complained of last: its exceptions say only that the time is up, never why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, and write it nowhere: an outage is fifteen lines in ten seconds, none of them an error of ours."""
        self.text = record.getMessage()


_LAST_WORDS = _LastWords()
logging.getLogger("kafka").addHandler(_LAST_WORDS)


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
    """A client that has reached a broker; LogAwayError within ANSWER_S where none answers, and then nothing is left open."""
    inner: list[KafkaNetClient] = []

    def network(**given: object) -> KafkaNetClient:
        inner.append(KafkaNetClient(**given))
        return inner[-1]

    told = connection(settings)
    try:
        return make(kafka_client=network, **told, **more)
    except Exception as error:
        for client in inner:  # its thread would otherwise go on trying for ever
            client.close()
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
        last = f"; its client last said: {_LAST_WORDS.text}" if _LAST_WORDS.text else ""
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
