"""The services of the cluster: each reads Kafka and has its state, where it has any, on a volume of its own.

What a service writes goes into its state file's log, in the transaction that moves its position; a relay beside it copies that
to Kafka. So a dead Kafka stops nothing but the copying. Every part that talks to Kafka has a connection of its own.
"""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import structlog

from indexers.alerts.deliver import run_delivery
from indexers.alerts.digest import run_digests
from indexers.alerts.notify import NotifyStage
from indexers.alerts.rebuilding import rebuild as rebuild_alerts
from indexers.elastic.bulk import CHUNK
from indexers.elastic.panels import TOPICS as PANEL_TOPICS
from indexers.elastic.panels import Panels, run_panels
from indexers.elastic.store import ElasticStore
from indexers.index import run_index
from marsad.cli.building import alert_limits, build_rules, open_log, story_rules
from marsad.cli.parts import Parts, catalogue_of, load
from marsad.cli.services import Part, run_parts, serve_metrics, stopped_by_signals
from marsad.errors import OperatorError, RetryableError
from marsad.lock import stand_by
from marsad.message import Bounds, Partition
from marsad.messagelog.kafka import KafkaLog
from marsad.messagelog.kafka_topics import create_topics, identity
from marsad.metrics import Metrics
from marsad.relay import Relay, has_passed
from marsad.settings import KafkaSettings, Settings
from marsad.stage import Backoff, Stage, run_stage
from marsad.statefile import StateFile
from marsad.topics import ALERTS, DEADLETTER, STORIES, Topic
from processors.group import GroupStage
from processors.rebuilding import rebuild as rebuild_stories

if TYPE_CHECKING:
    from processors.agents import Sasl

P = TypeVar("P")
MONTHS_LOOK_S = 3_600.0
"""How often it is looked whether a month is old enough to be forgotten."""
log = structlog.get_logger(__name__)


class Following(Protocol):
    """A store that knows which log it was filled from."""

    def follow(self, log_identity: str, bounds: Mapping[Partition, Bounds]) -> None:
        """Begin at the start of the log where it is another one."""


class Service(NamedTuple):
    """What every service of the cluster has."""

    parts: Parts
    metrics: Metrics
    stopping: threading.Event

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.parts.settings

    def kafka(self) -> KafkaLog:
        """The message log, for one thread."""
        return KafkaLog(self.settings.kafka, self.metrics, self.stopping)


@contextmanager
def service(config: Path | None, data: Path | None, name: str) -> Iterator[Service]:
    """A service from its settings to its end; the topics are there once the block begins, or it was asked to stop."""
    parts = load(config, data)
    if parts.settings.mode != "cluster":
        raise OperatorError(
            f"«marsad {name}» is a service of the cluster, and mode is embedded: use «marsad run», which does everything in one "
            'process, or set mode = "cluster" in marsad.toml (or MARSAD_MODE=cluster)'
        )
    with stopped_by_signals() as stopping:
        made = Service(parts, Metrics(), stopping)
        serve_metrics(parts)
        patiently(name, lambda: create_topics(parts.settings.kafka), made)
        if not stopping.is_set():
            log.info("started", service=name, brokers=parts.settings.kafka.bootstrap)
        yield made
        log.info("stopped", service=name)


def patiently(name: str, call: Callable[[], object], made: Service) -> None:
    """Call until it works or the process is to stop, with back-off while something that it needs is away."""
    backoff = Backoff(name, made.stopping, made.metrics)
    while not made.stopping.is_set():
        try:
            call()
        except RetryableError as error:
            backoff.failed(error)
        else:
            return


@contextmanager
def active(made: Service, name: str, topics: Sequence[Topic]) -> Iterator[StateFile | None]:
    """The state file of a service that is active alone on its volume, once it is; None where asked to stop before."""
    with stand_by(made.settings.data, name, made.stopping) as held:
        if not held:
            yield None
            return
        with closing(open_log(made.parts, topics)) as file:
            yield file


def relayed(made: Service, file: StateFile, topics: Sequence[Topic]) -> Part:
    """The part that copies what this service writes to Kafka, whose topics it sees to."""

    def run(stopping: threading.Event) -> None:
        patiently("relay", lambda: create_topics(made.settings.kafka), made)
        with closing(made.kafka()) as kafka:
            Relay(file, kafka, topics, made.metrics).run(stopping)

    return run


def staged(made: Service, file: StateFile, stage: Stage[P], rebuild: Callable[[KafkaLog], None]) -> Part:
    """The part that runs a stage, after what it remembers was rebuilt where its volume was lost."""

    def run(stopping: threading.Event) -> None:
        with closing(made.kafka()) as kafka:
            patiently(stage.name, lambda: rebuild(kafka), made)
            run_stage(kafka, file, stage, stopping, made.metrics)

    return run


def run_process(config: Path | None, data: Path | None) -> int:
    """`marsad process`: annotate, sharing the partitions with others. Returns the exit code."""
    from processors.agents import AgentSettings, run_agents  # noqa: PLC0415 - Faust is loaded only where it is used
    from processors.annotate import Annotator  # noqa: PLC0415 - as above, with what it needs

    with service(config, data, "process") as made:
        if made.stopping.is_set():
            return 0
        kafka = made.settings.kafka
        agents = AgentSettings(
            bootstrap=tuple(kafka.bootstrap),
            prefix=kafka.prefix,
            group=annotators(kafka),
            tls=tls_of(kafka),
            sasl=sasl_of(kafka),
            largest_message=kafka.max_message_bytes,
        )
        return run_agents(agents, Annotator(catalogue_of(made.parts.config)), made.metrics)


