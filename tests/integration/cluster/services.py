"""The services of the cluster as real processes between a real Kafka and a real Elasticsearch."""

import json
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from prometheus_client import CollectorRegistry

from indexers.elastic.documents import stored_article
from indexers.elastic.mapping import Names
from indexers.elastic.store import ElasticStore
from marsad.cli.parts import STATE_FILE
from marsad.codec import decode
from marsad.config import Config
from marsad.messagelog.kafka import KafkaLog
from marsad.metrics import Metrics
from marsad.replay import stretch
from marsad.settings import Settings, load_settings
from marsad.topics import Topic
from tests.marsad_process import RULES, Outlets, Service, marsad, write_config

SETTINGS = """
mode = "cluster"
[fetch]
interval_s = {interval}
timeout_s = 30
allow = ["127.0.0.1"]
full_text = false
max_bytes = 50_000_000
[kafka]
bootstrap = {bootstrap}
prefix = "{name}-"
replication = {replication}
[elasticsearch]
urls = ["{elasticsearch}"]
prefix = "{name}"
[stories]
likeness = 1
[log]
format = "json"
"""
V = TypeVar("V", bound=msgspec.Struct)


class Cluster:
    """All services with names of their own in Kafka and Elasticsearch; each may be killed and started at any time."""

    def __init__(
        self,
        place: Path,
        *,
        kafka: str,
        elasticsearch: str,
        name: str,
        outlets: Outlets,
        rules: str = RULES,
        interval: float = 0.2,
        replication: int = 1,
    ) -> None:
        self.place = place
        bootstrap = json.dumps(kafka.split(","))
        settings = SETTINGS.format(
            interval=interval, bootstrap=bootstrap, name=name, elasticsearch=elasticsearch, replication=replication
        )
        self.config = write_config(place / "config", settings=settings, rules=rules)
        self.settings: Settings = load_settings(Config(self.config))
        self._articles = Names(name).articles
        self.running: dict[str, Service] = {}
        for url in outlets.urls:
            marsad("feeds", "add", url, "--data", self.data("ingest"), "--config", self.config)

    def data(self, service: str) -> Path:
        """The volume of a service; `process-2` and the like have one of their own, which nothing is kept on."""
        return self.place / service

    def log(self, name: str) -> Path:
        return self.place / f"{name}.log"

    def start(self, *names: str) -> None:
        """Start services by name; `notify-2` is a second notify on the volume of the first."""
        for name in names:
            command = name.split("-")[0]
            self.running[name] = Service(self.config, self.data(command), self.log(name), command)

    def watch(self) -> None:
        """Start notify, and wait until its rules are in force: articles first seen before that are old news to them."""
        self.start("notify")
        path = self.data("notify") / STATE_FILE

        def in_force() -> bool:
            if not path.exists():
                return False
            with closing(sqlite3.connect(path)) as file, suppress(sqlite3.OperationalError):
                return bool(file.execute("SELECT 1 FROM rule").fetchone())
            return False

        wait_for(in_force, lambda: "no rule is in force")

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """End a service by a signal; its exit code."""
        service = self.running.pop(name)
        service.process.send_signal(number)
        code = service.process.wait(20)
        service.__exit__()
        return code

    def topic(self, topic: Topic, kind: type[V]) -> list[V]:
        """All that a topic holds now, in order within each partition."""
        with closing(KafkaLog(self.settings.kafka, Metrics(CollectorRegistry()))) as log:
            return [decode(message.value, kind) for message in stretch(log, topic)]

    def ends(self, topic: Topic) -> int:
        """How many messages a topic ever got."""
        with closing(KafkaLog(self.settings.kafka, Metrics(CollectorRegistry()))) as log:
            return sum(bounds.next for bounds in log.bounds(topic.name).values())

    def stored(self) -> int:
        """How many articles can be searched."""
        with closing(ElasticStore(self.settings.elasticsearch)) as store:
            return store.count()

    def told(self) -> list[dict[str, str]]:
        """What the file receiver was told."""
        path = self.data("notify") / "alerts.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def documents(self) -> dict[str, tuple[str, str]]:
        """Text and story of every article that Elasticsearch holds, by guid."""
        found: dict[str, tuple[str, str]] = {}
        with Elasticsearch(self.settings.elasticsearch.urls) as client:
            client.indices.refresh(index=self._articles)
            for hit in scan(client, index=self._articles, query={"query": {"match_all": {}}}):
                one = stored_article(hit["_source"])
                assert one.article.guid not in found
                found[one.article.guid] = one.article.text, one.membership.story
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self.running.values():
            service.__exit__()
        if error is not None:
            for path in sorted(self.place.glob("*.log")):
                print(f"== {path.name}\n" + "\n".join(path.read_text(encoding="utf-8").splitlines()[-15:]))


def wait_for(condition: Callable[[], bool], what: Callable[[], object], *, seconds: float = 90) -> None:
    """Until the condition holds; `what` says how far it came where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)
