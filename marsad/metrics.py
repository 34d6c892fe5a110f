"""Every metric of marsad, with its unit and its meaning, in one place; docs/metrics.md is held to it by a test."""

from collections.abc import Sequence
from enum import StrEnum

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from marsad.errors import OperatorError

SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Outcome(StrEnum):
    """What became of a message in a stage."""

    DONE = "done"
    DEAD = "dead"


class Metrics:
    """The metrics of one process. All names begin with `marsad_`."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(f"marsad_{name}", meaning, labels, registry=registry)

        def gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
            return Gauge(f"marsad_{name}", meaning, labels, registry=registry)

        def seconds(name: str, meaning: str, labels: Sequence[str] = ()) -> Histogram:
            return Histogram(f"marsad_{name}_seconds", meaning, labels, buckets=SECONDS, registry=registry)

        self.messages = counter(
            "messages_total",
            "Messages a stage has finished with: done, or dead (in the dead letters).",
            ["stage", "outcome"],
        )
        self.batch_seconds = seconds("batch", "Time a stage took for one batch, commit included.", ["stage"])
        self.lag = gauge("lag_messages", "Messages that a stage has yet to read.", ["stage"])
        self.retries = counter("retries_total", "Times a stage had to wait for a dependency and try again.", ["stage"])
        self.append_seconds = seconds("append", "Time until Kafka had acknowledged an append.", ["topic"])
        self.append_waiting = counter(
            "append_waiting_seconds_total",
            "Seconds that appends have waited for a Kafka that did not answer.",
            ["topic"],
        )
        self.relayed = counter("relayed_messages_total", "Messages that the relay has copied to Kafka.", ["topic"])
        self.relay_lag = gauge(
            "relay_lag_messages", "Messages of the state file that the relay has yet to copy to Kafka.", ["topic"]
        )
        self.polls = counter("polls_total", "Polls of feeds: articles, unchanged or failed.", ["outcome"])
        self.articles = counter("articles_total", "Versions of articles that polls brought.")
        self.pages = counter(
            "pages_total",
            "Pages of articles fetched for their text: taken, no more (than the feed has), failed, refused or late.",
            ["outcome"],
        )
        self.failing_feeds = gauge("failing_feeds", "Feeds whose last poll failed.")
        self.alerts = counter(
            "alerts_total", "Decisions on matches: alert, again, told, throttled or backlog.", ["decision"]
        )
        self.deliveries = counter(
            "deliveries_total", "Attempts to tell a receiver: delivered, failed or refused.", ["receiver", "outcome"]
        )
        self.outbox = gauge("outbox_notifications", "Notifications not yet delivered.", ["receiver"])
        self.alert_seconds = seconds(
            "alert_delay", "From the fetch of an article, or the end of its throttle, to its delivery.", ["receiver"]
        )


def serve(address: str, port: int) -> None:
    """Serve the metrics of this process over HTTP at `/metrics`, from a daemon thread."""
    try:
        start_http_server(port, addr=address)
    except OSError as error:
        raise OperatorError(
            f"the metrics page cannot be served at {address}:{port}: {error.strerror}; change metrics.address or metrics.port"
        ) from error
