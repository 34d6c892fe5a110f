"""A process with a state file, a stage that writes to it, and a relay to Kafka: what is killed in tests.

    python -m tests.integration.relay_process FILE BROKERS COUNT TOPIC…

The stage writes messages 0 to COUNT - 1 to each topic, each with a reading of the clock, so that one decided again would have
other bytes. It says when the relay is at work, and ends once that has copied all.
"""

import random
import sys
import threading
import time
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from marsad import log
from marsad.message import Record
from marsad.messagelog.kafka import KafkaLog
from marsad.metrics import Metrics
from marsad.relay import Relay, passed
from marsad.statefile import Schema, StateFile
from marsad.topics import Topic
from tests.integration.kafka_settings import settings_for
from tests.integration.waiting import until

WRITTEN = Schema("written", 1, "CREATE TABLE IF NOT EXISTS written (number INTEGER PRIMARY KEY) STRICT")
MOST_AHEAD = 2_000
"""Messages that the stage writes beyond what the relay has copied, so that a kill finds both at work."""


def write(file: StateFile, count: int, topics: list[str], relay: Relay) -> None:
    """The stage: its state is the number of the last message, in the same transaction as the messages."""
    first, told = passed(file, topics[0]), False
    while True:
        if not told and passed(file, topics[0]) > first:
            told = True
            print("at work", flush=True)
        until(lambda: sum(relay.behind().values()) < MOST_AHEAD)
        with file.transaction() as tx:
            (last,) = tx.execute("SELECT coalesce(max(number), -1) FROM written").fetchone()
            numbers = range(last + 1, min(last + 1 + random.randint(1, 40), count))
            for topic in topics:
                tx.append(topic, [Record(b"%d" % n, b"%d %d" % (n, time.time_ns()) + b" x" * 500) for n in numbers])
            tx.executemany("INSERT INTO written VALUES (?)", [(n,) for n in numbers])
        if not numbers:
            return
        time.sleep(0.01)


def main() -> None:
    path, brokers, count, *topics = sys.argv[1:]
    log.configure(level="warning", form="text")
    file = StateFile(Path(path))
    file.install(WRITTEN)
    file.create_topics(topics)
    stopping = threading.Event()
    metrics = Metrics(CollectorRegistry())
    target = KafkaLog(settings_for(brokers), metrics, stopping)
    relay = Relay(file, target, [Topic(name, msgspec.Struct, "number") for name in topics], metrics)
    thread = threading.Thread(target=relay.run, args=(stopping,), daemon=True)
    thread.start()
    write(file, int(count), topics, relay)
    until(lambda: not any(relay.behind().values()))
    stopping.set()
    thread.join()
    target.close()
    file.close()


if __name__ == "__main__":
    main()
