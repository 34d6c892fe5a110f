"""Workers that are killed, stopped and refused, under load: nothing is lost, and what comes twice has the same bytes."""

import signal
import threading
import time
from pathlib import Path

import pytest

from marsad.topics import ANNOTATED
from processors.outcome import annotated_record
from tests.integration.faust.scene import article, distinct, flow, record, wait_for
from tests.integration.faust.test_agents import message
from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.processors.support import annotate

COUNT, LAST = 900, 100
PAUSE_S = 0.01


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_a_killed_worker_of_two_loses_nothing(kafka: str, own_name: str, tmp_path: Path) -> None:
    records = [record(article(number)) for number in range(COUNT)]
    with flow(kafka, own_name) as made:
        load = threading.Thread(target=made.publish, args=(records[:-LAST],), kwargs={"pause": PAUSE_S})
        with made.worker(tmp_path / "first") as first, made.worker(tmp_path / "second") as second:
            wait_for(lambda: bool(first.partitions() and second.partitions()), first, second)
            load.start()
            wait_for(lambda: first.said("batch") and second.said("batch"), first, second)
            first.end(signal.SIGKILL)
            at_kill = made.size(ANNOTATED)
            with made.worker(tmp_path / "third") as third:
                wait_for(lambda: bool(third.partitions()), second, third)
                load.join()
                made.publish(records[-LAST:])
                wait_for(lambda: made.committed() == COUNT, second, third)
                assert third.said("batch")
                assert (second.end(), third.end()) == (0, 0)
        found = distinct(made.read(ANNOTATED))
    print(f"{at_kill} of {COUNT} annotated when one was killed; {found.duplicates} came twice")
    assert 0 < at_kill < COUNT
    assert found.values == {made.key: annotated_record(annotate, message(made)).value for made in records}


@pytest.mark.faults
def test_a_worker_that_is_stopped_under_load_has_committed_what_it_did(
    kafka: str, own_name: str, tmp_path: Path
) -> None:
    with flow(kafka, own_name) as made:
        made.publish(record(article(number)) for number in range(1_500))
        with made.worker(tmp_path / "first") as first:
            wait_for(lambda: first.said("batch"), first)
            assert first.end() == 0
        done = made.size(ANNOTATED)
        assert 0 < done == made.committed() < 1_500
        with made.worker(tmp_path / "second") as second:
            wait_for(lambda: made.committed() == 1_500, second)
            assert second.end() == 0
        found = distinct(made.read(ANNOTATED))
    assert (len(found.values), found.duplicates) == (1_500, 0)


@pytest.mark.faults
def test_a_broker_that_refuses_what_is_published_ends_the_worker_and_loses_nothing(
    kafka: str, own_name: str, tmp_path: Path
) -> None:
    with flow(kafka, own_name, annotated={"max.message.bytes": "200"}) as made:
        made.publish(record(article(number)) for number in range(100))
        with made.worker(tmp_path / "first") as first:
            assert first.ended() == 70
            last = first.events()[-1]
        assert (last["event"], last["level"]) == ("cannot go on; nothing more is committed", "critical")
        assert "MessageSizeTooLarge" in last["reason"]
        assert made.committed() == made.size(ANNOTATED) == 0
        made.configure(ANNOTATED, "max.message.bytes", "1048588")
        with made.worker(tmp_path / "second") as second:
            wait_for(lambda: made.committed() == 100, second)
            assert second.end() == 0
        assert len(distinct(made.read(ANNOTATED)).values) == 100


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_an_outage_is_a_few_lines_keeps_no_worker_from_stopping_and_loses_nothing(
    three_brokers: KafkaCluster, own_name: str, tmp_path: Path
) -> None:
    with flow(three_brokers.address(), own_name) as made:
        made.publish(record(article(number)) for number in range(COUNT))
        with made.worker(tmp_path / "first") as first:
            wait_for(lambda: first.said("batch"), first)
            made.let_go()
            for broker in (1, 2, 3):
                three_brokers.kill(broker)
            time.sleep(8)
            assert first.end() == 0
            lines = [event for event in first.events() if event["event"] == "library"]
        three_brokers.up()
        with made.worker(tmp_path / "second") as second:
            wait_for(lambda: made.committed() == COUNT, second)
            assert second.end() == 0
        found = distinct(made.read(ANNOTATED))
    print(f"{len(lines)} lines in an outage of 8 s and more; {found.duplicates} of {COUNT} came twice")
    assert len(lines) <= 12
    assert len(found.values) == COUNT
