"""`marsad status` in the cluster: what Kafka and Elasticsearch hold, how far each service is, and what its volume says.

`group` and `notify` keep their positions on their volumes: only beside those can it be said how far they are.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from indexers.elastic.store import ElasticStore
from indexers.sqlitestore import CONSUMER as INDEX
from marsad.cli.cluster import annotators
from marsad.cli.parts import STATE_FILE, open_state
from marsad.cli.status import STAGES, gather_directory, held_in, rows_of_directory
from marsad.errors import OperatorError, RetryableError
from marsad.message import Partition
from marsad.messagelog.kafka import KafkaLog
from marsad.messagelog.kafka_groups import committed
from marsad.metrics import Metrics
from marsad.settings import Settings
from marsad.stage import lag
from marsad.topics import ALERTS, ALL, ANNOTATED, ARTICLES, DEADLETTER, STORIES

T = TypeVar("T")


def gather_cluster(settings: Settings) -> dict[str, Any]:
    """All that is shown, as plain values; who does not answer is named with the reason, and what it alone knows is None.

    `code` is the exit code: 1 where waiting may help, 2 where somebody has to act.
    """
    silent: dict[str, str] = {}
    code = 0

    def ask(whom: str, question: Callable[[], T]) -> T | None:
        nonlocal code
        if whom in silent:
            return None
        try:
            return question()
        except (RetryableError, OperatorError) as error:
            silent[whom] = str(error)
            code = max(code, 2 if isinstance(error, OperatorError) else 1)
            return None

    here, positions = _directory(settings)
    with closing(KafkaLog(settings.kafka, Metrics())) as log, closing(ElasticStore(settings.elasticsearch)) as store:
        messages = ask("kafka", lambda: {topic.name: held_in(log, topic) for topic in ALL})
        positions["annotate"] = ask("kafka", lambda: committed(settings.kafka, annotators(settings.kafka)))
        positions[INDEX] = ask("elasticsearch", store.positions)
        articles = ask("elasticsearch", store.count)
        lags: dict[str, int | None] = {}
        for stage, topic in STAGES.items():
            at = positions.get(stage)
            lags[stage] = None if at is None else ask("kafka", partial(lag, log, topic, at))
    return {
        "kafka": {"bootstrap": settings.kafka.bootstrap, "messages": messages},
        "elasticsearch": {"urls": settings.elasticsearch.urls, "articles": articles},
        "silent": silent,
        "code": code,
        "lag": lags,
        "dead_letters": None if messages is None else messages[DEADLETTER.name],
        "here": here,
    }


def _directory(settings: Settings) -> tuple[dict[str, Any] | None, dict[str, Mapping[Partition, int] | None]]:
    """What the data directory says, and the positions that are kept in it."""
    if not (settings.data / STATE_FILE).is_file():
        return None, {}
    with closing(open_state(settings, writable=False)) as file:
        kept: dict[str, Mapping[Partition, int] | None] = {
            stage: file.positions(stage) or None for stage in ("group", "notify")
        }
        return gather_directory(file, settings.data), kept


def rows_of_cluster(found: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """What is printed, and which of it is bad."""
    messages, articles, dead = found["kafka"]["messages"], found["elasticsearch"]["articles"], found["dead_letters"]
    named = {ARTICLES: "articles", ANNOTATED: "annotated", STORIES: "in stories", ALERTS: "alerts"}
    in_kafka = (
        None if messages is None else ", ".join(f"{messages[topic.name]} {what}" for topic, what in named.items())
    )
    rows = {
        "kafka": f"{', '.join(found['kafka']['bootstrap'])}: {in_kafka or found['silent'].get('kafka')}",
        "elasticsearch": f"{', '.join(found['elasticsearch']['urls'])}: "
        + (found["silent"].get("elasticsearch") or f"{articles} articles"),
        "yet to do": ", ".join(f"{stage} {_count(count)}" for stage, count in found["lag"].items()),
        "dead letters": _count(dead),
    }
    bad = {*found["silent"], *(["dead letters"] if dead else [])}
    if found["here"] is not None:
        more, bad_here = rows_of_directory(found["here"])
        return rows | {name: more[name] for name in more if name not in _of_others(found["here"])}, bad | bad_here
    return rows, bad


def _of_others(here: Mapping[str, Any]) -> set[str]:
    """The rows that a volume knows nothing of: feeds are on that of `ingest`, alerts on that of `notify`."""
    without = set() if here["feeds"]["all"] else {"feeds", "last poll that worked"}
    return without | (set() if here["alerts"] else {"alerts", "outbox", "refused"})


def _count(count: int | None) -> str:
    return "not known here" if count is None else str(count)
