"""A rule tells at most once in its time, and what it holds back is told, all of it, when the time is up."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from indexers.alerts import digest, state
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.digest import release_due
from indexers.alerts.listing import latest
from indexers.alerts.notify import NotifyStage
from indexers.alerts.receiver_settings import TerminalSettings
from indexers.alerts.rules import Rule, RuleSet
from indexers.alerts.text import body
from indexers.query.parse import parse
from marsad.alert import Alert
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.message import Message, Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ALL, STORIES
from tests.samples import CATALOGUE, NOW, article, story_article

MINUTE = 60_000
THROTTLE = 10 * MINUTE
PLACE = Partition(ALERTS.name, 0)


class World:
    """A state file with a clock that is set by hand, and a rule that watches."""

    def __init__(self, path: Path, *, throttle: int = THROTTLE, again: int = 0) -> None:
        self.now = NOW
        self.path = path
        self.throttle = throttle
        self.again = again
        self.file = self._open()

    def _open(self) -> StateFile:
        made = StateFile(self.path, clock=lambda: self.now)
        made.create_topics(topic.name for topic in ALL)
        made.install(state.SCHEMA)
        return made

    def restart(self) -> None:
        self.file.close()
        self.file = self._open()

    def arrives(self, one: StoryArticle) -> list[Alert]:
        rule = Rule(
            id="daesh",
            text="داعش",
            query=parse("داعش", CATALOGUE),
            receivers=("file",),
            throttle=self.throttle,
            again=self.again,
        )
        rules = RuleSet({"daesh": rule}, {"file": TerminalSettings()})
        stage = NotifyStage(
            lambda: rules, Limits(24 * HOUR_MS, HOUR_MS), lambda: self.now, Metrics(CollectorRegistry())
        )
        item = stage.prepare(Message(Partition(STORIES.name, 0), 0, 0, b"k", encode(one)))
        with self.file.transaction() as tx:
            state.register_rules(tx, rules.rules.values(), NOW - HOUR_MS)
            made = list(stage.decide(tx, item))
            for topic, record in made:
                tx.append(topic.name, [record])
        return [decode(record.value, Alert) for _, record in made]

    def tick(self) -> None:
        release_due(self.file)

    def decisions(self) -> dict[str, str]:
        return {row["article"]: row["decision"] for row in self.file.rows("SELECT article, decision FROM decision")}

    def outbox(self) -> list[Alert]:
        return [decode(found.value, Alert) for found in state.waiting(self.file, "file", 1000)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "marsad.db")
    yield made
    made.file.close()


def one(name: str, *, story: str = "", now: int = NOW) -> StoryArticle:
    return story_article(article(f"هجوم لداعش {name}", name=name, version=now), story=story)


def test_the_first_is_told_at_once_and_the_others_together_when_the_time_is_up(world: World) -> None:
    stories = [one(name) for name in "abcd"]
    for number, story in enumerate(stories):
        world.now = NOW + number * MINUTE
        world.arrives(story)
        world.tick()
    assert [alert.article for alert in world.outbox()] == [stories[0].article.id]
    assert state.held(world.file) == 3
    world.now = NOW + THROTTLE - 1
    world.tick()
    assert len(world.outbox()) == 1
    world.restart()
    world.now = NOW + THROTTLE
    world.tick()
    world.tick()
    first, carrier = world.outbox()
    assert carrier.article == stories[1].article.id
    assert [found.article for found in carrier.bundled] == [story.article.id for story in stories[2:]]
    assert (carrier.bundled_count, carrier.released, first.bundled_count) == (2, world.now, 0)
    assert state.held(world.file) == 0
    assert "وعددها 2" in body(carrier, str)
    assert all(found.url in body(carrier, str) for found in carrier.bundled)


def test_the_log_says_what_became_of_each(world: World) -> None:
    for name in "abc":
        world.arrives(one(name))
    world.now += THROTTLE
    world.tick()
    last = {}
    for message in SqliteLog(world.file).read({PLACE: 0}, 100, 0):
        found = decode(message.value, Alert)
        last[found.article] = found
    told, carrier, other = (last[one(name).article.id] for name in "abc")
    assert [found.state for found in (*told.notifications, *carrier.notifications)] == ["pending", "pending"]
    assert other.notifications == ()
    assert (other.carrier, carrier.carrier) == (carrier.id, None)
    assert {listed.alert.id: listed.alert.carrier for listed in latest(world.file, 9)}[other.id] == carrier.id


def test_a_digest_is_a_telling_and_begins_the_time_anew(world: World) -> None:
    for name in "ab":
        world.arrives(one(name))
    world.now += THROTTLE
    world.tick()
    world.now += MINUTE
    world.arrives(one("c"))
    assert world.decisions()[one("c").article.id] == "throttled"
    world.now += THROTTLE
    world.tick()
    assert len(world.outbox()) == 3


def test_articles_of_a_story_that_is_held_back_are_listed_under_it(world: World) -> None:
    world.arrives(one("a"))
    held = one("b")
    world.arrives(held)
    world.arrives(one("c", story=held.article.id))
    assert list(world.decisions().values()).count("told") == 1
    assert [listed.listed for listed in latest(world.file, 9) if listed.due] == [1]


def test_a_rule_that_is_gone_still_tells_what_it_held_back(world: World) -> None:
    for name in "ab":
        world.arrives(one(name))
    world.now += 2 * THROTTLE
    world.tick()
    assert len(world.outbox()) == 2


def test_a_clock_that_was_put_back_holds_nothing_for_long(world: World) -> None:
    for name in "ab":
        world.arrives(one(name))
    world.now -= 12 * HOUR_MS
    world.tick()
    assert len(world.outbox()) == 2


def test_a_flood_is_one_telling_that_fits_into_a_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "LISTED_BYTES", 20_000)
    for number in range(150):
        world.arrives(one(f"n{number}"))
    world.now += THROTTLE
    world.tick()
    carrier = world.outbox()[-1]
    assert carrier.bundled_count == 148
    assert 0 < len(carrier.bundled) < 100
    assert len(encode(carrier)) < 25_000
    assert sum(listed.alert.carrier == carrier.id for listed in latest(world.file, 999)) == 148


def test_a_story_is_told_again_when_it_has_grown_and_then_counts_anew(tmp_path: Path) -> None:
    world = World(tmp_path / "again.db", throttle=0, again=2)
    first = one("a")
    made = [world.arrives(first)]
    made += [world.arrives(one(name, story=first.article.id)) for name in "bcdef"]
    assert [len(alerts) for alerts in made] == [1, 0, 1, 0, 1, 0]
    tellings = [alert for alerts in made for alert in alerts]
    assert [(alert.telling, alert.further) for alert in tellings] == [(1, 0), (2, 2), (3, 2)]
    assert len({alert.id for alert in tellings}) == len({alert.notifications[0].id for alert in tellings}) == 3
    assert "القصة تكبر: 2" in body(tellings[1], str)
    world.file.close()


Step = tuple[int, int | None]
"""Milliseconds that pass, and the story that an article then joins; None where only the clock is looked at."""


@given(
    st.lists(st.tuples(st.integers(0, 2).map(MINUTE.__mul__), st.none() | st.integers(0, 20)), min_size=6, max_size=25),
    st.integers(1, 6).map(MINUTE.__mul__),
    st.integers(0, 3),
    st.sets(st.integers(0, 24), max_size=3),
)
@settings(max_examples=80, deadline=None)
def test_never_two_tellings_in_the_time_and_nothing_is_lost(
    steps: Sequence[Step], throttle: int, again: int, restarts: set[int]
) -> None:
    with TemporaryDirectory() as directory:
        world = World(Path(directory) / "marsad.db", throttle=throttle, again=again)
        arrived: list[str] = []
        for number, (passed, story) in enumerate(steps):
            world.now += passed
            if number in restarts:
                world.restart()
            if story is not None:
                made = one(f"{number}", story=f"story{story}", now=world.now)
                arrived.append(made.article.id)
                world.arrives(made)
            world.tick()
        decisions = world.decisions()
        assert sorted(decisions) == sorted(arrived), "each is decided once"
        assert set(decisions.values()) <= {"alert", "again", "told", "throttled"}, "fresh news is never backlog"
        world.now += throttle
        world.tick()
        assert state.held(world.file) == 0
        sent = world.outbox()
        times = sorted(alert.released or alert.decided for alert in sent)
        assert all(later - earlier >= throttle for earlier, later in pairwise(times))
        told = [alert.article for alert in sent] + [found.article for alert in sent for found in alert.bundled]
        listed = [made for made, decision in decisions.items() if decision == "told"]
        assert sorted(told + listed) == sorted(arrived), "each is told or listed, and only once"
        world.file.close()
