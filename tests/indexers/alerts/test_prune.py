"""Old alerts are forgotten; that a story was told is not, while it can still get articles."""

from pathlib import Path

import pytest

from indexers.alerts import state
from indexers.alerts.state import STORY_KEPT_MS, prune
from marsad.alert import Notification
from marsad.codec import encode
from tests.indexers.alerts.test_throttle import THROTTLE, World, one
from tests.samples import HOUR, NOW, alert

LATER = NOW + 30 * 24 * HOUR


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "marsad.db", throttle=0)


def settle_all(world: World, outcome: str = "delivered") -> None:
    with world.file.transaction() as tx:
        for waiting in state.waiting(world.file, "file", 1000):
            settled = Notification(
                id=waiting.id,
                receiver="file",
                state="refused" if outcome == "refused" else "delivered",
                delivered=NOW,
                error=None,
            )
            state.settle(tx, settled)
            state.settle_in_alert(tx, waiting.alert, settled)


def forget(world: World, before: int, limit: int = 100) -> int:
    with world.file.transaction() as tx:
        return prune(tx, before, limit)


def rows(world: World) -> tuple[int, ...]:
    tables = ("alert", "notification", "story_told", "decision")
    return tuple(world.file.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables)


def test_a_delivered_alert_is_forgotten_and_its_story_is_not_told_again(world: World) -> None:
    first = one("a")
    world.arrives(first)
    settle_all(world)
    assert rows(world) == (1, 1, 1, 1)
    assert forget(world, LATER) == 1
    assert rows(world) == (0, 0, 1, 1)
    assert world.arrives(one("b", story=first.article.id)) == []
    assert world.arrives(first) == []


def test_what_is_young_waits_or_is_held_back_stays(world: World) -> None:
    world.arrives(one("a"))
    assert forget(world, LATER) == 0
    settle_all(world)
    assert forget(world, NOW) == 0
    world.throttle = THROTTLE
    world.arrives(one("b"))
    assert state.held(world.file) == 1
    forget(world, LATER + 10 * STORY_KEPT_MS)
    assert [alert.article for alert in state.alerts(world.file, 9)] == [one("b").article.id]


def test_a_refused_one_stays_longer(world: World) -> None:
    world.arrives(one("a"))
    settle_all(world, "refused")
    assert forget(world, LATER) == 0
    assert state.refused(world.file) == {"file": 1}
    assert forget(world, NOW + STORY_KEPT_MS + 1) > 0
    assert state.refused(world.file) == {}


def test_in_the_end_all_is_forgotten_in_slices(world: World) -> None:
    for number in range(10):
        world.arrives(one(str(number)))
    settle_all(world)
    forget(world, LATER, limit=3)
    assert rows(world)[0] == 7
    while forget(world, NOW + 2 * STORY_KEPT_MS, limit=3):
        pass
    assert rows(world) == (0, 0, 0, 0)


def test_an_alert_from_before_stories_were_remembered_is_remembered(world: World) -> None:
    first = one("a")
    old = alert(story=first.article.id)
    with world.file.transaction() as tx:
        tx.execute("INSERT INTO alert VALUES (?, ?, ?)", (old.id, NOW, encode(old)))
    assert world.arrives(first) == []
    with world.file.transaction() as tx:
        tx.execute("DELETE FROM story_told")
    forget(world, LATER)
    assert world.arrives(one("c", story=first.article.id)) == []
