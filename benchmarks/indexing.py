"""The index stage as a share of the client's own bulk helper, on the same documents, in the same run.

python -m benchmarks.indexing [ARTICLES]

The helper is given documents that are ready. The stage reads articles from a real Kafka, makes the documents and keeps its
position. Both write into indices of one template, each round into new ones, and take turns; the sum of all rounds counts.
"""

import sys
import threading
import time
import uuid
from collections.abc import Sequence

from elasticsearch import Elasticsearch, helpers
from prometheus_client import CollectorRegistry

from benchmarks.corpus import Corpus
from indexers.elastic.bulk import CHUNK
from indexers.elastic.documents import document, place_of
from indexers.elastic.mapping import Names
from indexers.elastic.store import ElasticStore
from indexers.index import run_index
from marsad.annotation import StoryArticle
from marsad.catalogue import load_catalogue
from marsad.codec import encode
from marsad.config import Config
from marsad.errors import RetryableError
from marsad.message import Partition, Record
from marsad.messagelog.kafka import KafkaLog
from marsad.messagelog.kafka_topics import create_topics
from marsad.metrics import Metrics
from marsad.settings import ElasticsearchSettings, KafkaSettings
from marsad.topics import DEADLETTER, STORIES
from tests.integration.elastic.conftest import clear
from tests.integration.kafka_settings import delete_topics
from tests.integration.servers.named import elasticsearch, kafka

ROUNDS = 3
WORDS = 280
HERE = Partition(STORIES.name, 0)
"""Of stories there is one partition."""


def by_helper(client: Elasticsearch, settings: ElasticsearchSettings, stored: Sequence[StoryArticle]) -> float:
    """Seconds that the helper takes."""
    names = Names(settings.prefix)
    ElasticStore(settings).index([], {HERE: 0})  # the templates
    ready = [
        {"_index": names.month(one.article.month), "_id": one.article.id, "_source": document(one, place_of(one, at))}
        for at, one in enumerate(stored)
    ]
    began = time.perf_counter()
    helpers.bulk(client, ready)
    return time.perf_counter() - began


def by_stage(settings: ElasticsearchSettings, brokers: KafkaSettings, count: int) -> float:
    """Seconds that the stage takes to come to the end of its topic."""
    stopping = threading.Event()
    store, looked_at = ElasticStore(settings), ElasticStore(settings)
    store.prepare()
    metrics = Metrics(CollectorRegistry())
    log = KafkaLog(brokers, metrics, stopping)
    thread = threading.Thread(
        target=run_index, args=(log, store, stopping, metrics), kwargs={"prepare": store.prepare, "at_once": CHUNK}
    )
    began = time.perf_counter()
    thread.start()
    while position(looked_at) < count:
        if not thread.is_alive():
            sys.exit("the index stage has ended before its topic")
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    stopping.set()
    thread.join()
    for open_one in (log, store, looked_at):
        open_one.close()
    return seconds


def position(store: ElasticStore) -> int:
    """How far the stage has come; an index that is only being made cannot be asked yet."""
    try:
        return store.positions().get(HERE, 0)
    except RetryableError:
        return 0


def main(count: int) -> None:
    """Fill a topic, then let both have their rounds."""
    url, addresses = elasticsearch().up(), kafka().up()
    name = f"bench-{uuid.uuid4().hex[:8]}"
    brokers = KafkaSettings(bootstrap=addresses.split(","), prefix=f"{name}-")
    stored = list(Corpus(load_catalogue(Config().files("actors*.toml"))).articles(count, words=WORDS, days=10))
    create_topics(brokers, [STORIES, DEADLETTER])
    log = KafkaLog(brokers, Metrics(CollectorRegistry()))
    for at in range(0, count, 500):
        log.append(STORIES.name, [Record(one.article.id.encode(), encode(one)) for one in stored[at : at + 500]])
    log.close()
    helper: list[float] = []
    stage: list[float] = []
    with Elasticsearch(url, request_timeout=60) as client:
        for number in range(ROUNDS):
            for which, into in (("helper", helper), ("stage", stage)):
                settings = ElasticsearchSettings(urls=[url], prefix=f"{name}-{which}{number}", replicas="0")
                if which == "helper":
                    into.append(by_helper(client, settings, stored))
                else:
                    into.append(by_stage(settings, brokers, count))
                print(f"{which} {number}: {count / into[-1]:.0f} documents a second", flush=True)
                clear(client, settings.prefix)
    delete_topics(brokers, [brokers.prefix + topic.name for topic in (STORIES, DEADLETTER)])
    print(
        f"{count} articles of {WORDS} words, {sum(map(len, map(encode, stored))) // count} bytes each: the index stage "
        f"{ROUNDS * count / sum(stage):.0f} a second, the client's bulk helper {ROUNDS * count / sum(helper):.0f}, a share of "
        f"{sum(helper) / sum(stage):.2f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000)
