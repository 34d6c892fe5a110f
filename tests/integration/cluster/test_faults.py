"""What happens to a cluster in bad years happens here within minutes, under load: nothing is lost, nothing is done twice.

Services are killed one after the other, the active one of two `notify` again and again, a worker is replaced by another, volumes
are lost, a broker of three is killed and comes back, Elasticsearch is away and then has too much to do. The order is drawn. What
counts is what a webhook was told that honours the key: a file on a volume would be lost with it.

MARSAD_CLUSTER_ARTICLES, MARSAD_CLUSTER_KILLS, MARSAD_CLUSTER_ACTIVE_KILLS and MARSAD_CLUSTER_AWAY_S make it longer.
"""

import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError

from marsad.article import Article
from marsad.lock import NAME as LOCK
from marsad.topics import ARTICLES, DEADLETTER
from tests.hook import RECEIVER, SECRET, Hook
from tests.integration.cluster.services import Cluster, wait_for
from tests.integration.servers.elastic_node import ElasticNode
from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.integration.servers.named import Server
from tests.load import Load
from tests.marsad_process import RULES, Outlets

ABOUT_ARTICLES = int(os.environ.get("MARSAD_CLUSTER_ARTICLES", "200"))
KILLS = int(os.environ.get("MARSAD_CLUSTER_KILLS", "6"))
ACTIVE_KILLS = int(os.environ.get("MARSAD_CLUSTER_ACTIVE_KILLS", "2"))
AWAY_S = float(os.environ.get("MARSAD_CLUSTER_AWAY_S", "2"))
OTHERS = 6
"""What happens besides kills, each once."""
OUTLETS = max(4, ABOUT_ARTICLES // 500)
REPORTS = max(1, round(ABOUT_ARTICLES * 3 / 4 / (KILLS + ACTIVE_KILLS + OTHERS + 2)))
"""New reports before each event; every third of them is in two outlets."""
SERVICES = ("ingest", "process", "process-2", "group", "index", "notify-2")
VICTIMS = ("ingest", "process", "process-2", "group", "index", "notify")
SMALL_QUEUE = {"thread_pool.write.size": "1", "thread_pool.write.queue_size": "1"}


@pytest.fixture
def node(start: Callable[[Server], str], worker_id: str) -> Iterator[ElasticNode]:
    """An Elasticsearch of this test's own, which soon has too much to do."""
    made = ElasticNode(f"elastic-cluster-{worker_id}", first_port=19592, settings=SMALL_QUEUE)
    start(made)
    yield made
    made.down()


class Faults:
    """What can happen to the services and servers of a cluster."""

    def __init__(self, cluster: Cluster, brokers: KafkaCluster, node: ElasticNode) -> None:
        self._cluster = cluster
        self._brokers = brokers
        self._node = node
        self.busy = 0
        """How many writes Elasticsearch has answered with 429."""

    def kill(self, name: str) -> None:
        self._cluster.kill(name)
        self._cluster.start(name)

    def kill_active_notify(self) -> None:
        """The one that holds the volume; the other takes over, and it comes back to stand by."""
        active = ""

        def is_one() -> bool:
            nonlocal active
            active = self._active()
            return bool(active)

        wait_for(is_one, lambda: "no notify is active")
        self.kill(active)

    def _active(self) -> str:
        """Its name; nothing while there is none."""
        with suppress(FileNotFoundError, json.JSONDecodeError):
            holder = json.loads((self._cluster.data("notify") / LOCK).read_text(encoding="utf-8"))["pid"]
            for name in ("notify", "notify-2"):
                if name in self._cluster.running and self._cluster.running[name].process.pid == holder:
                    return name
        return ""

    def replace_worker(self) -> None:
        self._cluster.kill("process-2")
        self._cluster.start("process-3")

    def lose_volume(self, *names: str) -> None:
        """All that share it are killed, and start on an empty one."""
        for name in names:
            self._cluster.kill(name)
        shutil.rmtree(self._cluster.data(names[0]))
        self._cluster.start(*names)

    def kill_broker(self) -> None:
        self._brokers.kill(2)
        time.sleep(AWAY_S)
        self._brokers.start(2)

    def stop_elasticsearch(self) -> None:
        self._node.stop()
        time.sleep(AWAY_S)
        self._node.start()

    def flood_elasticsearch(self) -> None:
        """Others write so much that it refuses writes of the index service too."""
        said = len(self._told_of_429())
        with self._flood():
            wait_for(lambda: len(self._told_of_429()) > said, lambda: "the index service was never refused", seconds=60)
        self.busy += len(self._told_of_429()) - said

    def _told_of_429(self) -> list[object]:
        events = self._cluster.running["index"].events()
        return [one for one in events if one["event"] == "waiting to try again" and "429" in str(one["reason"])]

    @contextmanager
    def _flood(self) -> Iterator[None]:
        ended = threading.Event()
        threads = [threading.Thread(target=self._write_until, args=(ended,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def _write_until(self, ended: threading.Event) -> None:
        lines: list[dict[str, object]] = []
        for number in range(2_000):
            lines += [{"index": {}}, {"text": f"ماء {number} " * 40}]
        with Elasticsearch(self._node.address(), request_timeout=60) as client:
            while not ended.is_set():
                with suppress(ApiError, TransportError):
                    client.bulk(index="flood", operations=lines)


@pytest.mark.faults
@pytest.mark.timeout(300 + 20 * (KILLS + ACTIVE_KILLS) + AWAY_S * 3 + ABOUT_ARTICLES / 2, func_only=True)
def test_whatever_happens_nothing_is_lost_or_done_twice(
    tmp_path: Path, three_brokers: KafkaCluster, node: ElasticNode, own_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    print(f"seed {seed}")
    with (
        Hook() as hook,
        Outlets(OUTLETS) as outlets,
        Cluster(
            tmp_path,
            kafka=three_brokers.address(),
            replication=3,
            elasticsearch=node.address(),
            name=own_name,
            outlets=outlets,
            rules=RECEIVER.format(url=hook.url) + RULES.replace('["file"]', '["hook"]'),
            interval=0.2 if ABOUT_ARTICLES <= 1_000 else 5,  # a feed of hundreds takes a second to read
        ) as cluster,
    ):
        faults = Faults(cluster, three_brokers, node)
        happening: list[tuple[str, Callable[[], None]]] = [
            *((f"{name} killed", lambda name=name: faults.kill(name)) for name in (VICTIMS * KILLS)[:KILLS]),
            *(("the active notify killed", faults.kill_active_notify) for _ in range(ACTIVE_KILLS)),
            ("the volume of notify lost", lambda: faults.lose_volume("notify", "notify-2")),
            ("the volume of group lost", lambda: faults.lose_volume("group")),
            ("broker 2 killed and back", faults.kill_broker),
            ("Elasticsearch stopped and back", faults.stop_elasticsearch),
            ("Elasticsearch answers 429", faults.flood_elasticsearch),
        ]
        rng.shuffle(happening)
        happening.append(("a worker killed and another started", faults.replace_worker))

        load = Load(outlets, rng, reports=REPORTS)
        cluster.watch()
        load.more()
        cluster.start(*SERVICES)
        wait_for(lambda: bool(hook.posts), lambda: "nothing was told", seconds=120)
        began = time.monotonic()
        for what, happens in happening:
            load.more()
            time.sleep(rng.uniform(0.2, 2))
            happens()
            print(f"{time.monotonic() - began:5.0f} s  {what}")
        load.more()

        def told() -> list[dict[str, str]]:
            return list({post.key: post.alert for post in list(hook.posts)}.values())

        def texts() -> dict[str, str]:
            return {guid: text for guid, (text, _) in cluster.documents().items()}

        def far() -> str:
            return f"{cluster.stored()} of {len(load.texts)} articles, {len(told())} of {load.told.total()} tellings"

        patience = 180 + ABOUT_ARTICLES / 5
        wait_for(
            lambda: cluster.stored() >= len(load.texts) and len(told()) >= load.told.total(), far, seconds=patience
        )
        wait_for(lambda: texts() == load.texts, lambda: "not every article has its newest text", seconds=patience)
        time.sleep(2)  # whatever is told too often would be told by now
        load.check(cluster.documents(), told())
        assert all(post.signed for post in hook.posts)
        assert cluster.ends(DEADLETTER) == 0
        published = {(one.id, one.version) for one in cluster.topic(ARTICLES, Article)}
        assert len({name for name, _ in published}) == len(load.texts)
        assert faults.busy
        print(
            f"{len(happening)} events in {time.monotonic() - began:.0f} s; {len(hook.posts)} posts for {len(told())} keys, "
            f"{faults.busy} batches refused with 429"
        )
