"""Appending to Kafka: each record acknowledged by all replicas in sync, and sent by one producer until it is."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from marsad.errors import LogAwayError
from marsad.message import Record
from marsad.messagelog.kafka_client import meaning, opened
from marsad.metrics import Metrics
from marsad.settings import KafkaSettings

T = TypeVar("T")
STEP_S = 0.5
"""How often it is looked whether the process is to stop."""
FIRST_WORD_S, LONGEST_SILENCE_S = 5.0, 300.0
"""When a wait is first told in the log, and how long it may go untold from then on."""
log = structlog.get_logger(__name__)


class Writer:
    """A producer, and the waiting for it. It has a connection from its first use on.

    A record is never given up and sent again: the first copy may be on its way, and would be written beside the second.
    """

    def __init__(self, settings: KafkaSettings, metrics: Metrics, stopping: threading.Event) -> None:
        self._settings = settings
        self._metrics = metrics
        self._stopping = stopping
        self._producer: Any = None

    def append(self, topic: str, records: Sequence[Record], check: Callable[[], object]) -> None:
        """Return once all are acknowledged; `check` raises where the topic is not there, and is called while nothing is sent."""
        started = time.monotonic()
        wait = _Wait(topic, self._settings, self._metrics, self._stopping)
        wait.until(check)
        producer = wait.until(self._open)
        name = self._settings.prefix + topic
        futures = [
            wait.until(lambda record=record: producer.send(name, key=record.key, value=record.value))  # type: ignore[misc] # mypy infers no lambda with a default
            for record in records
        ]
        for number, future in enumerate(futures):
            while not future.is_done:
                try:
                    future.get(timeout=STEP_S)
                except KafkaTimeoutError:
                    wait.more(f"{len(futures) - number} of {len(futures)} records are not acknowledged")
            if future.exception is not None:
                raise meaning(self._settings, future.exception, f"appending to {topic}") from future.exception
        self._metrics.append_seconds.labels(topic).observe(time.monotonic() - started)

    def close(self) -> None:
        """Close the connection; what is not acknowledged is dropped, and whoever appended it was not told that it is in."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=1)
        except KafkaTimeoutError:
            producer._sender.force_close()  # noqa: SLF001 - close flushes before it ends the thread, which cannot succeed
            producer.close(timeout=1)

    def _open(self) -> Any:  # noqa: ANN401 - kafka-python ships no types
        if self._producer is None:
            self._producer = opened(
                KafkaProducer,
                self._settings,
                acks="all",
                enable_idempotence=True,
                compression_type="gzip",
                linger_ms=5,
                batch_size=131_072,
                max_request_size=max(1_048_576, self._settings.max_message_bytes * 2),
                max_block_ms=1_000,
                allow_auto_create_topics=False,
                # A batch that expires stops an idempotent producer of kafka-python for ever, so none does.
                delivery_timeout_ms=2**31 - 1,
            )
        return self._producer


class _Wait:
    """One append's wait for Kafka, told in log and metrics."""

    def __init__(self, topic: str, settings: KafkaSettings, metrics: Metrics, stopping: threading.Event) -> None:
        self._topic = topic
        self._addresses = ", ".join(settings.bootstrap)
        self._settings = settings
        self._waiting = metrics.append_waiting.labels(topic)
        self._stopping = stopping
        self._started = self._counted = time.monotonic()
        self._next_word_s = FIRST_WORD_S

    def until(self, call: Callable[[], T]) -> T:
        """What the call returns, once Kafka answers."""
        while True:
            try:
                return call()
            except LogAwayError as error:
                self.more(str(error))
                self._stopping.wait(STEP_S)
            except KafkaTimeoutError as error:
                self.more(str(meaning(self._settings, error)))

    def more(self, reason: str) -> None:
        """Some time has passed in vain; LogAwayError where the process is to stop."""
        now = time.monotonic()
        self._waiting.inc(now - self._counted)
        self._counted = now
        waited = now - self._started
        if waited >= self._next_word_s:
            self._next_word_s += min(self._next_word_s, LONGEST_SILENCE_S)
            log.warning(
                "waiting for Kafka", topic=self._topic, brokers=self._addresses, seconds=round(waited), reason=reason
            )
        if self._stopping.is_set():
            raise LogAwayError(
                f"stopped after {waited:.0f} s of waiting for Kafka at {self._addresses} to take records for {self._topic}: "
                f"{reason}; they may be in or not, and are to be appended again at the next start"
            )
