"""Annotating as Faust agents: workers of one consumer group share the partitions of marsad.articles. Only this module knows Faust.

A worker loses nothing, since an article's position is committed after its outcome was acknowledged: Faust flushes its producer
before each commit, and a worker whose record was refused ends at once, with nothing more committed. It may do things twice, with
the same bytes. An exception that leaves an agent would lose its message, so none does.
"""

import asyncio
import logging
import os
import ssl
import sys
import threading
import time
from collections.abc import Awaitable
from typing import Any, NoReturn

import faust
import msgspec
import structlog
from faust.types import EventT, StreamT
from faust.types.auth import CredentialsT

from marsad.errors import OperatorError
from marsad.message import Message, Partition
from marsad.metrics import Metrics
from marsad.stage import BATCH, report
from marsad.statefile import LARGEST_MESSAGE
from marsad.topics import ARTICLES
from processors.annotate import Annotator
from processors.librarylog import adopt
from processors.outcome import STAGE, Outcomes

OVERHEAD = 1_024
"""Bytes that Kafka's framing may add to key and value; the brokers' limit has to be the largest message and this."""
LINGER_S, BATCH_BYTES = 0.005, 262_144
"""What the producer gathers. Its default of 16 kB holds three articles, and brought a third of the throughput."""
FETCH_BYTES = 1_048_576
"""What is read of a partition at a time, at least."""
REPORT_S = 1.0
"""How often a worker that has less than a batch to tell reports."""
STOP_S = 8.0
"""How long a worker may take to end once asked to; Docker kills what takes 10 s."""
AGAIN, OPERATOR = 70, 2
"""Exit codes: to be started again, and a person has to act."""
log = structlog.get_logger(__name__)


