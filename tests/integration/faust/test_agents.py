"""Faust workers on a real Kafka: the same bytes as the embedded stage, dead letters, and an orderly process."""

import asyncio
import ssl
import threading
import urllib.request
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from marsad.codec import decode, encode
from marsad.errors import OperatorError
from marsad.message import DeadLetter, Message, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import run_stage
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, ARTICLES, DEADLETTER, Topic
from processors.agents import AgentSettings, Sasl, build_app
from processors.local import AnnotateStage
from processors.outcome import annotated_record
from tests.integration.faust.scene import Flow, article, flow, record, wait_for
from tests.integration.faust.worker import BROKEN, Breakable
from tests.processors.support import CATALOGUE, annotate

LIMIT = 120_000
"""Most bytes of a message where a test wants one that is over it."""


def listening(pid: int) -> list[str]:
    """The local addresses that a process accepts connections at, as /proc has them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
        found += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    return found


def swollen() -> Record:
    """An article under LIMIT that is over it once annotated: a text of little but names and events."""
    text = "قتلت قسد قياديا في داعش في الرقة. "
    made = record(article(1_000, text=text * 1_300))
    assert len(made.value) < LIMIT < len(annotated_record(annotate, message(made)).value)
    return made


def message(made: Record, partition: int = 0, offset: int = 0) -> Message:
    return Message(Partition(ARTICLES.name, partition), offset, 0, made.key, made.value)


def mixed() -> list[Record]:
    """Articles, and one of everything that is given up."""
    return [
        *(record(article(number)) for number in range(40)),
        Record(b"garbage", b"\xff\x00 no article"),
        Record(b"empty", b""),
        Record(b"wrong type", annotated_record(annotate, message(record(article(1)))).value),
        record(article(50, title=BROKEN)),
        swollen(),
        record(msgspec.structs.replace(article(3), version=article(3).version + 9, text="نص جديد عن داعش")),
    ]


def embedded(path: Path, records: list[Record]) -> dict[Topic, list[tuple[bytes, bytes]]]:
    """What the embedded stage makes of them."""
    file = StateFile(path / "marsad.db", largest_message=LIMIT)
    file.create_topics(topic.name for topic in ALL)
    log, stopping = SqliteLog(file), threading.Event()
    log.append(ARTICLES.name, records)
    end = {Partition(ARTICLES.name, 0): len(records)}
    thread = threading.Thread(
        target=lambda: run_stage(
            SqliteLog(file), file, AnnotateStage(Breakable(CATALOGUE)), stopping, Metrics(CollectorRegistry())
        )
    )
    thread.start()
    while thread.is_alive() and file.positions("annotate") != end:
        file.wait(file.mark(), 0.05)
    stopping.set()
    thread.join()
    found = {topic: log.read({Partition(topic.name, 0): 0}, 1_000, 0) for topic in (ANNOTATED, DEADLETTER)}
    file.close()
    return {topic: [(one.key, one.value) for one in messages] for topic, messages in found.items()}


def without_origin(key: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A dead letter without the partition and the offset, which no two logs share."""
    return key, encode(msgspec.structs.replace(decode(value, DeadLetter), partition=0, offset=0))


def drained(made: Flow, count: int) -> bool:
    return made.size(ANNOTATED) + made.size(DEADLETTER) >= count


def test_agents_and_the_embedded_stage_produce_the_same_bytes(kafka: str, own_name: str, tmp_path: Path) -> None:
    records = mixed()
    expected = embedded(tmp_path, records)
    with flow(kafka, own_name) as made:
        made.publish(records)
        with made.worker(tmp_path / "log", largest_message=LIMIT) as worker:
            wait_for(lambda: drained(made, len(records)), worker)
            assert worker.end() == 0
        annotated, dead, sources = (made.read(topic) for topic in (ANNOTATED, DEADLETTER, ARTICLES))
    # Partitions are interleaved as they come; within a key the order is that of the source.
    by_key = [(one.key, one.value) for one in annotated]
    assert sorted(by_key, key=lambda pair: pair[0]) == sorted(expected[ANNOTATED], key=lambda pair: pair[0])
    assert sorted(without_origin(one.key, one.value) for one in dead) == sorted(
        without_origin(*pair) for pair in expected[DEADLETTER]
    )
    assert len(dead) == 5
    values = {(one.partition, one.offset): one.value for one in sources}
    for one in dead:
        letter = decode(one.value, DeadLetter)
        assert values[Partition(letter.topic, letter.partition), letter.offset].startswith(letter.source)


