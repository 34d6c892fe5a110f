"""The cluster measured from outside, on a real Kafka and a real Elasticsearch of this machine.

python -m benchmarks.cluster rate [ARTICLES]                   all queued in Kafka first, then processed to the end
python -m benchmarks.cluster latency [ARTICLES [A_SECOND]]     from feed to alert at a steady inflow
"""

import os
import random
import re
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch
from kafka import KafkaAdminClient

from benchmarks.corpus import Corpus
from benchmarks.pipeline import article
from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.rules import load_rules
from indexers.elastic.mapping import Names
from indexers.elastic.store import ElasticStore
from marsad.annotation import AnnotatedArticle, StoryArticle
from marsad.article import Article
from marsad.catalogue import load_catalogue
from marsad.config import Config
from marsad.topics import ALERTS, ANNOTATED, ARTICLES, DEADLETTER, STORIES
from tests.integration.cluster.services import Cluster
from tests.integration.servers.named import Server, elasticsearch, kafka
from tests.marsad_process import Item, Outlets

IN_A_FEED = 500
SENTENCES = 20
"""Of an article, some 280 words."""
STAGES = ("process", "process-2", "group", "index")
LATENCY_FEEDS = 20
STALLED_S = 300


@contextmanager
def cluster(feeds: int, *, interval: float) -> Iterator[tuple[Outlets, Cluster]]:
    """A cluster that polls so many outlets; none of its services runs yet."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    addresses, url = kafka().up(), elasticsearch().up()
    print(f"{kafka().title}, {elasticsearch().title}", flush=True)
    with (
        tempfile.TemporaryDirectory() as place,
        Outlets(feeds) as outlets,
        Cluster(Path(place), kafka=addresses, elasticsearch=url, name=name, outlets=outlets, interval=interval) as made,
    ):
        yield outlets, made


def items(count: int, seed: int) -> Iterator[Item]:
    """Articles unlike each other, of which one in fifty is watched for."""
    rng, corpus = random.Random(seed), Corpus(load_catalogue(Config().files("actors*.toml")))
    for number in range(count):
        yield article(number, corpus, rng, watched=number % 50 == 0, sentences=SENTENCES)


def rate(count: int) -> None:
    """Queue them all, then time the services until Elasticsearch has all and all alerts are told."""
    feeds = -(-count // IN_A_FEED)
    with cluster(feeds, interval=600) as (outlets, made):
        for number, item in enumerate(items(count, 2)):
            outlets.publish(number % feeds, [item])
        made.watch()
        began = time.monotonic()
        made.start("ingest")
        until(lambda: made.ends(ARTICLES) >= count, lambda: f"{made.ends(ARTICLES)} of {count} are queued")
        spent = worked(made.running["ingest"].process.pid)
        print(
            f"ingest: {count / (time.monotonic() - began):.0f} a second, {1000 * spent / count:.1f} ms of CPU an article"
        )
        made.kill("ingest")
        servers = {server.title: server for server in (kafka(), elasticsearch())}
        worked_before = {title: worked(*pids(server)) for title, server in servers.items()}
        began = time.monotonic()
        made.start(*STAGES)
        ended: dict[str, float] = {}
        counts = {"annotated": 0, "stories": 0, "documents": 0, "told": 0}
        due = {"annotated": count, "stories": count, "documents": count, "told": -(-count // 50)}

        def all_done() -> bool:
            counts.update(
                annotated=made.ends(ANNOTATED),
                stories=made.ends(STORIES),
                documents=made.stored(),
                told=len(made.told()),
            )
            for name, number in counts.items():
                if number >= due[name]:
                    ended.setdefault(name, time.monotonic() - began)
            return all(counts[name] >= due[name] for name in due)

        until(all_done, lambda: f"{counts} of {due}")
        seconds = time.monotonic() - began
        meet = told_of(made)
        until(lambda: len(made.told()) >= meet, lambda: f"{len(made.told())} of {meet} alerts are told")
        print(f"{count} articles of {SENTENCES * 14} words queued: {count / seconds:.0f} a second in {seconds:.0f} s")
        print("done after, s: " + ", ".join(f"{name} {took:.0f}" for name, took in ended.items()))
        distinct = {
            "articles": len({one.id for one in made.topic(ARTICLES, Article)}),
            "annotated": len({one.article.id for one in made.topic(ANNOTATED, AnnotatedArticle)}),
            "stories": len({one.article.id for one in made.topic(STORIES, StoryArticle)}),
            "documents": len(made.documents()),
            "articles that a search for a rule finds": meet,
            "alerts told": len({line["id"] for line in made.told()}),
            "told twice": len(made.told()) - len({line["id"] for line in made.told()}),
            "dead letters": made.ends(DEADLETTER),
        }
        print("distinct: " + ", ".join(f"{name} {number}" for name, number in distinct.items()))
        for title, server in servers.items():
            spent = worked(*pids(server)) - worked_before[title]
            print(f"{title}: {1000 * spent / count:.1f} ms of CPU an article")
        costs(made, count)


def told_of(made: Cluster) -> int:
    """How many alerts are due, by the store: each article is a story of its own here."""
    config = Config(made.config)
    catalogue = load_catalogue(config.files("actors*.toml"))
    rules = load_rules(config.file(RULES_FILE), catalogue).rules
    with closing(ElasticStore(made.settings.elasticsearch)) as store:
        return sum(store.search(rule.query, limit=0).total for rule in rules.values())


def worked(*pids: int) -> float:
    """Seconds of CPU that processes have used."""
    stats = [Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK")


def pids(server: Server) -> list[int]:
    """The processes of a server."""
    return [int(pid) for line in server.status() for pid in re.findall(r"pid (\d+)", line)]


def costs(made: Cluster, count: int) -> None:
    """What an article costs: time of each service's processor and its memory, bytes in each topic and in Elasticsearch."""
    for name, service in made.running.items():
        pid = service.process.pid
        peak = re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))[0]
        print(
            f"{name}: {1000 * worked(pid) / count:.1f} ms of CPU an article, with its start; {int(peak) // 1024} MB at most"
        )
    prefix = made.settings.kafka.prefix
    admin = KafkaAdminClient(bootstrap_servers=made.settings.kafka.bootstrap)
    for topic in (ARTICLES, ANNOTATED, STORIES, ALERTS):
        sizes = [
            partition["partition_size"]
            for broker in admin.describe_log_dirs([prefix + topic.name])
            for folder in broker["log_dirs"]
            for found in folder["topics"]
            for partition in found["partitions"]
        ]
        print(f"{topic.name}: {sum(sizes) / count:.0f} bytes an article on a broker")
    admin.close()
    for name in ("ingest", "group", "notify"):
        size = sum(path.stat().st_size for path in made.data(name).iterdir())
        print(f"volume of {name}: {size / count:.0f} bytes an article")
    names = Names(made.settings.elasticsearch.prefix)
    with Elasticsearch(made.settings.elasticsearch.urls, request_timeout=600) as client:
        client.indices.forcemerge(index=names.articles, max_num_segments=1)
        size = client.indices.stats(index=names.articles, metric="store")["_all"]["primaries"]["store"]["size_in_bytes"]
    print(f"Elasticsearch: {size / count:.0f} bytes an article, merged, without copies")