class Sasl(msgspec.Struct, frozen=True, kw_only=True):
    """How a client proves who it is."""

    mechanism: str
    """PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."""
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Sasl({self.mechanism}, {self.username})"


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How workers reach Kafka. All workers of a group have the same."""

    bootstrap: tuple[str, ...]
    """Brokers as host:port; any one that answers is enough."""
    group: str = "marsad-annotate"
    """The consumer group, under which Kafka keeps the positions."""
    prefix: str = ""
    """What stands before the name of each topic in Kafka."""
    tls: ssl.SSLContext | None = None
    sasl: Sasl | None = None
    largest_message: int = LARGEST_MESSAGE
    """Most bytes of key and value together; a larger annotated article is a dead letter."""
    session_timeout_s: float = 20
    """How long the partitions of a worker that was killed wait for another."""
    commit_interval_s: float = 0.5
    """How much is done twice after a kill."""

    def credentials(self) -> CredentialsT | None:
        """As Faust wants them; OperatorError for a mechanism that it does not know."""
        if self.sasl is None:
            return None if self.tls is None else faust.SSLCredentials(self.tls)
        try:
            return faust.SASLCredentials(
                username=self.sasl.username,
                password=self.sasl.password,
                mechanism=self.sasl.mechanism,
                ssl_context=self.tls,
            )
        except ValueError as error:
            raise OperatorError(
                f"Kafka's SASL mechanism is {self.sasl.mechanism!r}; it may be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
            ) from error


def run_agents(settings: AgentSettings, annotator: Annotator, metrics: Metrics) -> int:
    """Annotate until SIGTERM or SIGINT, and return the exit code. The topics have to be there.

    Where going on would lose something the process ends here and now: 70 where it should be started again, since a record could
    not be published or no broker answered at the start, and 2 where a person has to act. The log says why.
    """
    adopt(repeating=["aiokafka"])
    # It complains each time that annotating keeps a commit waiting for some tenths of a second.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = build_app(settings, loop)
    Agent(app, settings, annotator, metrics).install()
    worker = _Worker(app, override_logging=False, redirect_stdouts=False, quiet=True, loglevel="warning", loop=loop)
    worker.spinner = None  # it would write to standard output
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        code = AGAIN if ended.code else 0
        log.info("stopped", stage=STAGE, code=code)
        return code
    finally:
        worker.cut_off.cancel()


class _App(faust.App):
    """Keeps nothing on disk."""

    async def on_first_start(self) -> None:
        """Faust would make directories for tables here, and there are none."""


class _Worker(faust.Worker):
    """Ends in good time, though Faust would wait for as long as a broker is away."""

    def __init__(self, *services: Any, **settings: Any) -> None:  # noqa: ANN401 - Faust's own
        super().__init__(*services, **settings)
        self.cut_off = threading.Timer(STOP_S, self._cut_off)
        self.cut_off.daemon = True

    async def on_stop(self) -> None:
        self.cut_off.start()
        await super().on_stop()

    def _cut_off(self) -> None:
        log.warning(
            "cut off what did not end in time; what is not committed is done again", stage=STAGE, seconds=STOP_S
        )
        sys.stderr.flush()
        os._exit(AGAIN if self.crash_reason else 0)


def build_app(settings: AgentSettings, loop: asyncio.AbstractEventLoop) -> faust.App:
    """The Faust application: at least once, no tables, no web server."""
    return _App(
        settings.group,
        broker=[f"kafka://{address}" for address in settings.bootstrap],
        broker_credentials=settings.credentials(),
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / 5,
        broker_commit_interval=settings.commit_interval_s,
        processing_guarantee="at_least_once",
        producer_acks=-1,
        producer_compression_type="gzip",
        producer_linger=LINGER_S,
        # A batch is refused whole, so it must not be larger than one message may be.
        producer_max_batch_size=min(BATCH_BYTES, settings.largest_message),
        producer_max_request_size=settings.largest_message + OVERHEAD,
        consumer_max_fetch_size=max(FETCH_BYTES, settings.largest_message + OVERHEAD),
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        loop=loop,
    )


class Agent:
    """The agent of one worker: takes each article in order, publishes its outcome, and reports."""

    def __init__(self, app: faust.App, settings: AgentSettings, annotator: Annotator, metrics: Metrics) -> None:
        self._app = app
        self._prefix = settings.prefix
        self._outcomes = Outcomes(annotator, settings.largest_message)
        self._metrics = metrics
        self._sending: set[asyncio.Future[Any]] = set()
        self._next: dict[int, int] = {}
        self._done: list[Message] = []
        self._dead = 0
        self._seconds = 0.0

    def install(self) -> None:
        """Have the app run this agent and its reports."""
        topic = self._app.topic(
            self._prefix + ARTICLES.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        self._app.agent(topic, name=STAGE)(self._annotate)
        self._app.timer(REPORT_S)(self._report_in_time)
        self._app.on_partitions_assigned.connect(self._assigned)
        self._app.sensors.add(_BeforeCommits(self))

    async def _annotate(self, stream: StreamT[bytes]) -> None:
        async for event in stream.events():
            try:
                await self._handle(event)
            except asyncio.CancelledError:
                # The worker stops while a record waits to be sent, and Faust takes the article for done.
                self._end("stopped while a record could not be sent", AGAIN)
            except OperatorError as error:
                self._end(str(error), OPERATOR)
            except Exception as error:  # noqa: BLE001 - whatever it is, the article must not be committed
                self._end(repr(error), AGAIN)

    async def _handle(self, event: EventT[bytes]) -> None:
        began = time.monotonic()
        source = event.message
        message = Message(
            Partition(ARTICLES.name, source.partition),
            source.offset,
            int(source.timestamp * 1000),
            source.key or b"",
            source.value or b"",
        )
        outcome = self._outcomes.of(message)
        sent = await self._app.producer.send(
            self._prefix + outcome.topic.name, outcome.record.key, outcome.record.value, None, None, None
        )
        self._published_later(sent)
        self._next[message.partition.number] = message.offset + 1
        self._done.append(message._replace(value=b""))
        self._dead += outcome.dead
        self._seconds += time.monotonic() - began
        if len(self._done) >= BATCH:
            self._report()

    def _published_later(self, sent: Awaitable[Any]) -> None:
        future = asyncio.ensure_future(sent)
        self._sending.add(future)
        future.add_done_callback(self._published)

    def _published(self, future: asyncio.Future[Any]) -> None:
        self._sending.discard(future)
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._end(repr(error), AGAIN)

    def before_commit(self) -> None:
        """End the worker where a record was refused whose callback has not yet been called."""
        for future in [future for future in self._sending if future.done()]:
            self._published(future)

    def _end(self, reason: str, code: int) -> NoReturn:
        """End the process with nothing more committed; Faust's own ways of ending wait for this very agent, or commit."""
        if self._app.should_stop:
            log.warning("cut off while stopping; what is not committed is done again", stage=STAGE, reason=reason)
            code = 0
        else:
            log.critical("cannot go on; nothing more is committed", stage=STAGE, reason=reason, code=code)
        sys.stderr.flush()
        os._exit(code)

    async def _assigned(self, _app: Any, /, *found: Any, **_: Any) -> None:  # noqa: ANN401 - the shape of every signal
        log.info("partitions", stage=STAGE, numbers=sorted(partition.partition for partition in found[0]))

    async def _report_in_time(self) -> None:
        if self._done:
            self._report()
        try:
            self._metrics.lag.labels(STAGE).set(await self._lag())
        except Exception as error:  # noqa: BLE001 - partitions come and go while it asks, and no metric should end a worker
            log.debug("lag unknown", stage=STAGE, reason=repr(error))

    def _report(self) -> None:
        report(STAGE, self._done, self._dead, self._seconds, self._metrics)
        self._done, self._dead, self._seconds = [], 0, 0.0

    async def _lag(self) -> int:
        """How many articles of this worker's partitions are yet to be read, by what the client knows without asking."""
        consumer = self._app.consumer
        held = {
            found.partition: found for found in consumer.assignment() if found.topic == self._prefix + ARTICLES.name
        }
        self._next = {number: offset for number, offset in self._next.items() if number in held}
        lag = 0
        for number, found in held.items():
            end = consumer.highwater(found)
            if end is not None:
                begin = self._next[number] if number in self._next else await consumer.position(found)
                lag += max(0, end - (begin or 0))
        return lag


class _BeforeCommits(faust.Sensor):
    """Faust calls it as it begins to commit, in the thread that callbacks are called in."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    def on_commit_initiated(self, consumer: object) -> None:  # noqa: ARG002 - the sensor's signature
        """See that nothing is committed that was refused."""
        self._agent.before_commit()
