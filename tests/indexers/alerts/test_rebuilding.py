"""`notify` with its volume lost: nothing that was told is told again, and nothing that was due is forgotten."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from indexers.alerts import state
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.digest import release_due
from indexers.alerts.notify import NotifyStage
from indexers.alerts.rebuilding import REBUILD, rebuild
from indexers.alerts.receiver_settings import TerminalSettings
from indexers.alerts.rules import Rule, RuleSet
from indexers.query.parse import parse
from marsad.alert import Alert, Notification
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.message import Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import run_stage
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ALL, STORIES
from tests.samples import CATALOGUE, HOUR, NOW, article, story_article

MAX_AGE = 24 * HOUR_MS
THROTTLE = 10_000
RULES = RuleSet(
    {
        "daesh": Rule(id="daesh", text="داعش", query=parse("داعش", CATALOGUE), receivers=("file",)),
        "rain": Rule(id="rain", text="مطر", query=parse("مطر", CATALOGUE), receivers=("file",), throttle=THROTTLE),
    },
    {"file": TerminalSettings()},
)
REMEMBERED = {
    "alert": "SELECT id, value FROM alert ORDER BY id",
    "notification": "SELECT id, state, delivered, error FROM notification ORDER BY id",
    "story_told": "SELECT rule, story, alert, tellings, further FROM story_told ORDER BY rule, story",
    "held": "SELECT alert, rule, due FROM held ORDER BY alert",
    "told": "SELECT rule, last FROM rule_told ORDER BY rule",
    "decision": "SELECT rule, article, decision FROM decision ORDER BY rule, article",
}


class World:
    """A log that outlives the state file of `notify`, whose output a relay would copy into it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.now = NOW + 100
        self.remote = self.opened("remote.db")
        self.log = SqliteLog(self.remote)
        self.file = self.opened("first.db")
        self._copied = 0

    def opened(self, name: str) -> StateFile:
        file = StateFile(self.place / name, clock=lambda: self.now)
        file.create_topics(topic.name for topic in ALL)
        file.install(state.SCHEMA)
        with file.transaction() as tx:
            state.register_rules(tx, RULES.rules.values(), NOW - HOUR if name == "first.db" else self.now)
        return file

    def lose(self) -> None:
        """The relay has copied all; then the volume is lost."""
        self.relay()
        self.file.close()
        self.file = self.opened("second.db")
        self._copied = 0

    def relay(self) -> None:
        messages = SqliteLog(self.file).read({Partition(ALERTS.name, 0): self._copied}, 1000, 0)
        self.log.append(ALERTS.name, [Record(it.key, it.value) for it in messages])
        self._copied += len(messages)

    def publish(self, *articles: StoryArticle) -> None:
        self.log.append(STORIES.name, [Record(it.article.id.encode(), encode(it)) for it in articles])

    def notify(self) -> None:
        """Rebuild where that is due, and run the stage until it has read all stories."""
        stopping = threading.Event()
        stage = NotifyStage(lambda: RULES, Limits(MAX_AGE, HOUR_MS), self.file.clock, Metrics(CollectorRegistry()))
        rebuild(self.log, self.file, lambda: RULES, stopping, consumer=stage.name, max_age=MAX_AGE)
        end = self.log.bounds(STORIES.name)[Partition(STORIES.name, 0)].next
        args = (self.log, self.file, stage, stopping, Metrics(CollectorRegistry()))
        thread = threading.Thread(target=run_stage, args=args)
        thread.start()
        while self.file.positions(stage.name).get(Partition(STORIES.name, 0), 0) < end:
            assert thread.is_alive()
            thread.join(0.02)
        stopping.set()
        thread.join()

    def remembered(self) -> dict[str, list[tuple[object, ...]]]:
        return {name: [tuple(row) for row in self.file.rows(sql)] for name, sql in REMEMBERED.items()}

    def alerts(self) -> list[str]:
        return [it.article for it in state.alerts(self.file, 100)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.file.close()
    made.remote.close()


def told(name: str, text: str = "هجوم لداعش", *, story: str = "") -> StoryArticle:
    return story_article(article(text, name=name), story=story)


def settle(file: StateFile, number: int, outcome: str) -> None:
    waiting = state.waiting(file, "file", 100)[number]
    settled = Notification(
        id=waiting.id,
        receiver="file",
        state="delivered" if outcome == "delivered" else "refused",
        delivered=NOW + 150 if outcome == "delivered" else None,
        error=None if outcome == "delivered" else outcome,
    )
    with file.transaction() as tx:
        state.settle(tx, settled)
        alert = state.settle_in_alert(tx, waiting.alert, settled)
        tx.append(ALERTS.name, [Record(alert.id.encode(), encode(alert))])


def test_all_that_matters_comes_back_as_it_was(world: World) -> None:
    a, b, c = told("a"), told("b"), told("c")
    world.publish(
        a, b, c, told("d", story=a.article.id), told("r1", "مطر"), told("r2", "مطر غزير"), told("r3", "مطر آخر")
    )
    world.notify()
    settle(world.file, 0, "delivered")
    settle(world.file, 1, "HTTP 401")
    before = world.remembered()
    assert [len(before[name]) for name in ("alert", "notification", "held")] == [6, 4, 2]
    world.lose()
    world.notify()
    assert world.remembered() == before
    assert state.outbox(world.file) == {"file": 2}
    assert SqliteLog(world.file).bounds(ALERTS.name)[Partition(ALERTS.name, 0)].next == 0, "nothing is said again"


def test_what_was_held_back_and_let_go_is_not_held_again(world: World) -> None:
    world.publish(*(told(name, "مطر") for name in ("a", "b", "c")))
    world.notify()
    world.now += THROTTLE + 1
    release_due(world.file)
    before = world.remembered()
    assert before["held"] == []
    world.lose()
    world.notify()
    assert world.remembered() == before


def test_stories_that_nobody_had_read_are_told_after_an_outage(world: World) -> None:
    world.publish(told("a"))
    world.notify()
    world.lose()
    world.publish(told("b"))
    world.now += 2 * HOUR
    world.notify()
    assert sorted(world.alerts()) == sorted(it.article.id for it in (told("a"), told("b")))


def test_an_empty_topic_of_alerts_is_a_first_start(world: World) -> None:
    world.publish(told("a"))
    world.notify()
    assert world.file.positions(REBUILD) == {}
    assert len(world.alerts()) == 1


def test_an_alert_that_cannot_be_read_is_passed_over_and_a_cut_rebuild_goes_on(world: World) -> None:
    world.publish(*(told(str(number)) for number in range(60)))
    world.notify()
    before = world.remembered()
    world.lose()
    world.log.append(ALERTS.name, [Record(b"k", b"{}")])
    asked = iter([False, True])

    class Once(threading.Event):
        def is_set(self) -> bool:
            return next(asked)

    rebuild(world.log, world.file, lambda: RULES, Once(), consumer="notify", max_age=MAX_AGE)
    assert world.file.positions(REBUILD) == {Partition(ALERTS.name, 0): 50}
    assert world.file.positions("notify") == {}
    world.notify()
    assert world.remembered() == before
    assert decode(before["alert"][0][1], Alert).rule == "daesh"  # type: ignore[arg-type] # rows hold objects