def test_poison_becomes_dead_letters_with_reasons_and_the_stream_goes_on(
    kafka: str, own_name: str, tmp_path: Path
) -> None:
    records: list[Record | tuple[bytes, None]] = [record(article(number)) for number in range(260)]
    for number in range(40):
        broken = record(article(2_000 + number, title=BROKEN))
        poison: list[Record | tuple[bytes, None]] = [Record(b"garbage", b"{"), broken, (b"tombstone", None)]
        records.insert(number * 7, poison[number % 3])
    with flow(kafka, own_name) as made:
        made.publish(records)
        with made.worker(tmp_path / "log") as worker:
            wait_for(lambda: drained(made, 300), worker)
            assert worker.end() == 0
            given_up = [event for event in worker.events() if event["event"] == "given up"]
        assert {one.key for one in made.read(ANNOTATED)} == {article(number).id.encode() for number in range(260)}
        letters = [decode(one.value, DeadLetter) for one in made.read(DEADLETTER)]
    assert len(letters) == len(given_up) == 40
    assert {letter.reason.partition(":")[0] for letter in letters} == {
        "not a value of type «article»",
        "ZeroDivisionError",
    }


def test_too_many_messages_given_up_in_a_row_end_the_worker_with_advice(
    kafka: str, own_name: str, tmp_path: Path
) -> None:
    with flow(kafka, own_name) as made:
        made.publish([Record(str(number).encode(), b"{") for number in range(150)])
        with made.worker(tmp_path / "log") as worker:
            assert worker.ended() == 2
            last = worker.events()[-1]
        assert last["level"] == "critical"
        assert "101 messages in a row could not be processed" in last["reason"]
        assert made.size(DEADLETTER) <= 100
        assert made.committed() <= 100


def test_an_article_over_the_limit_once_annotated_is_a_dead_letter(kafka: str, own_name: str, tmp_path: Path) -> None:
    with flow(kafka, own_name) as made:
        made.publish([swollen(), record(article(1))])
        with made.worker(tmp_path / "log", largest_message=LIMIT) as worker:
            wait_for(lambda: drained(made, 2), worker)
            assert worker.end() == 0
        (dead,) = made.read(DEADLETTER)
        assert [one.key for one in made.read(ANNOTATED)] == [article(1).id.encode()]
    assert f"is over the limit of {LIMIT}" in decode(dead.value, DeadLetter).reason
    assert dead.key == article(1_000).id.encode()


def test_a_worker_listens_nowhere_writes_json_only_and_stops_at_once_when_idle(
    kafka: str, own_name: str, tmp_path: Path
) -> None:
    with flow(kafka, own_name) as made:
        made.publish([record(article(number)) for number in range(10)])
        with made.worker(tmp_path / "log") as worker:
            wait_for(lambda: drained(made, 10) and worker.said("batch"), worker)
            assert listening(worker.process.pid) == []
            assert worker.end() == 0
            names = [event["event"] for event in worker.events()]
        assert names[-1] == "stopped"
        assert {"partitions", "batch", "stopped"} <= set(names)
        assert made.committed() == 10


def test_metrics_have_the_names_of_every_stage(kafka: str, own_name: str, tmp_path: Path, free_port: int) -> None:
    def page() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/metrics") as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    with flow(kafka, own_name) as made:
        made.publish([*(record(article(number)) for number in range(9)), Record(b"garbage", b"{")])
        with made.worker(tmp_path / "log", metrics=free_port) as worker:
            wait_for(lambda: 'marsad_messages_total{outcome="done",stage="annotate"} 9.0' in page(), worker)
            wait_for(lambda: 'marsad_lag_messages{stage="annotate"} 0.0' in page(), worker)
            shown = page()
    assert 'marsad_messages_total{outcome="dead",stage="annotate"} 1.0' in shown
    assert 'marsad_batch_seconds_count{stage="annotate"}' in shown


@pytest.mark.parametrize(
    ("tls", "sasl", "protocol"),
    [(False, False, None), (True, False, "SSL"), (False, True, "SASL_PLAINTEXT"), (True, True, "SASL_SSL")],
)
def test_tls_and_a_password_reach_the_client_together_and_alone(*, tls: bool, sasl: bool, protocol: str | None) -> None:
    settings = AgentSettings(
        bootstrap=("127.0.0.1:1",),
        tls=ssl.create_default_context() if tls else None,
        sasl=Sasl(mechanism="SCRAM-SHA-512", username="u", password="secret") if sasl else None,
    )
    app = build_app(settings, asyncio.new_event_loop())
    told = app.conf.broker_credentials
    assert (told.protocol.value if told else None) == protocol
    assert "secret" not in repr(settings)
    app.loop.close()


def test_a_mechanism_that_is_not_known_is_said_with_those_that_are() -> None:
    settings = AgentSettings(bootstrap=("127.0.0.1:1",), sasl=Sasl(mechanism="SCRAM", username="u", password="secret"))
    with pytest.raises(OperatorError, match="'SCRAM'; it may be PLAIN"):
        settings.credentials()
    assert "secret" not in repr(settings)
