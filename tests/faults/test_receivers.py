"""`marsad run` is killed while it tells: a webhook that honours the key acts once for each alert, and misses none."""

import random
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.faults.test_kills import settled
from tests.hook import RECEIVER, SECRET, Answer, Hook, Post
from tests.load import report
from tests.marsad_process import SETTINGS, Item, Outlets, Service, marsad, write_config

KILLS = 8
REPORTS = 4
RULES = f"""{RECEIVER}
[receivers.file]
type = "jsonl"
path = "alerts.jsonl"
[[rule]]
id = "daesh"
query = "داعش"
receivers = ["hook", "file"]
[[rule]]
id = "qasad"
query = "قسد"
receivers = ["hook"]
throttle = "1s"
"""


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_a_kill_between_sending_and_recording_repeats_with_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    rng = random.Random(seed)
    running: list[Service] = []

    def kill_then_answer(_: Post) -> Answer:
        """The alert has come, and the sender dies before it hears that."""
        if running:
            running.pop().process.kill()
            time.sleep(0.1)
        return 200

    expected: Counter[str] = Counter()
    with Hook(kill_then_answer) as hook, Outlets(1) as outlets:
        # All reports draw on the same few words, so that only copies are to be joined here.
        settings = f"{SETTINGS}[stories]\nlikeness = 1\n"
        config = write_config(tmp_path / "config", settings=settings, rules=RULES.format(url=hook.url))
        data, log = tmp_path / "data", tmp_path / "log"
        marsad("feeds", "add", outlets.urls[0], "--data", data)
        for kill in range(KILLS + 1):
            for number in range(kill * REPORTS, (kill + 1) * REPORTS):
                text, rules = report(number, rng)
                expected.update(f"{rule} {number}" for rule in rules)
                guid = f"http://127.0.0.1/{number}"
                outlets.publish(0, [Item(guid, f"خبر {number}", text, format_datetime(datetime.now(UTC)))])
            with Service(config, data, log) as service:
                if kill < KILLS:
                    running.append(service)
                    service.process.wait(60)
                    continue
                deadline = time.monotonic() + 60
                while not (acted(hook.posts) == expected and settled(data)):
                    assert time.monotonic() < deadline, (acted(hook.posts) - expected, expected - acted(hook.posts))
                    time.sleep(0.2)
                service.process.terminate()
                assert service.process.wait(20) == 0
        posts = hook.posts
    assert all(post.signed for post in posts)
    bodies = {post.key: {other.body for other in posts if other.key == post.key} for post in posts}
    assert all(len(found) == 1 for found in bodies.values()), "a repeat is the same to the byte"
    repeats = len(posts) - len(bodies)
    print(
        f"{KILLS} kills, {len(posts)} posts, {len(bodies)} ids, {repeats} repeats, {expected.total()} tellings expected"
    )
    assert repeats >= KILLS, "each kill was between sending and recording"


def acted(posts: list[Post]) -> Counter[str]:
    """What a receiver that honours the key has done: rule and number of the report, in a digest too."""
    found: Counter[str] = Counter()
    for post in {post.key: post for post in list(posts)}.values():
        titles = [post.alert["title"], *(other["title"] for other in post.alert["bundled"])]
        found.update(f"{post.alert['rule']} {title.removeprefix('خبر ')}" for title in titles)
    return found
