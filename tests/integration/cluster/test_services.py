"""What an engineer on call asks of the services, and what becomes of them when Kafka was made anew."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from marsad.topics import ALL
from tests.integration.cluster.services import Cluster, wait_for
from tests.integration.kafka_settings import delete_topics
from tests.marsad_process import Item, Outlets, marsad

SERVICES = ("process", "group", "index")


def publish(outlets: Outlets, *numbers: int) -> None:
    now = format_datetime(datetime.now(UTC))
    outlets.publish(0, [Item(f"http://127.0.0.1/{one}", f"هجوم لداعش {one}", f"خبر رقم {one}", now) for one in numbers])


@pytest.fixture
def outlets() -> Iterator[Outlets]:
    with Outlets(1) as made:
        yield made


@pytest.fixture
def cluster(tmp_path: Path, kafka: str, elasticsearch: str, own_name: str, outlets: Outlets) -> Iterator[Cluster]:
    with Cluster(tmp_path, kafka=kafka, elasticsearch=elasticsearch, name=own_name, outlets=outlets) as made:
        yield made


def ingest(cluster: Cluster) -> None:
    done = marsad("ingest", "--once", "--config", cluster.config, "--data", cluster.data("ingest"))
    assert done.returncode == 0, done.stderr


def index_all(cluster: Cluster, count: int) -> None:
    cluster.start(*SERVICES)
    wait_for(lambda: cluster.stored() == count, lambda: f"{cluster.stored()} of {count}")
    for name in SERVICES:
        cluster.kill(name)


def status(cluster: Cluster, volume: str) -> dict[str, Any]:
    done = marsad("status", "--json", "--config", cluster.config, "--data", cluster.data(volume))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(240, func_only=True)
def test_status_says_what_is_held_and_how_far_each_is(cluster: Cluster, outlets: Outlets) -> None:
    publish(outlets, 0, 1, 2)
    ingest(cluster)
    found = status(cluster, "ingest")
    assert found["kafka"]["messages"]["marsad.articles"] == 3
    assert found["lag"] == {"annotate": 3, "group": None, "index": 0, "notify": None}
    assert (found["elasticsearch"]["articles"], found["dead_letters"], found["silent"]) == (0, 0, {})
    assert found["here"]["feeds"]["working"] == 1
    index_all(cluster, 3)
    found = status(cluster, "group")
    assert found["lag"] == {"annotate": 0, "group": 0, "index": 0, "notify": None}
    assert found["elasticsearch"]["articles"] == 3
    shown = marsad("status", "--config", cluster.config, "--data", cluster.data("nowhere")).stdout
    assert "3 articles, 3 annotated, 3 in stories, 0 alerts" in shown
    assert "annotate 0, group not known here, index 0, notify not known here" in shown


@pytest.mark.timeout(300, func_only=True)
def test_topics_that_were_made_anew_are_indexed_from_their_start(cluster: Cluster, outlets: Outlets) -> None:
    publish(outlets, 0, 1, 2)
    ingest(cluster)
    index_all(cluster, 3)
    delete_topics(cluster.settings.kafka, [cluster.settings.kafka.prefix + topic.name for topic in ALL])
    for volume in ("ingest", "group"):
        shutil.rmtree(cluster.data(volume))
    publish(outlets, 3, 4, 5, 6)
    marsad("feeds", "add", outlets.urls[0], "--data", cluster.data("ingest"), "--config", cluster.config)
    ingest(cluster)
    index_all(cluster, 7)
    assert status(cluster, "group")["lag"]["index"] == 0