def latency(count: int, a_second: float) -> None:
    """Publish at a steady rate; every tenth article is watched for."""
    delays: list[float] = []
    with cluster(LATENCY_FEEDS, interval=0.2) as (outlets, made):
        made.watch()
        made.start("ingest", *STAGES)
        stream = items(10**6, 3)
        outlets.publish(0, [next(stream)])
        until(lambda: len(made.told()) == 1, lambda: "the first article is not told")
        due: set[str] = set()
        seen = 1
        began = time.monotonic()
        for number in range(count):
            item = next(stream)._replace(title=f"هجوم لداعش {number}" if number % 10 == 0 else f"خبر {number}")
            outlets.publish(number % LATENCY_FEEDS, [item])
            if "داعش" in item.title + item.text:
                due.add(item.guid)
            while time.monotonic() < began + (number + 1) / a_second:
                seen += _note(made, outlets, seen, delays)
                time.sleep(0.005)
        until(lambda: len(made.told()) > len(due), lambda: f"{len(made.told()) - 1} of {len(due)} are told")
        _note(made, outlets, seen, delays)
    delays.sort()
    print(
        f"first given to a reader to alert told, {count} articles at {a_second:.1f} a second, {len(delays)} alerts: "
        f"p50 {statistics.median(delays):.2f} s, p99 {delays[int(len(delays) * 0.99)]:.2f} s, longest {delays[-1]:.2f} s"
    )


def _note(made: Cluster, outlets: Outlets, seen: int, delays: list[float]) -> int:
    """Note how long the alerts took that are new; how many those are."""
    new = made.told()[seen:]
    now = time.monotonic()
    delays.extend(now - outlets.served(line["url"]) for line in new)
    return len(new)


def until(condition: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait for it; ends the benchmark with `what` where nothing changes for a long time."""
    last, since = what(), time.monotonic()
    while not condition():
        time.sleep(0.2)
        if (now := what()) != last:
            last, since = now, time.monotonic()
            if sys.stdout.isatty():
                print(now, end="\r", flush=True)
        elif time.monotonic() - since > STALLED_S:
            sys.exit(f"nothing changed for {STALLED_S} s: {last}")


def main() -> None:
    kind, *rest = sys.argv[1:] or [""]
    if kind == "rate":
        rate(int(rest[0]) if rest else 1_000)
    elif kind == "latency":
        latency(int(rest[0]) if rest else 300, float(rest[1]) if len(rest) > 1 else 5.0)
    else:
        sys.exit(__doc__)


main()
