"""Alerts and the health of feeds become documents, the last message about each."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from elasticsearch import Elasticsearch
from prometheus_client import CollectorRegistry

from indexers.elastic import mapping
from indexers.elastic.mapping import Names
from indexers.elastic.panels import Panels, run_panels
from marsad.alert import Alert
from marsad.codec import decode, encode
from marsad.feed import FeedHealth
from marsad.message import Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.settings import ElasticsearchSettings
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ALL, FEEDHEALTH
from tests.integration.elastic.stage import until
from tests.samples import NOW, alert

WORKING = FeedHealth(feed_id="f1", feed_url="http://127.0.0.1/feed", title="وكالة", state="working", since=NOW)
FAILING = msgspec.structs.replace(WORKING, state="failing", since=NOW + 1, failures=3, error="the server answered 500")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    file = StateFile(tmp_path / "marsad.db")
    file.create_topics(topic.name for topic in ALL)
    yield SqliteLog(file)
    file.close()


def copying(log: SqliteLog, elastic: ElasticsearchSettings, holds: Callable[[], bool]) -> None:
    """Run the loop until something holds."""
    stopping = threading.Event()
    panels = Panels(elastic)
    thread = threading.Thread(target=run_panels, args=(log, panels, stopping, Metrics(CollectorRegistry())))
    thread.start()
    try:
        until(holds)
    finally:
        stopping.set()
        thread.join()
        panels.close()


def test_the_last_message_about_each_is_held(
    log: SqliteLog, elastic: ElasticsearchSettings, client: Elasticsearch
) -> None:
    first, other = alert(), alert(rule="other")
    told = msgspec.structs.replace(
        first,
        notifications=tuple(
            msgspec.structs.replace(one, state="delivered", delivered=NOW + 9) for one in first.notifications
        ),
    )
    log.append(ALERTS.name, [Record(one.id.encode(), encode(one)) for one in (first, other, told)])
    log.append(FEEDHEALTH.name, [Record(b"f1", encode(one)) for one in (WORKING, FAILING)])
    names = Names(elastic.prefix)

    def held() -> bool:
        client.indices.refresh(index=f"{elastic.prefix}-*")
        return [client.count(index=index)["count"] for index in (names.alerts, names.feedhealth)] == [2, 1]

    copying(log, elastic, held)
    source = client.get(index=names.alerts, id=first.id)["_source"]
    assert decode(source["value"].encode(), Alert) == told
    assert (source["states"], source["delivered"], source["surfaces"]) == (["delivered"], NOW + 9, ["داعش"])
    assert client.get(index=names.feedhealth, id="f1")["_source"]["state"] == "failing"
    typed = client.search(index=names.alerts, query={"simple_query_string": {"query": "البادية"}})
    assert typed["hits"]["total"]["value"] == 2


def test_it_goes_on_where_it_was_and_a_new_version_is_filled_from_the_start(
    log: SqliteLog, elastic: ElasticsearchSettings, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(elastic.prefix)

    def at(expected: dict[str, int]) -> Callable[[], bool]:
        def holds() -> bool:
            panels = Panels(elastic)
            try:
                return {one.topic: position for one, position in panels.positions().items()} == expected
            finally:
                panels.close()

        return holds

    log.append(ALERTS.name, [Record(b"1", encode(alert()))])
    copying(log, elastic, at({ALERTS.name: 1}))
    log.append(FEEDHEALTH.name, [Record(b"f1", encode(WORKING))])
    copying(log, elastic, at({ALERTS.name: 1, FEEDHEALTH.name: 1}))
    before = set(client.indices.get_alias(name=names.alerts))
    monkeypatch.setattr(mapping, "MAPPING", 2)
    copying(log, elastic, at({ALERTS.name: 1, FEEDHEALTH.name: 1}))
    after = set(client.indices.get_alias(name=names.alerts))
    assert len(before) == len(after) == 1
    assert before != after
    assert not client.indices.exists(index=before.pop())
    client.indices.refresh(index=names.alerts)
    assert client.count(index=names.alerts)["count"] == 1
