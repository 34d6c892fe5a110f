"""Annotating through Faust and a real Kafka as a share of the same function in a loop, on the same articles, in the same run.

python -m benchmarks.agents BOOTSTRAP [ARTICLES]

Topics of its own are made for it and taken away. Both sides do the whole of a stage's work on bytes: decode, annotate, encode.
One worker process works while this one waits; the loop runs before and after it, and the mean of both is the baseline. On a machine
that has other work the CPU times say more.
"""

import sys
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.cases import Result
from benchmarks.texts import articles
from marsad.catalogue import load_catalogue
from marsad.codec import encode
from marsad.config import Config
from marsad.message import Message, Partition, Record
from marsad.topics import ANNOTATED, ARTICLES
from processors.annotate import Annotator
from processors.outcome import annotated_record
from tests.integration.faust.scene import flow, wait_for

WARM = 50
"""Articles before those that are timed: the worker has joined its group and has read its tables."""


def through_faust(bootstrap: str, count: int) -> Result:
    """Articles a second of one worker, beside those of a loop."""
    annotate = Annotator(load_catalogue(Config().files("actors*.toml")))
    made = [Record(article.id.encode(), encode(article)) for article in articles(WARM + count)]
    loop = [_looped(annotate, made)]
    name = f"bench-{uuid.uuid4().hex[:8]}"
    with (
        TemporaryDirectory() as directory,
        flow(bootstrap, name) as topics,
        topics.worker(Path(directory) / "log") as worker,
    ):
        topics.publish(made[:WARM])
        wait_for(lambda: topics.size(ANNOTATED) == WARM, worker)
        began, worked = time.perf_counter(), worker.cpu_seconds()
        topics.publish(made[WARM:])
        wait_for(lambda: topics.size(ANNOTATED) == WARM + count, worker)
        seconds, worked = time.perf_counter() - began, worker.cpu_seconds() - worked
        worker.end()
    loop.append(_looped(annotate, made))
    return Result(
        count / seconds,
        sum(one.rate for one in loop) / len(loop),
        "articles/s",
        f"one Faust worker, {count} articles of 500 words from Kafka to Kafka, against the same function in a loop "
        f"(CPU an article: {1000 * worked / count:.1f} ms against {1000 * min(one.cpu for one in loop):.1f} ms)",
    )


class Looped(NamedTuple):
    """Articles a second of the bare function, and its CPU time for one in s."""

    rate: float
    cpu: float


def _looped(annotate: Annotator, made: list[Record]) -> Looped:
    messages = [Message(Partition(ARTICLES.name, 0), at, 0, *record) for at, record in enumerate(made)]
    for message in messages[:WARM]:
        annotated_record(annotate, message)
    count = len(messages) - WARM
    began, worked = time.perf_counter(), time.process_time()
    for message in messages[WARM:]:
        annotated_record(annotate, message)
    return Looped(count / (time.perf_counter() - began), (time.process_time() - worked) / count)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = through_faust(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600)
    print(
        f"{found.compared}: {found.ours:.1f} beside {found.baseline:.1f} {found.unit}, a share of {found.ours / found.baseline:.2f}"
    )


if __name__ == "__main__":
    main()
