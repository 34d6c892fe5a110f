"""The parts that both modes are made of, built from the settings."""

import os
import random
from collections.abc import Iterable

from indexers.alerts import state as alert_state
from indexers.alerts.building import build_receiver
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.watch import RulesInForce
from ingest import state as feed_state
from ingest.connect import FetchLimits
from ingest.poll import Poller, PollResult
from marsad.catalogue import Catalogue
from marsad.cli.parts import Parts, open_state
from marsad.cli.show import show_alert, when_told
from marsad.metrics import Metrics
from marsad.settings import Settings
from marsad.statefile import StateFile
from marsad.topics import ALL, Topic
from processors.stories import Rules


def open_log(parts: Parts, topics: Iterable[Topic] = ALL) -> StateFile:
    """The state file of the data directory with these topics, and the tables of feeds and alerts."""
    file = open_state(parts.settings, create=True)
    file.create_topics(topic.name for topic in topics)
    file.install(feed_state.SCHEMA)
    file.install(alert_state.SCHEMA)
    return file


def build_rules(parts: Parts, catalogue: Catalogue, file: StateFile) -> RulesInForce:
    """The alert rules and receivers in force."""
    data = parts.settings.data
    return RulesInForce(
        lambda: parts.config.file(RULES_FILE),
        catalogue,
        file,
        lambda receiver: build_receiver(receiver, data, os.environ, show=show_alert, when=when_told),
        os.environ,
    )


def alert_limits(settings: Settings) -> Limits:
    """How old an article may be and still be told."""
    return Limits(
        max_age=int(settings.alerts.max_age_h * HOUR_MS),
        first_poll_max_age=int(settings.alerts.first_poll_max_age_h * HOUR_MS),
    )


def story_rules(settings: Settings) -> Rules:
    """By what articles are joined into stories."""
    return Rules(
        similarity=settings.stories.similarity,
        likeness=settings.stories.likeness,
        window_ms=int(settings.stories.window_h * HOUR_MS),
    )


def build_poller(parts: Parts, file: StateFile, metrics: Metrics) -> Poller:
    """The part that polls feeds, counting what it does."""
    failing = {feed.id for feed in feed_state.list_feeds(file) if feed.state == "failing"}

    def count(result: PollResult) -> None:
        metrics.polls.labels(result.outcome).inc()
        metrics.articles.inc(result.new + result.edited)
        if result.outcome == "failed":
            failing.add(result.feed_id)
        elif result.outcome != "deferred":
            failing.discard(result.feed_id)
        metrics.failing_feeds.set(len(failing))

    return Poller(
        file,
        FetchLimits(**parts.settings.fetch.model_dump()),
        clock=file.clock,
        random=random.random,
        on_poll=count,
        on_page=lambda outcome: metrics.pages.labels(outcome).inc(),
    )
