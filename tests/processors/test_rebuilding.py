"""`group` with its volume lost: what it remembers comes back from the stories, and nothing is said twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from marsad.annotation import StoryArticle
from marsad.article import Article
from marsad.codec import decode, encode
from marsad.message import Message, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import run_stage
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, STORIES
from processors.group import GroupStage
from processors.rebuilding import REBUILD, rebuild
from processors.stories import Rules
from tests.processors.reports import BOILERPLATE, LEAD, OTHER, REPORT
from tests.samples import NOW, annotated, article

RULES = Rules()
Memberships = list[tuple[str, str, str]]


def opened(path: Path) -> StateFile:
    file = StateFile(path, clock=lambda: NOW)
    file.create_topics(topic.name for topic in ALL)
    return file


class World:
    """A log that outlives the state file of `group`, whose output a relay would copy into it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.remote = opened(place / "remote.db")
        self.log = SqliteLog(self.remote)
        self.copied = 0

    def annotate(self, *articles: Article) -> None:
        self.log.append(ANNOTATED.name, [Record(it.id.encode(), encode(annotated(it))) for it in articles])

    def run(self, name: str, *, relayed: bool = True) -> Memberships:
        """Run the stage on a state file of that name until it has read all; what it says."""
        file, stopping = opened(self.place / name), threading.Event()
        stage = GroupStage(file, RULES)
        rebuild(self.log, file, stage, RULES, stopping)
        thread = threading.Thread(
            target=run_stage, args=(self.log, file, stage, stopping, Metrics(CollectorRegistry()))
        )
        end = self.log.bounds(ANNOTATED.name)[Partition(ANNOTATED.name, 0)].next
        thread.start()
        while file.positions(stage.name).get(Partition(ANNOTATED.name, 0), 0) < end:
            assert thread.is_alive()
            thread.join(0.02)
        stopping.set()
        thread.join()
        said = SqliteLog(file).read({Partition(STORIES.name, 0): 0}, 1000, 0)
        if relayed:
            self.log.append(STORIES.name, [Record(it.key, it.value) for it in said])
        file.close()
        return [memberships(it) for it in said]


def memberships(message: Message) -> tuple[str, str, str]:
    it = decode(message.value, StoryArticle)
    return it.article.id, it.membership.story, it.membership.relation


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.remote.close()


def test_what_was_decided_comes_back_and_is_not_said_again(world: World) -> None:
    world.annotate(article(REPORT, name="a"), article(OTHER, name="b"))
    assert [relation for _, _, relation in world.run("first.db")] == ["new", "new"]
    world.annotate(article(LEAD + REPORT, name="c"))
    first = article(name="a").id
    assert world.run("second.db") == [(article(name="c").id, first, "joined")]
    world.annotate(article(REPORT + BOILERPLATE, name="d"), article(REPORT, name="a"))
    assert world.run("second.db")[1:] == [(article(name="d").id, first, "joined"), (first, first, "new")]


def test_what_the_relay_had_not_copied_is_decided_anew(world: World) -> None:
    world.annotate(article(REPORT, name="a"))
    world.run("first.db")
    world.annotate(article(LEAD + REPORT, name="b"))
    lost = world.run("second.db", relayed=False)
    assert world.run("third.db") == lost


def test_an_empty_topic_of_stories_is_a_first_start(world: World) -> None:
    world.annotate(article(REPORT, name="a"))
    assert [relation for _, _, relation in world.run("first.db")] == ["new"]


def test_a_rebuild_that_was_cut_off_goes_on_and_passes_over_what_is_no_story(world: World) -> None:
    world.annotate(*(article(REPORT, name=str(number)) for number in range(60)))
    world.run("first.db")
    world.log.append(STORIES.name, [Record(b"k", b"{}")])
    file, asked = opened(world.place / "second.db"), iter([False, True])

    class Once(threading.Event):
        def is_set(self) -> bool:
            return next(asked)

    stage = GroupStage(file, RULES)
    rebuild(world.log, file, stage, RULES, Once())
    assert file.positions(REBUILD) == {Partition(STORIES.name, 0): 50}
    assert file.positions(stage.name) == {}
    file.close()
    assert world.run("second.db") == []
