"""`marsad run` is killed again and again under load: every article is stored once, every story told once.

MARSAD_KILLS says how often (20 by default). The kills fall while feeds are polled, stories grouped, alerts delivered, and at
any other moment; the load has copies, edits, edits that meet a rule for the first time, and articles that are replayed.
"""

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexers.sqlitestore import SqliteStore
from tests.load import Load
from tests.marsad_process import SETTINGS, Outlets, Service, marsad, write_config

KILLS = int(os.environ.get("MARSAD_KILLS", "20"))
TARGETS: list[tuple[str, dict[str, object]] | None] = [
    ("feed polled", {"outcome": "read"}),
    ("batch", {"stage": "group"}),
    ("delivered", {}),
    None,
]


@pytest.mark.faults
@pytest.mark.timeout(60 + 30 * KILLS)
def test_no_kill_loses_or_doubles_anything(tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    print(f"seed {seed}")
    # All reports draw on the same few words, so that only copies are to be joined here.
    config = write_config(tmp_path / "config", settings=f"{SETTINGS}[stories]\nlikeness = 1\n")
    data, log = tmp_path / "data", tmp_path / "log"
    stored_at_kill: list[int] = []
    with Outlets(4) as outlets:
        load = Load(outlets, rng)
        for url in outlets.urls:
            assert marsad("feeds", "add", url, "--data", data, "--config", config).returncode == 0
        for kill in range(KILLS):
            load.more()
            if kill % 7 == 3:
                assert marsad("replay", "articles", "--data", data).returncode == 0
            with Service(config, data, log) as service:
                wait_for(lambda service=service: service.said("started"), service, log)  # type: ignore[misc] # mypy infers no lambda with a default
                wait_for_moment(service, TARGETS[kill % len(TARGETS)], rng)
                service.process.kill()
                service.process.wait()
            stored_at_kill.append(count(data))
        load.more()
        with Service(config, data, log) as service:
            wait_for(lambda: settled(data) and newest(data) == load.texts, service, log, seconds=90 + 6 * KILLS)
            service.process.terminate()
            assert service.process.wait(10) == 0
    print(f"documents at each kill: {stored_at_kill}")
    load.check(documents(data), told(data))
    assert stored_at_kill[-1] > stored_at_kill[0], "nothing was under way when it was killed"


def told(data: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]


def documents(data: Path) -> dict[str, tuple[str, str]]:
    """Text and story of every stored document, by guid."""
    store = SqliteStore(data / "search.db")
    try:
        rows = store._file.rows("SELECT article FROM document")
        found = [store.get(row["article"]) for row in rows]
    finally:
        store.close()
    assert len({one.article.guid for one in found if one}) == len(found)
    return {one.article.guid: (one.article.text, one.membership.story) for one in found if one}


def count(data: Path) -> int:
    if not (data / "search.db").exists():
        return 0
    store = SqliteStore(data / "search.db")
    try:
        return store.count()
    finally:
        store.close()


def newest(data: Path) -> dict[str, str]:
    """The stored text by guid."""
    return {guid: text for guid, (text, _) in documents(data).items()}


def settled(data: Path) -> bool:
    """Whether everything is done that has come in."""
    found = json.loads(marsad("status", "--json", "--data", data).stdout)
    return not found["outbox"] and not any(found["lag"].values())


def wait_for_moment(service: Service, target: tuple[str, dict[str, object]] | None, rng: random.Random) -> None:
    """Wait until just behind the event, or for any time at all."""
    if target is None:
        time.sleep(rng.uniform(0, 1.2))
        return
    event, fields = target
    deadline = time.monotonic() + 3
    while not service.said(event, **fields) and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.03))


def wait_for(condition: Callable[[], bool], service: Service, log: Path, *, seconds: float = 90) -> None:
    """Every kill leaves work behind, so the last start has more to do the more kills there were."""
    deadline = time.monotonic() + seconds
    while not condition():
        if service.process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass; the log ends with {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)
