"""A real `marsad run` measured from outside: from a feed to an alert, and memory after many articles.

python -m benchmarks.pipeline latency [ARTICLES]
python -m benchmarks.pipeline memory [ARTICLES [SENTENCES]]
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from benchmarks.corpus import Corpus
from indexers.sqlitestore import SqliteStore
from marsad.catalogue import load_catalogue
from marsad.config import Config
from tests.marsad_process import RULES, Item, Outlets, Service, marsad, write_config

SETTINGS = """
[fetch]
allow = ["127.0.0.1"]
interval_s = {interval}
max_bytes = 50_000_000
timeout_s = 60
[log]
format = "json"
level = "{level}"
"""

EVENTS = (
    "قتلت قوات {0} {4} من عناصر {1} خلال مداهمة في ريف {2} بعد {3}",
    "اعتقلت شرطة {0} {4} من المشتبه بهم قرب {1} بتهمة {2} {3}",
    "قصفت طائرات {0} مواقع في بلدة {1} ما أدى إلى إصابة {4} من {2} {3}",
    "التقى وزير {0} وفدا من {1} وبحث معه {2} و{3} في {4} ملفات",
)
STALLED_S = 60


@contextmanager
def running(outlets: Outlets, *, interval: float, level: str) -> Iterator[tuple[Service, Path]]:
    """A marsad that polls these outlets, and its data directory."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        config = write_config(place / "config", settings=SETTINGS.format(interval=interval, level=level), rules=RULES)
        for url in outlets.urls:
            marsad("feeds", "add", url, "--data", place / "data", "--config", config)
        with Service(config, place / "data", place / "log") as service:
            while not (place / "data" / "search.db").exists():
                time.sleep(0.1)
            yield service, place / "data"


def article(number: int, corpus: Corpus, rng: random.Random, *, watched: bool, sentences: int) -> Item:
    """An article unlike the others: an event, then invented words, since stories share words; «داعش» is in those watched."""
    event = rng.choice(EVENTS).format(*corpus.words(4), rng.randrange(2, 100))
    text = ". ".join([event, *(" ".join(corpus.words(14)) for _ in range(sentences - 1))])
    subject = "هجوم لداعش" if watched else "خبر"
    now = format_datetime(datetime.now(UTC))
    return Item(f"http://127.0.0.1/{number}", f"{subject} رقم {number}", f"{subject} {number} {text}", now)


def latency(count: int = 200) -> None:
    """From the response that first has an article to the line in the receiver's file."""
    rng, corpus = random.Random(1), Corpus(load_catalogue(Config().files("actors*.toml")))
    delays = []
    with Outlets(1) as outlets, running(outlets, interval=0.1, level="warning") as (_, data):
        told = data / "alerts.jsonl"
        seen = 0
        for number in range(count):
            item = article(number, corpus, rng, watched=True, sentences=36)
            outlets.publish(0, [item])
            visible = outlets.served(item.guid)
            while (lines := told.read_bytes().count(b"\n") if told.exists() else 0) <= seen:
                if time.monotonic() - visible > STALLED_S:
                    sys.exit(f"no alert came for article {number}")
                time.sleep(0.002)
            delays.append(time.monotonic() - visible)
            seen = lines
            time.sleep(rng.uniform(0.05, 0.3))
    delays.sort()
    print(
        f"feed visible to alert delivered, {count} articles of 500 words: p50 {statistics.median(delays):.3f} s, "
        f"p99 {delays[int(len(delays) * 0.99)]:.3f} s, longest {delays[-1]:.3f} s"
    )


def memory(count: int = 5_000, sentences: int = 7) -> None:
    """Resident memory of the process while it takes in and stores that many articles of so many sentences."""
    rng, corpus = random.Random(2), Corpus(load_catalogue(Config().files("actors*.toml")))
    feeds = max(1, count // 1_000)
    with Outlets(feeds) as outlets:
        for feed in range(feeds):
            outlets.publish(
                feed,
                [
                    article(feed * 1_000 + number, corpus, rng, watched=number % 50 == 0, sentences=sentences)
                    for number in range(1_000)
                ],
            )
        began = time.monotonic()
        with running(outlets, interval=600, level="error") as (service, data):
            stored, resident, peak = 0, 0.0, 0.0
            since = time.monotonic()
            while stored < feeds * 1_000:
                time.sleep(2)
                store = SqliteStore(data / "search.db")
                before, stored = stored, store.count()
                store.close()
                if stored > before:
                    since = time.monotonic()
                elif time.monotonic() - since > STALLED_S:
                    sys.exit(f"nothing more was stored for {STALLED_S} s, {stored} so far")
                status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="utf-8")
                resident = int(status.split("VmRSS:")[1].split()[0]) / 1000
                peak = max(peak, resident)
                if sys.stdout.isatty():
                    print(f"{stored} stored, {resident:.0f} MB", end="\r", flush=True)
                elif stored // 10_000 > before // 10_000:
                    print(f"{stored} stored, {resident:.0f} MB", flush=True)
            seconds = time.monotonic() - began
            files = {path.name: round(path.stat().st_size / 1e6) for path in data.iterdir() if path.is_file()}
    print(
        f"{stored} articles of some {14 * sentences} words stored in {seconds:.0f} s ({stored / seconds:.0f} a second): "
        f"resident {resident:.0f} MB, at most {peak:.0f} MB; files in MB: {json.dumps(files)}"
    )


def main() -> None:
    kinds: dict[str, Callable[..., None]] = {"latency": latency, "memory": memory}
    if len(sys.argv) < 2 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    kinds[sys.argv[1]](*map(int, sys.argv[2:]))


if __name__ == "__main__":
    main()