def run_group(config: Path | None, data: Path | None) -> None:
    """`marsad group`: join annotated articles into stories."""
    topics = (STORIES, DEADLETTER)
    with service(config, data, "group") as made, active(made, "group", topics) as file:
        if file is None:
            return
        rules = story_rules(made.settings)
        stage = GroupStage(file, rules)
        run_parts(
            {
                "group": staged(
                    made, file, stage, lambda kafka: rebuild_stories(kafka, file, stage, rules, made.stopping)
                ),
                "relay": relayed(made, file, topics),
            },
            made.stopping,
        )


def run_notify(config: Path | None, data: Path | None) -> None:
    """`marsad notify`: meet stories with rules, and tell receivers."""
    topics = (ALERTS, DEADLETTER)
    with service(config, data, "notify") as made, active(made, "notify", topics) as file:
        if file is None:
            return
        limits = alert_limits(made.settings)
        rules = build_rules(made.parts, catalogue_of(made.parts.config), file)
        stage = NotifyStage(rules.rules, limits, file.clock, made.metrics)

        def rebuild(kafka: KafkaLog) -> None:
            rebuild_alerts(kafka, file, rules.rules, made.stopping, consumer=stage.name, max_age=limits.max_age)

        def passed(alert: str) -> bool:
            return has_passed(file, ALERTS, alert.encode())

        run_parts(
            {
                "notify": staged(made, file, stage, rebuild),
                "relay": relayed(made, file, topics),
                "deliver": lambda stopping: run_delivery(
                    file, rules.receivers, stopping, made.metrics, may_tell=passed
                ),
                "digests": lambda stopping: run_digests(file, stopping, made.metrics),
                "rules": rules.watch,
            },
            made.stopping,
        )


def run_index_service(config: Path | None, data: Path | None) -> None:
    """`marsad index`: make stories, alerts and the health of feeds searchable in Elasticsearch."""
    with service(config, data, "index") as made:
        settings = made.settings.elasticsearch

        def articles(stopping: threading.Event) -> None:
            with closing(made.kafka()) as kafka, closing(ElasticStore(settings)) as store:
                follow = follow_once(made, kafka, store, (STORIES,))

                def prepare() -> None:
                    store.prepare()
                    follow()

                run_index(kafka, store, stopping, made.metrics, prepare=prepare, at_once=CHUNK)

        def panels(stopping: threading.Event) -> None:
            with closing(made.kafka()) as kafka, closing(Panels(settings)) as store:
                run_panels(kafka, store, stopping, made.metrics, prepare=follow_once(made, kafka, store, PANEL_TOPICS))

        def months(stopping: threading.Event) -> None:
            with closing(ElasticStore(settings)) as store:
                while not stopping.is_set():
                    patiently("months", lambda: forget_months(store, made.settings.retention.store_days), made)
                    stopping.wait(MONTHS_LOOK_S)

        run_parts({"index": articles, "panels": panels, "months": months}, made.stopping)


def follow_once(made: Service, kafka: KafkaLog, store: Following, topics: Sequence[Topic]) -> Callable[[], None]:
    """What has a store follow the topics as they are now, until that has worked: made anew, they are read from their start."""
    done = False

    def follow() -> None:
        nonlocal done
        if not done:
            bounds = {one: each for topic in topics for one, each in kafka.bounds(topic.name).items()}
            store.follow(identity(made.settings.kafka, topics), bounds)
            done = True

    return follow


def forget_months(store: ElasticStore, days: float) -> None:
    """Drop the months that ended so many days ago."""
    oldest = datetime.now(UTC) - timedelta(days=days)
    if gone := store.remove_months_before(oldest.strftime("%Y-%m")):
        log.info("months forgotten", indices=gone)


def annotators(kafka: KafkaSettings) -> str:
    """The consumer group of those who annotate."""
    return f"{kafka.prefix}marsad-annotate"


def tls_of(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """What Faust's client needs for TLS; None where the connection is not encrypted."""
    if not kafka.security.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=kafka.tls_ca or None)
        if kafka.tls_certificate:
            context.load_cert_chain(
                kafka.tls_certificate, kafka.tls_key or None, kafka.tls_key_password.get_secret_value() or None
            )
    except OSError as error:
        raise OperatorError(f"kafka.tls_ca, tls_certificate or tls_key cannot be used: {error}") from error
    return context


def sasl_of(kafka: KafkaSettings) -> "Sasl | None":
    """What Faust's client needs to show who it is; None where nobody asks."""
    from processors.agents import Sasl  # noqa: PLC0415 - Faust is loaded only where it is used

    if not kafka.security.startswith("SASL"):
        return None
    return Sasl(
        mechanism=kafka.sasl_mechanism,
        username=kafka.sasl_username,
        password=kafka.sasl_password.get_secret_value(),
    )
