"""The first day: `marsad run` on as many feeds as ship, all of them with week-old items, stores all and tells nothing."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ingest.lists import read_list
from marsad.config import Config
from tests.faults.test_kills import count, settled
from tests.marsad_process import SETTINGS, Item, Outlets, Service, marsad, write_config

ITEMS = 3
"""Old articles of each feed, of which one meets a rule."""


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_the_starting_list_floods_nobody_and_the_first_news_is_told_once(tmp_path: Path) -> None:
    shipped = read_list(Config().file("feeds.tsv").read_bytes()).feeds
    old, data, log = datetime.now(UTC) - timedelta(days=7), tmp_path / "data", tmp_path / "log"
    with Outlets(len(shipped)) as outlets:
        listed = "".join(f"{feed.title}\t{url}\n" for feed, url in zip(shipped, outlets.urls, strict=True))
        settings = SETTINGS.replace("interval_s = 0.2", "interval_s = 20\nper_host = 8")
        config = write_config(tmp_path / "config", settings=settings, feeds=f"title\turl\n{listed}")
        for outlet in range(len(shipped)):
            items = [article(outlet, number, old) for number in range(ITEMS)]
            outlets.publish(outlet, items)
        began = time.monotonic()
        with Service(config, data, log) as service:
            wait_until(lambda: count(data) == ITEMS * len(shipped) and settled(data), service, log, seconds=200)
            print(f"{len(shipped)} feeds, {ITEMS * len(shipped)} articles stored in {time.monotonic() - began:.0f} s")
            hits = marsad("search", "داعش", "--json", "--limit", "1000", "--data", data).stdout.splitlines()
            assert len(hits) == len(shipped)
            assert told(data) == []
            polled = {
                str(event["feed_id"]): event["outcome"]
                for event in service.events()[::-1]
                if event["event"] == "feed polled"
            }
            assert list(polled.values()) == ["read"] * len(shipped)  # the first of each: the list is in reverse

            outlets.publish(
                7, [article(7, ITEMS, datetime.now(UTC))._replace(text="هجوم لداعش اليوم على حاجز قرب الهول")]
            )
            wait_until(lambda: count(data) == ITEMS * len(shipped) + 1 and settled(data), service, log, seconds=60)
            (alert,) = told(data)
            assert (alert["rule"], alert["outlet"]) == ("daesh", shipped[7].title)
            began = time.monotonic()
            service.process.terminate()
            assert service.process.wait(10) == 0
            assert time.monotonic() - began < 5


def article(outlet: int, number: int, published: datetime) -> Item:
    words = " ".join(f"كلمة{outlet}ن{number}م{position}" for position in range(30))
    subject = "هجوم لداعش" if number == 0 else "طقس معتدل"
    return Item(
        f"http://127.0.0.1/{outlet}/{number}",
        f"خبر {outlet} {number}",
        f"{subject} {words}",
        format_datetime(published),
    )


def told(data: Path) -> list[dict[str, str]]:
    path = data / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def wait_until(condition: Callable[[], bool], service: Service, log: Path, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if service.process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass; the log ends with {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.5)
