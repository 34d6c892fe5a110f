"""`marsad run` is killed again and again under load: every article is stored once, every story told once."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from indexers.sqlitestore import SqliteStore
from tests.marsad_process import SETTINGS, Item, Outlets, Service, marsad, write_config

KILLS = 20
REPORTS = 12
"""New reports before each start."""
SUBJECTS = [
    ("لداعش", {"daesh"}),
    ("لقسد", {"qasad"}),
    ("لداعش على حاجز لقسد", {"daesh", "qasad"}),
    ("لمسلحين", set[str]()),
]
PLACES = "الرقة الحسكة منبج تدمر السخنة البوكمال الميادين الشدادي الهول عامودا القامشلي الدرباسية".split()
DETAILS = (
    "سوق محطة مدرسة مستشفى جسر مخفر مزرعة مخزن طريق قافلة حقل معمل فرن مسجد بئر حديقة مرآب سد مطحنة صومعة "
    "صباح مساء ظهر ليل فجر ضباب مطر غبار برد حر شاهد جار راع سائق معلم طبيب تاجر مزارع مهندس حارس طالب خباز"
).split()


def report(number: int, rng: random.Random) -> tuple[str, set[str]]:
    """The text of a report unlike all others, and the rules that it meets."""
    subject, rules = SUBJECTS[number % len(SUBJECTS)]
    words = " ".join(rng.choice(DETAILS) + f" {rng.choice(PLACES)}" for _ in range(40))
    return f"هجوم {subject} قرب {PLACES[number % len(PLACES)]} رقم {number}. {words}", rules


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_no_kill_loses_or_doubles_anything(tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    print(f"seed {seed}")
    # All reports draw on the same few words, so that only copies are to be joined here.
    config = write_config(tmp_path / "config", settings=f"{SETTINGS}[stories]\nlikeness = 1\n")
    data, log = tmp_path / "data", tmp_path / "log"
    published: dict[str, int] = {}
    expected: Counter[tuple[str, int]] = Counter()
    stored_at_kill: list[int] = []
    with Outlets(4) as outlets:
        for url in outlets.urls:
            assert marsad("feeds", "add", url, "--data", data).returncode == 0
        for kill in range(KILLS + 1):
            for number in range(kill * REPORTS, (kill + 1) * REPORTS):
                text, rules = report(number, rng)
                expected.update((rule, number) for rule in rules)
                for outlet in {number % 4} | (
                    {(number + 1) % 4} if number % 3 == 0 else set()
                ):  # every third is copied
                    guid = f"http://127.0.0.1/{outlet}/{number}"
                    item = Item(guid, f"خبر {number}", text, format_datetime(datetime.now(UTC)))
                    outlets.publish(outlet, [item])
                    published[guid] = number
            with Service(config, data, log) as service:
                wait_for(lambda: service.said("started"), service, log)
                if kill < KILLS:
                    time.sleep(rng.uniform(0, 1.2))
                    service.process.kill()
                    service.process.wait()
                    stored_at_kill.append(count(data))
                    continue
                wait_for(lambda: count(data) == len(published) and settled(data), service, log)
                service.process.terminate()
                assert service.process.wait(10) == 0
    print(f"documents at each kill: {stored_at_kill}")
    check(data, published, expected)
    assert stored_at_kill[-1] > stored_at_kill[0], "nothing was under way when it was killed"


def check(data: Path, published: dict[str, int], expected: Counter[tuple[str, int]]) -> None:
    """Articles published = documents stored; stories that meet a rule = notifications received, none twice."""
    store = SqliteStore(data / "search.db")
    rows = store._file.rows("SELECT article FROM document")
    found = [store.get(row["article"]) for row in rows]
    store.close()
    assert Counter(one.article.guid for one in found if one) == Counter(published.keys())
    number_of = {one.membership.story: published[one.article.guid] for one in found if one}
    stories = {one.article.guid: one.membership.story for one in found if one}
    assert len(set(stories.values())) == len(set(published.values())), "copies are one story, and nothing else is"
    told = [json.loads(line) for line in (data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert max(Counter(alert["id"] for alert in told).values()) == 1
    assert Counter((alert["rule"], number_of[alert["story"]]) for alert in told) == expected
    print(
        f"{len(published)} articles = {len(found)} documents; {expected.total()} tellings expected = {len(told)} received"
    )


def count(data: Path) -> int:
    if not (data / "search.db").exists():
        return 0
    store = SqliteStore(data / "search.db")
    try:
        return store.count()
    finally:
        store.close()


def settled(data: Path) -> bool:
    found = json.loads(marsad("status", "--json", "--data", data).stdout)
    return not found["outbox"] and not any(found["lag"].values())


def wait_for(condition: Callable[[], bool], service: Service, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if service.process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"it did not come to pass; the log ends with {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)
